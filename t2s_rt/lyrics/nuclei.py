"""Which of a word's sounds are sung on which of its written syllables.

The vowels that eSpeak NG hears are given to the syllables that the lyrics write, in order: each to a
syllable near its place in the word, no syllable empty while there are enough. Consonants between two
vowels begin the later syllable as far as they can begin one, since singers keep the vowel open.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from t2s_rt.lyrics.ipa import NON_SYLLABIC, Sound

_STOPS_AND_FRICATIVES: Final = frozenset("pbtdkɡgfvθðszʃʒçxhɸβɕʑqc")
_LIQUIDS_AND_GLIDES: Final = frozenset("lɫɭʎrɹɾɽʀʁjɥwʋ")


def assign(sounds: Sequence[Sound], letters: Sequence[int]) -> list[list[Sound]]:
    """Spread a word's sounds over its syllables.

    Args:
        sounds: Of the whole word, in order.
        letters: For each written syllable how many letters it has, at least one syllable.

    Returns:
        For each syllable its sounds, in order and all of them; a syllable may get none or no vowel.
    """
    vowels = [i for i, sound in enumerate(sounds) if sound.vowel]
    parts: list[list[Sound]] = [[] for _ in letters]
    if not vowels:
        parts[0] = list(sounds)
        return parts
    owners = _owners([_place(i, len(sounds)) for i in vowels], _centres(letters))
    cuts = [(0, owners[0])]
    for (vowel, owner), (later, next_owner) in itertools.pairwise(zip(vowels, owners, strict=True)):
        if owner != next_owner:
            cuts.append((_cut(sounds, vowel, later), next_owner))
    ends = [cut for cut, _ in cuts[1:]] + [len(sounds)]
    for (start, owner), end in zip(cuts, ends, strict=True):
        parts[owner] = list(sounds[start:end])
    return parts


def _place(index: int, count: int) -> float:
    return (index + 0.5) / count


def _centres(letters: Sequence[int]) -> list[float]:
    total = max(sum(letters), 1)
    ends = list(itertools.accumulate(max(count, 0) / total for count in letters))
    return [end - 0.5 * count / total for end, count in zip(ends, letters, strict=True)]


def _owners(places: Sequence[float], centres: Sequence[float]) -> list[int]:
    """Monotone owners of vowels with the least squared distance.

    With at least as many vowels as syllables every syllable gets one; with fewer no syllable gets two.
    """
    many = len(places) >= len(centres)
    infinite = float("inf")
    costs = [infinite] * len(centres)
    steps: list[list[int]] = []
    for i, place in enumerate(places):
        new, came = [infinite] * len(centres), [0] * len(centres)
        for k, centre in enumerate(centres):
            cost, before = _arrive(costs, i, k, many=many)
            new[k], came[k] = cost + (place - centre) ** 2, before
        costs = new
        steps.append(came)
    owner = len(centres) - 1 if many else min(range(len(centres)), key=lambda k: costs[k])
    owners = []
    for came in reversed(steps):
        owners.append(owner)
        owner = came[owner]
    return owners[::-1]


def _arrive(costs: list[float], i: int, k: int, *, many: bool) -> tuple[float, int]:
    """Least cost with which vowel ``i`` may reach syllable ``k``, and from which syllable."""
    if i == 0:
        return (0.0, k) if k == 0 or not many else (float("inf"), k)
    sources = (k, k - 1) if many else range(k)
    return min(((costs[s], s) for s in sources if s >= 0), default=(float("inf"), k))


def _cut(sounds: Sequence[Sound], vowel: int, later: int) -> int:
    """Index of the first sound that begins the later syllable."""
    first = vowel + 1
    while first < later and NON_SYLLABIC in sounds[first].ipa and first + 1 < later:
        first += 1
    between = [sound.ipa[0] for sound in sounds[first:later]]
    if len(between) < 2:
        return first if between and NON_SYLLABIC not in sounds[first].ipa else later
    pair = NON_SYLLABIC in sounds[later - 1].ipa or (
        between[-2] in _STOPS_AND_FRICATIVES and between[-1] in _LIQUIDS_AND_GLIDES
    )
    begins = later - (2 if pair else 1)
    stop_after_s = between[-1 - pair] in "ptk" and len(between) > 1 + pair
    if stop_after_s and between[-2 - pair] in "sʃ" and (pair or len(between) > 2):
        begins -= 1
    return begins
