"""What a song keeps: one reading a refrain, one mood a section, one emotion a sentence.

Lines judged one by one flicker. Here their log odds are brought together: those of one sentence and of
one refrain become the same, a section leans to the emotion it is at home in, and a song that makes fun
of what it accuses is played, not shouted.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.pregen.phrase import PhrasedSong

Vector = npt.NDArray[np.float64]

INERTIA: Final = 3.0
"""Log odds for the emotion that a long section is at home in."""
SETTLING_PHRASES: Final = 5.0
"""A section of that many phrases more than `HOMELESS_PHRASES` has half of it."""
HOMELESS_PHRASES: Final = 3
"""So few phrases are no section that has a mood of its own."""
FLOOR: Final = -5.0
"""No line speaks more against an emotion than that when a section looks for its home."""
JOINED_REST_S: Final = 3.0
"""After a longer rest a new thought begins."""
SHARED: Final = 0.5
"""How much of its neighbour's log odds a line takes whose sentence goes on in it."""
GAG_COUNT: Final = 4
"""A short line that comes back that often between different lines is a punch line."""
GAG_WORDS: Final = 2
COLLOQUIAL_SHARE: Final = 0.2
"""Of a song's different lines; where that many speak of laptops and parties, it does not thunder."""
_ENDS: Final = ".!?\u3002\uff01\uff1f\u2026"


def refrain_key(text: str) -> str:
    """What lines have in common that are sung again: their letters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def keep_together(log_odds: Vector, song: PhrasedSong, words: Sequence[float]) -> Vector:
    """Log odds ``(phrases, 10)`` with inertia, equal within sentences cut in two and within refrains.

    Args:
        log_odds: Of each phrase alone.
        song: The song.
        words: How many words that carry meaning each phrase has.
    """
    shared = _shared(log_odds, song)
    weights = np.maximum(np.asarray(words, dtype=np.float64), 0.25)
    groups = _groups(song, words)
    pooled = _pool(shared, groups, weights)
    leaning = pooled + _homes(pooled, song)
    return _pool(leaning, groups, weights)


def _homes(log_odds: Vector, song: PhrasedSong) -> Vector:
    """What its section's home adds to each phrase."""
    added = np.zeros_like(log_odds)
    relative = log_odds - log_odds.max(axis=1, keepdims=True)
    section = np.array([phrase.section for phrase in song.phrases])
    for one in np.unique(section):
        rows = section == one
        more = max(0, int(rows.sum()) - HOMELESS_PHRASES)
        home = int(np.maximum(relative[rows], FLOOR).mean(axis=0).argmax())
        added[rows, home] = INERTIA * more / (more + SETTLING_PHRASES)
    return added


def _pool(log_odds: Vector, groups: Sequence[int], weights: Vector) -> Vector:
    members: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    pooled = log_odds.copy()
    for rows in members.values():
        pooled[rows] = np.average(log_odds[rows], axis=0, weights=weights[rows])
    return pooled


def _groups(song: PhrasedSong, words: Sequence[float]) -> list[int]:
    """The group each phrase belongs to: refrains of one kind of section, and lines cut in mid-phrase."""
    groups: list[int] = []
    seen: dict[tuple[str, str], int] = {}
    for phrase in song.phrases:
        key = (song.sections[phrase.section].name.casefold(), refrain_key(phrase.text))
        groups.append(seen.setdefault(key, phrase.index))
    for index, said in enumerate(words[:-1]):
        if said == 0 and _goes_on(song, index):
            old, new = groups[index], groups[index + 1]
            groups = [new if group == old else group for group in groups]
    return groups


def _shared(log_odds: Vector, song: PhrasedSong) -> Vector:
    """Neighbours of one sentence speak for each other."""
    shared = log_odds.copy()
    for index, phrase in enumerate(song.phrases[:-1]):
        if (
            _goes_on(song, index)
            and song.phrases[index + 1].text[:1].islower()
            and phrase.text[:1].isupper()
        ):
            both = SHARED * (log_odds[index] + log_odds[index + 1]) / 2.0
            shared[index] = (1.0 - SHARED) * shared[index] + both
            shared[index + 1] = (1.0 - SHARED) * shared[index + 1] + both
    return shared


def _goes_on(song: PhrasedSong, index: int) -> bool:
    here, after = song.phrases[index], song.phrases[index + 1]
    near = after.start_s - here.end_s <= JOINED_REST_S and here.section == after.section
    return near and not here.text.rstrip(" \"'\u201d\u00bb)").endswith(tuple(_ENDS))


def irony(song: PhrasedSong, colloquial: Sequence[bool]) -> float:
    """How much a song makes fun, 0 to 1: punch lines that come back, and everyday things.

    Args:
        song: The song.
        colloquial: Of each phrase, whether it speaks as one speaks at a kitchen table.
    """
    keys = [refrain_key(phrase.text) for phrase in song.phrases]
    between: dict[str, set[str]] = defaultdict(set)
    for before, here in itertools.pairwise(range(len(keys))):
        if keys[before] != keys[here] and _is_short(song, here):
            between[keys[here]].add(keys[before])
    most = max((len(found) for found in between.values()), default=0)
    gag = float(np.clip((most - GAG_COUNT + 1) / GAG_COUNT, 0.0, 1.0))
    lines = dict(zip(keys, colloquial, strict=True))
    share = Counter(lines.values())[True] / len(lines)
    everyday = min(1.0, share / COLLOQUIAL_SHARE)
    return gag * everyday


def _is_short(song: PhrasedSong, index: int) -> bool:
    return len(song.phrases[index].text.split()) <= GAG_WORDS
