"""Answers of language models, read at the border: a typed value, or the list of what is wrong with it.

Problems are sentences in the model's own terms (words, moves, strengths), because they are quoted back.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.phrase import Delivery, Emotion
from t2s_rt.pregen.plan import PhrasePlan
from t2s_rt.pregen.prompt import (
    CUES_A_REGION,
    ENERGY_MOST,
    FEWEST_CUES,
    PLAN_MOST,
    TEXT_MOST,
    clip,
)
from t2s_rt.pregen.reading import LineReading, SectionMood, SectionReading, SongReading
from t2s_rt.pregen.units import Unit
from t2s_rt.subtitles.cue import Cue, cue_order, overlaps
from t2s_rt.subtitles.moves import MOVE_INDEX, moves_of

MOST_PROBLEMS: Final = 8
"""More are not quoted: the answer is beyond repair by list."""
LONGEST_REPLY: Final = 100_000
"""Characters; a longer answer is not parsed."""


class ProblemKind(StrEnum):
    """What can be wrong with an answer."""

    NOT_JSON = "not JSON"
    CUT_OFF = "cut off"
    SHAPE = "wrong shape"
    UNKNOWN_WORD = "unknown word"
    UNKNOWN_MOVE = "unknown move"
    TIME = "outside the phrase"
    OVERLAP = "overlap"
    STRENGTH = "strength out of range"
    COUNT = "number of cues"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an answer, and the sentence that says so to the model."""

    kind: ProblemKind
    sentence: str


T = TypeVar("T")
Word = TypeVar("Word", Emotion, Delivery)


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """An answer after reading: the value, None where there are problems."""

    value: T | None
    problems: tuple[Problem, ...]


def read_song(reply: str, sections: int) -> Checked[SongReading]:
    """Read the answer to `prompt.song_request` that showed so many sections."""
    reader = _Reader.of(reply)
    moods = tuple(
        SectionMood(reader.word(row, "emotion", Emotion, where), reader.energy(row, "energy", where))
        for where, row in reader.rows(reader.root, "sections", sections, sections, "sections")
    )
    reading = SongReading(
        theme=reader.text(reader.root, "theme", TEXT_MOST),
        arc=reader.text(reader.root, "arc", TEXT_MOST),
        emotion=reader.word(reader.root, "emotion", Emotion, "emotion"),
        sections=moods,
    )
    return reader.checked(reading)


def read_section(reply: str, lines: int) -> Checked[SectionReading]:
    """Read the answer to `prompt.section_request` that showed so many lines."""
    reader = _Reader.of(reply)
    readings = tuple(
        LineReading(
            meaning=reader.text(row, "meaning", PLAN_MOST),
            emotion=reader.word(row, "emotion", Emotion, where),
            energy=reader.energy(row, "energy", where),
        )
        for where, row in reader.rows(reader.root, "lines", lines, lines, "lines")
    )
    return reader.checked(SectionReading(reader.text(reader.root, "summary", TEXT_MOST), readings))


def read_phrase(reply: str, index: int, units: Sequence[Unit]) -> Checked[PhrasePlan]:
    """Read the answer to `prompt.phrase_request`.

    Args:
        reply: As it came.
        index: Of the phrase in its song.
        units: What the answer may point at, ascending, at least one.
    """
    reader = _Reader.of(reply)
    by_number = {unit.number: unit for unit in units}
    cues: list[Cue] = []
    for region in Region:
        lane = reader.record(reader.root, str(region), str(region))
        rows = reader.rows(lane, "cues", 0, CUES_A_REGION, str(region)) if lane is not None else []
        for where, row in rows:
            cue = _read_cue(reader, row, where, region, by_number)
            if cue is not None:
                cues.append(cue)
    plan = PhrasePlan(
        index=index,
        emotion=reader.word(reader.root, "emotion", Emotion, "emotion"),
        delivery=reader.word(reader.root, "delivery", Delivery, "delivery"),
        arousal=reader.energy(reader.root, "energy", "energy") / ENERGY_MOST,
        note=reader.text(reader.root, "note", TEXT_MOST),
        cues=tuple(sorted(cues, key=cue_order)),
    )
    if not reader.problems and len(cues) < FEWEST_CUES:
        reader.wrong(
            ProblemKind.COUNT,
            f"There are {len(cues)} cues in all, but a line has at least {FEWEST_CUES}.",
        )
    if not reader.problems:
        _check_overlaps(reader, plan.cues, units)
    return reader.checked(plan)


