"""Recognising a format, reading from disk, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2s_rt.errors import LyricsError
from t2s_rt.lyrics import Source, detect_format, load_song
from t2s_rt.lyrics.load import PARSERS
from t2s_rt.lyrics.source import LARGEST_FILE_BYTES
from tests.t2s_rt.lyrics.samples import LRC, SAMPLES, read


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_known_by_its_content(name: str) -> None:
    expected = detect_format(Source(SAMPLES[name], name))
    assert expected in PARSERS
    assert detect_format(Source(SAMPLES[name], "no_suffix")) == expected


def test_all_formats_have_a_sample() -> None:
    assert {detect_format(Source(data, name)) for name, data in SAMPLES.items()} == set(PARSERS)


@pytest.mark.parametrize("name", SAMPLES)
def test_files_read_like_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SAMPLES[name])
    assert load_song(path) == load_song(str(path)) == read(name, SAMPLES[name])


def test_content_counts_more_than_the_name(tmp_path: Path) -> None:
    path = tmp_path / "song.txt"
    path.write_text(LRC, encoding="utf-8")
    assert load_song(path).format == "lrc"


def test_the_name_decides_where_the_content_fits_it() -> None:
    text = "#note: mine\n[00:01.00]la\n"
    assert read("song.lrc", text).format == "lrc"


def test_cdg_is_refused_with_the_reason(tmp_path: Path) -> None:
    packets = (b"\0" * 24 + bytes([9, 1]) + b"\0" * 22) * 20
    for name in ("song.cdg", "song.bin"):
        path = tmp_path / name
        path.write_bytes(packets)
        with pytest.raises(LyricsError, match="holds pictures of the words, no text") as caught:
            load_song(path)
        assert caught.value.file == name


@pytest.mark.parametrize("name", ["song.kfn", "song.kbp"])
def test_programs_own_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LyricsError, match="not read"):
        load_song(tmp_path / name)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LyricsError, match="no such file"):
        load_song(tmp_path / "absent.lrc")
    with pytest.raises(LyricsError, match="no such file"):
        load_song(tmp_path)


def test_empty_large_and_unknown_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.lrc"
    path.write_bytes(b" \n")
    with pytest.raises(LyricsError, match="an empty file"):
        load_song(path)
    path.write_bytes(b"x" * (LARGEST_FILE_BYTES + 1))
    with pytest.raises(LyricsError, match="at most 8 MB"):
        load_song(path)
    with pytest.raises(LyricsError, match="found none of them"):
        read("song.doc", "Dear reader")
    with pytest.raises(LyricsError, match="found other XML"):
        read("song.xml", "<svg/>")
