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
        self.points = np.reshape(values[86:222], (68, 2))[:, ::-1]  # y comes first
        self.space = np.reshape(values[222:432], (70, 3))
        self.features = dict(zip(FEATURES.names, values[432:], strict=True))

    @property
    def rotation(self) -> tuple[float, float, float]:
        """Degrees as the tracker's Unity receiver computes them."""
        x, y, z = self.euler
        return -((x + 180) % 360), -y, (z - 90) % 360


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
    assert np.array(rest.rotation) % 360 == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)
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


def test_a_turned_head_moves_the_picture_and_the_angles() -> None:
    turned = face(frame(neck=(0, 0.3, 0)))
    assert turned.points[30, 0] > face().points[30, 0] + 20  # the nose goes to the picture's right
    assert turned.rotation[1] == pytest.approx(np.degrees(0.3), abs=0.01)
    nodding = face(frame(neck=(0.2, 0, 0)))
    assert nodding.points[30, 1] > face().points[30, 1] + 20


def test_pupils_follow_the_gaze_before_the_eyeballs() -> None:
    looking = face(frame(eyes=(0, 0.4, 0, 0, 0.4, 0)))
    ahead = face().space[66:68] - face().space[68:70]
    aside = looking.space[66:68] - looking.space[68:70]
    assert (ahead[:, 2] < -0.1).all()  # the face looks along -z
    assert (aside[:, 0] > 0.04).all()


def test_it_is_sent() -> None:
    async def send() -> None:
        with receiving() as receiver:
            output = OpenSeeFaceOutput("osf", "127.0.0.1", receiver.port)
            await output.start()
            output.offer(signals(frame()), 10**9)
            assert Face(receiver.get()).time_s == 1.0
            await output.close()

    asyncio.run(send())
