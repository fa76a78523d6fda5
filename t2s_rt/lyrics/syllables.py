"""Splits written words into the syllables that notes are sung on, for spreading times that a file lacks.

One rule per script, so that every language has an answer without a dictionary:

- Latin and Greek: one syllable per group of neighbouring vowels. A single consonant between two groups
  begins the second; of several, the last one does, with its partner where they are one sound (th, sh,
  ch, ph, ...) or begin syllables together (bl, tr, ...). English, also assumed where no language is
  given, keeps its silent endings mute (love, walked, times). Marked hiatus (í, ú, ï beside a vowel)
  separates.
- Cyrillic, and Japanese in Latin letters: every vowel is a syllable.
- Kana: every kana, small ones and the marks of length and doubling with the one before.
- Hangul and Chinese characters: one per character.
- Other scripts and numbers: one per word.

Without a dictionary neighbouring vowels that are two syllables ("being", "create") count as one.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache
from typing import Final

_LATIN_VOWELS: Final = frozenset("aeiouyæœøıə")
_GREEK_VOWELS: Final = frozenset("αεηιουω")
_CYRILLIC_VOWELS: Final = frozenset("аеёиоуыэюяіїєѣ")
_PAIRS: Final = frozenset([
    "bl", "br", "ch", "ck", "cl", "cr", "dr", "fl", "fr", "gh", "gl", "gn", "gr", "kl", "kn", "kr",
    "ph", "pl", "pr", "ps", "rh", "sch", "sh", "th",
    "tr", "tw", "wh", "wr", "zh", "qu", "βλ", "βρ", "γλ", "γρ", "δρ", "θρ", "κλ", "κρ", "πλ", "πρ",
    "τρ", "φλ", "φρ", "χρ", "τσ", "τζ", "μπ", "ντ", "γκ",
])  # fmt: skip
"""Consonants that begin a syllable together."""
_SMALL_KANA: Final = frozenset("ぁぃぅぇぉゃゅょゎっァィゥェォャュョヮッーｧｨｩｪｫｬｭｮｯｰ゙゚ﾞﾟ")
_ENGLISH: Final = frozenset({"", "en"})
LONGEST_WORD: Final = 1_000
"""Longer ones, which no script's lines are, count as one syllable."""
_LONGEST_ENDING: Final = 24
_MUTE_ENDING: Final = re.compile(r"[a-zà-ÿ]*[^aeiouy\W](?P<ending>e|es|ed)'?\W*$")
_SOUNDED_ENDING: Final = re.compile(
    r"([^aeiouy\W]le|[^aeiouy\W]les|[sxzcg]es|[cs]hes|[td]ed|[^aeiouy\W]led)'?\W*$"
)


def split_syllables(word: str, language: str = "") -> tuple[str, ...]:
    """Split one word into syllables; joined again they are the word.

    Args:
        word: Without white space; punctuation stays with the syllable it touches.
        language: Two-letter code, "" where unknown.

    Returns:
        At least one part, none empty, for any word that is not empty.
    """
    if len(word) > LONGEST_WORD:
        return (word,)
    runs = _script_runs(word)
    parts: list[str] = []
    for script, run in runs:
        if script in ("latin", "greek"):
            parts += _split_by_vowels(run, language)
        elif script == "cyrillic":
            parts += _split_at(run, _nuclei(run, language, every=True))
        elif script == "single":
            parts += list(_clusters(run))
        else:
            parts.append(run)
    return tuple(parts) if parts else (word,)


def has_words(text: str) -> bool:
    """True where the text has a letter or digit, so that something is sung."""
    return any(character.isalnum() for character in text)


def _script(character: str) -> str:
    code = ord(character)
    if 0x3040 <= code <= 0x30FF or 0xFF66 <= code <= 0xFF9F or 0x31F0 <= code <= 0x31FF:
        return "single"
    if (
        0x3400 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
        or code == 0x3005
    ):
        return "single"
    if 0xAC00 <= code <= 0xD7A3:
        return "single"
    if not character.isalpha():
        return ""
    if code < 0x0250 or 0x1E00 <= code <= 0x1EFF or code == 0x0259:
        return "latin"
    if 0x0370 <= code <= 0x03FF or 0x1F00 <= code <= 0x1FFF:
        return "greek"
    return "cyrillic" if 0x0400 <= code <= 0x052F else "other"


