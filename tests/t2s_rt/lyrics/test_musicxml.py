"""MusicXML, plain and compressed, with repeats."""

from __future__ import annotations

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import MUSICXML, mxl, read, rows

GOLDEN = [
    ("Morn", 0.0, 1.0, 60),
    ("ing", 1.0, 2.0, 62),
    ("light", 2.0, 5.0, 66),
    ("", 5.0, 6.0, 67),
    ("Eve", 8.0, 9.0, 60),
    ("ning", 9.0, 10.0, 62),
    ("light", 10.0, 13.0, 66),
    ("", 13.0, 14.0, 67),
    ("home", 16.0, 18.0, 59),
]


@pytest.mark.parametrize("data", [MUSICXML.encode(), mxl()], ids=["plain", "compressed"])
def test_golden(data: bytes) -> None:
    song = read("song.mxl", data)
    assert (song.format, song.title, song.artist) == ("musicxml", "Harbour Light", "Ann Example")
    assert rows(song) == GOLDEN
    assert [line.text for line in song.lines] == ["Morning light", "Evening light", "home"]
    assert [s.text for s in song.syllables() if s.held] == ["", ""]


def measure(content: str, number: int = 1) -> str:
    return f'<measure number="{number}">{content}</measure>'


def sung(text: str, duration: int = 1, more: str = "") -> str:
    return (
        f"<note><pitch><step>C</step><octave>4</octave></pitch><duration>{duration}</duration>{more}"
        f"<lyric><syllabic>single</syllabic><text>{text}</text></lyric></note>"
    )


def score(*measures: str) -> str:
    return (
        "<score-partwise>\n<part-list/>\n<part id='P1'>\n<measure><attributes><divisions>1</divisions>"
        "</attributes><sound tempo='60'/></measure>\n"
        + "\n".join(measures)
        + "\n</part></score-partwise>"
    )


def bar(content: str) -> str:
    return f"<barline>{content}</barline>"


def test_endings_are_sung_out() -> None:
    song = read(
        "song.musicxml",
        score(
            measure(bar('<repeat direction="forward"/>') + sung("a")),
            measure(
                bar('<ending number="1" type="start"/>')
                + sung("b")
                + bar('<ending number="1" type="stop"/><repeat direction="backward"/>')
            ),
            measure(
                bar('<ending number="2" type="start"/>')
                + sung("c")
                + bar('<ending number="2" type="stop"/>')
            ),
            measure(sung("d")),
        ),
    )
    assert [word.text for word in song.words()] == ["a", "b", "a", "c", "d"]
    assert [syllable.start_s for syllable in song.syllables()] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_repeat_of_three_times() -> None:
    song = read(
        "song.musicxml", score(measure(sung("a") + bar('<repeat direction="backward" times="3"/>')))
    )
    assert [syllable.start_s for syllable in song.syllables()] == [0.0, 1.0, 2.0]


def test_timewise_scores_read_the_same() -> None:
    text = (
        "<score-timewise><measure><part id='P1'><attributes><divisions>1</divisions></attributes>"
        + sung("a")
        + "</part></measure></score-timewise>"
    )
    song = read("song.musicxml", text)
    assert rows(song) == [("a", 0.0, 0.5, 60)]
    assert "no tempo" in song.warnings[0]


def test_transposition_backup_and_a_second_voice() -> None:
    song = read(
        "song.musicxml",
        score(
            measure(
                "<attributes><transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose>"
                "</attributes>"
                + sung("a", 2, "<voice>1</voice>")
                + "<backup><duration>2</duration></backup>"
                "<note><pitch><step>E</step><octave>4</octave></pitch><duration>1</duration><voice>2</voice></note><forward><duration>1</duration></forward>"
                + sung("b", 1, "<voice>1</voice>")
            )
        ),
    )
    assert rows(song) == [("a", 0.0, 2.0, 46), ("b", 2.0, 3.0, 46)]


def test_parts_are_voices() -> None:
    part = "<measure><attributes><divisions>1</divisions></attributes>{}</measure>"
    song = read(
        "song.musicxml",
        "<score-partwise><part-list><score-part id='A'><part-name>Ann</part-name></score-part>"
        "<score-part id='B'><part-name>Ben</part-name></score-part></part-list>"
        f"<part id='A'>{part.format(sung('a'))}</part><part id='B'>{part.format(sung('b'))}</part>"
        "</score-partwise>",
    )
    assert song.voices == ("Ann", "Ben")
    assert [(line.text, line.voice) for line in song.lines] == [("a", 0), ("b", 1)]


REPEAT = '<repeat direction="backward" times="{}"/>'


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        (score(measure(sung("a")))[:-10], 6, "well-formed XML"),
        ("<score-partwise>\n<part-list/></score-partwise>", None, "expected <lyric> elements"),
        (
            score(measure("<note><rest/><duration>1</duration></note>")),
            None,
            "expected <lyric> elements",
        ),
        (
            score(measure(sung("a").replace("<duration>1</duration>", ""))),
            5,
            "expected <duration> in <note>",
        ),
        (score(measure(sung("a", -1))), 5, "<duration> of 0 or more"),
        (
            score(measure(sung("a").replace("<duration>1<", "<duration>one<"))),
            5,
            "<duration> of 0 or more",
        ),
        (score(measure(sung("a").replace("<step>C<", "<step>H<"))), 5, "a <step> from A to G"),
        (score(measure(sung("a").replace("<octave>4</octave>", ""))), 5, "expected an <octave>"),
        (score(measure(sung("a").replace("<octave>4<", "<octave>99<"))), 5, "a pitch from C-1 to G9"),
        (score(measure(sung("a").replace(">single<", ">alone<"))), 5, "syllabic single, begin"),
        (
            score(measure("<attributes><divisions>0</divisions></attributes>" + sung("a"))),
            5,
            "<divisions> above 0",
        ),
        (score(measure("<sound tempo='0'/>" + sung("a"))), 5, "a tempo from 1 to 10000"),
        (score(measure("<sound tempo='fast'/>" + sung("a"))), 5, "a tempo above 0"),
        (score(measure("<sound dacapo='yes'/>" + sung("a"))), 5, "repeats without jumps, found dacapo"),
        (score(measure("<direction><sound tocoda='x'/></direction>" + sung("a"))), 5, "found tocoda"),
        (score(measure(sung("a") + bar(REPEAT.format(99)))), 5, "a repeat of 1 to 16 times"),
        (score(measure(sung("a") + bar(REPEAT.format("many")))), 5, "expected a number of times"),
        (
            score(measure("<backup><duration>3</duration></backup>" + sung("a"))),
            5,
            "a backup inside its measure",
        ),
        (mxl(container=False), None, "without META-INF/container.xml"),
        (mxl()[:60] + b"\0" + mxl()[61:-10], None, "damaged archive"),
        (mxl("<html/>"), 1, "a score <score-partwise>"),
    ],
)
def test_broken(text: str | bytes, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.musicxml", text)
    assert essence in str(caught.value)
    assert caught.value.line == line


def test_a_bomb_is_refused() -> None:
    with pytest.raises(LyricsError, match="a larger one"):
        read("song.mxl", mxl("<a>" + " " * 9_000_000 + "</a>"))
