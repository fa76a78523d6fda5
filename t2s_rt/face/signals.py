"""What can be read off a frame by name: ARKit weights, angles, vowels, voice."""

from __future__ import annotations

import math
import struct
from typing import Final

import numpy as np

from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.vowels import VISEMES, VOWELS, VisemeFit, VowelFit
from t2s_rt.types import FloatArray, Frame

HEAD: Final = ("headYaw", "headPitch", "headRoll")
"""Degrees: to the singer's left, up, to the left shoulder. Yaw is applied last, roll first."""
EYES: Final = ("eyeYawLeft", "eyePitchLeft", "eyeYawRight", "eyePitchRight")
"""Degrees relative to the head: to the singer's left, up."""
OTHERS: Final = ("lipsApart", "loudness", "voice", "pitchHz")
"""jawOpen minus mouthClose; level, 0 at -60 dBFS and 1 at -10; presence of a voice; its pitch."""

SIGNALS: Final[tuple[str, ...]] = (
    *ARKIT_NAMES,
    *HEAD,
    *EYES,
    *OTHERS,
    *(f"vowel{name}" for name in VOWELS),
    *(f"viseme_{name}" for name in VISEMES),
)
SIGNAL_INDEX: Final = {name: i for i, name in enumerate(SIGNALS)}
SIGNAL_COUNT: Final = len(SIGNALS)

_VISEMES: Final = SIGNAL_INDEX["viseme_sil"]
_FLOATS: Final = struct.Struct(f"{_VISEMES - len(ARKIT_NAMES)}f")
"""All signals between the ARKit weights and the visemes."""
_JAW, _CLOSE = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
LOUDNESS_FLOOR_DBFS: Final = -60.0
LOUDNESS_RANGE_DB: Final = 50.0

Quaternion = tuple[float, float, float, float]
"""w, x, y, z of a unit quaternion."""
UNTURNED: Final = (1.0, 0.0, 0.0, 0.0)


def quaternion(x: float, y: float, z: float) -> Quaternion:
    """The unit quaternion of an axis-angle vector in rad."""
    angle = math.sqrt(x * x + y * y + z * z)
    if angle < 1e-9:
        return 1.0, 0.0, 0.0, 0.0
    scale = math.sin(angle / 2) / angle
    return math.cos(angle / 2), x * scale, y * scale, z * scale


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation that does ``b``, then ``a`` (Hamilton's product)."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def shares(turn: Quaternion, part: float) -> tuple[Quaternion, Quaternion]:
    """A turn in two about the same axis: a part of its angle, and the rest."""
    w, x, y, z = turn if turn[0] >= 0.0 else (-turn[0], -turn[1], -turn[2], -turn[3])
    half = math.acos(min(w, 1.0))
    if half < 1e-6:
        return UNTURNED, UNTURNED
    first, second, whole = part * half, (1.0 - part) * half, math.sin(half)
    a, b = math.sin(first) / whole, math.sin(second) / whole
    return (math.cos(first), x * a, y * a, z * a), (math.cos(second), x * b, y * b, z * b)


def euler_deg(turn: Quaternion) -> tuple[float, float, float]:
    """Rotations about x, y and z in degrees such that ``Ry Rx Rz`` is the turn (Unity's order)."""
    w, x, y, z = turn
    return (
        math.degrees(math.asin(max(-1.0, min(1.0, 2.0 * (w * x - y * z))))),
        math.degrees(math.atan2(2.0 * (w * y + x * z), 1.0 - 2.0 * (x * x + y * y))),
        math.degrees(math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (x * x + z * z))),
    )


class Signals:
    """One frame's signals, computed once for everybody who sends it on.

    Args:
        visemes: Whether the fifteen visemes are wanted; else they stay 0.

    Attributes:
        frame: The frame they were read from; None before the first.
        reads: How many frames were read.
        values: ``(SIGNAL_COUNT,)`` in the order of `SIGNALS`.
        head: The head's turn against the trunk's rest, neck and trunk together.
        eyes: The left and the right eye's turn relative to the head.
    """

    def __init__(self, *, visemes: bool = False) -> None:
        self.frame: Frame | None = None
        self.reads = 0
        self.values: FloatArray = np.zeros(SIGNAL_COUNT, np.float32)
        self.head: Quaternion = (1.0, 0.0, 0.0, 0.0)
        self.eyes: tuple[Quaternion, Quaternion] = (self.head, self.head)
        self._arkit = self.values[: len(ARKIT_NAMES)]
        self._others = self.values[len(ARKIT_NAMES) :].data
        self._vowels = VowelFit()
        self._visemes = VisemeFit() if visemes else None

    @property
    def has_visemes(self) -> bool:
        """Whether the fifteen visemes are computed."""
        return self._visemes is not None

    def read(self, frame: Frame) -> bool:
        """Replace all values by this frame's.

        Returns:
            Whether all it says is a number; where not, nothing is replaced.
        """
        pose, voice = frame.flame, frame.voice
        arkit = frame.arkit.tolist()
        trunk, neck, eyes = pose.global_pose.tolist(), pose.neck_pose.tolist(), pose.eyes_pose.tolist()
        # A sum is a number only where all its parts are.
        total = sum(arkit) + sum(trunk) + sum(neck) + sum(eyes)
        if not math.isfinite(total + voice.f0_hz + voice.loudness_dbfs + voice.voice):
            return False
        self.frame = frame
        self.reads += 1
        self.head = product(quaternion(*trunk), quaternion(*neck))
        pitch, yaw, roll = euler_deg(self.head)
        left_x, left_y, left_z, right_x, right_y, right_z = eyes
        self.eyes = quaternion(left_x, left_y, left_z), quaternion(right_x, right_y, right_z)
        loudness = (voice.loudness_dbfs - LOUDNESS_FLOOR_DBFS) / LOUDNESS_RANGE_DB
        self._arkit[:] = frame.arkit
        # Packed, not assigned: numpy takes ten times as long to turn a tuple into an array.
        _FLOATS.pack_into(
            self._others, 0,
            yaw, -pitch, -roll,
            math.degrees(left_y), -math.degrees(left_x), math.degrees(right_y), -math.degrees(right_x),
            max(0.0, arkit[_JAW] - arkit[_CLOSE]), min(max(loudness, 0.0), 1.0), voice.voice,
            voice.f0_hz if voice.voiced else 0.0,
            *self._vowels.weights(frame.arkit),
        )  # fmt: skip
        if self._visemes is not None:
            self._visemes.step(frame.arkit, self.values[_VISEMES:])
        return True
