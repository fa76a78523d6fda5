"""Pictures of verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.quality import plots
from bench.quality.loudness import LoudnessMeter
from bench.quality.track import Face
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT
from tests.bench.quality.made import track_of


def test_a_face_is_drawn_as_it_is_at_its_moment() -> None:
    arkit = np.zeros((60, ARKIT_COUNT), np.float32)
    arkit[30:, ARKIT_INDEX["jawOpen"]] = 0.8
    still = np.zeros(60, np.float32)
    face = Face(np.zeros((60, ACTION_COUNT), np.float32), arkit, still, still)
    track = replace(track_of(np.zeros(60)), face=face)
    head = FlameHead.load()
    shut, also_shut, open_ = (
        plots.face_picture(head, FlameMap(head), track, time_s) for time_s in (0.1, 0.4, 0.8)
    )
    assert shut.shape == (plots.FACE_PX, plots.FACE_PX, 3)
    assert np.array_equal(shut, also_shut)
    lower = slice(plots.FACE_PX // 2, None)
    assert np.abs(open_ - shut)[lower].mean() > 3 * np.abs(open_ - shut)[: plots.FACE_PX // 3].mean()


@pytest.mark.slow
@pytest.mark.torch  # matplotlib comes with the train extra
def test_held_vowels_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "HELD_VOICES", plots.HELD_VOICES[:1])
    plots.held(tmp_path / "held.png", [LoudnessMeter(), LoudnessMeter()])
    assert (tmp_path / "held.png").read_bytes().startswith(b"\x89PNG")
