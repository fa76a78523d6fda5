"""Small songs for the tests of phonemes."""

from __future__ import annotations

from t2s_rt.lyrics.song import Line, Song, Syllable, Word


def song_of(text: str, language: str, step_s: float = 0.4, gap_s: float = 0.0) -> Song:
    """A song of one line: words apart by spaces, syllables by ``|``; ``~`` begins a held one."""
    words, time_s = [], 1.0
    for written in text.split():
        syllables = []
        for part in written.split("|"):
            held = part.startswith("~")
            syllables.append(Syllable(part, time_s, time_s + step_s, held=held))
            time_s += step_s + gap_s
        words.append(Word(tuple(syllables)))
    return Song("", "", language, (Line(tuple(words), 1.0, time_s),))
