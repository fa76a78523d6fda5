"""The invariants of songs and their pure helpers."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from t2s_rt.errors import LyricsError
from t2s_rt.lyrics import Line, Song, Syllable, Word
from tests.t2s_rt.lyrics.samples import LRC, ULTRASTAR, read


def word(*spans: tuple[float, float]) -> Word:
    return Word(tuple(Syllable("la", start, end) for start, end in spans))


LINE = Line((word((1.0, 1.5), (1.5, 2.0)), word((2.0, 3.0))), 1.0, 3.0)


def test_helpers() -> None:
    song = Song("T", "A", "en", (LINE, replace(LINE, voice=1)), voices=("Ann", "Ben"))
    assert LINE.text == "lala la"
    assert len(LINE.syllables) == 3
    assert [w.text for w in song.words(voice=1)] == ["lala", "la"]
    assert len(list(song.syllables())) == 6
    assert (song.start_s, song.end_s, song.duration_s) == (1.0, 3.0, 2.0)
    assert LINE.words[0].start_s == 1.0
    assert LINE.words[0].end_s == 2.0
    assert LINE.syllables[0].duration_s == 0.5
    assert not song.has_pitch
    assert replace(song, metadata=(("year", "1999"),)).meta("YEAR") == "1999"
    assert song.meta("year") == ""


def test_songs_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        LINE.start_s = 0.0  # type: ignore[misc]


def test_the_fingerprint_follows_what_is_sung_and_nothing_else() -> None:
    song = read("song.txt", ULTRASTAR)
    assert (
        song.fingerprint()
        == read("other.txt", ULTRASTAR.replace("Ann Example", "Someone")).fingerprint()
    )
    assert song.fingerprint() != read("song.txt", ULTRASTAR.replace("Row", "Raw")).fingerprint()
    assert (
        song.fingerprint() != read("song.txt", ULTRASTAR.replace("GAP:1500", "GAP:1510")).fingerprint()
    )
    assert song.fingerprint() != read("song.lrc", LRC).fingerprint()


@pytest.mark.parametrize(
    ("make", "essence"),
    [
        (lambda: Syllable(" la", 0, 1), "no white space around it"),
        (lambda: Syllable("", 0, 1), "Only a held syllable may be empty"),
        (lambda: Syllable("la", 2, 1), "Times ascend"),
        (lambda: Syllable("la", -1, 1), "Times ascend"),
        (lambda: Syllable("la", float("nan"), 1), "Times are numbers"),
        (lambda: Syllable("la", 0, float("inf")), "Times are numbers"),
        (lambda: Syllable("la", 0, 1, pitch_midi=128), "from 0 to 127"),
        (lambda: Word(()), "at least one syllable"),
        (lambda: word((0, 2), (1, 3)), "Syllables ascend"),
        (lambda: Line((), 0, 1), "at least one word"),
        (lambda: Line((word((2, 3)), word((0, 1))), 0, 3), "Syllables ascend"),
        (lambda: replace(LINE, start_s=1.5), "inside their line"),
        (lambda: replace(LINE, end_s=2.5), "inside their line"),
        (lambda: Song("", "", "", ()), "at least one line"),
        (lambda: Song("", "", "", (LINE,), voices=()), "at least one voice"),
        (lambda: Song("", "", "", (replace(LINE, voice=1),)), "sung by voice 1"),
        (lambda: Song("", "", "", (LINE, Line((word((0, 1)),), 0, 1))), "ordered by their start"),
    ],
)
def test_impossible_songs_cannot_be_made(make, essence: str) -> None:
    with pytest.raises(LyricsError, match=essence):
        make()
