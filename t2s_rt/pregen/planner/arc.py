"""The whole song before any phrase: which lines come again, where it grows and where it is highest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from t2s_rt.pregen.descriptors import effort
from t2s_rt.pregen.emotion import Feeling
from t2s_rt.pregen.phrase import PhrasedSong
from t2s_rt.pregen.tone import refrain_key

REFRAIN_GROWS: Final = 0.07
"""A line that comes again is meant more each time."""
MOST_GROWTH: Final = 0.2
FIRST_PART: Final = 0.15
"""Of a song's phrases; a singer saves strength there."""
SAVED: Final = 0.05
FINALE: Final = 0.8
"""From here on what is repeated is the last chorus."""
FINALE_GAINS: Final = 0.06
LEAST_PHRASES: Final = 8
"""A shorter song has no arc."""


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase's part in the song.

    Attributes:
        key: Alike for lines that are sung again.
        again: How many times it was sung before.
        growth: -0.1 to 0.3, what its place in the song adds to its effort.
        summit: Whether the song is at its highest here.
    """

    key: str
    again: int
    growth: float
    summit: bool


def find_arc(song: PhrasedSong, feelings: Sequence[Feeling]) -> tuple[Part, ...]:
    """Each phrase's part in the song."""
    keys = [refrain_key(phrase.text) for phrase in song.phrases]
    count = len(keys)
    seen: Counter[str] = Counter()
    total = Counter(keys)
    growths: list[float] = []
    agains: list[int] = []
    for index, key in enumerate(keys):
        agains.append(seen[key])
        growth = min(MOST_GROWTH, REFRAIN_GROWS * seen[key])
        if count >= LEAST_PHRASES:
            place = index / (count - 1)
            growth -= SAVED if place < FIRST_PART else 0.0
            growth += FINALE_GAINS if place >= FINALE and total[key] > 1 else 0.0
        growths.append(growth)
        seen[key] += 1
    summit = _summit(song, feelings, growths)
    return tuple(
        Part(key, again, growth, index == summit)
        for index, (key, again, growth) in enumerate(zip(keys, agains, growths, strict=True))
    )


def _summit(song: PhrasedSong, feelings: Sequence[Feeling], growths: Sequence[float]) -> int | None:
    """The phrase with the most voice, late ones preferred; None in a song too short to have one."""
    if len(song.phrases) < LEAST_PHRASES:
        return None
    worth = [
        effort(phrase.descriptors)
        + 0.5 * feeling.arousal
        + growth
        + 0.1 * (phrase.descriptors.held or 0.0)
        for phrase, feeling, growth in zip(song.phrases, feelings, growths, strict=True)
    ]
    return max(range(len(worth)), key=lambda index: (round(worth[index], 3), index))
