"""Reads the rubric (`bench/rubric/*.toml`) and makes songs of its lines."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.expectations import Comparison, Expectation, parse_comparison, parse_expectation
from t2s_rt.errors import ConfigError
from t2s_rt.lyrics import Line, Song, Syllable, Word, split_syllables
from t2s_rt.pregen.phrase import Contour, Delivery, Descriptors, Emotion, Phrase, PhrasedSong, Section

RUBRIC: Final = Path(__file__).parent / "rubric"

FIRST_LINE_S: Final = 2.0
REST_S: Final = 0.6
"""Between lines: a breath."""
SHORTEST_SYLLABLE_S: Final = 0.12
LOW_MIDI, HIGH_MIDI = 48.0, 72.0
"""The range of the singer whose pitch 0 and 1 are."""
WAYS: Final = ("words", "sound", "both")


@dataclass(frozen=True, slots=True)
class DirectedLine:
    """A line and what a face must do with it.

    Attributes:
        text: The line.
        language: Two-letter code.
        emotion: What it feels, for the report.
        before: Lines before it, sung alike.
        after: Lines after it, sung alike.
        sound: How it is sung.
        expect: All must hold.
    """

    text: str
    language: str
    emotion: Emotion
    before: tuple[str, ...]
    after: tuple[str, ...]
    sound: Descriptors
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class SungTwice:
    """A line sung in two ways.

    Attributes:
        text: The line.
        language: Two-letter code.
        emotion: What it feels, for the report.
        change: From what to what, in words.
        first: How it is sung first.
        second: How it is sung then.
        expect: All must hold.
    """

    text: str
    language: str
    emotion: Emotion
    change: str
    first: Descriptors
    second: Descriptors
    expect: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A phrase to be searched for.

    Attributes:
        text: Its words.
        language: Two-letter code.
        emotion: What it feels.
        delivery: How a listener would call it.
        clear: Whether words, sound or both tell the feeling: one of `WAYS`.
        sound: How it is sung.
    """

    text: str
    language: str
    emotion: Emotion
    delivery: Delivery
    clear: str
    sound: Descriptors


def load_directions(half: str) -> tuple[DirectedLine, ...]:
    """The lines of one half, ``dev`` or ``test``.

    Raises:
        ConfigError: The file is not as it must be.
    """
    return tuple(
        DirectedLine(
            text=row["text"],
            language=row["language"],
            emotion=Emotion(row["emotion"]),
            before=tuple(row.get("before", ())),
            after=tuple(row.get("after", ())),
            sound=_sound(row["sound"]),
            expect=tuple(parse_expectation(text) for text in row["expect"]),
        )
        for row in _rows(
            f"directions_{half}.toml",
            "line",
            {"text", "language", "emotion", "sound", "expect"},
            {"before", "after"},
        )
    )


def load_acoustics() -> tuple[SungTwice, ...]:
    """The lines sung in two ways.

    Raises:
        ConfigError: The file is not as it must be.
    """
    required = {"text", "language", "emotion", "change", "first", "second", "expect"}
    return tuple(
        SungTwice(
            text=row["text"],
            language=row["language"],
            emotion=Emotion(row["emotion"]),
            change=row["change"],
            first=_sound(row["first"]),
            second=_sound(row["second"]),
            expect=tuple(parse_comparison(text) for text in row["expect"]),
        )
        for row in _rows("acoustics.toml", "pair", required)
    )


def load_heldout() -> tuple[HeldOut, ...]:
    """The phrases to be searched for.

    Raises:
        ConfigError: The file is not as it must be.
    """
    required = {"text", "language", "emotion", "delivery", "clear", "sound"}
    rows = _rows("retrieval_heldout.toml", "phrase", required)
    for row in rows:
        if row["clear"] not in WAYS:
            raise ConfigError(f"{row['text']!r} is clear by {row['clear']!r}, not by one of {WAYS}.")
    return tuple(
        HeldOut(
            text=row["text"],
            language=row["language"],
            emotion=Emotion(row["emotion"]),
            delivery=Delivery(row["delivery"]),
            clear=row["clear"],
            sound=_sound(row["sound"]),
        )
        for row in rows
    )


