"""What planners plan: a song cut into phrases, each with its words, notes and sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from t2s_rt.lyrics.song import Line, Song


class Emotion(StrEnum):
    """What a phrase feels. Words are judged into these; exemplars carry one each."""

    JOY = "joy"
    TENDERNESS = "tenderness"
    HOPE = "hope"
    LONGING = "longing"
    SORROW = "sorrow"
    ANGER = "anger"
    FEAR = "fear"
    PRIDE = "pride"
    """Triumph and defiance: we are the champions, I will survive."""
    PLAY = "play"
    """Teasing, flirting, irony."""
    CALM = "calm"
    """Peace, and phrases that only tell."""


class Delivery(StrEnum):
    """How a phrase is sung."""

    WHISPERED = "whispered"
    SOFT = "soft"
    PLAIN = "plain"
    STRONG = "strong"
    BELTED = "belted"


class Contour(StrEnum):
    """Where the melody of a phrase goes."""

    LEVEL = "level"
    RISING = "rising"
    FALLING = "falling"
    ARCHED = "arched"
    DIPPED = "dipped"


@dataclass(frozen=True, slots=True)
class Descriptors:
    """How a phrase sounds, as numbers that compare across singers and songs. None where unknown.

    Attributes:
        loudness: 0 (the singer's softest) to 1 (the loudest); 0.5 is the middle of the song.
        pitch: 0 (low in the singer's range) to 1 (high); 0.5 is the song's median.
        pitch_range: Semitones from the phrase's lowest to its highest note.
        rate: Syllables a second while sung.
        held: Longest note in seconds.
        vibrato: 0 none to 1 strong.
        contour: Where the melody goes.
    """

    loudness: float | None = None
    pitch: float | None = None
    pitch_range: float | None = None
    rate: float | None = None
    held: float | None = None
    vibrato: float | None = None
    contour: Contour | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a song, as planners see it.

    Attributes:
        index: Position among the song's phrases.
        line: Words with their times.
        language: Two-letter code, "" where unknown.
        section: Index of the section it belongs to.
        descriptors: How it sounds.
    """

    index: int
    line: Line
    language: str
    section: int
    descriptors: Descriptors

    @property
    def text(self) -> str:
        """The line as written."""
        return self.line.text

    @property
    def start_s(self) -> float:
        """Start in seconds of the song."""
        return self.line.start_s

    @property
    def end_s(self) -> float:
        """End in seconds of the song."""
        return self.line.end_s


@dataclass(frozen=True, slots=True)
class Section:
    """Phrases that belong together: a verse, a chorus.

    Attributes:
        name: "Verse", "Chorus" and so on, as the file says or as found by repetition; may be empty.
        phrases: Indices of its phrases, in order.
    """

    name: str
    phrases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PhrasedSong:
    """A song ready to be planned.

    Attributes:
        song: As read.
        phrases: At least one.
        sections: Cover all phrases, in order.
    """

    song: Song
    phrases: tuple[Phrase, ...]
    sections: tuple[Section, ...]
