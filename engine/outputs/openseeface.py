"""OpenSeeFace (UDP): for programs that take a webcam tracker's packets.

One little-endian packet of 1,785 bytes a face. What a tracker sees in a picture is computed from our
head: the points as a camera before the singer sees them, so the picture's right is the singer's left.

A tracker's model has x to the singer's right, y up and z forwards, and it finds the turn that takes the
model to the picture's up, left and depth. That is what receivers undo, so it is what is sent; which way
depth counts follows from a turn being no reflection (docs/outputs.md names the sources).
"""

from __future__ import annotations

import math
import struct
from typing import Final

import numpy as np

from engine.clock import NS_PER_S
from engine.outputs.base import OutputStatus, Pace
from engine.outputs.datagrams import DatagramSender
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.landmarks import LANDMARK_COUNT, POINT_COUNT, Landmarks
from t2s_rt.face.retarget import Retargeter, Table, Target
from t2s_rt.face.signals import Quaternion, Signals
from t2s_rt.types import FloatArray

PORT: Final = 11573
PACKET_BYTES: Final = 1785
WIDTH_PX: Final = 640.0
HEIGHT_PX: Final = 480.0
PIXELS_PER_M: Final = 1600.0
UNITS_PER_M: Final = 10.0
"""Scale of the 3D points: a tracker has none of its own."""
DISTANCE: Final = -8.0
"""In a tracker's units: depth counts towards the camera, and the face is before it."""
_AXES: Final = np.array((-UNITS_PER_M, -UNITS_PER_M, -UNITS_PER_M), np.float32)
"""From ours (left, up, forwards) to a packet's: right, down, backwards."""
_HEAD: Final = struct.Struct("<diffffBf4f3f3f")
_FEATURES: Final = struct.Struct("<14f")
_ACROSS: Final = struct.Struct("6f")
_SHIFT: Final = struct.Struct("2f")


def _feature(name: str, *terms: tuple[str, float]) -> Target:
    return Target(name, terms, -1.0, 1.0)


def _side(name: str, side: str) -> tuple[Target, ...]:
    stretch = (f"mouthStretch{side}", 0.7), (f"mouthDimple{side}", 0.3), ("mouthPucker", -0.7)
    if name == "brow":
        inner, outer, down = "browInnerUp", f"browOuterUp{side}", f"browDown{side}"
        return (
            _feature(f"eyebrow_steepness_{side}", (inner, 0.6), (outer, -0.4), (down, -0.6)),
            _feature(f"eyebrow_updown_{side}", (inner, 0.4), (outer, 0.6), (down, -1.0)),
            _feature(f"eyebrow_quirk_{side}", (outer, 0.6), (inner, -0.6)),
        )
    return (
        _feature(f"mouth_corner_updown_{side}", (f"mouthSmile{side}", 1.0), (f"mouthFrown{side}", -1.0)),
        _feature(f"mouth_corner_inout_{side}", *stretch),
    )


FEATURES: Final = Table(
    "openseeface",
    (
        _feature("eye_l", ("eyeBlinkLeft", -1.0), ("eyeWideLeft", 1.0)),
        _feature("eye_r", ("eyeBlinkRight", -1.0), ("eyeWideRight", 1.0)),
        *_side("brow", "Left"), *_side("brow", "Right"),
        *_side("mouth", "Left"), *_side("mouth", "Right"),
        _feature("mouth_open", ("lipsApart", 1.2)),
        _feature("mouth_wide", ("mouthStretchLeft", 0.35), ("mouthStretchRight", 0.35),
                 ("mouthSmileLeft", 0.25), ("mouthSmileRight", 0.25), ("mouthPucker", -0.8)),
    ),
)  # fmt: skip
"""The fourteen features, 0 for a face at rest, -1 to 1."""


