"""MIDI and KAR, and the reader of Standard MIDI files beneath."""

from __future__ import annotations

import struct

import pytest

from t2s_rt.errors import LyricsError
from tests.t2s_rt.lyrics.samples import KAR, meta, midi, note, read, rows, tempo, track


def lyric(text: str) -> bytes:
    return meta(5, text.encode())


def test_golden() -> None:
    song = read("song.kar", KAR)
    assert (song.format, song.title, song.artist, song.language) == (
        "midi",
        "Harbour Light",
        "Ann Example",
        "en",
    )
    assert [line.text for line in song.lines] == ["Morning light", "Café home"]
    assert rows(song) == [
        ("Morn", 0.6, 1.14, 60),
        ("ing", 1.2, 1.8, 62),
        ("light", 1.8, 2.4, 64),
        ("", 2.43, 3.0, 65),
        ("Café", 3.6, 4.2, 67),
        ("home", 4.2, 4.5, 59),
    ]
    assert [s.held for s in song.syllables()] == [False, False, False, True, False, False]


def test_lyric_events_with_line_ends_and_without_notes() -> None:
    song = read(
        "song.mid",
        midi(track((0, lyric("Hel")), (100, lyric("lo ")), (200, lyric("you\r")), (400, lyric("la")))),
    )
    assert [line.text for line in song.lines] == ["Hello you", "la"]
    assert not song.has_pitch
    assert any("pitches are unknown" in warning for warning in song.warnings)
    assert [round(s.start_s, 3) for s in song.syllables()] == [0.0, 0.5, 1.0, 2.0]


def test_hyphens_mark_words_where_there_are_no_spaces() -> None:
    song = read("song.mid", midi(track((0, lyric("Hel-")), (100, lyric("lo")), (200, lyric("you")))))
    assert song.lines[0].text == "Hello you"


def test_japanese_lyrics_stay_one_word() -> None:
    song = read("song.mid", midi(track((0, lyric("さ")), (100, lyric("く")), (200, lyric("ら")))))
    assert [word.text for word in song.words()] == ["さくら"]


def test_running_status_and_the_highest_note_of_a_chord() -> None:
    notes = b"\x00\x90\x3c\x50\x00\x40\x50\x64\x3c\x00\x00\x40\x00\x00\xff\x2f\x00"
    chunk = b"MTrk" + struct.pack(">I", len(notes)) + notes
    song = read("song.mid", midi(track((0, lyric("la"))), chunk))
    assert rows(song) == [("la", 0.0, 0.5, 64)]


def test_film_frames_give_seconds() -> None:
    frames_25_of_40 = (256 - 25) << 8 | 40
    song = read(
        "song.mid", midi(track((2000, lyric("la")), *note(2000, 3000, 60)), division=frames_25_of_40)
    )
    assert rows(song) == [("la", 2.0, 3.0, 60)]


def test_drums_are_no_melody() -> None:
    song = read("song.mid", midi(track((0, lyric("la")), *note(0, 100, 38, 9))))
    assert not song.has_pitch


GOOD = midi(track((0, lyric("la")), *note(0, 100, 60)))


def chunk(data: bytes) -> bytes:
    return midi(b"MTrk" + struct.pack(">I", len(data)) + data)


@pytest.mark.parametrize(
    ("data", "essence"),
    [
        (GOOD[:10], "found the end of the chunk"),
        (b"MThX" + GOOD[4:], "begins with MThd"),
        (GOOD[:-6], "expected a track of"),
        (GOOD[:14], "expected at least one track"),
        (midi(track((0, lyric("la"))), file_format=2), "format 0 or 1, found 2"),
        (midi(track((0, lyric("la"))), division=0), "ticks a quarter above 0"),
        (midi(track((0, lyric("la"))), division=0x8000 | 0x1100), "frames a second"),
        (midi(track(*note(0, 100, 60))), "expected lyric or karaoke text events"),
        (chunk(b"\x00\x3c\x50\x00"), "expected a status byte"),
        (chunk(b"\xff\xff\xff\xff\xff\x00"), "a length of at most four bytes"),
        (chunk(b"\x00\xf4\x00"), "expected a MIDI event"),
        (chunk(b"\x00\xff\x05\x7fla"), "more bytes"),
        (chunk(b"\x00\x90\x3c"), "more bytes"),
        (midi(track((0, tempo(0)), (0, lyric("la")))), "tempo of 3 bytes"),
        (midi(track((0, meta(0x51, b"\x01")), (0, lyric("la")))), "tempo of 3 bytes"),
        (
            midi(track((0x0FFFFFF0, lyric("la")), (0x0FFFFFFF, lyric("lo"))), division=1),
            "less than a day",
        ),
        (midi(track((0, lyric(" ")), (5, lyric("\r")))), "expected lyrics with times, found none"),
    ],
)
def test_broken(data: bytes, essence: str) -> None:
    with pytest.raises(LyricsError) as caught:
        read("song.mid", data)
    assert essence in str(caught.value)
    assert caught.value.file == "song.mid"
    assert caught.value.line is None