def _read_cue(
    reader: _Reader, row: Mapping[str, Any], where: str, region: Region, units: Mapping[int, Unit]
) -> Cue | None:
    """One cue, or None after telling the reader why not."""
    before = len(reader.problems)
    move = row.get("move")
    if not isinstance(move, str) or (region, move) not in MOVE_INDEX:
        known = ", ".join(one.name for one in moves_of(region))
        reader.wrong(ProblemKind.UNKNOWN_MOVE, f"{where}: no move {_shown(move)}. It has: {known}.")
    begin, end = reader.span(row, "words", min(units), max(units), where)
    strength = reader.whole(row, "strength", 1, ENERGY_MOST, where, ProblemKind.STRENGTH)
    why = reader.text(row, "why", PLAN_MOST)
    if len(reader.problems) > before:
        return None
    return Cue(
        start_s=round(units[begin].start_s, 3),
        end_s=round(units[end].end_s, 3),
        region=region,
        move=str(move),
        intensity=strength / ENERGY_MOST,
        text=why,
    )


def _check_overlaps(reader: _Reader, cues: tuple[Cue, ...], units: Sequence[Unit]) -> None:
    fights: dict[tuple[int, int], tuple[Cue, Cue, list[str]]] = {}
    for first, second, action in overlaps(cues):
        fights.setdefault((id(first), id(second)), (first, second, []))[2].append(action)
    for first, second, actions in fights.values():
        reader.wrong(
            ProblemKind.OVERLAP,
            f"{first.region}: {first.move} ({_words(first, units)}) and {second.move} "
            f"({_words(second, units)}) are at once and both move {' and '.join(actions)}. "
            "Give them different words or leave one out.",
        )


def _words(cue: Cue, units: Sequence[Unit]) -> str:
    inside = [
        unit.number
        for unit in units
        if unit.start_s < cue.end_s - 0.001 and unit.end_s > cue.start_s + 0.001
    ]
    return f"words {inside[0]} to {inside[-1]}" if inside else "no word"


