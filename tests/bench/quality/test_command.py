"""`t2s evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.quality.material import gather, subject_by_take
from engine.cli import main
from t2s_rt.errors import ConfigError


def test_rows_are_printed_with_their_bars_and_written_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "verdict.json"
    assert main(["evaluate", "--loudness", "--rows", "sung,prosody", "--json", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "loudness and centroid" in shown
    assert ">= 0.98" in shown
    written = json.loads(out.read_text())
    assert written["figures"]["sung.open"]["value"] < 0.98
    assert main(["evaluate", "--loudness", "--rows", "sung", "--strict"]) == 1


def test_bad_input_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--rows", "colour"]) == 2
    assert "no rows colour" in capsys.readouterr().err
    assert main(["evaluate", "--rows", "cost", "--model", str(tmp_path)]) == 2
    assert main(["evaluate", "--rows", "cost", "--beside", str(tmp_path / "absent.json")]) == 2
    assert main(["evaluate", "--rows", "takes", "--left-out", "runs/model"]) == 2
    assert "{take}" in capsys.readouterr().err


def test_speech_is_not_read_before_it_is_asked_for() -> None:
    material = gather(["nobody/at-all"], 4.0, None)
    assert material.left_out is None


def test_a_pattern_without_take_is_refused() -> None:
    with pytest.raises(ConfigError, match="take"):
        subject_by_take("runs/model")


@pytest.mark.corpus
def test_a_meter_has_no_takes_left_out_whatever_our_model_has_heard(tmp_path: Path) -> None:
    out = tmp_path / "verdict.json"
    assert main(["evaluate", "--loudness", "--rows", "takes", "--json", str(out)]) == 0
    figures = json.loads(out.read_text())["figures"]
    assert "takes.jaw" in figures
    assert "unheard.jaw" not in figures
