"""A song for tests of planning with a language model, and a plain planner to fall back on."""

from __future__ import annotations

import itertools

from t2s_rt.intensity.actions import Region
from t2s_rt.lyrics.song import Line, Song, Syllable, Word
from t2s_rt.pregen.phrase import Delivery, Descriptors, Emotion, Phrase, PhrasedSong, Section
from t2s_rt.pregen.plan import PhrasePlan, window
from t2s_rt.subtitles.cue import Cue

LYRICS = (
    "The harbour lights are going out",
    "One by one they close their eyes",
    "I keep a candle in my coat",
    "And count the hours until you rise",
    "So run with me across the tide",
    "So run before the morning comes",
    "There is a road on the other side",
    "There is a beating like of drums",
    "The windows dream of passing cars",
    "The kettle sings a single word",
    "I wrote your name between the stars",
    "It was the quietest thing I heard",
)
FALLBACK_NOTE = "planned without a model"


def line_of(text: str, start_s: float, word_s: float = 0.4) -> Line:
    """A line whose words follow each other without a rest."""
    words = [
        Word((Syllable(word, start_s + i * word_s, start_s + (i + 1) * word_s),))
        for i, word in enumerate(text.split())
    ]
    return Line(tuple(words), start_s, start_s + len(words) * word_s)


def song_of(
    texts: tuple[str, ...] = LYRICS, gap_s: float = 1.0, lines_a_section: int = 4
) -> PhrasedSong:
    """A song of these lines, in sections of four."""
    lines: list[Line] = []
    start_s = 2.0
    for text in texts:
        lines.append(line_of(text, start_s))
        start_s = lines[-1].end_s + gap_s
    phrases = tuple(
        Phrase(i, line, "en", i // lines_a_section, Descriptors(loudness=0.7, rate=2.5))
        for i, line in enumerate(lines)
    )
    sections = tuple(
        Section("Verse", tuple(phrase.index for phrase in group))
        for _, group in itertools.groupby(phrases, lambda phrase: phrase.section)
    )
    return PhrasedSong(Song("Harbour", "Nobody", "en", tuple(lines)), phrases, sections)


class PlainPlanner:
    """Gives each phrase one smile."""

    def __init__(self) -> None:
        self.planned: list[int] = []

    def plan_phrase(self, song: PhrasedSong, index: int, seed: int) -> PhrasePlan:
        self.planned.append(index)
        start_s, end_s = window(song, index)
        cue = Cue(start_s, end_s, Region.MOUTH, "smile", 0.5, FALLBACK_NOTE)
        return PhrasePlan(index, Emotion.CALM, Delivery.PLAIN, 0.3, FALLBACK_NOTE, (cue,))
