"""`t2s subtitles --library`."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from studio.catalogue import table
from t2s_rt.pregen.catalogue import CatalogueReport
from t2s_rt.pregen.entry import Outcome, Result
from t2s_rt.subtitles.load import load_track

LRC = "[00:01.00]We laugh and we dance\n[00:04.00]And I cry all alone\n[00:07.00]\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "songs"
    root.mkdir()
    (root / "one.lrc").write_text(LRC, encoding="utf-8")
    (root / "two.lrc").write_text(LRC.replace("laugh", "sing"), encoding="utf-8")
    return root


def subtitles(*arguments: str | Path) -> int:
    return main(["subtitles", "--lexical", *map(str, arguments)])


def test_a_library_becomes_a_folder(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert subtitles("--library", library, "-o", out, "--jobs", "1") == 0
    assert "2 written" in capsys.readouterr().out
    assert load_track(out / "one.vtt").cues
    assert subtitles("--library", library, "-o", out, "--jobs", "1") == 0
    assert "2 finished" in capsys.readouterr().out


def test_a_broken_song_is_told_and_the_exit_code_says_so(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "broken.lrc").write_text("[00:01.00\n", encoding="utf-8")
    assert subtitles("--library", library, "-o", tmp_path / "out", "--jobs", "1") == 1
    shown = capsys.readouterr().out
    assert "2 written, 1 failed" in shown
    assert "broken.lrc" in shown


def test_a_single_recording_for_many_songs_is_refused(library: Path, tmp_path: Path) -> None:
    assert subtitles("--library", library, "-o", tmp_path / "o", "--audio", "v.wav") == 2


def test_an_output_that_is_a_file_is_refused(library: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    assert subtitles("--library", library, "-o", tmp_path / "out") == 2


def test_the_table_has_a_row_a_song_and_the_sums() -> None:
    results = (
        Result("a.lrc", Outcome.WRITTEN, phrases=3, cues=17, seconds=0.5),
        Result("b.lrc", Outcome.FAILED, problem="b.lrc, line 1: broken."),
    )
    rows = table(CatalogueReport(results, 1.0, ("notes.txt",)), Path("out")).splitlines()
    assert "17" in rows[1]
    assert rows[2].endswith("line 1: broken.")
    assert "1 written, 1 failed" in rows[3]
    assert "1 text files" in rows[4]
