"""A MusicXML part as measures of notes in quarter notes, and the order in which they are played."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from t2s_rt.lyrics.assemble import checked_number
from t2s_rt.lyrics.markup import Element
from t2s_rt.lyrics.source import Source

MOST_TIMES: Final = 16
"""How often a repeat may be sung; verses rarely exceed ten."""
MOST_PLAYED_MEASURES: Final = 5_000

_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_BEAT_QUARTERS: Final = {
    "long": 16.0, "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25,
    "32nd": 0.125,
}  # fmt: skip
_JUMPS: Final = ("dacapo", "dalsegno", "tocoda", "fine")


@dataclass(frozen=True, slots=True)
class Lyric:
    """A syllable of one verse; `syllabic` is single, begin, middle or end."""

    verse: int
    text: str
    syllabic: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a melody; `quarter` counts from its measure's start, `tied` continues the one before."""

    line: int
    quarter: float
    quarters: float
    pitch_midi: float | None
    voice: str
    tied: bool
    lyrics: tuple[Lyric, ...]

    def verse(self, time_through: int) -> Lyric | None:
        """The syllable of this time through, of the first verse where that has none."""
        for lyric in self.lyrics:
            if lyric.verse == time_through:
                return lyric
        return self.lyrics[0] if self.lyrics else None


@dataclass(slots=True)
class Measure:
    """Notes, tempo changes as (quarter, quarters a minute), and the bar lines' repeats and endings."""

    notes: list[Note] = field(default_factory=list)
    tempos: list[tuple[float, float]] = field(default_factory=list)
    quarters: float = 0.0
    repeats_from: bool = False
    repeats_times: int = 0
    endings: frozenset[int] = frozenset()
    ends_ending: bool = False


@dataclass(slots=True)
class Part:
    """One part of the score."""

    measures: list[Measure] = field(default_factory=list)

    @property
    def has_lyrics(self) -> bool:
        """True where somebody sings."""
        return any(note.lyrics for measure in self.measures for note in measure.notes)

    @property
    def singing_voice(self) -> str:
        """The voice on the staff with most lyrics."""
        counts = Counter(
            note.voice for measure in self.measures for note in measure.notes if note.lyrics
        )
        return counts.most_common(1)[0][0] if counts else ""


