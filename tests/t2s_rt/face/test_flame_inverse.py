from __future__ import annotations

import time

import numpy as np
import pytest

from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_inverse import FlameInverse
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.flame_selftest import singing
from t2s_rt.face.head import HEAD_NPZ
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import FlamePose
from tests.t2s_rt.face.frames import arkit

STILL = np.zeros(ACTION_COUNT, np.float32)


@pytest.fixture(scope="module")
def head() -> FlameHead:
    if not HEAD_NPZ.exists():
        pytest.skip("the head is not built: make setup")
    return FlameHead.load()


@pytest.mark.parametrize("name", [name for name in ARKIT_NAMES if name != "mouthClose"])
def test_each_shape_comes_back_alone(head: FlameHead, name: str) -> None:
    weights = arkit(**{name: 0.6})
    back = FlameInverse(head).step(FlameMap(head).step(weights, STILL))
    assert back[ARKIT_INDEX[name]] == pytest.approx(0.6, abs=0.02)
    assert np.delete(back, ARKIT_INDEX[name]).max() < 0.02


def test_singing_comes_back(head: FlameHead) -> None:
    flame, inverse = FlameMap(head), FlameInverse(head)
    rows = singing()
    back = np.stack([inverse.step(flame.step(row, STILL)) for row in rows])
    assert np.abs(back - rows).mean() < 0.01


def test_weights_stay_in_range_whatever_comes(head: FlameHead) -> None:
    rng = np.random.default_rng(0)
    inverse = FlameInverse(head)
    begun = time.process_time()
    for _ in range(30):
        pose = FlamePose(*(rng.normal(0, 3, size).astype(np.float32) for size in (100, 3, 3, 6, 3)))
        found = inverse.step(pose)
        assert found.shape == (52,)
        assert ((found >= 0.0) & (found <= 1.0)).all()
    assert time.process_time() - begun < 3.0


def test_a_jaw_that_closes_beyond_rest_is_shut(head: FlameHead) -> None:
    pose = FlameMap(head).step(arkit(), STILL)
    shut = FlamePose(
        pose.expression,
        np.array([-0.2, 0, 0], np.float32),
        *(np.zeros(k, np.float32) for k in (3, 6, 3)),
    )
    assert FlameInverse(head).step(shut)[ARKIT_INDEX["jawOpen"]] == 0.0
