"""UltraStar 1.x and the unversioned files before it.

A beat lasts 60 / (4 BPM) s and beat 0 is at GAP ms. START and END do not move notes. White space at the
edge of a note's text is a word boundary, ``~`` holds the syllable before. Files without ``#VERSION`` are
read as they occur: other encodings, ``#RELATIVE``, ``- a b``, negative beats, overlapping notes,
``P 1``, and ``P3`` for both singers of a duet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song, checked_number
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.song import LONGEST_SONG_S, Song, SyllableKind
from t2s_rt.lyrics.source import Source

BEATS_PER_BPM: Final = 4
"""The file's BPM counts quarters of its beats."""
MIDDLE_C_MIDI: Final = 60
HIGHEST_BPM: Final = 20_000.0

_NOTE: Final = re.compile(r"([!-~])\s*(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(?:\s(.*))?$")
_BREAK: Final = re.compile(r"-\s*(-?\d{1,9})(?:\s+(-?\d{1,9}))?\s*$")
_VOICE: Final = re.compile(r"P\s?(\d{1,9})\s*$")
_VERSION: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})$")
_KINDS: Final = {
    ":": SyllableKind.NORMAL,
    "*": SyllableKind.GOLDEN,
    "R": SyllableKind.RAP,
    "G": SyllableKind.GOLDEN_RAP,
}
_PITCHED: Final = frozenset({SyllableKind.NORMAL, SyllableKind.GOLDEN})
_REFERENCES: Final = ("audio", "mp3", "vocals", "instrumental", "cover", "background", "video")
_ENCODINGS: Final = {
    "utf8": "utf-8",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp1252": "cp1252",
    "latin1": "latin-1",
    "iso88591": "latin-1",
    "shiftjis": "shift_jis",
}
_BOTH_SINGERS: Final = 3
"""In unversioned duets P counts singers as bits."""


@dataclass(slots=True)
class _Note:
    start_beat: int
    end_beat: int
    fragment: Fragment


@dataclass(slots=True)
class _Phrase:
    number: int
    notes: list[_Note] = field(default_factory=list)


class _Reader:
    """The header's keys, then the body's lines one after the other."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.keys: dict[str, tuple[str, int]] = {}
        self.phrases: dict[int, list[_Phrase]] = {}
        self._voice = 1
        self._open: _Phrase | None = None
        self._offset_beat = 0

    def read_key(self, text: str, number: int) -> None:
        key, colon, value = text.lstrip()[1:].partition(":")
        if not colon:
            self.source.warn("expected #KEY:VALUE; ignored.", number)
            return
        entry = (value.strip(), number)
        if entry[0] and self.keys.setdefault(key.strip().lower(), entry) is not entry:
            self.source.warn(f"#{key.strip().upper()} is given twice; the first counts.", number)

    def value(self, key: str) -> str:
        return self.keys.get(key, ("", 0))[0]

    def number(self, key: str, what: str, default: float | None = None) -> float:
        """A decimal header value; point or comma."""
        if key not in self.keys:
            if default is None:
                raise self.source.error(f"expected a line #{key.upper()}:{what}, found none.")
            return default
        text, line = self.keys[key]
        return checked_number(self.source, text, f"#{key.upper()}:{what}", line)

    @property
    def versioned(self) -> bool:
        return "version" in self.keys

    def check_version(self) -> None:
        """Refuse what these rules do not cover.

        Raises:
            LyricsError: If the version is misspelt, or 2 and later, whose times have other units.
        """
        if not self.versioned:
            return
        text, line = self.keys["version"]
        version = _VERSION.match(text)
        if version is None:
            raise self.source.expected("#VERSION:1.<n>.<n>", text, line)
        if version[1] != "1":
            raise self.source.error(
                f"expected UltraStar version 1, found {text}.", "Save the song as version 1.", line
            )

    def read_body(self, text: str, number: int) -> None:
        stripped = text.strip()
        if voice := _VOICE.match(stripped):
            self._change_voice(int(voice[1]), number)
        elif phrase_end := _BREAK.match(stripped):
            self._end_phrase(phrase_end)
        elif note := _NOTE.match(text.lstrip()):
            self._add_note(note, number)
        elif stripped.startswith("B "):
            raise self.source.error(
                f"expected one tempo, found a tempo change {stripped!r}.",
                "Convert the song to a constant BPM.",
                number,
            )
        else:
            raise self.source.expected(
                "a note such as ': 12 4 7 text', '- 20', 'P1' or 'E'", stripped, number
            )

    def _change_voice(self, voice: int, number: int) -> None:
        if not 1 <= voice <= 9:
            raise self.source.expected("a voice from P1 to P9", f"P{voice}", number)
        self._voice, self._open, self._offset_beat = voice, None, 0

    def _end_phrase(self, phrase_end: re.Match[str]) -> None:
        self._open = None
        if self.value("relative").lower() == "yes":
            self._offset_beat += int(phrase_end[2] or phrase_end[1])

    def _add_note(self, note: re.Match[str], number: int) -> None:
        kind = _KINDS.get(note[1], SyllableKind.FREESTYLE)
        start, duration, pitch = int(note[2]), int(note[3]), int(note[4])
        if duration < 0 or (self.versioned and start < 0):
            raise self.source.expected("a start and a duration of 0 beats or more", note[0], number)
        midi = MIDDLE_C_MIDI + pitch if kind in _PITCHED else None
        if midi is not None and not 0 <= midi <= 127:
            raise self.source.expected("a pitch from -60 to 67 semitones from C4", note[4], number)
        text = note[5] or ""
        held = text.lstrip().startswith("~") or not text.strip()
        if not text.strip():
            self.source.warn("a note without text; read as held.", number)
        sung = text.replace("~", "")
        if not sung.strip():
            sung = " " if text[-1:].isspace() else ""
        fragment = Fragment(sung, pitch_midi=midi, kind=kind, held=held, whole=True)
        if self._open is None:
            self._open = _Phrase(number)
            self.phrases.setdefault(self._voice, []).append(self._open)
        start += self._offset_beat
        self._open.notes.append(_Note(start, start + duration, fragment))

    def voices(self) -> list[str]:
        """Singers' names; adds the lines that both sing to each in unversioned duets."""
        both = _BOTH_SINGERS in self.phrases and not self.versioned and "p3" not in self.keys
        if both and len(self.phrases) > 1:
            shared = self.phrases.pop(_BOTH_SINGERS)
            for voice in (1, 2):
                self.phrases.setdefault(voice, []).extend(shared)
        numbers = sorted(self.phrases)
        return [self.value(f"p{number}") or self.value(f"duetsingerp{number}") for number in numbers]

    def drafts(self, beat_s: float) -> list[LineDraft]:
        return [
            self._draft(phrase, index, beat_s)
            for index, voice in enumerate(sorted(self.phrases))
            for phrase in self.phrases[voice]
        ]

    def _draft(self, phrase: _Phrase, voice: int, beat_s: float) -> LineDraft:
        notes = sorted(phrase.notes, key=lambda note: note.start_beat)
        if notes != phrase.notes:
            self.source.warn("notes that do not ascend; sorted.", phrase.number)
        if any(after.start_beat < before.end_beat for before, after in pairwise(notes)):
            self.source.warn("notes that overlap; the earlier one ends sooner.", phrase.number)
        fragments = [
            replace(note.fragment, start_s=note.start_beat * beat_s, end_s=note.end_beat * beat_s)
            for note in notes
        ]
        end_s = max(note.end_beat for note in notes) * beat_s
        start_s = notes[0].start_beat * beat_s
        return LineDraft(fragments, start_s, end_s, voice=voice, number=phrase.number)


