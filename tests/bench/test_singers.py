from __future__ import annotations

import pytest

from bench import singers
from bench.report import text


def test_a_batch_costs_a_singer_less_than_a_run_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(singers, "BATCHES", (1, 32))
    monkeypatch.setattr(singers, "RUNS", 100)
    monkeypatch.setattr(singers, "SUNG_S", 2.0)
    (table,) = singers.measure()
    alone, together, engine = (row.figures for row in table.rows)
    assert together["us a singer"] < 0.5 * alone["us a singer"]  # measured: a tenth
    assert together["singers"] > alone["singers"] > engine["singers"] >= 1
    assert alone["us a run"] == alone["us a singer"]
    assert "32 in one run" in text(table)
