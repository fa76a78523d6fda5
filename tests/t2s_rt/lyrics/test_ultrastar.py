"""UltraStar 1.x, unversioned files and the shared songs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.demo import __file__ as demo_file
from t2s_rt.errors import LyricsError
from t2s_rt.lyrics import SyllableKind, load_song
from tests.t2s_rt.lyrics.samples import ULTRASTAR, read, rows

HEAD = "#TITLE:T\n#ARTIST:A\n#MP3:a.mp3\n#BPM:75\n#GAP:1000\n"
"""A beat lasts 0.2 s."""


def test_golden() -> None:
    song = read("song.txt", ULTRASTAR)
    assert (song.title, song.artist, song.language) == ("Harbour Light", "Ann Example", "en")
    assert song.audio == "sound/harbour.ogg"
    assert song.voices == ("Ann", "Ben")
    assert song.offset_s == 1.5
    assert song.warnings == ()
    assert rows(song) == [
        ("Morn", 1.5, 2.3, 60),
        ("ing", 2.3, 3.1, 62),
        ("light", 3.1, 4.3, 64),
        ("", 4.3, 4.7, 65),
        ("Row", 5.5, 6.3, None),
        ("home", 6.7, 7.1, None),
        ("hey", 7.5, 8.3, None),
        ("you", 8.3, 9.1, 58),
    ]
    assert [line.text for line in song.lines] == ["Morning light", "Row home", "hey you"]
    assert [line.voice for line in song.lines] == [0, 0, 1]
    kinds = [syllable.kind for syllable in song.syllables()]
    assert kinds[2:] == [
        SyllableKind.GOLDEN,
        SyllableKind.NORMAL,
        SyllableKind.RAP,
        SyllableKind.FREESTYLE,
        SyllableKind.GOLDEN_RAP,
        SyllableKind.NORMAL,
    ]
    assert [syllable.held for syllable in song.syllables()] == [False, False, False, True] + [False] * 4


def test_start_and_end_do_not_move_notes() -> None:
    moved = read("song.txt", ULTRASTAR.replace("#GAP", "#START:12,5\n#END:90000\n#GAP"))
    assert rows(moved) == rows(read("song.txt", ULTRASTAR))


def test_spaces_at_either_edge_separate_words() -> None:
    leading = read("song.txt", HEAD + ": 0 1 0 far\n: 1 1 0  a\n: 2 1 0 way\nE")
    trailing = read("song.txt", HEAD + ": 0 1 0 far \n: 1 1 0 a\n: 2 1 0 way\nE")
    assert [w.text for w in leading.words()] == [w.text for w in trailing.words()] == ["far", "away"]


def test_a_held_syllable_joins_the_word_and_keeps_its_end() -> None:
    song = read("song.txt", HEAD + ": 0 2 0 so\n: 2 2 1 ~o\n: 4 2 2 ~n \n: 6 1 0 far\nE")
    assert [w.text for w in song.words()] == ["soon", "far"]
    assert [s.held for s in song.syllables()] == [False, True, True, False]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_encodings(codec: str) -> None:
    text = HEAD.replace("#TITLE:T", "#TITLE:Verdächtig") + ": 0 1 0 läuft\nE"
    song = read("song.txt", text.encode(codec))
    assert song.title == "Verdächtig"
    assert next(song.words()).text == "läuft"


def test_the_encoding_key_is_followed() -> None:
    song = read("song.txt", ("#ENCODING:CP1250\n" + HEAD + ": 0 1 0 miłość\nE").encode("cp1250"))
    assert next(song.words()).text == "miłość"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends(end: str) -> None:
    assert rows(read("song.txt", ULTRASTAR.replace("\n", end))) == rows(read("song.txt", ULTRASTAR))


def test_decimal_comma_gap_fraction_and_a_missing_end() -> None:
    song = read("song.txt", "#BPM:297,5\n#GAP:11250,5\n: 0 3 9 So")
    first = next(song.syllables())
    assert first.start_s == pytest.approx(11.2505)
    assert first.duration_s == pytest.approx(3 * 60 / (297.5 * 4))
    assert any("cut off" in warning for warning in song.warnings)


def test_relative_files_count_from_the_line_before() -> None:
    body = "#RELATIVE:YES\n: 0 2 0 one\n- 4 5\n: 0 2 0 two\n- 3\n: 1 1 0 three\nE"
    song = read("song.txt", HEAD + body)
    assert [line.start_s for line in song.lines] == pytest.approx([1.0, 2.0, 1 + (5 + 3 + 1) * 0.2])


def test_unversioned_negative_beats_overlap_and_disorder_are_mended() -> None:
    song = read("song.txt", HEAD + ": -2 3 0 one\n: 4 3 0 three\n: 0 5 0 two\n- 20 22\nX 22 1 3 what\nE")
    assert rows(song)[:3] == [
        ("one", 0.6, 1.0, 60),
        ("two", 1.0, 1.8, 60),
        ("three", 1.8, 2.4, 60),
    ]
    assert list(song.syllables())[3].kind is SyllableKind.FREESTYLE
    assert any("ascend" in warning for warning in song.warnings)
    assert any("overlap" in warning for warning in song.warnings)


def test_legacy_duets_share_lines_of_p3() -> None:
    song = read("song.txt", HEAD + "P 1\n: 0 1 0 one\nP 2\n: 5 1 0 two\nP 3\n: 9 1 0 both\nE")
    assert [(line.text, line.voice) for line in song.lines] == [
        ("one", 0),
        ("two", 1),
        ("both", 0),
        ("both", 1),
    ]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "C:\\song.ogg", "../other/song.ogg", "a/../../b.ogg", "http://x/y"]
)
def test_references_that_leave_the_folder_are_dropped(path: str) -> None:
    song = read("song.txt", HEAD.replace("a.mp3", path) + ": 0 1 0 la\nE")
    assert song.audio == ""
    assert "does not stay in the song's folder" in song.warnings[0]


def test_audio_counts_even_where_mp3_is_there_too() -> None:
    song = read("song.txt", "#AUDIO:/abs.ogg\n" + HEAD + ": 0 1 0 la\nE")
    assert song.audio == ""


@pytest.mark.parametrize(
    ("text", "line", "essence"),
    [
        ("#TITLE:T\n: 0 1 0 la\nE", None, "expected a line #BPM:<number>, found none"),
        ("#BPM:fast\n: 0 1 0 la\nE", 1, "expected #BPM:<number>, found 'fast'"),
        ("#BPM:0\n: 0 1 0 la\nE", 1, "#BPM above 0"),
        ("#BPM:-75\n: 0 1 0 la\nE", 1, "#BPM above 0"),
        ("#BPM:75\n#GAP:soon\n: 0 1 0 la\nE", 2, "expected #GAP:<ms>, found 'soon'"),
        ("#VERSION:1.1\n#BPM:75\n: 0 1 0 la\nE", 1, "expected #VERSION:1.<n>.<n>"),
        ("#VERSION:2.0.0\n#BPM:75\n: 0 1 0 la\nE", 1, "expected UltraStar version 1, found 2.0.0"),
        (HEAD + ": 0 1 la\nE", 6, "expected a note such as"),
        (HEAD + ": 0 1 0 la\n: 1.5 1 0 la\nE", 7, "expected a note such as"),
        (HEAD + ": 0 1 0 la\nhello\nE", 7, "expected a note such as"),
        (HEAD + ": 0 -1 0 la\nE", 6, "0 beats or more"),
        ("#VERSION:1.0.0\n" + HEAD + ": -4 1 0 la\nE", 7, "0 beats or more"),
        (HEAD + ": 0 1 99 la\nE", 6, "a pitch from -60 to 67"),
        (HEAD + "P0\n: 0 1 0 la\nE", 6, "a voice from P1 to P9"),
        (HEAD + "P12\n: 0 1 0 la\nE", 6, "a voice from P1 to P9"),
        (HEAD + ": 0 1 0 la\nB 4 150\nE", 7, "expected one tempo"),
        (HEAD + "E", None, "expected lyrics with times, found none"),
        (HEAD + ": 999999999 1 0 la\nE", 6, "less than a day"),
        (HEAD.replace("1000", "1e12") + ": 0 1 0 la\nE", 5, "#GAP of less than a day"),
        (HEAD + ": 0 1 0 l\0a\nE", 6, "expected text, found binary data"),
    ],
)
def test_broken(text: str, line: int | None, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.txt", text)
    assert essence in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith("song.txt")


def test_the_demo_song() -> None:
    song = load_song(Path(demo_file).with_name("song.txt"))
    assert song.language == "ja"
    assert song.lines[2].text == "miwatasu kagiri"
    assert next(song.syllables()).start_s == pytest.approx(1.725)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("folder", "lines", "words", "syllables", "held", "first", "last"),
    [
        # (text, start beat, end beat, pitch) of the first and last note, BPM and GAP as in the files.
        ("on_the_run", 53, 277, 333, 12, ("So", 0, 3, 69), ("n.", 5200, 5205, 67)),
        ("chasing_marks", 32, 156, 241, 51, ("You", 0, 13, 79), ("wait", 2991, 2999, 77)),
        ("verdaechtig", 102, 392, 564, 0, ("Du", 0, 3, 60), ("TIG!", 3884, 3885, 60)),
    ],
)
def test_the_shared_songs(
    shared_data: Path,
    folder: str,
    lines: int,
    words: int,
    syllables: int,
    held: int,
    first: tuple,
    last: tuple,
) -> None:
    bpm, gap_s = {
        "on_the_run": (297.5, 11.25),
        "chasing_marks": (260, 7.664),
        "verdaechtig": (317.71, 24.48938),
    }[folder]
    song = load_song(shared_data / "karaoke" / folder / "song.txt")
    sung = list(song.syllables())
    assert song.warnings == ()
    assert len(song.lines) == lines
    assert len(sung) == syllables
    assert len(list(song.words())) == words
    assert sum(s.held for s in sung) == held
    for syllable, (text, start, end, pitch) in ((sung[0], first), (sung[-1], last)):
        assert syllable.text == text
        assert syllable.start_s == pytest.approx(gap_s + start * 15 / bpm)
        assert syllable.end_s == pytest.approx(gap_s + end * 15 / bpm)
        assert syllable.pitch_midi == pitch