@dataclass(slots=True)
class _Reader:
    """Takes values out of an answer and notes what is wrong; stands in where nothing usable is."""

    root: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, reply: str) -> _Reader:
        """A reader of the JSON object in a reply; it starts with a problem where there is none."""
        found = json_object(reply)
        if isinstance(found, Problem):
            return cls({}, [found])
        return cls(found)

    def checked(self, value: T) -> Checked[T]:
        """The value if nothing is wrong."""
        if self.problems and self.problems[0].kind in (ProblemKind.NOT_JSON, ProblemKind.CUT_OFF):
            del self.problems[1:]  # the others only follow from it
        return Checked(None if self.problems else value, tuple(self.problems[:MOST_PROBLEMS]))

    def wrong(self, kind: ProblemKind, sentence: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind, sentence))

    def record(self, row: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any] | None:
        """An object inside an object, None where there is none."""
        value = row.get(key)
        if isinstance(value, dict):
            return value
        self.wrong(ProblemKind.SHAPE, f"{where} should be an object, found {_shown(value)}.")
        return None

    def rows(
        self, row: Mapping[str, Any], key: str, fewest: int, most: int, where: str
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """A list of objects, each with the name of its place."""
        value = row.get(key)
        if not isinstance(value, list):
            self.wrong(ProblemKind.SHAPE, f"{where}: {key} should be a list, found {_shown(value)}.")
            return []
        if not fewest <= len(value) <= most:
            wanted = str(most) if fewest == most else f"{fewest} to {most}"
            self.wrong(ProblemKind.COUNT, f"{where}: {key} holds {len(value)} items, not {wanted}.")
            return []
        named = [(f"{where} {number}", item) for number, item in enumerate(value, 1)]
        for place, item in named:
            if not isinstance(item, dict):
                self.wrong(ProblemKind.SHAPE, f"{place} should be an object, found {_shown(item)}.")
        return [(place, item) for place, item in named if isinstance(item, dict)]

    def whole(
        self, row: Mapping[str, Any], key: str, lowest: int, highest: int, where: str, kind: ProblemKind
    ) -> int:
        """A whole number within bounds; 3.0 and "3" count as 3."""
        value = _number(row.get(key))
        if value is None:
            found = _shown(row.get(key))
            self.wrong(ProblemKind.SHAPE, f"{where}: {key} should be a whole number, found {found}.")
            return lowest
        if not lowest <= value <= highest:
            self.wrong(kind, f"{where}: {key} is {_shown(value)}, not from {lowest} to {highest}.")
            return lowest
        return value

    def span(
        self, row: Mapping[str, Any], key: str, lowest: int, highest: int, where: str
    ) -> tuple[int, int]:
        """Numbers of the first and the last word, from "3-5", or from "3" or 3 for one word."""
        value = row.get(key)
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        match = SPAN.fullmatch(text.strip())
        if match is None:
            found = _shown(value)
            self.wrong(ProblemKind.SHAPE, f'{where}: {key} should be such as "2-4", found {found}.')
            return lowest, lowest
        begin, end = int(match[1]), int(match[2] or match[1])
        if not lowest <= begin <= end <= highest:
            self.wrong(
                ProblemKind.TIME,
                f"{where}: {key} {begin}-{end} are not in the line, which has {lowest} to {highest}.",
            )
            return lowest, lowest
        return begin, end

    def energy(self, row: Mapping[str, Any], key: str, where: str) -> int:
        """A number from 1 to 10."""
        return self.whole(row, key, 1, ENERGY_MOST, where, ProblemKind.STRENGTH)

    def word(self, row: Mapping[str, Any], key: str, words: type[Word], where: str) -> Word:
        """A word of a vocabulary."""
        value = row.get(key)
        by_name = {str(word): word for word in words}
        if isinstance(value, str) and value in by_name:
            return by_name[value]
        known = ", ".join(by_name)
        self.wrong(ProblemKind.UNKNOWN_WORD, f"{where}: {key} is {_shown(value)}, not one of {known}.")
        return next(iter(by_name.values()))

    def text(self, row: Mapping[str, Any], key: str, most: int) -> str:
        """A remark, made one clean line; empty where it is missing: nothing hangs on it."""
        value = row.get(key)
        return one_line(value, most) if isinstance(value, str) else ""


SPAN: Final = re.compile(r"(\d{1,4})(?:\s*(?:-|to)\s*(\d{1,4}))?")
FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
THOUGHT: Final = re.compile(r"<think>.*?</think>", re.DOTALL)


def json_object(reply: str) -> Mapping[str, Any] | Problem:
    """The JSON object in a reply: alone, in a code fence, or after a reasoning model's thoughts."""
    text = THOUGHT.sub("", reply[:LONGEST_REPLY]).strip()
    fenced = FENCE.search(text)
    text = fenced.group(1).strip() if fenced and not text.startswith("{") else text
    begin = text.find("{")
    if begin < 0:
        return Problem(ProblemKind.NOT_JSON, "There is no JSON object in it.")
    try:
        found, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text[begin:])
    except json.JSONDecodeError as broken:
        if broken.pos >= len(text[begin:].rstrip()) or broken.msg.startswith("Unterminated"):
            return Problem(ProblemKind.CUT_OFF, "The JSON ends in the middle. Keep the remarks shorter.")
        return Problem(ProblemKind.NOT_JSON, f"The JSON is broken: {broken.msg} at {broken.pos}.")
    except (ValueError, RecursionError):
        return Problem(ProblemKind.NOT_JSON, "The JSON holds what is no number, or nests too deep.")
    if not isinstance(found, dict):
        return Problem(ProblemKind.SHAPE, "The answer should be one JSON object.")
    return found


def one_line(text: str, most: int) -> str:
    """Text fit for a cue: one line, no control or formatting characters, no arrow of WebVTT."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    kept = "".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    return clip(" ".join(kept.replace("-->", "→").split()), most)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")


def _number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,6}", value.strip()):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value == value // 1 and abs(value) < 1e9 else None


def _shown(value: object) -> str:
    """A value of the answer in a sentence, short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    return clip(one_line(repr(value), 60), 60)
