from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.flame import FlameHead
from t2s_rt.face.landmarks import EYEBALL_M, LANDMARK_COUNT, PLACES, Landmarks, pupil
from t2s_rt.face.retarget import Retargeter, Table
from t2s_rt.face.signals import quaternion
from tests.t2s_rt.face.frames import both, signals


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks(FlameHead.load())


def placed(landmarks: Landmarks, origin=(0.0, 0.0, 0.0), scale=1.0, **weights: float) -> np.ndarray:
    """All landmarks for a face."""
    table = Table("landmarks", landmarks.targets(origin, scale))
    return np.reshape(Retargeter(table).read(signals(**weights)), (LANDMARK_COUNT, 3))


def test_each_landmark_lies_on_the_head_near_its_place(landmarks: Landmarks) -> None:
    points = placed(landmarks)
    assert len(PLACES) == LANDMARK_COUNT
    assert np.abs(points[:, :2] - np.array(PLACES)).max() < 0.005


def test_the_two_halves_mirror_each_other(landmarks: Landmarks) -> None:
    points = np.concatenate((placed(landmarks), landmarks.eyeballs))
    for right, left in ((0, 16), (17, 26), (31, 35), (36, 45), (39, 42), (48, 52), (58, 62), (66, 67)):
        assert points[right] * (-1, 1, 1) == pytest.approx(points[left], abs=2e-3)
        assert points[right, 0] < 0 < points[left, 0]


def test_landmarks_move_as_the_skin_does(landmarks: Landmarks) -> None:
    rest = placed(landmarks)
    opened = placed(landmarks, jawOpen=1.0)
    assert rest[64, 1] - opened[64, 1] > 0.02
    assert rest[8, 1] - opened[8, 1] > 0.015
    assert abs(rest[27, 1] - opened[27, 1]) < 0.001
    smile = placed(landmarks, **both("mouthSmile", 1.0))
    assert smile[62, 1] - rest[62, 1] > 0.008
    assert smile[62, 0] > rest[62, 0]


def test_they_are_counted_from_anywhere_in_any_unit(landmarks: Landmarks) -> None:
    origin = (0.01, 0.6, -0.02)
    scaled = placed(landmarks, origin, -10.0, jawOpen=0.5)
    assert scaled == pytest.approx(-10.0 * (placed(landmarks, jawOpen=0.5) - origin), abs=1e-5)


def test_a_pupil_goes_where_its_eye_looks() -> None:
    assert pupil(quaternion(0, 0, 0)) == pytest.approx((0, 0, EYEBALL_M))
    assert pupil(quaternion(0, 0.4, 0))[0] > 0.003
    assert pupil(quaternion(0.4, 0, 0))[1] < -0.003
