"""A track made ready to be played: what is asked of every action, and how one wish becomes the next.

A wish holds over the cue's written span. The face gets there before the cue starts and lets go after it
has ended; neighbours change over around the moment between them without passing through rest.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.subtitles.cue import Cue, SubtitleTrack
from t2s_rt.subtitles.moves import Manner
from t2s_rt.subtitles.music import Music

MOST_OF_A_CUE: Final = 0.1
"""How much of the shorter of two neighbours their change-over takes at most: even from one extreme to
the other at both ends, the mean error over a cue stays below 0.08."""
FASTEST_CHANGE_S: Final = 0.05
"""Three frames: quicker is a jump."""
TAU: Final = 2.0 * math.pi


@dataclass(frozen=True, slots=True)
class Ask:
    """What one cue asks of one action.

    Attributes:
        value: Intensity; the amplitude where it is repeated.
        cycle_s: Length of one to and fro; 0 where it is held.
        peak_s: A time at which the value is reached where it is repeated.
    """

    value: float
    cycle_s: float = 0.0
    peak_s: float = 0.0

    def at(self, song_s: float) -> float:
        """The intensity asked for at this time."""
        if self.cycle_s == 0.0:
            return self.value
        return self.value * math.cos(TAU * ((song_s - self.peak_s) / self.cycle_s % 1.0))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of an action's way: from one wish to another or to none, or the same throughout.

    Attributes:
        start_s: Start in seconds of the song.
        end_s: End, later than the start.
        before: The wish at the start, None for free singing.
        after: The wish at the end.
    """

    start_s: float
    end_s: float
    before: Ask | None
    after: Ask | None

    def at(self, song_s: float) -> tuple[float, float]:
        """Authority and authority times target at a time within the stretch."""
        before, after = self.before, self.after
        if before is after:
            return (1.0, before.at(song_s)) if before is not None else (0.0, 0.0)
        share = smooth((song_s - self.start_s) / (self.end_s - self.start_s))
        authority = wish = 0.0
        if before is not None:
            authority, wish = 1.0 - share, (1.0 - share) * before.at(song_s)
        if after is not None:
            authority, wish = authority + share, wish + share * after.at(song_s)
        return min(authority, 1.0), wish


class Lane:
    """One action's way through the song.

    Args:
        action: Index of the action.
        stretches: In order; between them nothing is asked.
    """

    __slots__ = ("_at", "_starts_s", "_stretches", "action")

    def __init__(self, action: int, stretches: list[Stretch]) -> None:
        self.action = action
        self._stretches = stretches
        self._starts_s = [stretch.start_s for stretch in stretches]
        self._at = 0

    def at(self, song_s: float) -> tuple[float, float]:
        """Authority, and authority times target; quick where time advances, else logarithmic."""
        now = self._stretches[self._at]
        if not now.start_s <= song_s < now.end_s:
            self._at = max(0, bisect.bisect_right(self._starts_s, song_s) - 1)
            now = self._stretches[self._at]
            if not now.start_s <= song_s < now.end_s:
                return 0.0, 0.0
        return now.at(song_s)


class Timeline:
    """All lanes of a track. Made once for each track, in any thread; played by one cursor.

    Args:
        track: The cues.
        music: Of the song they belong to.
    """

    def __init__(self, track: SubtitleTrack, music: Music) -> None:
        by_action: dict[int, list[tuple[Cue, Ask]]] = defaultdict(list)
        for cue in track.cues:
            for (name, _), ask in zip(cue.drives.drives, _asks(cue, music), strict=True):
                by_action[ACTION_INDEX[name]].append((cue, ask))
        self.lanes = [
            Lane(action, _stretches(asked, music)) for action, asked in sorted(by_action.items())
        ]


def smooth(share: float) -> float:
    """The minimum-jerk way from 0 to 1 (Flash, Hogan 1985)."""
    share = min(max(share, 0.0), 1.0)
    return share * share * share * (10.0 + share * (6.0 * share - 15.0))


def _asks(cue: Cue, music: Music) -> list[Ask]:
    """What a cue asks of each action that its move drives."""
    move = cue.drives
    if move.manner is Manner.HELD:
        return [Ask(gain * cue.intensity) for _, gain in move.drives]
    cycle_s = move.cycle_beats * music.beat_s
    while cycle_s < move.cycle_s:
        cycle_s *= 2.0
    half_s = cycle_s / 2.0
    peak_s = music.beat_near(cue.start_s, cue.end_s)
    next_peak_s = peak_s + math.ceil((cue.start_s - peak_s) / half_s) * half_s
    if next_peak_s > cue.end_s:  # too short for the beat: it reaches its extreme in the middle
        peak_s = (cue.start_s + cue.end_s) / 2.0
    return [Ask(gain * cue.intensity, cycle_s, peak_s) for _, gain in move.drives]


def _stretches(asked: list[tuple[Cue, Ask]], music: Music) -> list[Stretch]:
    """One action's stretches from its cues, which do not overlap."""
    first, last = asked[0], asked[-1]
    attack_s = music.attack_s(first[0].region, first[0].start_s)
    found = [Stretch(max(0.0, first[0].start_s - attack_s), first[0].start_s, None, first[1])]
    held_from_s = first[0].start_s
    for (cue, ask), (following, next_ask) in itertools.pairwise(asked):
        release_s = music.release_s(cue.region, cue.end_s)
        attack_s = music.attack_s(following.region, following.start_s)
        if following.start_s - cue.end_s >= release_s + attack_s:
            found.append(Stretch(held_from_s, cue.end_s, ask, ask))
            found.append(Stretch(cue.end_s, cue.end_s + release_s, ask, None))
            found.append(Stretch(following.start_s - attack_s, following.start_s, None, next_ask))
            held_from_s = following.start_s
        else:
            leaves_s, arrives_s = _change_over(cue, following, attack_s)
            found.append(Stretch(held_from_s, leaves_s, ask, ask))
            found.append(Stretch(leaves_s, arrives_s, ask, next_ask))
            held_from_s = arrives_s
    cue, ask = last
    found.append(Stretch(held_from_s, cue.end_s, ask, ask))
    release_s = music.release_s(cue.region, cue.end_s)
    found.append(Stretch(cue.end_s, cue.end_s + release_s, ask, None))
    return [stretch for stretch in found if stretch.end_s > stretch.start_s]


def _change_over(cue: Cue, following: Cue, attack_s: float) -> tuple[float, float]:
    """From when to when one wish becomes the next: the gap, and a little more where it is short."""
    gap_s = following.start_s - cue.end_s
    taken_s = MOST_OF_A_CUE * min(cue.duration_s, following.duration_s)
    half_s = min(attack_s / 2.0, taken_s + gap_s / 2.0)
    half_s = max(half_s, gap_s / 2.0, FASTEST_CHANGE_S / 2.0)
    middle_s = (cue.end_s + following.start_s) / 2.0
    return middle_s - half_s, middle_s + half_s
