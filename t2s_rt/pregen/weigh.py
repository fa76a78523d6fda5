"""The retrieval test: how often does the right emotion come first, and what does each half add?

Queries are phrases that are no exemplars, in a TOML file of ``[[query]]`` with ``text``, ``emotion`` and
``sung`` as in a bank. Whoever writes a query's words also imagines its sound, and imagines it typical;
so each is also asked as another singer might sing it, and with what a file without a recording knows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.errors import SubtitleError
from t2s_rt.pregen.agra import Bank, Weights
from t2s_rt.pregen.exemplar import parse_sung
from t2s_rt.pregen.phrase import Contour, Descriptors, Emotion

FIRST: Final = 3
"""Among so many the right emotion is expected."""
VARIANTS: Final = 4
"""So many other singers sing each query."""
HALVES: Final = {
    "both": Weights(),
    "words only": replace(Weights(), sound=0.0),
    "sound only": replace(Weights(), text=0.0),
}


@dataclass(frozen=True, slots=True)
class Query:
    """One phrase of the retrieval test."""

    text: str
    language: str
    emotion: Emotion
    descriptors: Descriptors


@dataclass(frozen=True, slots=True)
class Outcome:
    """Parts of the queries, 0 to 1.

    Attributes:
        among_first: The right emotion was among the first three.
        first: It was the very first.
    """

    among_first: float
    first: float


def read_queries(path: Path) -> tuple[Query, ...]:
    """The queries of a file, at least one.

    Raises:
        SubtitleError: It cannot be read or an entry is wrong.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("query", [])
    except OSError as problem:
        raise SubtitleError(f"It cannot be read ({problem.strerror}).", file=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SubtitleError(f"It is not TOML in UTF-8: {problem}.", file=str(path)) from None
    if not isinstance(entries, list) or not entries:
        raise SubtitleError("Queries are [[query]] entries, at least one.", file=str(path))
    return tuple(_query(entry, number, path) for number, entry in enumerate(entries, 1))


def _query(entry: object, number: int, path: Path) -> Query:
    if not isinstance(entry, dict) or set(entry) != {"text", "emotion", "sung"}:
        raise SubtitleError(f"Query {number} has not just text, emotion and sung.", file=str(path))
    if entry["emotion"] not in list(Emotion):
        known = ", ".join(Emotion)
        raise SubtitleError(f"Query {number}: an emotion is one of {known}.", file=str(path))
    try:
        language, _, descriptors = parse_sung(str(entry["sung"]))
    except SubtitleError as problem:
        raise SubtitleError(f"Query {number}: {problem.problem}", file=str(path)) from None
    return Query(str(entry["text"]), language, Emotion(entry["emotion"]), descriptors)


def other_singer(descriptors: Descriptors, random: np.random.Generator) -> Descriptors:
    """The phrase as somebody else sings it: every figure blurred, the contour sometimes another."""

    def shifted(value: float | None, by: float, most: float = 1.0) -> float | None:
        return None if value is None else float(np.clip(value + random.normal(0.0, by), 0.0, most))

    def scaled(value: float | None, octaves: float) -> float | None:
        return None if value is None else float(value * 2.0 ** random.normal(0.0, octaves))

    contour = descriptors.contour
    if contour is not None and random.random() < 0.4:
        contour = list(Contour)[int(random.integers(len(Contour)))]
    return Descriptors(
        loudness=shifted(descriptors.loudness, 0.15),
        pitch=shifted(descriptors.pitch, 0.15),
        pitch_range=shifted(descriptors.pitch_range, 2.5, 24.0),
        rate=scaled(descriptors.rate, 0.35),
        held=scaled(descriptors.held, 0.6),
        vibrato=shifted(descriptors.vibrato, 0.15),
        contour=contour,
    )


def notes_only(descriptors: Descriptors, random: np.random.Generator) -> Descriptors:
    """What notes in a file say about `other_singer`."""
    return replace(other_singer(descriptors, random), loudness=None, vibrato=None)


def as_written(descriptors: Descriptors, _random: np.random.Generator) -> Descriptors:
    """The sound that the query's author imagined."""
    return descriptors


SINGERS: Final[dict[str, Callable[[Descriptors, np.random.Generator], Descriptors]]] = {
    "as written": as_written,
    "other singers": other_singer,
    "notes only": notes_only,
}


def outcome(
    bank: Bank,
    queries: Sequence[Query],
    weights: Weights,
    singer: Callable[[Descriptors, np.random.Generator], Descriptors] = as_written,
) -> Outcome:
    """How often the right emotion is found; the same for the same queries."""
    random = np.random.default_rng(0)
    rounds = 1 if singer is as_written else VARIANTS
    among = first = 0
    for query in queries:
        for _ in range(rounds):
            sound = singer(query.descriptors, random)
            found = bank.retrieve(query.text, query.language, sound, FIRST, weights)
            emotions = [one.exemplar.emotion for one in found]
            among += query.emotion in emotions
            first += query.emotion is emotions[0]
    asked = rounds * len(queries)
    return Outcome(among / asked, first / asked)
