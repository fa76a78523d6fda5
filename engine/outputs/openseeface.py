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
from t2s_rt.face.landmarks import LANDMARK_COUNT, Landmarks, Place, pupil
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
_HEAD: Final = struct.Struct("<diffffBf4f3f3f")
_SURE: Final = _HEAD.size
"""Where in a packet each point's confidence begins."""
_PICTURE: Final = _SURE + 4 * (LANDMARK_COUNT + 2)
_SPACE: Final = _PICTURE + 8 * (LANDMARK_COUNT + 2)
_PUPILS: Final = _SPACE + 12 * LANDMARK_COUNT
_SIX: Final = struct.Struct("<6f")
_ACROSS: Final = struct.Struct("6f")
_SHIFT: Final = struct.Struct("2f")
_BLINK_RIGHT, _BLINK_LEFT = ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"]


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
        landmarks = Landmarks(FlameHead.load())
        origin, self._neck, self._eyeballs = _places(landmarks)
        # Points and features lie side by side in a packet, so they are computed and copied as one.
        scale = -UNITS_PER_M  # from left, up, forwards to a packet's right, down, backwards
        eyes = ((0.0,) * 6, *self._eyeballs)
        still = tuple(Target("eye", (), -math.inf, math.inf, offset=at) for eye in eyes for at in eye)
        points = (*landmarks.targets(origin, scale), *still)
        self._retargeter = Retargeter(Table("openseeface packet", (*points, *FEATURES.targets)))
        self.retargeters: tuple[Retargeter, ...] = (self._retargeter,)
        self._across: FloatArray = np.zeros((3, 2), np.float32)
        self._shift = np.zeros((), np.complex64)
        self._across_bytes, self._shift_bytes = self._across.data, self._shift.data
        # Three bytes before the packet bring its points to where a product can be written.
        self._packet = memoryview(bytearray(-_SURE % 4 + PACKET_BYTES))[-_SURE % 4 :]
        self._floats(_SURE, LANDMARK_COUNT + 2)[:] = 1.0
        self._picture = self._floats(_PICTURE, 2 * (LANDMARK_COUNT + 2)).reshape(-1, 2)
        # x and y as one complex number: all points are shifted by one plain loop, without broadcasting.
        self._pairs = self._picture.view(np.complex64).reshape(-1)
        self._computed = self._floats(_SPACE, len(points) + len(FEATURES.targets))
        self._seen = self._floats(_SPACE, 3 * (LANDMARK_COUNT + 2)).reshape(-1, 3)
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

    def packet(self, signals: Signals, at_s: float) -> memoryview:
        """One face's packet; overwritten by the next one.

        Args:
            signals: The face.
            at_s: Time stamp in s, of any clock.
        """
        self._computed[:] = self._retargeter.view(signals)
        self._look(signals.eyes)
        self._aim(signals.head)
        self._seen.dot(self._across, out=self._picture)
        np.add(self._pairs, self._shift, out=self._pairs)
        arkit = signals.values
        _HEAD.pack_into(
            self._packet, 0,
            at_s, 0, WIDTH_PX, HEIGHT_PX, 1.0 - arkit.item(_BLINK_RIGHT), 1.0 - arkit.item(_BLINK_LEFT),
            1, 0.0, *tracker_turn(signals.head), *tracker_euler_deg(signals.head), 0.0, 0.0, DISTANCE,
        )  # fmt: skip
        return self._packet

    def _floats(self, place: int, count: int) -> FloatArray:
        """Some floats of the packet, from a byte on."""
        return np.frombuffer(self._packet, "<f4", count, place)

    def _look(self, eyes: tuple[Quaternion, Quaternion]) -> None:
        """Write the pupils."""
        (right_x, right_y, right_z), (left_x, left_y, left_z) = self._eyeballs
        x, y, z = pupil(eyes[1])
        u, v, w = pupil(eyes[0])
        scale = UNITS_PER_M
        _SIX.pack_into(
            self._packet, _PUPILS,
            right_x - scale * x, right_y - scale * y, right_z - scale * z,
            left_x - scale * u, left_y - scale * v, left_z - scale * w,
        )  # fmt: skip

    def _aim(self, turn: Quaternion) -> None:
        """Set what takes a packet's 3D point of the unturned head to (x, y) in the picture.

        The picture is counted from its top left; the neck stands below its middle. The matrix has the
        first and the second row of the turn's rotation matrix as its columns.
        """
        w, x, y, z = turn
        side_x, side_y, side_z = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
        up_x, up_y, up_z = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
        neck_x, neck_y, neck_z = self._neck
        scale = PIXELS_PER_M / UNITS_PER_M
        _ACROSS.pack_into(
            self._across_bytes, 0,
            -scale * side_x, scale * up_x, -scale * side_y, scale * up_y, -scale * side_z, scale * up_z,
        )  # fmt: skip
        _SHIFT.pack_into(
            self._shift_bytes, 0,
            WIDTH_PX / 2 + scale * (side_x * neck_x + side_y * neck_y + side_z * neck_z),
            HEIGHT_PX * 0.7 - scale * (up_x * neck_x + up_y * neck_y + up_z * neck_z),
        )  # fmt: skip

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        return self._sender.status(now_ns)

    async def close(self) -> None:
        """Close the socket."""
        self._sender.close()


def _places(landmarks: Landmarks) -> tuple[Place, Place, tuple[Place, Place]]:
    """Between the eyes in metres, from where a packet's points are counted; neck and eyeballs there."""
    origin = np.mean(landmarks.eyeballs, axis=0)
    places = -UNITS_PER_M * (np.array((landmarks.neck, *landmarks.eyeballs)) - origin)
    neck, right, left = (tuple(place) for place in places.tolist())
    return tuple(origin.tolist()), neck, (right, left)


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