def _script_runs(word: str) -> list[tuple[str, str]]:
    """Neighbouring characters of one script; marks and punctuation join the run before, or the first."""
    runs: list[tuple[str, str]] = []
    for character in word:
        script = _script(character)
        if runs and (script in ("", runs[-1][0]) or not runs[-1][0]):
            runs[-1] = (runs[-1][0] or script, runs[-1][1] + character)
        else:
            runs.append((script, character))
    return runs


def _clusters(run: str) -> list[str]:
    """One part per character; small kana and marks join the one before, opening brackets the next."""
    parts: list[str] = []
    opening = ""
    for character in run:
        if _script(character) and character not in _SMALL_KANA:
            parts.append(opening + character)
            opening = ""
        elif parts and not opening and unicodedata.category(character) not in ("Ps", "Pi"):
            parts[-1] += character
        else:
            opening += character
    if opening:
        parts = [*parts[:-1], parts[-1] + opening] if parts else [opening]
    return parts


@lru_cache(maxsize=8192)
def _base(character: str) -> str:
    """The letter without its accents, in lower case."""
    return unicodedata.normalize("NFD", character.lower())[0]


def _is_vowel(run: str, index: int) -> bool:
    letter = _base(run[index])
    if letter == "u" and index and _base(run[index - 1]) == "q":
        return False
    if letter == "y":
        starts_with_it = index == 0 or not run[index - 1].isalpha()
        before_vowel = index + 1 < len(run) and _base(run[index + 1]) in "aeiou"
        after_vowel = index > 0 and _base(run[index - 1]) in "aeiou"
        return not (before_vowel and (starts_with_it or after_vowel))
    return letter in _LATIN_VOWELS or letter in _GREEK_VOWELS or letter in _CYRILLIC_VOWELS


def _nuclei(run: str, language: str, *, every: bool = False) -> list[tuple[int, int]]:
    """First and last index + 1 of each group of vowels that is sung."""
    romaji = language == "ja"
    nuclei: list[tuple[int, int]] = []
    for index, character in enumerate(run):
        if unicodedata.combining(character) and nuclei and nuclei[-1][1] == index:
            nuclei[-1] = (nuclei[-1][0], index + 1)
        if not character.isalpha() or not _is_vowel(run, index) or (romaji and character in "yY"):
            continue
        joins = bool(nuclei) and nuclei[-1][1] == index and not (every or romaji)
        if joins and not {character.lower(), run[index - 1].lower()} & set("íúïΐ"):
            nuclei[-1] = (nuclei[-1][0], index + 1)
        else:
            nuclei.append((index, index + 1))
    if len(nuclei) > 1 and language in _ENGLISH and _ends_mute(run):
        nuclei.pop()
    return nuclei


def _ends_mute(run: str) -> bool:
    lower = run[-_LONGEST_ENDING:].lower()
    return bool(_MUTE_ENDING.search(lower)) and not _SOUNDED_ENDING.search(lower)


def _split_by_vowels(run: str, language: str) -> list[str]:
    return _split_at(run, _nuclei(run, language))


def _split_at(run: str, nuclei: list[tuple[int, int]]) -> list[str]:
    """Cut between each pair of nuclei, before the consonant that begins the second."""
    cuts = [0]
    for (_, end), (start, _) in itertools.pairwise(nuclei):
        cuts.append(_cut(run, end, start))
    cuts.append(len(run))
    return [run[first:last] for first, last in itertools.pairwise(cuts)]


def _cut(run: str, end: int, start: int) -> int:
    between = run[end:start]
    for index in range(len(between) - 1, -1, -1):
        if not between[index].isalpha() and not unicodedata.combining(between[index]):
            return end + index + 1
    lower = "".join(_base(character) for character in between)
    for length in (3, 2):
        if len(lower) >= length and lower[-length:] in _PAIRS and not (length == 2 and lower == "ck"):
            return start - length
    if lower.endswith("ck"):
        return start
    return start - min(1, len(between))
