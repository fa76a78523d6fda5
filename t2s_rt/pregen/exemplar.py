"""Exemplars: phrases, how they sound and how a face performs them, written for people to read.

A bank is a folder of TOML files. Each phrase says what is sung, how, and what the face does::

    [[phrase]]
    text = "Leave the light on, I am nearly home"
    sung = "en soft, loud .35 pitch .45 range 5 rate 3 held .9 vibrato .3 rising"
    note = "hope at the end of a long way; the light in the window"
    cues = '''
    brows raise .5 -.3s..held the window comes into sight
    eyes look_up .4 0...6
    mouth smile .4 .5..+.5s
    neck tilt_left .3 held
    '''

``emotion`` stands at the top of the file for all its phrases, or in a phrase. A cue is region, move,
intensity, span and, if there is something to say, why. A span is ``from..to``; each end is a part of the
phrase from 0 to 1, or a note (``first``, ``last``, ``held`` for the longest), or nothing (the phrase's
start or end), and may add seconds: ``-.3s..held+.2s``. A note alone spans that note; ``<held`` is where
it starts and ``>held`` where it ends, for the cue before it and the one after it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.lyrics.song import Line, Syllable, Word
from t2s_rt.pregen.descriptors import held_spans
from t2s_rt.pregen.phrase import Contour, Delivery, Descriptors, Emotion
from t2s_rt.pregen.plan import LEAD_S, TAIL_S
from t2s_rt.subtitles.cue import SHORTEST_CUE_S, Cue, cue_order, describe_overlap, overlaps
from t2s_rt.subtitles.moves import MOVE_INDEX, moves_of

BANK: Final = Path(__file__).parent / "exemplars"
"""Ours, CC0."""
MOST_PHRASES: Final = 20_000
"""More in one bank is a mistake, not a bank."""

_LIMITS: Final = {
    "loud": (0.0, 1.0),
    "pitch": (0.0, 1.0),
    "range": (0.0, 48.0),
    "rate": (0.1, 20.0),
    "held": (0.03, 30.0),
    "vibrato": (0.0, 1.0),
}
_FIELDS: Final = {
    "loud": "loudness",
    "pitch": "pitch",
    "range": "pitch_range",
    "rate": "rate",
    "held": "held",
    "vibrato": "vibrato",
}
_KEYS: Final = frozenset({"text", "sung", "note", "cues", "emotion"})
_LANGUAGE: Final = re.compile("[a-z]{2,3}")
_CUE: Final = re.compile(r"(\w+)\s+(\w+)\s+([\d.]+)\s+(\S+)(?:\s+(.*))?")
_ANCHOR: Final = re.compile(r"(?:([<>]?)(first|last|held)|(\d*\.?\d+))?(?:([+-]\d*\.?\d+)s)?")


class Note(StrEnum):
    """A note that a cue may hold on to."""

    FIRST = "first"
    LAST = "last"
    HELD = "held"
    """The longest; the last of them if there are several."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One end of a cue, relative to the phrase it is in.

    Attributes:
        at: A part of the phrase, 0 its start to 1 its end, or a note.
        ends: For a note: its end, else its start.
        offset_s: Seconds later.
    """

    at: float | Note
    ends: bool = False
    offset_s: float = 0.0

    def time_s(self, line: Line) -> float:
        """Seconds of the song, in this line."""
        if isinstance(self.at, Note):
            return note_span_s(line, self.at)[self.ends] + self.offset_s
        return line.start_s + self.at * (line.end_s - line.start_s) + self.offset_s


@dataclass(frozen=True, slots=True)
class RelativeCue:
    """A cue that fits itself to the phrase it is put into.

    Attributes:
        region: The lane.
        move: A word of `t2s_rt.subtitles.moves`.
        intensity: 0 to 1.
        start: Where it starts.
        end: Where it ends.
        text: Why; may be empty.
    """

    region: Region
    move: str
    intensity: float
    start: Anchor
    end: Anchor
    text: str = ""

    def span_s(self, line: Line) -> tuple[float, float]:
        """Start and end in seconds of the song, in this line."""
        return self.start.time_s(line), self.end.time_s(line)


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One phrase as a singer performs it.

    Attributes:
        text: What is sung.
        language: Two-letter code.
        emotion: What it feels.
        delivery: How it is sung.
        descriptors: How it sounds.
        note: Meaning and imagery, in a few words.
        cues: What the face does, by start in a phrase of usual length.
        origin: File and line, for people.
    """

    text: str
    language: str
    emotion: Emotion
    delivery: Delivery
    descriptors: Descriptors
    note: str
    cues: tuple[RelativeCue, ...]
    origin: str = ""


