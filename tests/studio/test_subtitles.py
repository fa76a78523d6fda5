"""`t2s subtitles` for one song."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from t2s_rt.lyrics import load_song
from t2s_rt.subtitles.load import load_track
from tests.conftest import REPOSITORY, SHARED_DATA

LRC = "[ti:Two lines]\n[00:01.00]We laugh and we dance\n[00:04.00]And I cry all alone\n[00:07.00]\n"
DEMO = REPOSITORY / "engine" / "demo"
RUN = SHARED_DATA / "karaoke" / "on_the_run" / "song.txt"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.lrc"
    path.write_text(LRC, encoding="utf-8")
    return path


def subtitles(*arguments: str | Path) -> int:
    return main(["subtitles", "--lexical", *map(str, arguments)])


def edit(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("[mouth] smile"))
    changed = line.split(":", 1)[0] + ": because I say so"
    path.write_text(text.replace(line, changed, 1), encoding="utf-8")
    return changed


def test_a_song_becomes_a_file(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "song.vtt"
    assert subtitles(song, "-o", out) == 0
    assert "2 phrases" in capsys.readouterr().out
    track = load_track(out)
    assert track.header.title == "Two lines"
    assert track.header.song_hash == load_song(song).fingerprint()


@pytest.mark.parametrize("suffix", [".srt", ".json"])
def test_other_formats_are_written_too(song: Path, tmp_path: Path, suffix: str) -> None:
    subtitles(song, "-o", tmp_path / "a.vtt")
    subtitles(song, "-o", tmp_path / f"a{suffix}")
    assert load_track(tmp_path / f"a{suffix}").cues == load_track(tmp_path / "a.vtt").cues


def test_edits_are_not_overwritten_by_accident(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "song.vtt"
    subtitles(song, "-o", out, "-q")
    mine = edit(out)
    assert subtitles(song, "-o", out) == 2
    assert "--keep-edits" in capsys.readouterr().err
    assert subtitles(song, "-o", out, "--keep-edits", "--seed", "3", "-q") == 0
    assert mine in out.read_text(encoding="utf-8")
    assert subtitles(song, "-o", out, "--force", "-q") == 0
    assert mine not in out.read_text(encoding="utf-8")


def test_another_seed_performs_otherwise(song: Path, tmp_path: Path) -> None:
    for seed in ("0", "1"):
        subtitles(song, "-o", tmp_path / f"{seed}.vtt", "--seed", seed, "-q")
    assert load_track(tmp_path / "0.vtt").cues != load_track(tmp_path / "1.vtt").cues


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x.vtt"], "--library"),
        (["SONG", "-o", "x.mp4"], "mp4"),
        (["SONG", "-o", "."], "folder"),
        (["SONG", "-o", "nowhere/x.vtt"], "cannot be written"),
        (["nowhere.lrc", "-o", "x.vtt"], "no such file"),
        (["SONG", "-o", "x.vtt", "--seed", "-1"], "seed"),
        (["SONG", "-o", "x.vtt", "--voice", "4"], "voice"),
        (["SONG", "-o", "x.vtt", "--planner", "llm"], "--llm"),
        (["SONG", "-o", "x.vtt", "--planner", "embedded", "--llm", "http://x"], "--planner"),
        (["SONG", "-o", "x.vtt", "--llm-model", "m"], "--llm"),
        (["SONG", "-o", "x.vtt", "--jobs", "2"], "--library"),
        (["SONG", "-o", "x.vtt", "--audio", "nowhere.wav"], "nowhere.wav"),
    ],
)
def test_what_cannot_be_is_said(
    song: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert subtitles(*(str(song) if one == "SONG" else one for one in arguments)) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2s: ")
    assert said in error


def test_broken_subtitles_are_not_overwritten(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "song.vtt"
    out.write_text("WEBVTT\n\nbroken -->\n")
    assert subtitles(song, "-o", out) == 2
    assert "--force" in capsys.readouterr().err
    assert subtitles(song, "-o", out, "--force", "-q") == 0


def test_the_demo_sings_what_this_command_writes(tmp_path: Path) -> None:
    """Made anew by: t2s subtitles engine/demo/song.txt --lexical --force -o engine/demo/song.vtt"""
    out = tmp_path / "song.vtt"
    assert subtitles(DEMO / "song.txt", "-o", out, "-q") == 0
    assert out.read_text(encoding="utf-8") == (DEMO / "song.vtt").read_text(encoding="utf-8")


@pytest.mark.corpus
def test_a_real_song_is_planned_as_it_is_named(tmp_path: Path) -> None:
    out = tmp_path / "run.vtt"
    assert subtitles(RUN, "-o", out, "-q") == 0
    assert len(load_track(out).cues) > 100