class _PartReader:
    """Keeps what lasts over measures: divisions, transposition, an open ending."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.part = Part()
        self._divisions = 1.0
        self._transpose = 0.0
        self._open_endings: frozenset[int] = frozenset()
        self._cursor = 0.0
        self._last_start = 0.0
        self._measure = Measure()

    def read_measure(self, element: Element) -> None:
        self._measure = Measure(endings=self._open_endings)
        self._cursor = 0.0
        for child in element.children():
            self._read_child(child)
        self._measure.notes.sort(key=lambda note: note.quarter)
        self._measure.tempos.sort()
        self.part.measures.append(self._measure)

    def _read_child(self, child: Element) -> None:
        if child.name == "note":
            self._read_note(child)
        elif child.name == "attributes":
            self._read_attributes(child)
        elif child.name in ("backup", "forward"):
            self._move(self._duration(child) * (1 if child.name == "forward" else -1), child.line)
        elif child.name in ("direction", "sound"):
            self._read_direction(child)
        elif child.name == "barline":
            self._read_barline(child)

    def _move(self, quarters: float, line: int) -> None:
        self._cursor += quarters
        if self._cursor < -1e-6:
            raise self.source.error(
                "expected a backup inside its measure, found one before it.", line=line
            )
        self._cursor = max(self._cursor, 0.0)
        self._measure.quarters = max(self._measure.quarters, self._cursor)

    def _read_attributes(self, attributes: Element) -> None:
        if divisions := attributes.child("divisions"):
            value = checked_number(self.source, divisions.text, "<divisions> above 0", divisions.line)
            if value <= 0:
                raise self.source.expected("<divisions> above 0", divisions.text, divisions.line)
            self._divisions = value
        if transpose := attributes.child("transpose"):
            semitones = self._child_number(transpose, "chromatic")
            self._transpose = semitones + 12 * self._child_number(transpose, "octave-change")

    def _child_number(self, element: Element, name: str) -> float:
        child = element.child(name)
        if child is None:
            return 0.0
        return checked_number(self.source, child.text, f"a number in <{name}>", child.line)

    def _duration(self, element: Element) -> float:
        duration = element.child("duration")
        if duration is None:
            raise self.source.error(
                f"expected <duration> in <{element.name}>, found none.", line=element.line
            )
        value = checked_number(self.source, duration.text, "<duration> of 0 or more", duration.line)
        if value < 0 or value / self._divisions > 1e6:
            raise self.source.expected("<duration> of 0 or more", duration.text, duration.line)
        return value / self._divisions

    def _read_note(self, element: Element) -> None:
        if element.child("grace") or element.child("cue"):
            if element.child("lyric"):
                self.source.warn("a lyric on a grace or cue note; ignored.", element.line)
            if element.child("cue") and not element.child("grace") and not element.child("chord"):
                self._move(self._duration(element), element.line)
            return
        quarters = self._duration(element)
        chord = element.child("chord") is not None
        start = self._last_start if chord else self._cursor
        if not chord:
            self._last_start = self._cursor
            self._move(quarters, element.line)
        if element.child("rest") or (chord and not element.child("lyric")):
            return
        note = Note(
            line=element.line,
            quarter=start,
            quarters=quarters,
            pitch_midi=self._pitch(element),
            voice=element.child_text("voice", "1"),
            tied=any(tie.attributes.get("type") == "stop" for tie in element.children("tie")),
            lyrics=tuple(self._lyrics(element)),
        )
        self._measure.notes.append(note)

    def _pitch(self, element: Element) -> float | None:
        pitch = element.child("pitch")
        if pitch is None:
            return None
        step = pitch.child_text("step").upper()
        if step not in _STEPS:
            raise self.source.expected("a <step> from A to G", step, pitch.line)
        if pitch.child("octave") is None:
            raise self.source.error("expected an <octave> in <pitch>, found none.", line=pitch.line)
        octave = self._child_number(pitch, "octave")
        midi = 12 * (octave + 1) + _STEPS[step] + self._child_number(pitch, "alter") + self._transpose
        if not 0 <= midi <= 127:
            raise self.source.error(
                f"expected a pitch from C-1 to G9, found MIDI {midi:g}.", line=pitch.line
            )
        return midi

    def _lyrics(self, element: Element) -> list[Lyric]:
        lyrics: list[Lyric] = []
        for lyric in element.children("lyric"):
            text = "".join(
                "\N{UNDERTIE}" if item.name == "elision" else item.text.strip()
                for item in lyric.children()
                if item.name in ("text", "elision")
            )
            if not text:
                continue
            syllabic = lyric.children("syllabic")
            kind = syllabic[-1].text.strip() if syllabic else "single"
            if kind not in ("single", "begin", "middle", "end"):
                raise self.source.expected("syllabic single, begin, middle or end", kind, lyric.line)
            written = lyric.attributes.get("number", "1")
            verse = int(written) if written.isdecimal() and len(written) < 4 else len(lyrics) + 1
            lyrics.append(Lyric(verse, "".join(text.split()), kind))
        return sorted(lyrics, key=lambda lyric: lyric.verse)

    def _read_direction(self, element: Element) -> None:
        sounds = [element] if element.name == "sound" else element.children("sound")
        for sound in sounds:
            for jump in _JUMPS:
                if jump in sound.attributes:
                    raise self.source.error(
                        f"expected repeats without jumps, found {jump}.",
                        "Write the music out in the order in which it is sung.",
                        sound.line,
                    )
            if "tempo" in sound.attributes:
                self._add_tempo(sound.attributes["tempo"], 1.0, sound.line)
                return
        for metronome in element.descendants("metronome"):
            unit = _BEAT_QUARTERS.get(metronome.child_text("beat-unit"), 0.0)
            written = metronome.child_text("per-minute")
            if unit and written and written.replace(".", "", 1).isdecimal():
                dots = len(metronome.children("beat-unit-dot"))
                self._add_tempo(written, unit * (2 - 0.5**dots), metronome.line)

    def _add_tempo(self, written: str, beat_quarters: float, line: int) -> None:
        tempo = checked_number(self.source, written, "a tempo above 0", line) * beat_quarters
        if not 1 <= tempo <= 10_000:
            raise self.source.expected("a tempo from 1 to 10000 quarters a minute", written, line)
        self._measure.tempos.append((self._cursor, tempo))

    def _read_barline(self, barline: Element) -> None:
        if ending := barline.child("ending"):
            numbers = ending.attributes.get("number", "1").replace(",", " ").split()
            if ending.attributes.get("type") == "start":
                self._open_endings = frozenset(
                    int(number.strip(".")[:3]) for number in numbers if number.strip(".").isdecimal()
                )
                self._measure.endings = self._open_endings
            else:
                self._measure.ends_ending = True
                self._open_endings = frozenset()
        if repeat := barline.child("repeat"):
            self._read_repeat(repeat)

    def _read_repeat(self, repeat: Element) -> None:
        if repeat.attributes.get("direction") == "forward":
            self._measure.repeats_from = True
            return
        written = repeat.attributes.get("times", "2")
        times = checked_number(self.source, written, "a number of times", repeat.line)
        if not 1 <= times <= MOST_TIMES or times != math.floor(times):
            raise self.source.expected(f"a repeat of 1 to {MOST_TIMES} times", written, repeat.line)
        self._measure.repeats_times = int(times)


def read_part(source: Source, measures: list[Element]) -> Part:
    """Read the measures of one part.

    Raises:
        LyricsError: If durations, pitches, tempos or repeats are impossible, or the music jumps.
    """
    reader = _PartReader(source)
    for measure in measures:
        reader.read_measure(measure)
    return reader.part


def unroll(source: Source, parts: list[Part]) -> list[tuple[int, int]]:
    """Measures in the order in which they are played, each with its time through, from 1.

    Repeats and endings may stand in any part. The count of times starts again behind each repeat; after
    the last one it is 1.

    Raises:
        LyricsError: If that gives more than `MOST_PLAYED_MEASURES`.
    """
    columns = [
        [part.measures[index] for part in parts if index < len(part.measures)]
        for index in range(max(len(part.measures) for part in parts))
    ]
    played: list[tuple[int, int]] = []
    index, section, time_through = 0, 0, 1
    while index < len(columns):
        column = columns[index]
        if any(measure.repeats_from for measure in column) and index != section:
            section, time_through = index, 1
        endings = frozenset().union(*(measure.endings for measure in column))
        if not endings or time_through in endings:
            played.append((index, time_through))
            times = _times(columns, section, index)
            if times and time_through < times:
                index, time_through = section, time_through + 1
                continue
            if (times and not _ending_follows(columns, index)) or (
                endings and _ends_ending(column) and not _ending_follows(columns, index)
            ):
                section, time_through = index + 1, 1
        index += 1
        if len(played) > MOST_PLAYED_MEASURES:
            raise source.error(f"expected at most {MOST_PLAYED_MEASURES} measures, found more.")
    return played


def _ends_ending(column: list[Measure]) -> bool:
    return any(measure.ends_ending for measure in column)


def _ending_follows(columns: list[list[Measure]], index: int) -> bool:
    following = columns[index + 1] if index + 1 < len(columns) else []
    return any(measure.endings for measure in following)


def _times(columns: list[list[Measure]], section: int, index: int) -> int:
    """How often the section is sung if this measure ends in a repeat, 0 where it does not."""
    written = max((measure.repeats_times for measure in columns[index]), default=0)
    if not written:
        return 0
    numbers = [number for measure in columns[index] for number in measure.endings]
    return max(written, max(numbers, default=0) + 1) if numbers else written
