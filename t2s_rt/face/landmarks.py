"""The landmarks that camera trackers report, taken from our head: 66 of the face, 2 pupils, 2 eyeballs.

Order of the OpenSeeFace tracker: 17 of the jaw's outline, 10 of the brows, 9 of the nose, 12 of the
eyes, 18 of the mouth (outer lips 48 to 57, inner lips with the corners 58 and 62), right before left.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.retarget import Target
from t2s_rt.face.signals import Quaternion
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, FloatArray

LANDMARK_COUNT: Final = 66
EYEBALL_M: Final = 0.0125
NEAR_M: Final = 0.004
"""A landmark sits on the foremost vertex within this distance of its place, seen from the front."""

Place = tuple[float, float, float]
Places = tuple[tuple[float, float], ...]
_OUTLINE: Final[Places] = (
    (-0.065, 0.665), (-0.065, 0.645), (-0.062, 0.625), (-0.058, 0.607), (-0.052, 0.592), (-0.044, 0.580),
    (-0.033, 0.570), (-0.017, 0.567), (0.0, 0.568),
)  # fmt: skip
_BROW: Final[Places] = (
    (-0.053, 0.680), (-0.046, 0.686), (-0.036, 0.690), (-0.025, 0.689), (-0.014, 0.685)
)  # fmt: skip
_BRIDGE: Final[Places] = ((0.0, 0.670), (0.0, 0.658), (0.0, 0.647), (0.0, 0.637))
_NOSTRILS: Final[Places] = ((-0.014, 0.629), (-0.007, 0.626), (0.0, 0.625))
_EYE: Final[Places] = (
    (-0.0425, 0.667), (-0.034, 0.6735), (-0.024, 0.6725), (-0.0155, 0.665), (-0.024, 0.662),
    (-0.034, 0.662),
)  # fmt: skip
_UPPER_LIP: Final[Places] = ((-0.016, 0.6105), (-0.008, 0.6140), (0.0, 0.6135))
_LOWER_LIP: Final[Places] = ((0.0, 0.5915), (-0.008, 0.5925), (-0.016, 0.5975))
_CORNER: Final[Places] = ((-0.0235, 0.6045),)
_INNER_UPPER: Final[Places] = ((-0.010, 0.6065), (0.0, 0.6065))
_INNER_LOWER: Final[Places] = ((0.0, 0.6035), (-0.010, 0.6035))
"""``(x, y)`` in metres on the singer's right half, seen from the front."""


def _mirrored(places: Places) -> Places:
    return tuple((-x, y) for x, y in reversed(places))


PLACES: Final[Places] = (
    *_OUTLINE, *_mirrored(_OUTLINE[:-1]),
    *_BROW, *_mirrored(_BROW),
    *_BRIDGE, *_NOSTRILS, *_mirrored(_NOSTRILS[:-1]),
    *_EYE, *(( -x, y) for x, y in (_EYE[3], _EYE[2], _EYE[1], _EYE[0], _EYE[5], _EYE[4])),
    *_UPPER_LIP, *_mirrored(_UPPER_LIP[:-1]), *_mirrored(_LOWER_LIP[1:]), *_LOWER_LIP,
    *_CORNER, *_INNER_UPPER, *_mirrored(_INNER_UPPER[:-1]), *_mirrored(_CORNER),
    *_mirrored(_INNER_LOWER[1:]), *_INNER_LOWER,
)  # fmt: skip


class Landmarks:
    """Where the points are for a face; linear in the ARKit weights, as skin is but for the jaw.

    Args:
        head: The head.

    Attributes:
        neck: Where the head turns, in metres.
        eyeballs: Centres of the right and the left one, in metres.
    """

    def __init__(self, head: FlameHead) -> None:
        vertices = [_find(head.v_template, x, y) for x, y in PLACES]
        rest = head.v_template[vertices]
        flame = FlameMap(head)
        still = np.zeros(ACTION_COUNT, np.float32)
        poses = [flame.step(weights, still) for weights in np.eye(ARKIT_COUNT, dtype=np.float32)]
        moved = head.vertices(
            np.stack([pose.expression for pose in poses]),
            np.stack([pose.jaw_pose for pose in poses]),
            np.zeros((ARKIT_COUNT, 3), np.float32),
            np.zeros((ARKIT_COUNT, 6), np.float32),
            np.zeros((ARKIT_COUNT, 3), np.float32),
        )[:, vertices]
        self._move: FloatArray = (moved - rest).reshape(len(ARKIT_NAMES), -1)
        self._rest: FloatArray = rest.reshape(-1)
        self.neck: Place = tuple(head.joints[1].tolist())
        self.eyeballs: tuple[Place, Place] = (
            tuple(head.joints[4].tolist()),
            tuple(head.joints[3].tolist()),
        )

    def targets(self, origin: Place, scale: float = 1.0) -> tuple[Target, ...]:
        """What computes x, y and z of each landmark on the unturned head, one after the other.

        Args:
            origin: Where they are counted from, in metres.
            scale: Units per metre; negative turns all three axes around.
        """
        return tuple(
            Target(
                f"landmark {i // 3} {'xyz'[i % 3]}",
                tuple((name, scale * move) for name, move in zip(ARKIT_NAMES, moves, strict=True)),
                minimum=-math.inf,
                maximum=math.inf,
                offset=scale * (rest - origin[i % 3]),
            )
            for i, (moves, rest) in enumerate(
                zip(self._move.T.tolist(), self._rest.tolist(), strict=True)
            )
        )


def pupil(turn: Quaternion) -> Place:
    """Where the pupil of an eye looks out, in metres from the eyeball's centre."""
    w, x, y, z = turn
    return (
        2.0 * EYEBALL_M * (x * z + w * y),
        2.0 * EYEBALL_M * (y * z - w * x),
        EYEBALL_M * (1.0 - 2.0 * (x * x + y * y)),
    )


def _find(vertices: FloatArray, x: float, y: float) -> int:
    """The foremost vertex near a place, or the nearest one."""
    apart = np.hypot(vertices[:, 0] - x, vertices[:, 1] - y)
    near = np.flatnonzero((apart < NEAR_M) & (vertices[:, 2] > 0.0))
    if len(near) == 0:
        return int(apart.argmin())
    return int(near[(vertices[near, 2] - apart[near]).argmax()])
