import numpy as np
import pytest

pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.inference.motion import BaselineMotion
from t2s_rt.training.evaluate import Fold, fold_table, rest_table, timing
from t2s_rt.training.prepare.facegood import ACTION_NAMES

pytestmark = pytest.mark.torch


def test_the_table_has_a_row_for_each_action_with_model_baseline_and_floor() -> None:
    r = np.linspace(0.1, 0.8, len(ACTION_NAMES)).astype(np.float32)
    still = r.copy()
    still[ACTION_NAMES.index("lip_pucker")] = np.nan
    rows = fold_table([Fold("one", r, r / 2), Fold("two", still, r / 2)]).splitlines()
    assert len(rows) == 2 + len(ACTION_NAMES)
    assert rows[2 + ACTION_NAMES.index("jaw_open")] == "| jaw_open | 0.10 | 0.10 | 0.10 | 0.05 | 0.78 |"
    assert "still" in rows[2 + ACTION_NAMES.index("lip_pucker")]


def test_the_baseline_opens_and_shuts_within_a_few_frames() -> None:
    onset_ms, release_ms = timing(BaselineMotion())
    assert 0 < onset_ms < 50
    assert 0 < release_ms < 150


def test_rest_is_measured_for_each_sound() -> None:
    rows = rest_table(BaselineMotion()).splitlines()[2:]
    assert [row.split("|")[2].strip() for row in rows] == ["0.000"] * 3
