"""A cue, and the track of cues that is one song's motion subtitles."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.moves import MOVE_INDEX, Move, moves_of

SHORTEST_CUE_S: Final = 0.05
LONGEST_TEXT: Final = 500
LONGEST_TRACK_S: Final = 24 * 3600.0
ROUNDING_S: Final = 0.0015
"""Subtitle files hold whole milliseconds: rounding may shorten a cue or let two touch by that much."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One region does one thing for a while.

    Attributes:
        start_s: Start in seconds of the song.
        end_s: End, at least `SHORTEST_CUE_S` later.
        region: The lane.
        move: A word of `t2s_rt.subtitles.moves` for that lane.
        intensity: 0 to 1; 1 is the strongest the region does in song, 0 keeps it still.
        text: Why, in the artist's or planner's words; one line, may be empty. Runs of white space become
            one space and control characters are dropped, as no subtitle file keeps them.
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
        if not 0 <= self.start_s <= self.end_s - SHORTEST_CUE_S + ROUNDING_S <= LONGEST_TRACK_S:
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
        object.__setattr__(self, "text", one_line(self.text))

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def drives(self) -> Move:
        """The move's row in the vocabulary."""
        return MOVE_INDEX[self.region, self.move]


@dataclass(frozen=True, slots=True)
class Deletion:
    """A planner's cue that an artist took away or replaced; regeneration does not bring it back.

    Attributes:
        start_s: Start of the cue in seconds of the song.
        end_s: Its end.
        region: Its lane.
        move: What it asked for.
    """

    start_s: float
    end_s: float
    region: Region
    move: str


KNOWN_KEYS: Final[dict[str, str]] = {
    "title": "title",
    "artist": "artist",
    "language": "language",
    "song": "song_hash",
    "planner": "planner",
    "model": "model",
    "prompt version": "prompt_version",
    "seed": "seed",
}
"""Header entries by the key that a file gives them."""


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
        model: Language model that the planner asked, empty without one.
        prompt_version: Of the prompts or rules that wrote it.
        seed: Of the planner.
        further: Other header entries as (key, value), kept in their order; keys in lower case.
    """

    title: str = ""
    artist: str = ""
    language: str = ""
    song_hash: str = ""
    planner: str = "hand"
    prompt_version: str = ""
    seed: int = 0
    further: tuple[tuple[str, str], ...] = ()
    model: str = ""

    def __post_init__(self) -> None:
        """Bring every entry to one line, as a file keeps it.

        Raises:
            SubtitleError: A further entry's key cannot be told from its value or from a known key.
        """
        for name in ("title", "artist", "language", "song_hash", "planner", "prompt_version", "model"):
            object.__setattr__(self, name, one_line(getattr(self, name)))
        object.__setattr__(self, "planner", self.planner or "hand")
        further = tuple((one_line(key).lower(), one_line(value)) for key, value in self.further)
        for key, _ in further:
            if not key or ":" in key or key.replace("_", " ") in KNOWN_KEYS:
                raise SubtitleError(f"{key!r} cannot be the key of a further header entry.")
        object.__setattr__(self, "further", further)


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One song's motion subtitles.

    Attributes:
        cues: By start, then region, then move. Cues that drive a common action do not overlap.
        header: Where they come from.
        deleted: Planner's cues that an artist took away or replaced, by start, then region, then move.
        comments: What an artist noted in the file, as (time in s of the cue that follows, text).
        muted: Cues that are kept but not played, ordered as the others; they may overlap anything.
    """

    cues: tuple[Cue, ...]
    header: TrackHeader = field(default_factory=TrackHeader)
    deleted: tuple[Deletion, ...] = ()
    comments: tuple[tuple[float, str], ...] = ()
    muted: tuple[Cue, ...] = ()

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


def cue_order(cue: Cue | Deletion) -> tuple[float, str, str]:
    """Sort key of cues, and of deletions, in a track."""
    return (cue.start_s, cue.region, cue.move)


def one_line(text: str) -> str:
    """Text with its white space reduced to single spaces, without control characters."""
    words = " ".join(text.split())
    if words.isprintable():
        return words
    return " ".join("".join(c for c in words if unicodedata.category(c) not in _UNKEPT).split())


def overlaps(cues: Iterable[Cue]) -> Iterator[tuple[Cue, Cue, str]]:
    """Pairs of cues, with the action, that ask the same action for two things at once."""
    by_action: dict[str, list[Cue]] = defaultdict(list)
    for cue in sorted(cues, key=cue_order):
        for action, _ in cue.drives.drives:
            by_action[action].append(cue)
    for action, lane in by_action.items():
        latest = lane[0]
        for cue in lane[1:]:
            if cue.start_s < latest.end_s - ROUNDING_S:
                yield latest, cue, action
            latest = max(latest, cue, key=lambda one: one.end_s)


def describe_overlap(first: Cue, second: Cue, action: str) -> str:
    """The sentence that says which two cues fight over which action."""
    return (
        f"[{first.region}] {first.move} ({first.start_s:.3f} to {first.end_s:.3f} s) and {second.move} "
        f"({second.start_s:.3f} to {second.end_s:.3f} s) overlap and both drive {action}. "
        f"End the first by {second.start_s:.3f} s or start the second at {first.end_s:.3f} s."
    )


_UNKEPT: Final = frozenset({"Cc", "Cs"})
"""Control characters and halves of surrogate pairs."""
