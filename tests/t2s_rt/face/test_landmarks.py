from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.flame import FlameHead
from t2s_rt.face.landmarks import LANDMARK_COUNT, PLACES, POINT_COUNT, Landmarks
from t2s_rt.face.signals import quaternion
from tests.t2s_rt.face.frames import arkit, both

STILL = (quaternion(0, 0, 0),) * 2


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks(FlameHead.load())


def test_each_landmark_lies_on_the_head_near_its_place(landmarks: Landmarks) -> None:
    points = landmarks.place(arkit(), STILL)
    assert points.shape == (POINT_COUNT, 3)
    assert len(PLACES) == LANDMARK_COUNT
    assert np.abs(points[:LANDMARK_COUNT, :2] - np.array(PLACES)).max() < 0.005


def test_the_two_halves_mirror_each_other(landmarks: Landmarks) -> None:
    points = landmarks.place(arkit(), STILL)
    for right, left in ((0, 16), (17, 26), (31, 35), (36, 45), (39, 42), (48, 52), (58, 62), (66, 67)):
        assert points[right] * (-1, 1, 1) == pytest.approx(points[left], abs=2e-3)
        assert points[right, 0] < 0 < points[left, 0]


def test_landmarks_move_as_the_skin_does(landmarks: Landmarks) -> None:
    rest = landmarks.place(arkit(), STILL).copy()
    opened = landmarks.place(arkit(jawOpen=1.0), STILL).copy()
    assert rest[64, 1] - opened[64, 1] > 0.02
    assert rest[8, 1] - opened[8, 1] > 0.015
    assert abs(rest[27, 1] - opened[27, 1]) < 0.001
    smile = landmarks.place(arkit(**both("mouthSmile", 1.0)), STILL).copy()
    assert smile[62, 1] - rest[62, 1] > 0.008
    assert smile[62, 0] > rest[62, 0]


def test_a_pupil_goes_where_its_eye_looks(landmarks: Landmarks) -> None:
    left = landmarks.place(arkit(), (quaternion(0, 0.4, 0), quaternion(0, 0, 0))).copy()
    assert left[67, 0] - left[69, 0] > 0.003
    assert left[66, 0] == pytest.approx(left[68, 0])
