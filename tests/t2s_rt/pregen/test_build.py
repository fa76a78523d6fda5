"""From a song file to its subtitles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import ConfigError, LyricsError, PlanError
from t2s_rt.pregen.build import Request, build
from t2s_rt.pregen.planner import EmbeddedPlanner
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.load import format_track, parse_track

LRC = "[ti:Two lines]\n[00:01.00]We laugh and we dance\n[00:04.00]And I cry all alone\n[00:07.00]\n"


@pytest.fixture(scope="module")
def planner() -> EmbeddedPlanner:
    return EmbeddedPlanner(lexical=True)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.lrc"
    path.write_text(LRC, encoding="utf-8")
    return path


def test_a_file_becomes_a_track_that_a_file_keeps(song: Path, planner: EmbeddedPlanner) -> None:
    track, report = build(song, planner)
    assert report.phrases == 2
    assert report.cues == len(track.cues) > 4
    assert report.by_hand == 0
    assert parse_track(format_track(track), "x.vtt") == track


def test_a_language_may_be_told(song: Path, planner: EmbeddedPlanner) -> None:
    assert build(song, planner, Request(language="German"))[1].language == "de"
    assert build(song, planner)[1].language == "en"


def test_what_an_artist_changed_stays(song: Path, planner: EmbeddedPlanner) -> None:
    first, _ = build(song, planner)
    edited = replace(first.cues[0], text="mine", by_hand=True)
    previous = SubtitleTrack((edited, *first.cues[1:]), first.header)
    track, report = build(song, planner, Request(seed=5), previous)
    assert edited in track.cues
    assert report.by_hand == 1
    assert track.header.seed == 5


def test_a_recording_is_heard(song: Path, planner: EmbeddedPlanner, tmp_path: Path) -> None:
    time_s = np.arange(8 * 16_000) / 16_000
    voice = np.sin(2 * np.pi * 220 * time_s) * np.where(time_s < 4, 0.02, 0.5)
    vocal = tmp_path / "vocal.wav"
    soundfile.write(vocal, voice.astype(np.float32), 16_000)
    heard, _ = build(song, planner, Request(vocal=vocal))
    assert heard.cues != build(song, planner)[0].cues


def test_a_singer_who_does_not_exist_is_refused(song: Path, planner: EmbeddedPlanner) -> None:
    with pytest.raises(PlanError, match="voice 3"):
        build(song, planner, Request(voice=3))


def test_a_broken_song_is_refused(tmp_path: Path, planner: EmbeddedPlanner) -> None:
    path = tmp_path / "song.lrc"
    path.write_text("[00:01.00\n", encoding="utf-8")
    with pytest.raises(LyricsError):
        build(path, planner)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 2**31}, {"voice": -1}])
def test_impossible_numbers_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        Request(**wrong)
