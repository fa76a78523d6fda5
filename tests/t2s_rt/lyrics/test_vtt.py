"""WebVTT with word times."""

from __future__ import annotations

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import VTT, read, rows


def test_golden() -> None:
    song = read("song.vtt", VTT)
    assert (song.format, song.language, song.voices) == ("vtt", "en", ("Ann", "Ben"))
    assert [(line.text, line.voice) for line in song.lines] == [("Morning light", 0), ("Rock & roll", 1)]
    assert rows(song) == [
        ("Morn", 1.0, 1.5, None),
        ("ing", 1.5, 2.0, None),
        ("light", 2.0, 3.0, None),
        ("Rock &", 4.5, 5.5, None),
        ("roll", 5.5, 6.5, None),
    ]


def test_hours_are_optional_and_cues_may_have_names() -> None:
    song = read("song.vtt", "WEBVTT\n\nchorus\n01:00:01.000 --> 01:00:02.000\nla\n")
    assert song.lines[0].start_s == 3601.0


HEAD = "WEBVTT\n\n"


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nla", 1, "expected WEBVTT at the start"),
        ("00:01.000 --> 00:02.000\nla", 1, "expected WEBVTT at the start"),
        (HEAD + "00:01.000 -> 00:02.000\nla", 4, "expected a cue's times"),
        (HEAD + "00:01.000 -->\nla", 3, "expected a cue's times"),
        (HEAD + "00:01,000 --> 00:02.000\nla", 3, "expected a time as"),
        (HEAD + "00:61.000 --> 00:62.000\nla", 3, "expected a time as"),
        (HEAD + "0:01.000 --> 0:02.000\nla", 3, "expected a time as"),
        (HEAD + "00:03.000 --> 00:02.000\nla", 3, "ends after its start"),
        (HEAD + "00:01.000 --> 00:02.000\nla <00:01.5>la", 4, "expected a time as"),
        (HEAD + "00:01.000 --> 00:02.000\nla\nla <00:07.500>la", 5, "a word time inside its cue"),
        (HEAD + "00:01.000 --> 00:03.000\na <00:02.500>b <00:02.000>c", 3, "ascend inside the line"),
        (HEAD + "00:01.000 --> 00:03.000\na <00:02.500 b", 4, "closed with >"),
        (HEAD + "stray words", 3, "expected a cue's times"),
        (HEAD + "NOTE nothing", None, "expected lyrics with times, found none"),
    ],
)
def test_broken(text: str, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.vtt", text)
    assert essence in str(caught.value)
    assert caught.value.line == line