def place(
    cues: Sequence[RelativeCue], line: Line, earliest_s: float, latest_s: float
) -> tuple[Cue, ...]:
    """Put an exemplar's cues into a line.

    Args:
        cues: Relative ones.
        line: The line they go into; its notes and length decide their times.
        earliest_s: No cue starts before; seconds of the song, 0 or later.
        latest_s: No cue ends after.

    Returns:
        Cues in order. Where two would ask one action for two things, the earlier one ends first; what
        is left with no time is left out.
    """
    placed: list[Cue] = []
    for cue in cues:
        start_s, end_s = cue.span_s(line)
        start_s, end_s = max(start_s, earliest_s), min(end_s, latest_s)
        if end_s - start_s > SHORTEST_CUE_S:
            placed.append(Cue(start_s, end_s, cue.region, cue.move, cue.intensity, cue.text))
    return _apart(sorted(placed, key=cue_order))


def _apart(cues: list[Cue]) -> tuple[Cue, ...]:
    kept: list[Cue] = []
    for cue in cues:
        actions = {action for action, _ in cue.drives.drives}
        rivals = [one for one in kept if actions & {action for action, _ in one.drives.drives}]
        if any(cue.start_s - one.start_s <= SHORTEST_CUE_S < one.end_s - cue.start_s for one in rivals):
            continue
        for one in rivals:
            if one.end_s > cue.start_s:
                shorter = Cue(
                    one.start_s, cue.start_s, one.region, one.move, one.intensity, one.text, one.by_hand
                )
                kept[kept.index(one)] = shorter
        kept.append(cue)
    return tuple(sorted(kept, key=cue_order))


def read_bank(folder: Path) -> tuple[Exemplar, ...]:
    """All exemplars of a folder, by file name and place in the file.

    Raises:
        SubtitleError: The folder is missing or holds no bank, or an entry is wrong; file, line and what
            was expected are in it.
    """
    if not folder.is_dir():
        raise SubtitleError(f"There is no folder {folder}.", "A bank is a folder of .toml files.")
    files = sorted(folder.glob("*.toml"))
    exemplars = tuple(exemplar for file in files for exemplar in read_exemplars(file))
    if not exemplars:
        raise SubtitleError(f"{folder} holds no exemplars.", "A bank is a folder of .toml files.")
    if len(exemplars) > MOST_PHRASES:
        raise SubtitleError(f"{folder} holds {len(exemplars)} phrases; at most {MOST_PHRASES} are used.")
    return exemplars


def embedded_texts(exemplars: Sequence[Exemplar]) -> list[str]:
    """What of exemplars is compared by meaning: first all their words, then all their notes."""
    return [*(one.text for one in exemplars), *(one.note or one.text for one in exemplars)]


