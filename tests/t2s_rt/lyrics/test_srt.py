"""SubRip."""

from __future__ import annotations

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import SRT, read, rows


def test_golden() -> None:
    song = read("song.srt", SRT)
    assert song.format == "srt"
    assert [line.text for line in song.lines] == ["Morning light", "Row, my brother"]
    assert rows(song)[:3] == [
        ("Mor", 1.0, 1.667, None),
        ("ning", 1.667, 2.333, None),
        ("light", 2.333, 3.0, None),
    ]
    assert [s.estimated for s in song.lines[1].syllables] == [False, True, True, True]


def test_cues_need_no_number_and_no_order() -> None:
    song = read("song.srt", "00:00:05.000 --> 00:00:06.000\nb\n\n00:00:01,5 --> 00:00:02,0\n{\\an8}a\n")
    assert [(line.text, line.start_s) for line in song.lines] == [("a", 1.5), ("b", 5.0)]


CUE = "1\n00:00:01,000 --> 00:00:02,000\nla\n\n"


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        (CUE + "2\n00:00:03,000 -> 00:00:04,000\nla\n", 6, "expected a cue's times"),
        (CUE + "2\n00:00:03,000 -->\nla\n", 6, "expected a cue's times"),
        (CUE + "2\n03,000 --> 04,000\nla\n", 6, "expected a cue's times"),
        (CUE + "2\n00:00:0x,000 --> 00:00:04,000\nla\n", 6, "expected a cue's times"),
        (CUE + "2\n00:00:03,0000 --> 00:00:04,000\nla\n", 6, "expected a cue's times"),
        (CUE + "2\n-00:00:03,000 --> 00:00:04,000\nla\n", 6, "expected a cue's times"),
        (CUE + "2\n\n00:00:03,000 --> 00:00:04,000\nla\n", 5, "expected a cue's times"),
        (CUE + "stray words\n", 5, "expected a cue's times"),
        (CUE + "2\n00:00:61,000 --> 00:01:04,000\nla\n", 6, "from 00 to 59"),
        (CUE + "2\n00:60:01,000 --> 01:01:04,000\nla\n", 6, "from 00 to 59"),
        (CUE + "2\n00:00:05,000 --> 00:00:04,000\nla\n", 6, "ends after its start"),
        (CUE + "2\n99:00:05,000 --> 99:00:06,000\nla\n", 6, "less than a day"),
        ("1\n00:00:01,000 --> 00:00:02,000\n<i></i>\n", None, "expected lyrics with times, found none"),
    ],
)
def test_broken(text: str, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.srt", text)
    assert essence in str(caught.value)
    assert caught.value.line == line
