"""Who is ahead of whom."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.peers import packages, side_by_side, subjects
from bench.peers.side_by_side import ahead, table
from bench.quality.evaluate import FAMILIES, Material, Verdict
from bench.quality.figures import Bar, Figure
from bench.quality.track import Subject
from engine.cli import main
from t2s_rt.audio.synthesis import silence
from t2s_rt.errors import SetupError

BARS = {
    "song.open": Bar("a opener", at_least=0.9),
    "timing.onset": Bar("onset", at_most=25, unit="ms"),
    "mesh.lve": Bar("LVE"),
}


def test_the_bar_says_what_is_better_and_never_is_worst() -> None:
    assert ahead("song.open", BARS["song.open"], [0.5, 0.9, None]) == [1]
    assert ahead("timing.onset", BARS["timing.onset"], [20.0, 50.0]) == [0]
    assert ahead("timing.onset", BARS["timing.onset"], [math.nan, 50.0]) == [1]
    assert ahead("song.open", BARS["song.open"], [0.9, 0.9]) == [0, 1]


def test_the_table_compares_only_what_two_have() -> None:
    ours = Verdict("ours", (Figure("song.open", 0.4), Figure("mesh.lve", 1.0)), {})
    theirs = Verdict("theirs", (Figure("song.open", 0.8), Figure("timing.onset", 30.0)), {})
    shown = table([ours, theirs], BARS)
    assert "LVE" not in shown
    assert "onset" not in shown
    row = next(line for line in shown.splitlines() if line.startswith("a opener"))
    assert row.endswith("theirs")
    assert "of 1 rows: ours 0, theirs 1" in shown


def opening_of_silence(subject: Subject, _: Material) -> list[Figure]:
    return [Figure("sung.open", float(subject.watch(silence(0.5)).opening.mean()))]


def test_peers_that_cannot_run_are_named_and_the_others_still_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> Path:
        raise SetupError("Peers are packages of npm, which is not here.", "Install Node.js 20.")

    monkeypatch.setattr(packages, "install", refuse)
    monkeypatch.setattr(packages, "FOLDER", tmp_path)
    monkeypatch.setattr(subjects.Peers.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr(side_by_side, "RESULTS", tmp_path / "results")
    monkeypatch.setitem(FAMILIES, "sung", opening_of_silence)
    ours = tmp_path / "ours.json"
    ours.write_text(
        '{"subject": "mine", "figures": {"sung.open": {"value": 1, "note": ""}}, "missing": {}}'
    )
    assert main(["bench", "peers", "--rows", "sung", "--ours", str(ours)]) == 1
    shown = capsys.readouterr().out
    assert "mine" in shown
    assert "loudness and centroid" in shown
    assert "not judged: wlipsync: Peers are packages of npm" in shown
    assert not (tmp_path / "results").exists()


def test_an_unknown_peer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--peer", "rhubarb", "--rows", "cost"]) == 2
    assert "no peer rhubarb" in capsys.readouterr().err
