"""The stage bench knows every stage of the engine by name."""

from __future__ import annotations

from bench import stages
from engine.pipeline import STAGES


def test_every_stage_has_a_row() -> None:
    assert list(stages.TITLES) == [*STAGES, "hop"]
    names = [row.name for row in stages.hops(5.0).rows]
    assert names == [*stages.TITLES.values(), "rendering, x real time"]
