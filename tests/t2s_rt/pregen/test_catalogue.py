"""A whole catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.catalogue import REPORT, find_songs, targets_of, write_catalogue
from t2s_rt.pregen.choose import Choice
from t2s_rt.pregen.entry import Outcome, Result, Settings
from t2s_rt.subtitles.load import load_track

LRC = "[00:01.00]We laugh and we dance\n[00:04.00]And I cry all alone\n[00:07.00]\n"
ULTRASTAR = "#TITLE:x\n#ARTIST:y\n#BPM:240\n#GAP:1000\n: 0 8 0 I\n: 8 8 2  cry\n- 20\n: 24 8 4 no\nE\n"
SETTINGS = Settings(choice=Choice(lexical=True))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "songs"
    for name, text in {
        "a/one.lrc": LRC,
        "a/one.txt": ULTRASTAR,
        "a/license.txt": "You may sing this.\n",
        "b/two.txt": ULTRASTAR,
        "b/broken.lrc": "[00:01.00\n",
        "b/cover.jpg": "no song",
        ".hidden/three.lrc": LRC,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_songs_are_found_and_other_texts_passed_over(library: Path) -> None:
    songs, others = find_songs(library)
    assert [path.name for path in songs] == ["one.lrc", "one.txt", "broken.lrc", "two.txt"]
    assert [path.name for path in others] == ["license.txt"]


def test_every_song_has_its_own_place(library: Path) -> None:
    songs, _ = find_songs(library)
    targets = targets_of(songs, library, Path("out"))
    assert [path.as_posix() for path in targets.values()] == [
        "out/a/one.lrc.vtt",
        "out/a/one.txt.vtt",
        "out/b/broken.vtt",
        "out/b/two.vtt",
    ]


def test_a_broken_song_never_stops_a_catalogue(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told: list[tuple[str, int, int]] = []
    report = write_catalogue(
        library,
        out,
        SETTINGS,
        jobs=1,
        progress=lambda one, done, total: told.append((one.name, done, total)),
    )
    assert (report.count(Outcome.WRITTEN), report.count(Outcome.FAILED)) == (3, 1)
    assert [done for _, done, _ in told] == [1, 2, 3, 4]
    assert load_track(out / "b" / "two.vtt").cues
    assert not (out / "b" / "broken.vtt").exists()
    kept = json.loads((out / REPORT).read_text(encoding="utf-8"))
    assert (kept["songs"], kept["written"], kept["failed"]) == (4, 3, 1)
    assert kept["passed_over"] == ["a/license.txt"]
    failed = next(row for row in kept["results"] if row["outcome"] == "failed")
    assert failed["name"] == "b/broken.lrc"
    assert "broken.lrc" in failed["problem"]
    assert not list(out.rglob("*.part"))


def test_run_again_it_leaves_what_is_finished(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_catalogue(library, out, SETTINGS, jobs=1)
    (out / "b" / "two.vtt").unlink()
    before = (out / "a" / "one.lrc.vtt").stat().st_mtime_ns
    report = write_catalogue(library, out, SETTINGS, jobs=1)
    outcomes = {result.name: result.outcome for result in report.results}
    assert outcomes["b/two.txt"] is Outcome.WRITTEN
    assert outcomes["a/one.lrc"] is Outcome.FINISHED
    assert (out / "a" / "one.lrc.vtt").stat().st_mtime_ns == before


def test_subtitles_written_into_the_library_are_no_songs(library: Path) -> None:
    write_catalogue(library, library, SETTINGS, jobs=1)
    songs, others = find_songs(library)
    assert len(songs) == 4
    assert {path.suffix for path in others} == {".vtt", ".txt"}
    report = write_catalogue(library, library / "out", SETTINGS, jobs=1)
    assert len(report.results) == 4
    assert len(find_songs(library, library / "out")[0]) == 4


def test_a_target_that_cannot_be_written_fails_alone(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "b").mkdir(parents=True)
    (out / "b" / "two.vtt").mkdir()
    report = write_catalogue(library, out, SETTINGS, jobs=1)
    outcomes = {result.name: result.outcome for result in report.results}
    assert outcomes["b/two.txt"] is Outcome.FAILED
    assert outcomes["a/one.lrc"] is Outcome.WRITTEN


def test_an_empty_library_is_a_short_report(tmp_path: Path) -> None:
    assert write_catalogue(tmp_path, tmp_path / "out", SETTINGS, jobs=1).results == ()


@pytest.mark.parametrize("jobs", [0, 5000])
def test_impossible_numbers_of_jobs_are_refused(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(ConfigError, match="Songs at a time"):
        write_catalogue(tmp_path, tmp_path / "out", SETTINGS, jobs=jobs)


def test_a_missing_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        write_catalogue(tmp_path / "nowhere", tmp_path / "out", SETTINGS)


def test_an_output_that_is_a_file_is_refused(library: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ConfigError, match="cannot be made"):
        write_catalogue(library, tmp_path / "out", SETTINGS, jobs=1)


def test_results_do_not_keep_their_text_in_the_report(library: Path, tmp_path: Path) -> None:
    report = write_catalogue(library, tmp_path / "out", SETTINGS, jobs=1)
    assert "WEBVTT" not in report.as_json()
    assert all(isinstance(result, Result) for result in report.results)
