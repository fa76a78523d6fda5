"""A cue, and the track of cues that is one song's motion subtitles."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.moves import MOVE_INDEX, Move, moves_of

SHORTEST_CUE_S: Final = 0.05
LONGEST_TEXT: Final = 500
LONGEST_TRACK_S: Final = 24 * 3600.0
OVERLAP_TOLERANCE_S: Final = 0.0015
"""Subtitle files hold whole milliseconds: two cues rounded apart may touch by that much."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One region does one thing for a while.

    Attributes:
        start_s: Start in seconds of the song.
        end_s: End, at least `SHORTEST_CUE_S` later.
        region: The lane.
        move: A word of `t2s_rt.subtitles.moves` for that lane.
        intensity: 0 to 1; 1 is the strongest the region does in song, 0 keeps it still.
        text: Why, in the artist's or planner's words; one line, may be empty.
        by_hand: Whether an artist wrote or changed it: regeneration leaves it alone.
    """

    start_s: float
    end_s: float
    region: Region
    move: str
    intensity: float
    text: str = ""
    by_hand: bool = False

    def __post_init__(self) -> None:
        """Check what holds for every cue.

        Raises:
            SubtitleError: Times, move, intensity or text are impossible.
        """
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise SubtitleError(
                f"Times are numbers, but a cue is from {self.start_s} to {self.end_s} s."
            )
        if not 0 <= self.start_s <= self.end_s - SHORTEST_CUE_S <= LONGEST_TRACK_S:
            raise SubtitleError(
                f"A cue lasts at least {SHORTEST_CUE_S} s and starts at 0 or later, but one is from "
                f"{self.start_s:.3f} to {self.end_s:.3f} s."
            )
        if (self.region, self.move) not in MOVE_INDEX:
            known = ", ".join(move.name for move in moves_of(self.region))
            raise SubtitleError(f"[{self.region}] has no move {self.move!r}. It has: {known}.")
        if not 0.0 <= self.intensity <= 1.0:
            raise SubtitleError(f"An intensity is from 0 to 1, but {self.move} has {self.intensity}.")
        if len(self.text) > LONGEST_TEXT or "\n" in self.text or "\r" in self.text:
            raise SubtitleError(f"A cue's text is one line of at most {LONGEST_TEXT} characters.")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def drives(self) -> Move:
        """The move's row in the vocabulary."""
        return MOVE_INDEX[self.region, self.move]


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """Where a track comes from.

    Attributes:
        title: Of the song, may be empty, as may artist and language.
        artist: As written.
        language: Two-letter code.
        song_hash: `Song.fingerprint()`, empty where unknown; a track is played with another song only
            after a warning.
        planner: What wrote it: ``embedded-1``, ``llm:MODEL``, ``hand``.
        prompt_version: Of the prompts or rules that wrote it.
        seed: Of the planner.
        further: Other header entries as (key, value), kept as they are.
    """

    title: str = ""
    artist: str = ""
    language: str = ""
    song_hash: str = ""
    planner: str = "hand"
    prompt_version: str = ""
    seed: int = 0
    further: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One song's motion subtitles.

    Attributes:
        cues: By start, then region, then move. Cues that drive a common action do not overlap.
        header: Where they come from.
    """

    cues: tuple[Cue, ...]
    header: TrackHeader = field(default_factory=TrackHeader)

    def __post_init__(self) -> None:
        """Check order and overlap.

        Raises:
            SubtitleError: Two cues ask one action for two things at once, or the order is wrong.
        """
        if any(cue_order(a) > cue_order(b) for a, b in itertools.pairwise(self.cues)):
            raise SubtitleError("Cues are ordered by start, then region, then move.")
        overlap = next(overlaps(self.cues), None)
        if overlap is not None:
            raise SubtitleError(describe_overlap(*overlap))

    def lane(self, region: Region) -> tuple[Cue, ...]:
        """The cues of one region."""
        return tuple(cue for cue in self.cues if cue.region is region)


def cue_order(cue: Cue) -> tuple[float, str, str]:
    """Sort key of cues in a track."""
    return (cue.start_s, cue.region, cue.move)


def overlaps(cues: tuple[Cue, ...]) -> Iterator[tuple[Cue, Cue, str]]:
    """Pairs of cues, with the action, that ask the same action for two things at once."""
    by_action: dict[str, list[Cue]] = defaultdict(list)
    for cue in sorted(cues, key=cue_order):
        for action, _ in cue.drives.drives:
            by_action[action].append(cue)
    for action, lane in by_action.items():
        latest = lane[0]
        for cue in lane[1:]:
            if cue.start_s < latest.end_s - OVERLAP_TOLERANCE_S:
                yield latest, cue, action
            latest = max(latest, cue, key=lambda one: one.end_s)


def describe_overlap(first: Cue, second: Cue, action: str) -> str:
    """The sentence that says which two cues fight over which action."""
    return (
        f"[{first.region}] {first.move} ({first.start_s:.3f} to {first.end_s:.3f} s) and {second.move} "
        f"({second.start_s:.3f} to {second.end_s:.3f} s) overlap and both drive {action}. "
        f"End the first by {second.start_s:.3f} s or start the second at {first.end_s:.3f} s."
    )
