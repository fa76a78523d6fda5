"""LRC and enhanced LRC."""

from __future__ import annotations

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import LRC, read, rows


def test_golden() -> None:
    song = read("song.lrc", LRC)
    assert (song.format, song.title, song.artist, song.language) == (
        "lrc",
        "Harbour Light",
        "Ann Example",
        "en",
    )
    assert song.voices == ("", "")
    assert [line.text for line in song.lines] == [
        "Morning finds the water",
        "still and silver",
        "Row, my brother",
        "row home",
        "(row)",
        "Morning finds the water",
    ]
    assert [line.voice for line in song.lines] == [0, 0, 0, 1, 1, 0]
    assert [line.background for line in song.lines] == [False, False, False, False, True, False]


def test_a_positive_offset_is_sooner() -> None:
    song = read("song.lrc", LRC)
    assert song.offset_s == -0.5
    assert song.lines[0].start_s == pytest.approx(9.5)
    later = read("song.lrc", "[offset:-250]\n[00:01.00]one")
    assert later.lines[0].start_s == pytest.approx(1.25)


def test_word_times_end_with_the_closing_tag() -> None:
    row = read("song.lrc", LRC).lines[2]
    assert [(w.text, w.start_s, w.end_s) for w in row.words] == [
        ("Row,", 20.0, 20.5),
        ("my", 20.5, 20.75),
        ("brother", 20.75, 21.5),
    ]
    assert [s.estimated for s in row.syllables] == [False, False, False, True]


def test_a_time_without_words_ends_the_line_before() -> None:
    assert read("song.lrc", LRC).lines[1].end_s == pytest.approx(13.5)


def test_a_line_ends_where_the_next_begins_but_not_after_a_break() -> None:
    lines = "".join(f"[00:{s:02}.00]la la la la\n" for s in (0, 2, 4, 6, 8, 30))
    song = read("song.lrc", lines)
    assert song.lines[0].end_s == pytest.approx(2.0)
    assert song.lines[4].end_s == pytest.approx(8 + 1.25 * 4 * 0.5)
    assert song.lines[5].end_s == pytest.approx(30 + 1.25 * 4 * 0.5)


def test_inline_square_tags_time_characters() -> None:
    song = read("song.lrc", "[00:01.00]さ[00:01.30]く[00:01.60]ら[00:02.00]")
    assert rows(song) == [
        ("さ", 1.0, 1.3, None),
        ("く", 1.3, 1.6, None),
        ("ら", 1.6, 2.0, None),
    ]
    assert len(song.lines[0].words) == 1


def test_repeated_enhanced_lines_move_their_word_times() -> None:
    song = read("song.lrc", "[00:01.00][00:11.00]<00:01.00>one <00:01.50>two<00:02.00>")
    assert rows(song)[2:] == [("one", 11.0, 11.5, None), ("two", 11.5, 12.0, None)]


def test_fractions_have_one_to_three_digits() -> None:
    song = read("song.lrc", "[00:01]a\n[00:02.5]b\n[00:03.25]c\n[00:04.125]d\n[00:05:50]e")
    assert [line.start_s for line in song.lines] == [1.0, 2.5, 3.25, 4.125, 5.5]


def test_words_without_a_time_are_ignored_with_a_warning() -> None:
    song = read("song.lrc", "[00:01.00]one\nstray words\n[00:02.00]two")
    assert song.warnings == ("line 2: words without a time; ignored.",)


def test_times_before_the_audio_move_to_its_start() -> None:
    song = read("song.lrc", "[offset:+2000]\n[00:01.00]one\n[00:04.00]two")
    assert song.lines[0].start_s == 0.0
    assert "before the start" in song.warnings[0]


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        ("[00:61.00]late", 1, "seconds from 00 to 59"),
        ("[00:01.00]one\n[00:02.0000]two", 2, "expected [mm:ss.xx]"),
        ("[00:01.00]one\n[0x:02.00 two", 2, "expected [mm:ss.xx]"),
        ("[00:01.00]one\n[00:02.00 two", 2, "expected [mm:ss.xx]"),
        ("[00:01.00]one <00:75.00>two", 1, "seconds from 00 to 59"),
        ("[00:01.00]one <00:0x.00>two", 1, "expected <mm:ss.xx>"),
        ("[00:01.00]one <00:02.0000>two", 1, "expected <mm:ss.xx>"),
        ("[00:05.00]<00:05.00>one <00:04.00>two", 1, "ascend inside the line"),
        ("[offset:soon]\n[00:01.00]one", 1, "expected [offset:] in ms"),
        ("[offset:nan]\n[00:01.00]one", 1, "expected [offset:] in ms"),
        ("[ti:Nothing]\n[ar:Nobody]", None, "expected lyrics with times, found none"),
        ("[00:01.00]\n[00:02.00]♪", None, "expected lyrics with times, found none"),
        ("[00:01.00]one\n[bg:no time]", 2, "[bg: ...]"),
        ("[00:01.00]one\n<00:02.00>two", 2, "[mm:ss.xx] or [key:value]"),
    ],
)
def test_broken(text: str, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.lrc", text)
    assert essence in str(caught.value)
    assert caught.value.line == line
    assert caught.value.file == "song.lrc"


def test_endless_repetitions_are_refused() -> None:
    line = "[00:01.00]" * 190 + "<00:01.00>la " * 300 + "\n"
    with pytest.raises(LyricsError, match="timed words"):
        read("song.lrc", line)
