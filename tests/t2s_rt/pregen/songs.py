"""Songs made for the tests of planning: UltraStar text in, `Song` out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from t2s_rt.lyrics import Line, Song, Syllable, SyllableKind, Word

Row = tuple[str, float, float, float | None]
"""A syllable: text (a leading space begins a word, "~" holds on), start, end, pitch."""


def line(*rows: Row, section: str = "", kind: SyllableKind = SyllableKind.NORMAL) -> Line:
    words: list[list[Syllable]] = []
    for text, start_s, end_s, pitch in rows:
        held = text.strip() == "~"
        syllable = Syllable("" if held else text.strip(), start_s, end_s, pitch, held=held, kind=kind)
        if not words or text.startswith(" "):
            words.append([])
        words[-1].append(syllable)
    return Line(tuple(Word(tuple(word)) for word in words), rows[0][1], rows[-1][2], section=section)


def sung(text: str, start_s: float, pitches: Sequence[float | None], step_s: float = 0.4) -> Line:
    """A line of one-syllable words on evenly spaced notes."""
    words = text.split()
    spread = [pitches[i * len(pitches) // len(words)] for i in range(len(words))]
    return line(
        *(
            (f" {word}", start_s + i * step_s, start_s + (i + 1) * step_s, pitch)
            for i, (word, pitch) in enumerate(zip(words, spread, strict=True))
        )
    )


def song(lines: Iterable[Line], language: str = "en") -> Song:
    return Song("A Song", "A Singer", language, tuple(lines))