class OpenSeeFaceOutput:
    """Sends the face as the OpenSeeFace tracker does.

    Args:
        name: Unique among the outputs of a run.
        host: The receiver.
        port: Its UDP port.
        rate_hz: Frames a second.

    Raises:
        SetupError: The head has not been built.
    """

    def __init__(self, name: str, host: str, port: int = PORT, *, rate_hz: int = 60) -> None:
        self.name = name
        self._landmarks = Landmarks(FlameHead.load())
        self._features = Retargeter(FEATURES)
        self.retargeters: tuple[Retargeter, ...] = (self._features,)
        self._picture: FloatArray = np.zeros((LANDMARK_COUNT + 2, 2), "<f4")
        self._space: FloatArray = np.zeros((POINT_COUNT, 3), "<f4")
        self._across: FloatArray = np.zeros((3, 2), np.float32)
        self._shift: FloatArray = np.zeros(2, np.float32)
        rest = self._landmarks.place(np.zeros(len(ARKIT_INDEX), np.float32), Signals().eyes)
        self._origin: FloatArray = -rest[68:].mean(axis=0) * _AXES
        self._axes: FloatArray = np.diag(_AXES)  # as a matrix, so that both products take one path
        self._sure = np.ones(LANDMARK_COUNT + 2, "<f4").tobytes()
        self._sender = DatagramSender(name, host, port)
        self._pace = Pace(rate_hz)

    async def start(self) -> None:
        """Find the receiver and open the socket."""
        await self._sender.start()

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame unless the receiver refuses or the frame is not due."""
        assert signals.frame is not None
        if self._pace.due(signals.frame.seq) and self._sender.ready(now_ns):
            self._sender.send([self.packet(signals, now_ns / NS_PER_S)], now_ns)

    def packet(self, signals: Signals, at_s: float) -> bytes:
        """One face's packet.

        Args:
            signals: The face.
            at_s: Time stamp in s, of any clock.
        """
        arkit = signals.values
        points = self._landmarks.place(arkit[: len(ARKIT_INDEX)], signals.eyes)
        self._aim(signals.head)
        np.dot(points[: LANDMARK_COUNT + 2], self._across, out=self._picture)
        np.add(self._picture, self._shift, out=self._picture)
        np.dot(points, self._axes, out=self._space)
        np.add(self._space, self._origin, out=self._space)
        features = _FEATURES.pack(*self._features.read(signals))
        head = _HEAD.pack(
            at_s, 0, WIDTH_PX, HEIGHT_PX,
            1.0 - arkit.item(ARKIT_INDEX["eyeBlinkRight"]),
            1.0 - arkit.item(ARKIT_INDEX["eyeBlinkLeft"]),
            1, 0.0, *tracker_turn(signals.head), *tracker_euler_deg(signals.head), 0.0, 0.0, DISTANCE,
        )  # fmt: skip
        return b"".join((head, self._sure, self._picture.data, self._space.data, features))

    def _aim(self, turn: Quaternion) -> None:
        """Set what takes a point of the unturned head to (x, y) in the picture, from its top left.

        The neck stands below the picture's middle. The matrix has the first and the second row of the
        turn's rotation matrix as its columns.
        """
        w, x, y, z = turn
        up = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
        side = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
        neck = self._landmarks.neck
        scale = PIXELS_PER_M
        neck_up, neck_side = (r[0] * neck[0] + r[1] * neck[1] + r[2] * neck[2] for r in (up, side))
        _ACROSS.pack_into(
            self._across.data, 0,
            scale * side[0], -scale * up[0],
            scale * side[1], -scale * up[1],
            scale * side[2], -scale * up[2],
        )  # fmt: skip
        _SHIFT.pack_into(
            self._shift.data, 0, WIDTH_PX / 2 - scale * neck_side, HEIGHT_PX * 0.7 + scale * neck_up
        )

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        return self._sender.status(now_ns)

    async def close(self) -> None:
        """Close the socket."""
        self._sender.close()


def tracker_turn(turn: Quaternion) -> tuple[float, float, float, float]:
    """The head's turn as a tracker's quaternion: x, y, z, w of the inverse of its model-to-camera turn.

    With T the rotation matrix of the turn in our axes (left, up, forwards), a tracker's matrix has the
    rows T[1], -T[0] and -T[2], each with its first number negated.
    """
    w, x, y, z = turn
    half = math.sqrt(0.5)
    return half * (w - z), half * (w + z), -half * (x + y), half * (x - y)


def tracker_euler_deg(turn: Quaternion) -> tuple[float, float, float]:
    """The same matrix as degrees about x, y and z, where ``Rz Ry Rx`` is the turn (OpenCV's order).

    A face that looks straight ahead has 180 about x, which may also come as -180, and 90 about z.
    """
    w, x, y, z = turn
    down = math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    left = math.asin(max(-1.0, min(1.0, 2.0 * (w * y - x * z))))
    right_tilt = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    return math.degrees(down) - 180.0, math.degrees(left), 90.0 + math.degrees(right_tilt)
