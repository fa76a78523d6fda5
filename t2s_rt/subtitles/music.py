"""What motion takes from the song: how fast faces move here, and where the beat is."""

from __future__ import annotations

import bisect
import cmath
import math
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.intensity.actions import Region
from t2s_rt.lyrics.song import Song

Times = npt.NDArray[np.float64]

DEFAULT_BEAT_S: Final = 0.6
"""100 beats a minute, where the song does not tell."""
SHORTEST_BEAT_S: Final = 0.4
LONGEST_BEAT_S: Final = 1.0
"""60 to 150 beats a minute; people tap in this range, whatever the score calls a beat."""
BEAT_SPREAD: Final = 0.35
"""Of the logarithm of the tapped period around `DEFAULT_BEAT_S` (van Noorden, Moelants 1999)."""
WINDOW_S: Final = 16.0
"""Tempo is judged in stretches this long, so that a song may drift."""
PHASE_REACH_S: Final = 8.0

ATTACK_S: Final = {Region.BROWS: 0.20, Region.EYES: 0.12, Region.MOUTH: 0.16, Region.NECK: 0.32}
"""From rest to a cue's intensity at a usual pace: about what the muscles of each region take in song."""
RELEASE_SHARE: Final = 1.5
"""Faces let go more slowly than they take hold."""
USUAL_RATE: Final = 3.0
"""Syllables a second at which the times above hold; they go with the square root of the rate."""
FASTEST: Final = 0.65
SLOWEST: Final = 1.7
RATE_REACH_S: Final = 1.0
ON_NOTE_S: Final = 0.06
ON_NOTE: Final = 0.8
"""A cue that starts with a note lands with it."""
LONG_NOTE_S: Final = 1.2
ON_LONG_NOTE: Final = 1.2
PHRASE_END_S: Final = 0.3
AT_PHRASE_END: Final = 1.3
"""After a phrase the face lets go with the breath."""


class Music:
    """Onsets of a song's syllables and what follows from them. Never changes once made.

    Args:
        song: None where it is unknown: usual pace, usual beat.

    Attributes:
        beat_s: Length of a beat in seconds.
    """

    def __init__(self, song: Song | None = None) -> None:
        sung = sorted(
            (s.start_s, s.end_s) for s in (song.syllables() if song is not None else ()) if not s.held
        )
        self._onsets_s = [start_s for start_s, _ in sung]
        self._ends_s = [end_s for _, end_s in sung]
        self._line_ends_s = sorted(line.end_s for line in song.lines) if song is not None else []
        self.beat_s = _beat(np.array(self._onsets_s), _grid(song))

    def attack_s(self, region: Region, at_s: float) -> float:
        """How long a region takes to reach what a cue asks for that starts at ``at_s``."""
        factor = self._pace(at_s)
        if self._nearest(self._onsets_s, at_s) <= ON_NOTE_S:
            factor = max(factor * ON_NOTE, FASTEST)
        return ATTACK_S[region] * factor

    def release_s(self, region: Region, at_s: float) -> float:
        """How long a region takes to let go of a cue that ends at ``at_s``."""
        factor = self._pace(at_s) * RELEASE_SHARE
        if self._nearest(self._line_ends_s, at_s) <= PHRASE_END_S:
            factor *= AT_PHRASE_END
        return ATTACK_S[region] * factor

    def beat_near(self, start_s: float, end_s: float) -> float:
        """The time of a beat of the music around this span; ``start_s`` where nothing is sung there."""
        first = bisect.bisect_left(self._onsets_s, start_s - PHASE_REACH_S)
        last = bisect.bisect_right(self._onsets_s, end_s + PHASE_REACH_S)
        middle_s = (
            start_s + end_s
        ) / 2.0  # turns are counted from here, so that the beat may be inexact
        turn = 2j * math.pi / self.beat_s
        total = sum(cmath.exp(turn * (at_s - middle_s)) for at_s in self._onsets_s[first:last])
        if abs(total) < 1e-6:
            return start_s
        return middle_s + cmath.phase(total) / (2.0 * math.pi) * self.beat_s

    def _pace(self, at_s: float) -> float:
        """Factor on times: 1 at the usual rate, less where syllables are quick, more on long notes."""
        if not self._onsets_s:
            return 1.0
        first = bisect.bisect_left(self._onsets_s, at_s - RATE_REACH_S)
        last = bisect.bisect_right(self._onsets_s, at_s + RATE_REACH_S)
        rate = max(last - first, 1) / (2.0 * RATE_REACH_S)
        factor = math.sqrt(USUAL_RATE / rate)
        latest = bisect.bisect_right(self._onsets_s, at_s + ON_NOTE_S) - 1
        if latest >= 0 and self._ends_s[latest] > at_s:
            factor *= ON_LONG_NOTE if self._ends_s[latest] - self._onsets_s[latest] > LONG_NOTE_S else 1
        return min(max(factor, FASTEST), SLOWEST)

    @staticmethod
    def _nearest(times_s: list[float], at_s: float) -> float:
        i = bisect.bisect_left(times_s, at_s)
        return min((abs(time_s - at_s) for time_s in times_s[max(0, i - 1) : i + 1]), default=math.inf)


def _grid(song: Song | None) -> Times:
    """Periods that a beat may have, in seconds: multiples of the file's own unit where it has one."""
    if song is not None and song.format == "ultrastar":
        try:
            unit_s = 15.0 / float(song.meta("bpm").replace(",", "."))
        except (ValueError, ZeroDivisionError):
            unit_s = 0.0
        if 0.005 < unit_s < SHORTEST_BEAT_S:
            first, last = math.ceil(SHORTEST_BEAT_S / unit_s), math.floor(LONGEST_BEAT_S / unit_s)
            return np.arange(first, last + 1).astype(np.float64) * unit_s
    count = round(math.log(LONGEST_BEAT_S / SHORTEST_BEAT_S) / 0.002)
    return np.geomspace(SHORTEST_BEAT_S, LONGEST_BEAT_S, count).astype(np.float64)


def _beat(onsets_s: Times, periods_s: Times) -> float:
    """The period that most onsets agree with, on the beat or half-way between two."""
    if len(onsets_s) < 4 or not len(periods_s):
        return DEFAULT_BEAT_S
    agreement = np.zeros(len(periods_s))
    for start_s in np.arange(onsets_s[0], onsets_s[-1], WINDOW_S / 2.0):
        near_s = onsets_s[(onsets_s >= start_s) & (onsets_s < start_s + WINDOW_S)]
        turns = near_s[:, None] / periods_s
        on_beat = np.abs(np.exp(2j * np.pi * turns).sum(axis=0))
        on_half = np.abs(np.exp(4j * np.pi * turns).sum(axis=0))
        agreement += on_beat + on_half
    usual = np.exp(-0.5 * (np.log(periods_s / DEFAULT_BEAT_S) / BEAT_SPREAD) ** 2)
    return float(periods_s[int(np.argmax(agreement * usual))])