def read_exemplars(path: Path) -> tuple[Exemplar, ...]:
    """The exemplars of one file.

    Raises:
        SubtitleError: It cannot be read, or an entry is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as problem:
        raise SubtitleError(f"It cannot be read ({problem.strerror}).", file=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SubtitleError(f"It is not TOML in UTF-8: {problem}.", file=str(path)) from None
    entries = table.get("phrase", [])
    if set(table) - {"emotion", "phrase"} or not isinstance(entries, list):
        raise SubtitleError("A bank file has `emotion` and [[phrase]] entries only.", file=str(path))
    lines = [number for number, row in enumerate(text.splitlines(), 1) if row.strip() == "[[phrase]]"]
    lines = lines if len(lines) == len(entries) else [1] * len(entries)
    return tuple(
        _read_entry(entry, table.get("emotion"), path, line)
        for entry, line in zip(entries, lines, strict=True)
    )


def _read_entry(entry: object, emotion: object, path: Path, line: int) -> Exemplar:
    try:
        exemplar = _parse_entry(entry, emotion, f"{path.name}, line {line}")
        check(exemplar)
    except SubtitleError as problem:
        raise SubtitleError(problem.problem, problem.hint, file=str(path), line=line) from None
    return exemplar


def _parse_entry(entry: object, emotion: object, origin: str) -> Exemplar:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise SubtitleError("A phrase is a table of strings.")
    if unknown := set(entry) - _KEYS:
        raise SubtitleError(
            f"A phrase has {', '.join(sorted(_KEYS))}, but this one has {', '.join(sorted(unknown))}."
        )
    if missing := {"text", "sung", "cues"} - set(entry):
        raise SubtitleError(f"A phrase needs {', '.join(sorted(missing))}.")
    feeling = entry.get("emotion", emotion)
    if feeling not in list(Emotion):
        raise SubtitleError(f"An emotion is one of {', '.join(Emotion)}, but this is {feeling!r}.")
    language, delivery, descriptors = parse_sung(entry["sung"])
    return Exemplar(
        text=" ".join(entry["text"].split()),
        language=language,
        emotion=Emotion(feeling),
        delivery=delivery,
        descriptors=descriptors,
        note=" ".join(entry.get("note", "").split()),
        cues=tuple(parse_cue(row) for row in entry["cues"].strip().splitlines() if row.strip()),
        origin=origin,
    )


def parse_sung(text: str) -> tuple[str, Delivery, Descriptors]:
    """Read "en soft, loud .3 pitch .4 rising": language, delivery, descriptors; leave out the unknown.

    Raises:
        SubtitleError: Something else stands there.
    """
    head, _, tail = text.partition(",")
    match head.split():
        case [language, delivery] if re.fullmatch(r"[a-z]{2,3}", language) and delivery in list(
            Delivery
        ):
            pass
        case _:
            raise SubtitleError(
                f"`sung` begins with a language and a delivery ({', '.join(Delivery)}), such as "
                f"'en soft,', but here with {head!r}."
            )
    values: dict[str, Any] = {}
    words = tail.split()
    while words:
        word = words.pop(0)
        if word in list(Contour) and "contour" not in values:
            values["contour"] = Contour(word)
        elif word in _LIMITS and words and _FIELDS[word] not in values:
            values[_FIELDS[word]] = _number(words.pop(0), word)
        else:
            raise SubtitleError(
                f"`sung` holds {', '.join(_LIMITS)}, each once with a number, and one of "
                f"{', '.join(Contour)}, but here stands {word!r}."
            )
    return language, Delivery(delivery), Descriptors(**values)


def _number(text: str, name: str) -> float:
    low, high = _LIMITS[name]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SubtitleError(f"`{name}` is a number from {low} to {high}, but here {text!r}.")
    return value


def parse_cue(row: str) -> RelativeCue:
    """Read one cue, such as ``brows raise .7 -.2s..held lifts on "light"``.

    Raises:
        SubtitleError: It is no cue, or asks for what its region cannot do.
    """
    match = _CUE.fullmatch(row.strip())
    if match is None:
        raise SubtitleError(
            f"A cue is region, move, intensity and span, such as 'brows raise .7 0...5', not {row!r}."
        )
    region, move, intensity, span, text = match.groups()
    if region not in list(Region):
        raise SubtitleError(f"A region is one of {', '.join(Region)}, but this is {region!r}.")
    if (Region(region), move) not in MOVE_INDEX:
        known = ", ".join(one.name for one in moves_of(Region(region)))
        raise SubtitleError(f"[{region}] has no move {move!r}. It has: {known}.")
    try:
        strength = float(intensity)
    except ValueError:
        strength = -1.0
    if not 0.0 <= strength <= 1.0:
        raise SubtitleError(f"An intensity is from 0 to 1, but {move} has {intensity}.")
    start, end = _parse_span(span)
    return RelativeCue(Region(region), move, strength, start, end, text or "")


def _parse_span(span: str) -> tuple[Anchor, Anchor]:
    first, dots, second = span.partition("..")  # in .2...6 the third dot belongs to the number
    if not dots and span in list(Note):
        return Anchor(Note(span)), Anchor(Note(span), ends=True)
    if not dots:
        raise SubtitleError(f"A span is from..to or first, last, held, but here {span!r}.")
    return _parse_anchor(first, ends=False), _parse_anchor(second, ends=True)


def _parse_anchor(text: str, *, ends: bool) -> Anchor:
    match = _ANCHOR.fullmatch(text)
    if match is None:
        raise SubtitleError(
            f"An end of a span is a part from 0 to 1 or first, last, held, with seconds such as +.3s, "
            f"but here {text!r}."
        )
    edge, note, part, offset = match.groups()
    offset_s = float(offset) if offset else 0.0
    if note is not None:
        return Anchor(Note(note), ends=edge == ">" if edge else ends, offset_s=offset_s)
    at = float(ends) if part is None else float(part)
    if at > 1.0:
        raise SubtitleError(f"A part of a phrase is from 0 to 1, but here {part}.")
    return Anchor(at, offset_s=offset_s)


def check(exemplar: Exemplar) -> None:
    """Check what holds for every exemplar, on a line that sounds as it says.

    Raises:
        SubtitleError: It has no words or no cues, a cue has no time, leaves the time around a phrase
            that is its own, or two cues ask one action for two things at once.
    """
    if not any(character.isalnum() for character in exemplar.text):
        raise SubtitleError("A phrase has words, but `text` has none.")
    if not exemplar.cues:
        raise SubtitleError("A phrase has at least one cue.")
    line = usual_line(exemplar.descriptors)
    earliest_s, latest_s = line.start_s - LEAD_S, line.end_s + TAIL_S
    cues = []
    for cue in exemplar.cues:
        start_s, end_s = cue.span_s(line)
        if start_s < earliest_s - 1e-6 or end_s > latest_s + 1e-6:
            raise SubtitleError(
                f"{cue.region} {cue.move} leaves the phrase by more than {LEAD_S} s before or "
                f"{TAIL_S} s after it."
            )
        if end_s - start_s < 2.0 * SHORTEST_CUE_S:
            raise SubtitleError(f"{cue.region} {cue.move} has no time: its end is not after its start.")
        cues.append(Cue(start_s, end_s, cue.region, cue.move, cue.intensity, cue.text))
    for first, second, action in overlaps(tuple(cues)):
        raise SubtitleError(describe_overlap(first, second, action))


USUAL_SYLLABLES: Final = 8


def usual_line(descriptors: Descriptors) -> Line:
    """A line of eight syllables that sounds so; its longest note is the last but one."""
    step_s = 1.0 / (descriptors.rate or 3.0)
    held_s = max(descriptors.held or 0.0, 1.3 * step_s)
    syllables: list[Syllable] = []
    time_s = 1.0
    for index in range(USUAL_SYLLABLES):
        length_s = held_s if index == USUAL_SYLLABLES - 2 else step_s
        syllables.append(Syllable("la", time_s, time_s + length_s))
        time_s += length_s
    return Line((Word(tuple(syllables)),), 1.0, time_s)


def note_span_s(line: Line, note: Note) -> tuple[float, float]:
    """Start and end in seconds of one of a line's notes."""
    spans = held_spans(line)
    if note is Note.HELD:
        return max(spans, key=lambda span: (round(span[1] - span[0], 3), span[0]))
    return spans[0] if note is Note.FIRST else spans[-1]
