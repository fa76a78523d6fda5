"""ASS karaoke tags."""

from __future__ import annotations

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import ASS, read, rows

EVENTS = "[Script Info]\nTitle: T\n[Events]\nFormat: Start, End, Name, Effect, Text\n"


def event(text: str, kind: str = "Dialogue", effect: str = "") -> str:
    return f"{kind}: 0:00:01.00,0:00:03.00,,{effect},{text}\n"


def test_golden() -> None:
    song = read("song.ass", ASS)
    assert (song.format, song.title, song.voices) == ("ass", "Harbour Light", ("Ann", "Ben"))
    assert [(line.text, line.voice) for line in song.lines] == [
        ("Morning light", 0),
        ("row home, boys", 1),
        ("Silver water", 0),
    ]
    assert rows(song)[:6] == [
        ("Mor", 5.0, 5.5, None),
        ("ning", 5.5, 5.75, None),
        ("light", 5.75, 6.5, None),
        ("row", 8.2, 8.6, None),
        ("home,", 8.8, 8.9, None),
        ("boys", 8.9, 9.0, None),
    ]
    assert (song.lines[0].start_s, song.lines[0].end_s) == (5.0, 7.0)


def test_kt_places_the_next_syllable() -> None:
    song = read("song.ass", EVENTS + event(r"{\k20}one {\kt100\k50}two"))
    assert rows(song) == [("one", 1.0, 1.2, None), ("two", 2.0, 2.5, None)]


def test_template_sources_are_read_instead_of_what_they_generated() -> None:
    song = read(
        "song.ass",
        EVENTS + event(r"{\k50}la", "Comment", "karaoke") + event(r"{\pos(1,2)}la", effect="fx"),
    )
    assert len(song.lines) == 1
    assert rows(song) == [("la", 1.0, 1.5, None)]


def test_drawings_are_not_sung() -> None:
    song = read("song.ass", EVENTS + event(r"{\p1}m 0 0 l 5 5{\p0}la"))
    assert [word.text for word in song.words()] == ["la"]


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        (EVENTS + event(r"{\kx}la"), 5, "centiseconds after \\k"),
        (EVENTS + event(r"{\k}la"), 5, "centiseconds after \\k"),
        (EVENTS + event(r"{\k-5}la"), 5, "0 or more centiseconds"),
        (EVENTS + event(r"{\kfnan}la"), 5, "centiseconds after \\kf"),
        (EVENTS + event(r"{\k20}one {\kt0\k20}{\k5}two {\kt0\k5}three"), 5, "ascend inside the line"),
        (EVENTS + event(r"la {\k20 la"), 5, "closed with }"),
        (EVENTS + "Dialogue: 0:00:01.00,0:00:03.00\n", 5, "expected 5 fields"),
        (EVENTS + "Dialogue: 1 s,0:00:03.00,,,la\n", 5, "expected a time as 0:01:02.34"),
        (EVENTS + "Dialogue: 0:61:01.00,0:00:03.00,,,la\n", 5, "expected a time as 0:01:02.34"),
        (EVENTS + "Dialogue: 0:00:05.00,0:00:03.00,,,la\n", 5, "ends after its start"),
        ("[Script Info]\n[Events]\nFormat: Start, End\n", 3, "a Format line with Start, End and Text"),
        ("[Script Info]\n[Events]\nFormat: Text, Start, End\n", 3, "Text last"),
        (EVENTS, None, "expected lyrics with times, found none"),
        ("Dialogue: 0:00:05.00,0:00:03.00,,,la\n", None, "[Script Info] and [Events]"),
    ],
)
def test_broken(text: str, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.ass", text)
    assert essence in str(caught.value)
    assert caught.value.line == line
