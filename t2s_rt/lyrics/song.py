"""What every lyrics format becomes: a song of lines, words and syllables with their times.

Times are seconds from the start of the audio, offsets already applied. Words are what white space
separates in the source; scripts without spaces have one word a line and still one syllable a character.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from t2s_rt.errors import LyricsError

TIME_TOLERANCE_S: Final = 1e-6
"""Rounding of sums of seconds; far below a sample."""
LONGEST_SONG_S: Final = 24 * 3600.0
"""Later times are taken for a broken file."""


class SyllableKind(StrEnum):
    """How a syllable is sung, in UltraStar's terms."""

    NORMAL = "normal"
    GOLDEN = "golden"
    """Worth more points in a game; sung as a normal one."""
    RAP = "rap"
    GOLDEN_RAP = "golden rap"
    FREESTYLE = "freestyle"
    """Anything goes: spoken, shouted, whispered."""


@dataclass(frozen=True, slots=True)
class Syllable:
    """One sung syllable, or one more note of the syllable before it.

    Attributes:
        text: What is sung, without surrounding white space; empty only where held.
        start_s: Start in seconds from the start of the audio.
        end_s: End in seconds, not before the start.
        pitch_midi: MIDI note number (60 = C4, 0 to 127), None where the file has none. In UltraStar
            files the octave may be wrong.
        kind: How it is sung.
        held: True where it continues the vowel of the syllable before (UltraStar's ``~``, a melisma).
        estimated: True where the file has no time for it and it was spread over its word or line.
    """

    text: str
    start_s: float
    end_s: float
    pitch_midi: float | None = None
    kind: SyllableKind = SyllableKind.NORMAL
    held: bool = False
    estimated: bool = False

    def __post_init__(self) -> None:
        """Check what holds for every syllable.

        Raises:
            LyricsError: If text, times or pitch are impossible.
        """
        if self.text != self.text.strip():
            raise LyricsError(f"A syllable has no white space around it, but one is {self.text!r}.")
        if not self.text and not self.held:
            raise LyricsError(f"Only a held syllable may be empty, but one at {self.start_s:.3f} s is.")
        _check_span(self.start_s, self.end_s, f"syllable {self.text!r}")
        if self.pitch_midi is not None and not 0 <= self.pitch_midi <= 127:
            raise LyricsError(f"A pitch is a MIDI number from 0 to 127, but one is {self.pitch_midi}.")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Word:
    """Syllables that belong together.

    A word of held syllables alone has no text: its line begins by holding the word before it.
    """

    syllables: tuple[Syllable, ...]

    def __post_init__(self) -> None:
        """Check the order of the syllables.

        Raises:
            LyricsError: If there are none, or one starts before the one before has ended.
        """
        if not self.syllables:
            raise LyricsError("A word has at least one syllable.")
        _check_order(self.syllables)

    @property
    def text(self) -> str:
        """The word as written."""
        return "".join(syllable.text for syllable in self.syllables)

    @property
    def start_s(self) -> float:
        """Start of the first syllable in seconds."""
        return self.syllables[0].start_s

    @property
    def end_s(self) -> float:
        """End of the last syllable in seconds."""
        return self.syllables[-1].end_s


@dataclass(frozen=True, slots=True)
class Line:
    """One phrase, as a karaoke screen shows it.

    Attributes:
        words: At least one, in the order in which they are sung.
        start_s: Start in seconds, not after the first word's.
        end_s: End in seconds, not before the last word's.
        voice: Index into the song's voices.
        background: True for backing vocals.
        section: "Verse", "Chorus" and so on, empty where the file does not say.
    """

    words: tuple[Word, ...]
    start_s: float
    end_s: float
    voice: int = 0
    background: bool = False
    section: str = ""

    def __post_init__(self) -> None:
        """Check that the words are in order and inside the line.

        Raises:
            LyricsError: If there are none, they overlap, or one leaves the line.
        """
        if not self.words:
            raise LyricsError("A line has at least one word.")
        _check_span(self.start_s, self.end_s, f"line {self.text!r}")
        _check_order(self.syllables)
        if self.words[0].start_s < self.start_s - TIME_TOLERANCE_S or (
            self.words[-1].end_s > self.end_s + TIME_TOLERANCE_S
        ):
            raise LyricsError(
                f"Words stay inside their line, but {self.text!r} is sung from "
                f"{self.words[0].start_s:.3f} to {self.words[-1].end_s:.3f} s in a line from "
                f"{self.start_s:.3f} to {self.end_s:.3f} s."
            )

    @property
    def text(self) -> str:
        """The line as written, words separated by one space."""
        return " ".join(word.text for word in self.words if word.text)

    @property
    def syllables(self) -> tuple[Syllable, ...]:
        """All syllables in the order in which they are sung."""
        return tuple(syllable for word in self.words for syllable in word.syllables)


