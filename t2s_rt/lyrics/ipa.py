"""IPA as eSpeak NG writes it, taken apart into single sounds."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

VOWEL_OPENNESS: Final = {
    **dict.fromkeys("aɑɐɒæɶʌ", 4),
    **dict.fromkeys("ɛɔœɜɝɞ", 3),
    **dict.fromkeys("eoøɤəɘɚɵ", 2),
    **dict.fromkeys("iuyɨʉɯɪʊʏᵻ", 1),
}
"""Every vowel letter; of several in one sound the most open carries the syllable."""
_CENTRAL: Final = frozenset("əɚɐ")
"""Never carries a syllable after another vowel of the same sound: the end of 'here' or 'tour'."""
NON_SYLLABIC: Final = "\u032f"
SYLLABIC: Final = "\u0329"
UNRELEASED: Final = "\u031a"
_DROPPED: Final = frozenset("ˈˌ'\"-^*?!.:;,_|‿ \u200d\u0361\u035c0123456789")
"""Stress, tone numbers, joins and eSpeak's own signs: nothing a mouth shows."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound without a time.

    Attributes:
        ipa: One IPA symbol with its marks.
        vowel: Whether it can carry a syllable.
    """

    ipa: str
    vowel: bool


def is_vowel_letter(letter: str) -> bool:
    """Whether an IPA letter is a vowel."""
    return letter in VOWEL_OPENNESS


def split_symbols(token: str) -> tuple[Sound, ...]:
    """Take one of eSpeak's phonemes apart.

    A diphthong becomes its carrying vowel and its glides, which are marked as non-syllabic; affricates
    and other joint consonants stay one sound.

    Args:
        token: What stands between two separators, such as ``ˈaɪ``, ``tʃ`` or ``ɑːɹ``.

    Returns:
        Its sounds, none for a token without a letter.
    """
    letters = _letters(token)
    if not letters:
        return ()
    vowels = [i for i, letter in enumerate(letters) if is_vowel_letter(letter[0])]
    if not vowels:
        joined = "".join(letters)
        return (Sound(joined, SYLLABIC in joined),)
    carrier = _carrier(letters, vowels)
    return tuple(_sound(letter, i, carrier) for i, letter in enumerate(letters))


def _sound(letter: str, index: int, carrier: int) -> Sound:
    if index == carrier:
        return Sound(letter, vowel=True)
    glides = is_vowel_letter(letter[0]) and NON_SYLLABIC not in letter
    return Sound(letter[0] + NON_SYLLABIC + letter[1:] if glides else letter, vowel=False)


def _carrier(letters: list[str], vowels: list[int]) -> int:
    best = vowels[0]
    for i in vowels[1:]:
        letter = letters[i][0]
        if letter not in _CENTRAL and VOWEL_OPENNESS[letter] > VOWEL_OPENNESS[letters[best][0]]:
            best = i
    return best


def _letters(token: str) -> list[str]:
    """Letters, each with the marks that follow it."""
    letters: list[str] = []
    for character in unicodedata.normalize("NFC", token):
        if character in _DROPPED:
            continue
        kind = unicodedata.category(character)
        if kind.startswith("L") and kind != "Lm":
            letters += _base_and_marks(character)
        elif letters and kind in ("Mn", "Lm", "Sk"):
            letters[-1] += character
    return letters


def _base_and_marks(character: str) -> list[str]:
    """A letter whose accent is an IPA mark, such as ``ä`` or ``ɔ̃``; ``ç`` is a letter of its own."""
    if character == "ç":
        return [character]
    return [unicodedata.normalize("NFD", character)]
