"""One language's lexicon: read once, searched in every line."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.lexicon.tokens import Token, Tokens, fold, is_dense, lower
from t2s_rt.pregen.phrase import Emotion

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final[tuple[str, ...]] = ("de", "en", "es", "fr", "it", "ja", "ko", "nl", "pt", "ru", "zh")

SHORT_WORD: Final = 5
SHORT_STEM: Final = 4
"""Shorter ones are told apart by their accents (Spanish té from te), longer ones are found without."""
STRONG: Final = 2.0
WEAK: Final = 0.5

_SECTIONS: Final = ("emotions", "arousal", "images", "grammar")
_GRAMMAR: Final = (
    "negators", "negators_after", "stoppers", "intensifiers", "softeners", "questions", "contrast",
    "common", "light", "scorn", "colloquial",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file.

    Attributes:
        tokens: One ends with ``*`` where any ending is meant. One of many letters in dense scripts.
        section: ``emotions``, ``arousal``, ``images`` or ``grammar``.
        name: Its list there.
        weight: 1, `STRONG` or `WEAK`.
    """

    tokens: tuple[str, ...]
    section: str
    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found in a line.

    Attributes:
        section: As in the entry.
        name: As in the entry.
        weight: As in the entry.
        first: Index of the first token; of the first letter in dense scripts.
        last: Index of the last.
        syllables: Indices of the syllables it begins and ends on.
        dense: Whether first and last count letters.
    """

    section: str
    name: str
    weight: float
    first: int
    last: int
    syllables: tuple[int, int]
    dense: bool


class Lexicon:
    """A language's words.

    Args:
        language: Two-letter code.
        entries: All of them.
    """

    def __init__(self, language: str, entries: tuple[Entry, ...]) -> None:
        self.language = language
        self._exact: dict[str, list[Entry]] = defaultdict(list)
        self._stems: dict[str, list[Entry]] = defaultdict(list)
        self._dense: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            head = entry.tokens[0]
            if is_dense(head):
                self._dense["".join(entry.tokens)].append(entry)
            elif head.endswith("*"):
                self._stems[head[:-1]].append(entry)
            else:
                self._exact[head].append(entry)
        self._longest = max((len(text) for text in self._dense), default=0)

    def search(self, line: Tokens) -> tuple[Hit, ...]:
        """Every entry in a line; within a list's longer expressions its shorter entries do not count."""
        hits = [*self._search_words(line), *self._search_letters(line)]
        hits.sort(key=lambda hit: (hit.dense, hit.first - hit.last, hit.first, hit.section, hit.name))
        taken: dict[tuple[bool, str], set[int]] = defaultdict(set)
        kept: list[Hit] = []
        for hit in hits:
            span = set(range(hit.first, hit.last + 1))
            used = taken[hit.dense, hit.section]
            equal = any(one.first == hit.first and one.last == hit.last for one in kept)
            if span & used and not equal:
                continue
            used |= span
            kept.append(hit)
        return _strongest(kept)

    def _search_words(self, line: Tokens) -> list[Hit]:
        hits = []
        for index, token in enumerate(line.tokens):
            found = list(self._exact.get(_key(token), ()))
            for end in range(1, len(token.text) + 1):
                found += self._stems.get((token.written if end < SHORT_STEM else token.text)[:end], ())
            for entry in found:
                last = index + len(entry.tokens) - 1
                if last < len(line.tokens) and self._continues(line, index, entry):
                    syllables = (token.first, line.tokens[last].last)
                    hits.append(
                        Hit(entry.section, entry.name, entry.weight, index, last, syllables, dense=False)
                    )
        return hits

    @staticmethod
    def _continues(line: Tokens, index: int, entry: Entry) -> bool:
        return all(
            _begins(token, part[:-1]) if part.endswith("*") else _key(token) == part
            for token, part in zip(line.tokens[index + 1 :], entry.tokens[1:], strict=False)
        )

    def _search_letters(self, line: Tokens) -> list[Hit]:
        text, syllables = line.letters.text, line.letters.syllables
        return [
            Hit(
                entry.section,
                entry.name,
                entry.weight,
                start,
                start + length - 1,
                (syllables[start], syllables[start + length - 1]),
                dense=True,
            )
            for start in range(len(text))
            for length in range(1, min(self._longest, len(text) - start) + 1)
            for entry in self._dense.get(text[start : start + length], ())
        ]


def _key(token: Token) -> str:
    return token.written if len(token.written) < SHORT_WORD else token.text


def _begins(token: Token, stem: str) -> bool:
    return (token.written if len(stem) < SHORT_STEM else token.text).startswith(stem)


def _strongest(hits: list[Hit]) -> tuple[Hit, ...]:
    """Of equal spans in one list, the strongest."""
    best: dict[tuple[bool, int, int, str, str], Hit] = {}
    for hit in hits:
        key = (hit.dense, hit.first, hit.last, hit.section, hit.name)
        if key not in best or best[key].weight < hit.weight:
            best[key] = hit
    return tuple(sorted(best.values(), key=lambda hit: (hit.dense, hit.first, hit.last)))


@cache
def lexicon_of(language: str) -> Lexicon | None:
    """The lexicon of a language, None where there is none."""
    if language not in LANGUAGES:
        return None
    path = FOLDER / f"{language}.toml"
    return Lexicon(language, read_entries(path.read_text(encoding="utf-8"), path.name))


def read_entries(text: str, name: str = "lexicon") -> tuple[Entry, ...]:
    """Parse a lexicon.

    Args:
        text: TOML as README.md describes it.
        name: For messages.

    Raises:
        ConfigError: It is not TOML, or has sections, lists or entries that do not exist.
    """
    try:
        parsed: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{name} is not TOML: {problem}.") from None
    known = {
        "emotions": tuple(str(emotion) for emotion in Emotion),
        "arousal": ("high", "low"),
        "grammar": _GRAMMAR,
        "images": tuple(parsed.get("images", ())),
    }
    entries: list[Entry] = []
    for section, lists in parsed.items():
        if section not in _SECTIONS or not isinstance(lists, dict):
            raise ConfigError(f"{name}: a lexicon has {', '.join(_SECTIONS)}, but here is {section!r}.")
        for key, words in lists.items():
            if key not in known[section] or not isinstance(words, str):
                raise ConfigError(f"{name}: [{section}] has no list of words named {key!r}.")
            entries += [_entry(word, section, key, name) for word in words.split()]
    return tuple(entries)


def _entry(written: str, section: str, key: str, name: str) -> Entry:
    weight = {"!": STRONG, "~": WEAK}.get(written[-1], 1.0)
    bare = lower(written.rstrip("!~").replace("_", " ").replace("'", " ").replace("-", " "))
    words = ("".join(c for c in word if c.isalnum() or c == "*") for word in bare.split())
    tokens = tuple(_folded(word) for word in words if word.strip("*"))
    if not tokens:
        raise ConfigError(f"{name}: {written!r} in [{section}] {key} is no word.")
    if is_dense(tokens[0]):
        tokens = ("".join(tokens).replace("*", ""),)
    return Entry(tokens, section, key, weight)


def _folded(word: str) -> str:
    stem = word.rstrip("*")
    short = len(stem) < (SHORT_STEM if word.endswith("*") else SHORT_WORD)
    return word if short else fold(word)
