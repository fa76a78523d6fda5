"""A line's words as a lexicon looks them up, each with the syllables it is sung on."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from t2s_rt.lyrics.song import Line

_TOKEN: Final = re.compile(r"[^\W_]+")
_INSIDE_WORDS: Final = frozenset("'-\u2019\u2010\u2011*&@#%/\\")
"""Punctuation that separates no clauses."""


@dataclass(frozen=True, slots=True)
class Token:
    """A run of letters: what is left of "Don't!" is "don" and "t".

    Attributes:
        written: In lower case, with its accents.
        text: Without them (`fold`).
        first: Index of the syllable it begins on, among the line's.
        last: Index of the syllable it ends on.
        clause: Counts punctuation before it: a negation does not reach over a comma.
    """

    written: str
    text: str
    first: int
    last: int
    clause: int


@dataclass(frozen=True, slots=True)
class Letters:
    """A line's letters without spaces, for scripts that have none.

    Attributes:
        text: Folded.
        syllables: ``len(text)`` indices of the syllable each letter is sung on.
    """

    text: str
    syllables: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A line, ready to be searched.

    Attributes:
        tokens: Its words.
        letters: The same line letter by letter.
        text: As written.
    """

    tokens: tuple[Token, ...]
    letters: Letters
    text: str


def lower(text: str) -> str:
    """One way to write a word, accents kept."""
    return unicodedata.normalize("NFKC", text).casefold()


def fold(text: str) -> str:
    """Lower case without accents; kana, Hangul and Chinese characters stay as they are."""
    text = lower(text)
    if text.isascii():
        return text
    return "".join(_fold_one(character) for character in text)


def _fold_one(character: str) -> str:
    if is_dense(character):
        return character
    return "".join(
        part for part in unicodedata.normalize("NFD", character) if not unicodedata.combining(part)
    )


def is_dense(text: str) -> bool:
    """Whether it has letters of a script that is read without spaces or, as Hangul, with endings."""
    return any(
        0x3041 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3
        for code in map(ord, text)
    )


def tokenize(line: Line) -> Tokens:
    """Cut a line into tokens; an apostrophe or hyphen cuts as a space does."""
    written: list[str] = []
    owner: list[int] = []
    index = 0
    for word in line.words:
        for syllable in word.syllables:
            written.append(syllable.text)
            owner += [index] * len(syllable.text)
            index += 1
        written.append(" ")
        owner.append(max(index - 1, 0))
    return _tokenize("".join(written), owner)


def _tokenize(text: str, owner: list[int]) -> Tokens:
    clauses = list(itertools.accumulate(int(_stops(character)) for character in text))
    tokens = [
        Token(
            lower(found[0]),
            fold(found[0]),
            owner[found.start()],
            owner[found.end() - 1],
            clauses[found.start()],
        )
        for found in _TOKEN.finditer(text)
    ]
    letters: list[str] = []
    syllables: list[int] = []
    for character, syllable in zip(text, owner, strict=True):
        folded = "" if character.isspace() or _stops(character) else fold(character)
        letters.append(folded)
        syllables += [syllable] * len(folded)
    return Tokens(tuple(tokens), Letters("".join(letters), tuple(syllables)), text.strip())


def _stops(character: str) -> bool:
    """Whether a clause ends here."""
    return unicodedata.category(character).startswith("P") and character not in _INSIDE_WORDS