@dataclass(frozen=True, slots=True)
class Song:
    """A song's lyrics with their times, and what its file says about it.

    Attributes:
        title: Empty where the file does not say, as are artist, language and audio.
        artist: As written.
        language: Two-letter ISO 639-1 code, or the tag or name as written where there is none.
        lines: At least one, by start; lines of different voices may overlap.
        voices: Names of the singers, at least one, unnamed ones empty; `Line.voice` counts in here.
        offset_s: The shift that the file asked for and that the times already contain; + is later.
        audio: Reference to the recording, relative to the song's folder with forward slashes, never
            leaving it.
        metadata: Further header entries as (key, value) in the order of the file, keys in lower case.
        warnings: What was ignored or mended, as sentences.
        format: Name of the format it was read from.
    """

    title: str
    artist: str
    language: str
    lines: tuple[Line, ...]
    voices: tuple[str, ...] = ("",)
    offset_s: float = 0.0
    audio: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)
    format: str = ""

    def __post_init__(self) -> None:
        """Check that lines are in order and sung by somebody.

        Raises:
            LyricsError: If there is no line, one is out of order, or its voice does not exist.
        """
        if not self.lines:
            raise LyricsError("A song has at least one line of lyrics.")
        if not self.voices:
            raise LyricsError("A song has at least one voice.")
        starts = [line.start_s for line in self.lines]
        if any(later < earlier for earlier, later in itertools.pairwise(starts)):
            raise LyricsError("The lines of a song are ordered by their start.")
        for line in self.lines:
            if not 0 <= line.voice < len(self.voices):
                raise LyricsError(
                    f"A line is sung by voice {line.voice}, but the song has {len(self.voices)} voices."
                )

    def words(self, voice: int | None = None) -> Iterator[Word]:
        """Words in the order of the lines, of one voice or of all."""
        for line in self.lines:
            if voice is None or line.voice == voice:
                yield from line.words

    def syllables(self, voice: int | None = None) -> Iterator[Syllable]:
        """Syllables in the order of the lines, of one voice or of all."""
        for word in self.words(voice):
            yield from word.syllables

    @property
    def start_s(self) -> float:
        """Start of the first line in seconds."""
        return self.lines[0].start_s

    @property
    def end_s(self) -> float:
        """End of the line that ends last, in seconds."""
        return max(line.end_s for line in self.lines)

    @property
    def duration_s(self) -> float:
        """From the first line's start to the end of the line that ends last, in seconds."""
        return self.end_s - self.start_s

    @property
    def has_pitch(self) -> bool:
        """True where at least one syllable has a pitch."""
        return any(syllable.pitch_midi is not None for syllable in self.syllables())

    def meta(self, key: str) -> str:
        """The first header entry of this name in any case, empty where there is none."""
        return next((value for name, value in self.metadata if name == key.lower()), "")

    def fingerprint(self) -> str:
        """SHA-256 in hexadecimal of what is sung and when, to the millisecond; names and files aside."""
        digest = hashlib.sha256()
        for line in self.lines:
            digest.update(f"{line.voice} {line.background:d}\n".encode())
            for syllable in line.syllables:
                start_ms, end_ms = round(1000 * syllable.start_s), round(1000 * syllable.end_s)
                row = f"{start_ms} {end_ms} {syllable.pitch_midi} {syllable.kind} {syllable.held:d}"
                digest.update(f"{row} {syllable.text}\n".encode(errors="surrogatepass"))
        return digest.hexdigest()


def _check_span(start_s: float, end_s: float, what: str) -> None:
    if not (math.isfinite(start_s) and math.isfinite(end_s)):
        raise LyricsError(f"Times are numbers, but {what} is from {start_s} to {end_s} s.")
    if not 0 <= start_s <= end_s <= LONGEST_SONG_S:
        raise LyricsError(
            f"Times ascend from 0 to {LONGEST_SONG_S:.0f} s, but {what} is from {start_s:.3f} "
            f"to {end_s:.3f} s."
        )


def _check_order(syllables: tuple[Syllable, ...]) -> None:
    for before, after in itertools.pairwise(syllables):
        if after.start_s < before.end_s - TIME_TOLERANCE_S:
            raise LyricsError(
                f"Syllables ascend, but {after.text!r} starts at {after.start_s:.3f} s, before "
                f"{before.text!r} ends at {before.end_s:.3f} s."
            )
