from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest

from engine.outputs.openseeface import FEATURES, PACKET_BYTES, OpenSeeFaceOutput
from tests.engine.outputs.receiving import receiving
from tests.t2s_rt.face.frames import both, frame, signals

LAYOUT = struct.Struct("<di2f2fBf4f3f3f68f136f210f14f")
"""The published layout: time, id, width, height, eyes, success, error, pose, points, features."""


class Face:
    """A packet as a receiver reads it."""

    def __init__(self, data: bytes) -> None:
        assert len(data) == LAYOUT.size == PACKET_BYTES
        values = LAYOUT.unpack(data)
        self.time_s, self.id, self.width, self.height, self.right_open, self.left_open = values[:6]
        self.success, self.error = values[6:8]
        self.quaternion, self.euler, self.translation = values[8:12], values[12:15], values[15:18]
        self.confidence = values[18:86]
        self.points = np.reshape(values[86:222], (68, 2))
        self.space = np.reshape(values[222:432], (70, 3))
        self.features = dict(zip(FEATURES.names, values[432:], strict=True))

    @property
    def shown(self) -> np.ndarray:
        """Points as the tracker's Unity receiver shows them: it reads -y and shows -x.

        Left-handed, y up, the face looks along -z: the singer's left is +x.
        """
        return self.space * (-1, -1, 1)

    @property
    def turn(self) -> np.ndarray:
        """Unity's quaternion x, y, z, w of a face looking along +z, as that receiver's target turns."""
        return unity_product(target(self.quaternion), target(face().quaternion) * (-1, -1, -1, 1))


def target(raw: tuple[float, ...]) -> np.ndarray:
    x, y, z, w = raw
    return np.array((-y, -x, z, w))


def unity_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    vector = a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3])
    return np.array((*vector, a[3] * b[3] - a[:3] @ b[:3]))


OUTPUT = OpenSeeFaceOutput("osf", "127.0.0.1")


def face(given=None, **weights: float) -> Face:
    return Face(OUTPUT.packet(signals(given, **weights), 12.5))


def test_the_packet_has_the_published_layout() -> None:
    rest = face()
    assert (rest.time_s, rest.id, rest.width, rest.height) == (12.5, 0, 640.0, 480.0)
    assert rest.success == 1
    assert rest.confidence == (1.0,) * 68
    assert (rest.right_open, rest.left_open) == (1.0, 1.0)
    assert np.linalg.norm(rest.quaternion) == pytest.approx(1.0, abs=1e-6)
    assert rest.euler == pytest.approx((-180.0, 0.0, 90.0), abs=1e-3)
    assert rest.quaternion == pytest.approx((0.5**0.5, 0.5**0.5, 0.0, 0.0), abs=1e-6)
    assert set(rest.features.values()) == {0.0}


def test_all_points_are_in_the_picture_with_the_singers_left_at_its_right() -> None:
    rest = face()
    assert (rest.points > 0).all()
    assert (rest.points < (640, 480)).all()
    assert rest.points[62, 0] > rest.points[58, 0]  # mouth corners
    assert rest.points[45, 0] > rest.points[36, 0]  # outer corners of the eyes
    assert rest.points[8, 1] > rest.points[27, 1]  # the chin is below the nose
    assert rest.points[24, 1] < rest.points[46, 1]  # a brow is above its eye


def test_left_and_right_eye_are_not_swapped() -> None:
    winking = face(eyeBlinkLeft=0.8)
    assert winking.left_open == pytest.approx(0.2)
    assert winking.right_open == 1.0
    assert winking.features["eye_l"] == pytest.approx(-0.8)
    rest = face()
    lid = [abs(f.points[43, 1] - f.points[47, 1]) for f in (rest, winking)]
    assert lid[1] < 0.5 * lid[0]


def test_a_mouth_that_opens_opens_in_the_picture_and_in_the_feature() -> None:
    def gap(f: Face) -> float:
        return float(f.points[[63, 64, 65], 1].mean() - f.points[[59, 60, 61], 1].mean())

    assert gap(face(jawOpen=0.8)) > 3 * max(gap(face()), 1.0)
    assert face(jawOpen=0.5).features["mouth_open"] == pytest.approx(0.6)
    assert face(jawOpen=0.5, mouthClose=0.5).features["mouth_open"] == 0.0


def test_a_smile_widens_the_mouth() -> None:
    smile = face(**both("mouthSmile", 1.0))
    width = [f.points[62, 0] - f.points[58, 0] for f in (face(), smile)]
    assert width[1] > width[0] + 5
    assert smile.features["mouth_corner_updown_Left"] == 1.0


