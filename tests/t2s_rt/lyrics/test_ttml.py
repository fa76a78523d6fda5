"""Apple's TTML."""

from __future__ import annotations

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import TTML, read, rows


def test_golden() -> None:
    song = read("song.ttml", TTML)
    assert (song.format, song.title, song.language) == ("ttml", "Harbour Light", "en")
    assert song.voices == ("Ann", "")
    assert [(line.text, line.voice, line.background, line.section) for line in song.lines] == [
        ("Morning light", 0, False, "Verse"),
        ("(oh light)", 0, True, "Verse"),
        ("Row", 1, False, "Verse"),
        ("Silver water", 0, False, "Chorus"),
    ]
    assert rows(song)[:6] == [
        ("Morn", 5.0, 5.5, None),
        ("ing", 5.5, 6.0, None),
        ("light", 6.0, 7.0, None),
        ("(oh", 7.0, 7.4, None),
        ("light)", 7.4, 7.8, None),
        ("Row", 8.0, 9.0, None),
    ]
    assert song.lines[3].start_s == 62.5
    assert [s.estimated for s in song.lines[3].syllables] == [False, True, True, True]


def body(content: str) -> str:
    return f'<tt xmlns:ttm="m">\n<body>\n{content}\n</body></tt>'


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1.5", 1.5),
        ("1.5s", 1.5),
        ("1500ms", 1.5),
        ("0:01.500", 1.5),
        ("1:02:03.25", 3723.25),
        ("2m", 120.0),
    ],
)
def test_times(written: str, seconds: float) -> None:
    song = read("song.ttml", body(f'<p begin="{written}" end="2h">la</p>'))
    assert song.lines[0].start_s == pytest.approx(seconds)


def test_a_line_without_times_takes_those_of_its_words() -> None:
    song = read(
        "song.ttml", body('<p><span begin="3" end="4">la</span> <span begin="4" dur="1">lo</span></p>')
    )
    assert rows(song) == [("la", 3.0, 4.0, None), ("lo", 4.0, 5.0, None)]


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        (body('<p begin="1" end="2">la'), 4, "well-formed XML"),
        (body("<p>la</p>"), 3, "expected begin and end"),
        (body('<p begin="soon" end="2">la</p>'), 3, "expected a time as 1:02.345"),
        (body('<p begin="1:75.0" end="2:00">la</p>'), 3, "expected a time as 1:02.345"),
        (body('<p begin="12f" end="2:00">la</p>'), 3, "expected a time as 1:02.345"),
        (body('<p begin="-1" end="2">la</p>'), 3, "expected a time as 1:02.345"),
        (body('<p begin="3" end="2">la</p>'), 3, "an end after the begin"),
        (
            body('<p begin="1" end="9"><span begin="5" end="4">la</span></p>'),
            3,
            "an end after the begin",
        ),
        (body('<p begin="1" end="9"><span begin="5">a</span><span begin="4">b</span></p>'), 3, "ascend"),
        ("<tt><head/></tt>", 1, "expected <body>"),
        (body(""), None, "expected lyrics with times, found none"),
        (body('<p begin="99999" end="99999">la</p>'), 3, "less than a day"),
        ("<tt>" + "<div>" * 70, 1, "nested"),
        ('<!DOCTYPE tt [<!ENTITY a "aa">]>\n<tt><body>&a;</body></tt>', 1, "no entity declarations"),
        ("<html><tt_/></html>", None, "found other XML"),
        (
            body("<p>la</p>").replace('<tt xmlns:ttm="m">', '<tt xmlns:ttm="m" xmlns:ttm="m">'),
            1,
            "duplicate",
        ),
    ],
)
def test_broken(text: str, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.xml" if "html" in text else "song.ttml", text)
    assert essence in str(caught.value)
    assert caught.value.line == line