def _rows(
    name: str, kind: str, required: set[str], optional: set[str] | None = None
) -> list[dict[str, Any]]:
    parsed = tomllib.loads((RUBRIC / name).read_text(encoding="utf-8"))
    if set(parsed) != {kind}:
        raise ConfigError(f"{name} has [[{kind}]] and nothing else, but it has {sorted(parsed)}.")
    rows: list[dict[str, Any]] = parsed[kind]
    for row in rows:
        if not required <= set(row) <= required | (optional or set()):
            raise ConfigError(f"{name}: expected {sorted(required)}, got {sorted(row)}.")
    return rows


def _sound(row: dict[str, Any]) -> Descriptors:
    contour = Contour(row["contour"]) if "contour" in row else None
    numbers = {name: float(value) for name, value in row.items() if name != "contour"}
    return Descriptors(**numbers, contour=contour)


@lru_cache(maxsize=512)
def sing(
    text: str,
    language: str,
    sound: Descriptors,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
) -> tuple[PhrasedSong, int]:
    """A song of one line and its neighbours, all sung as described.

    The last syllable is the longest note. Where the line is too short for rate and held note both, the
    held note wins and the rate that planners are told is the true one.

    Returns:
        The song and the index of the line.
    """
    lines: list[Line] = []
    at_s = FIRST_LINE_S
    for one in (*before, text, *after):
        lines.append(_sing_line(one, language, sound, at_s))
        at_s = lines[-1].end_s + REST_S
    phrases = tuple(
        Phrase(i, line, language, section=0, descriptors=_true_rate(sound, line))
        for i, line in enumerate(lines)
    )
    song = Song(title="Rubric", artist="", language=language, lines=tuple(lines))
    sections = (Section("Verse", tuple(range(len(lines)))),)
    return PhrasedSong(song, phrases, sections), len(before)


def _sing_line(text: str, language: str, sound: Descriptors, start_s: float) -> Line:
    words = [split_syllables(word, language) for word in text.split()]
    count = sum(len(word) for word in words)
    held_s = sound.held if sound.held is not None else 0.6
    step_s = SHORTEST_SYLLABLE_S
    if count > 1:
        step_s = max(step_s, (count / (sound.rate or 3.0) - held_s) / (count - 1))
    notes = _notes(count, sound)
    sung: list[Word] = []
    at_s, number = start_s, 0
    for word in words:
        syllables = []
        for part in word:
            length_s = held_s if number == count - 1 else min(step_s, held_s)
            syllables.append(Syllable(part, at_s, at_s + length_s, notes[number]))
            at_s += length_s
            number += 1
        sung.append(Word(tuple(syllables)))
    return Line(tuple(sung), start_s, at_s, section="Verse")


def _notes(count: int, sound: Descriptors) -> list[float]:
    """MIDI note numbers along the contour, as wide as the range says."""
    along = np.linspace(0.0, 1.0, count) if count > 1 else np.array([0.5])
    shapes = {
        Contour.RISING: along - 0.5,
        Contour.FALLING: 0.5 - along,
        Contour.ARCHED: np.sin(np.pi * along) - 0.5,
        Contour.DIPPED: 0.5 - np.sin(np.pi * along),
    }
    shape = shapes.get(sound.contour or Contour.LEVEL, 0.5 * (-1.0) ** np.arange(count))
    pitch = 0.5 if sound.pitch is None else sound.pitch
    middle = LOW_MIDI + (HIGH_MIDI - LOW_MIDI) * pitch
    return [round(float(middle + (sound.pitch_range or 0.0) * value)) for value in shape]


def _true_rate(sound: Descriptors, line: Line) -> Descriptors:
    if sound.rate is None:
        return sound
    return replace(sound, rate=min(sound.rate, len(line.syllables) / (line.end_s - line.start_s)))