def test_a_turned_head_moves_the_picture() -> None:
    turned = face(frame(neck=(0, 0.3, 0)))
    assert turned.points[30, 0] > face().points[30, 0] + 20  # the nose goes to the picture's right
    nodding = face(frame(neck=(0.2, 0, 0)))
    assert nodding.points[30, 1] > face().points[30, 1] + 20


HALF_SIN = np.sin(0.15)


def test_a_head_turned_to_the_singers_left_turns_unitys_head_left() -> None:
    turned = face(frame(neck=(0, 0.3, 0)))
    assert turned.turn[:3] == pytest.approx((0, -HALF_SIN, 0), abs=1e-6)  # Unity's +y is to the right
    assert turned.euler == pytest.approx((-180, np.degrees(0.3), 90), abs=1e-3)


def test_a_head_that_nods_down_turns_unitys_head_down() -> None:
    nodding = face(frame(neck=(0.3, 0, 0)))
    assert nodding.turn[:3] == pytest.approx((HALF_SIN, 0, 0), abs=1e-6)
    assert nodding.euler == pytest.approx((np.degrees(0.3) - 180, 0, 90), abs=1e-3)


def test_a_head_tilted_to_the_singers_right_shoulder_tilts_unitys_head_right() -> None:
    tilted = face(frame(neck=(0, 0, 0.3)))
    assert tilted.turn[:3] == pytest.approx((0, 0, -HALF_SIN), abs=1e-6)
    assert tilted.euler == pytest.approx((-180, 0, 90 + np.degrees(0.3)), abs=1e-3)


@pytest.mark.parametrize("neck", [(0, 0, 0), (0.3, 0, 0), (0, 0.3, 0), (0, 0, 0.3), (0.2, 0.3, -0.1)])
def test_the_turn_takes_the_points_to_the_picture(neck) -> None:
    """The tracker's own promise: its turned model's first axis is up in the picture, the second left."""
    seen = face(frame(neck=neck))
    x, y, z, w = seen.quaternion
    away = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    matrix = (np.eye(3) + 2 * w * away + 2 * away @ away).T  # its quaternion is the inverse
    model = seen.space[:66] * (1, -1, -1)
    up, left = (model @ matrix.T)[:, :2].T
    pixels = seen.points[:66] - seen.points[:66].mean(axis=0)
    scale = 160.0  # pixels a unit
    assert -pixels[:, 1] == pytest.approx(scale * (up - up.mean()), abs=0.05)
    assert -pixels[:, 0] == pytest.approx(scale * (left - left.mean()), abs=0.05)


def test_the_euler_angles_are_those_of_the_turn() -> None:
    seen = face(frame(neck=(0.2, 0.3, -0.1)))
    x, y, z, w = seen.quaternion
    a, b, c = np.radians(seen.euler)
    sines, cosines = np.sin((a, b, c)), np.cos((a, b, c))
    about_x = np.array(((1, 0, 0), (0, cosines[0], -sines[0]), (0, sines[0], cosines[0])))
    about_y = np.array(((cosines[1], 0, sines[1]), (0, 1, 0), (-sines[1], 0, cosines[1])))
    about_z = np.array(((cosines[2], -sines[2], 0), (sines[2], cosines[2], 0), (0, 0, 1)))
    away = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    matrix = (np.eye(3) + 2 * w * away + 2 * away @ away).T
    assert about_z @ about_y @ about_x == pytest.approx(matrix, abs=1e-5)


def test_the_points_make_an_upright_face_with_left_and_right_where_they_belong() -> None:
    shown = face().shown
    assert shown[27:31, 1].mean() > shown[8, 1] + 0.3  # the nose's bridge is above the chin
    assert shown[45, 0] > shown[36, 0] + 0.5  # the left eye's outer corner is further to the left
    assert shown[30, 2] < shown[0, 2] - 0.3  # the tip of the nose is before the ear


def test_pupils_follow_the_gaze_before_the_eyeballs() -> None:
    ahead = face().shown[66:68] - face().shown[68:70]
    assert (ahead[:, 2] < -0.1).all()  # the face looks along -z
    left = face(frame(eyes=(0, 0.4, 0, 0, 0.4, 0))).shown
    assert (left[66:68, 0] - left[68:70, 0] > 0.04).all()
    up = face(frame(eyes=(-0.4, 0, 0, -0.4, 0, 0))).shown
    assert (up[66:68, 1] - up[68:70, 1] > 0.04).all()


def test_it_is_sent() -> None:
    async def send() -> None:
        with receiving() as receiver:
            output = OpenSeeFaceOutput("osf", "127.0.0.1", receiver.port)
            await output.start()
            output.offer(signals(frame()), 10**9)
            assert Face(receiver.get()).time_s == 1.0
            await output.close()

    asyncio.run(send())
