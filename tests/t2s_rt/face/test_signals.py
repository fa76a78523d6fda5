from __future__ import annotations

import math

import numpy as np
import pytest

from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.rig import Rig
from t2s_rt.face.signals import SIGNAL_INDEX, Signals, euler_deg, product, quaternion, shares
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.types import ARKIT_COUNT, Frame, VoiceReading
from tests.t2s_rt.face.frames import frame, signals


def read(given: Signals, name: str) -> float:
    return float(given.values[SIGNAL_INDEX[name]])


@pytest.mark.parametrize(
    ("action", "signal", "degrees"),
    [("head_yaw", "headYaw", 28.0), ("head_pitch", "headPitch", 20.0), ("head_roll", "headRoll", 18.0)],
)
def test_the_heads_actions_come_out_in_degrees_with_the_same_sign(action, signal, degrees) -> None:
    for way in (1.0, -1.0):
        actions = np.zeros(ACTION_COUNT, np.float32)
        actions[ACTION_INDEX[action]] = way
        weights = np.zeros(ARKIT_COUNT, np.float32)
        Rig().step(actions, weights)
        pose = FlameMap(FlameHead.load()).step(weights, actions)
        given = frame(weights=weights)
        turned = signals(Frame(**{f: getattr(given, f) for f in given.__slots__} | {"flame": pose}))
        assert read(turned, signal) == pytest.approx(way * degrees, abs=1e-3)
        others = {"headYaw", "headPitch", "headRoll"} - {signal}
        assert all(abs(read(turned, other)) < 1e-3 for other in others)


def test_the_gazes_actions_come_out_in_degrees_with_the_same_sign() -> None:
    actions = np.zeros(ACTION_COUNT, np.float32)
    actions[ACTION_INDEX["gaze_x"]] = actions[ACTION_INDEX["gaze_y"]] = 0.5
    weights = np.zeros(ARKIT_COUNT, np.float32)
    Rig().step(actions, weights)
    pose = FlameMap(FlameHead.load()).step(weights, actions)
    given = frame(weights=weights, eyes=pose.eyes_pose)
    looking = signals(given)
    for name in ("eyeYawLeft", "eyeYawRight", "eyePitchLeft", "eyePitchRight"):
        assert read(looking, name) > 5.0


def test_neck_and_trunk_add_up() -> None:
    half = math.radians(10)
    assert read(signals(frame(neck=(0, half, 0), trunk=(0, half, 0))), "headYaw") == pytest.approx(
        20, abs=1e-3
    )


def test_euler_angles_are_those_of_a_matrix() -> None:
    chance = np.random.default_rng(1)
    for _ in range(200):
        x, y, z = np.radians(chance.uniform(-80, 80, 3))
        turn = product(product(quaternion(0, y, 0), quaternion(x, 0, 0)), quaternion(0, 0, z))
        assert euler_deg(turn) == pytest.approx(tuple(np.degrees((x, y, z))), abs=1e-6)


def test_the_voice_is_scaled_and_the_pitch_is_zero_where_there_is_none() -> None:
    loud = signals(frame(voice=VoiceReading(440.0, True, -10.0, 0.9)))
    assert read(loud, "loudness") == pytest.approx(1.0)
    assert read(loud, "pitchHz") == 440.0
    assert read(signals(frame(voice=VoiceReading(440.0, False, -60.0, 0.0))), "pitchHz") == 0.0
    assert read(signals(frame()), "loudness") == 0.0


def test_visemes_are_computed_only_where_wanted() -> None:
    assert read(signals(jawOpen=0.7), "viseme_aa") == 0.0
    assert read(signals(visemes=True, jawOpen=0.7), "viseme_aa") > 0.5


def test_the_shares_of_a_turn_make_the_whole_again() -> None:
    whole = quaternion(0.3, -0.4, 0.2)
    assert product(*shares(whole, 0.4)) == pytest.approx(whole)
    first, second = shares(whole, 0.25)
    assert product(first, product(first, product(first, first))) == pytest.approx(whole)
    assert product(second, first) == pytest.approx(whole)
    assert shares((1.0, 0.0, 0.0, 0.0), 0.3)[0] == (1.0, 0.0, 0.0, 0.0)
