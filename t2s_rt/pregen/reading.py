"""What the first two steps of Sing-CoT find out: how a song and each of its sections is understood."""

from __future__ import annotations

from dataclasses import dataclass

from t2s_rt.pregen.phrase import Emotion


@dataclass(frozen=True, slots=True)
class SectionMood:
    """Where a section stands in the song's arc.

    Attributes:
        emotion: What it feels.
        energy: 1 still to 10 all out.
    """

    emotion: Emotion
    energy: int


@dataclass(frozen=True, slots=True)
class SongReading:
    """A whole song in a few words.

    Attributes:
        theme: What it is about.
        arc: How its feeling travels from start to end.
        emotion: What it feels on the whole.
        sections: One for each section that was shown, in order.
    """

    theme: str
    arc: str
    emotion: Emotion
    sections: tuple[SectionMood, ...]


@dataclass(frozen=True, slots=True)
class LineReading:
    """One line, understood.

    Attributes:
        meaning: What it says and the picture in it.
        emotion: What it feels.
        energy: 1 still to 10 all out.
    """

    meaning: str
    emotion: Emotion
    energy: int


@dataclass(frozen=True, slots=True)
class SectionReading:
    """A section, understood.

    Attributes:
        summary: What happens in it; the next section's step is told.
        lines: One for each line, in order.
    """

    summary: str
    lines: tuple[LineReading, ...]
