"""The rig: ranges, rest, and lips that stay closed over an open jaw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.rig import RIG, Drive, Rig, When
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, Region


def weights(**actions: float) -> dict[str, float]:
    x = np.zeros(ACTION_COUNT, np.float32)
    for name, value in actions.items():
        x[ACTION_INDEX[name]] = value
    out = np.full(52, np.nan, np.float32)
    Rig().step(x, out)
    return {name: float(out[i]) for name, i in ARKIT_INDEX.items()}


def test_rest_is_exactly_zero():
    assert set(weights().values()) == {0.0}


@given(st.lists(st.floats(-1.5, 1.5, width=32), min_size=ACTION_COUNT, max_size=ACTION_COUNT))
def test_weights_stay_between_0_and_1(values):
    out = np.empty(52, np.float32)
    Rig().step(np.array(values, np.float32), out)
    assert out.min() >= 0.0
    assert out.max() <= 1.0


def test_every_action_but_the_neck_moves_something():
    for action in ACTIONS:
        moved = sum(weights(**{action.name: 1.0}).values())
        assert (moved > 0) == (action.region is not Region.NECK), action.name


def test_signed_actions_move_other_shapes_each_way():
    for name in ("gaze_x", "gaze_y", "corner_pull", "eye_openness_left"):
        up = {k for k, v in weights(**{name: 1.0}).items() if v}
        down = {k for k, v in weights(**{name: -1.0}).items() if v}
        assert up
        assert down
        assert not up & down


@pytest.mark.parametrize("jaw", [0.2, 0.6, 1.0])
def test_mouth_close_follows_the_jaw_behind_closed_lips(jaw):
    shut = weights(jaw_open=jaw, lip_closure=1.0)
    assert shut["jawOpen"] - shut["mouthClose"] == pytest.approx(0.0, abs=1e-6)
    assert weights(jaw_open=jaw)["mouthClose"] == 0.0
    half = weights(jaw_open=jaw, lip_closure=0.5)
    assert half["jawOpen"] - half["mouthClose"] == pytest.approx(jaw / 2, abs=1e-6)


def test_closed_lips_are_not_parted_by_other_actions():
    parting = {"lower_lip_depress": 1.0, "upper_lip_raise": 1.0, "lip_funnel": 1.0, "lip_rounding": 1.0}
    shut = weights(lip_closure=1.0, **parting)
    for name in ("mouthLowerDownLeft", "mouthUpperUpRight", "mouthFunnel"):
        assert shut[name] == 0.0
        assert weights(**parting)[name] == 1.0
    assert shut["mouthPressLeft"] > 0.2


def test_the_gaze_turns_both_eyes_to_the_same_side():
    left = weights(gaze_x=1.0)
    assert left["eyeLookOutLeft"] == left["eyeLookInRight"] > 0.5
    assert left["eyeLookInLeft"] == left["eyeLookOutRight"] == 0.0


def test_the_funnel_reads_the_funnel():
    assert weights(lip_funnel=0.6)["mouthFunnel"] == pytest.approx(0.6)
    assert weights(lip_rounding=1.0)["mouthFunnel"] == pytest.approx(0.15)
    assert weights(lip_rounding=1.0)["mouthPucker"] > 0.5
    assert weights(lip_pucker=1.0)["mouthFunnel"] == 0.0


def test_left_is_left():
    assert weights(eye_openness_left=-1.0)["eyeBlinkLeft"] == 1.0
    assert weights(eye_openness_left=-1.0)["eyeBlinkRight"] == 0.0


def test_a_misspelt_shape_is_refused():
    with pytest.raises(KeyError):
        Rig((*RIG, Drive("jaw_open", When.UP, ("jawOpened",), 1.0)))


def test_steps_do_not_depend_on_earlier_steps():
    rng = np.random.default_rng(0)
    rig = Rig()
    out, alone = np.empty(52, np.float32), np.empty(52, np.float32)
    assert rig.latency_samples == 0
    for x in rng.uniform(-1, 1, (20, ACTION_COUNT)).astype(np.float32):
        rig.step(x, out)
        Rig().step(x, alone)
        np.testing.assert_array_equal(out, alone)