def parse_ultrastar(source: Source) -> Song:
    """Read UltraStar.

    Raises:
        LyricsError: If the version is not 1.x, BPM or GAP are no numbers, or a line of the body is none.
    """
    reader = _Reader(source)
    in_header = True
    for number, text in enumerate(_lines(source), 1):
        stripped = text.strip()
        if not stripped:
            continue
        if stripped == "E":
            break
        if stripped.startswith("#"):
            if in_header:
                reader.read_key(text, number)
            continue
        if in_header:
            reader.check_version()
            in_header = False
        reader.read_body(text, number)
    else:
        source.warn("no line E at the end; the file may be cut off.")
    reader.check_version()
    bpm = reader.number("bpm", "<number>")
    if not 0 < bpm <= HIGHEST_BPM:
        line = reader.keys["bpm"][1]
        raise source.expected(f"#BPM above 0 and at most {HIGHEST_BPM:.0f}", f"{bpm:g}", line)
    gap_s = reader.number("gap", "<ms>", 0.0) / 1000.0
    if abs(gap_s) > LONGEST_SONG_S:
        raise source.expected("#GAP of less than a day", reader.value("gap"), reader.keys["gap"][1])
    header = _header(reader, gap_s)
    return build_song(source, header, reader.drafts(60.0 / (bpm * BEATS_PER_BPM)))


def _lines(source: Source) -> list[str]:
    """Lines by the encoding that the header names, where it names one we know."""
    lines = source.lines()
    for line in lines[:50]:
        if line.lstrip().upper().startswith("#ENCODING:"):
            name = re.sub(r"[^a-z0-9]", "", line.partition(":")[2].lower())
            return source.lines(_ENCODINGS.get(name, "cp1252"))
    return lines


def _header(reader: _Reader, gap_s: float) -> Header:
    header = Header(
        "ultrastar",
        title=reader.value("title"),
        artist=reader.value("artist"),
        language=language_code(reader.value("language")),
        shift_s=gap_s,
    )
    for key, (value, line) in reader.keys.items():
        kept = reader.source.reference(value, f"#{key.upper()}", line) if key in _REFERENCES else value
        if kept:
            header.metadata.append((key, kept))
    kept_references = dict(header.metadata)
    header.audio = kept_references.get("audio" if "audio" in reader.keys else "mp3", "")
    header.voices = reader.voices() or [""]
    for key in ("title", "artist"):
        if key not in reader.keys:
            reader.source.warn(f"no #{key.upper()}.")
    return header
