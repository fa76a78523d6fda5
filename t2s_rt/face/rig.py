"""From what the face does (actions) to how ARKit says it (52 blend-shape weights).

The rig is one table of drives, each read as "this part of this action pushes these shapes by this gain".
Lips that are pressed together stay together: whatever would part them fades with `lip_closure`, and
`mouthClose` grows with the jaw, so that jawOpen minus mouthClose is the opening one sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.types import ARKIT_COUNT, FloatArray


class When(Enum):
    """Which part of an action drives a shape."""

    UP = 0
    """max(action, 0)"""
    DOWN = 1
    """max(-action, 0)"""
    PARTED = 2
    """max(action, 0) times (1 - lip_closure): what pressed lips do not let happen"""
    CLOSED = 3
    """max(action, 0) times lip_closure: what happens only behind pressed lips"""


@dataclass(frozen=True, slots=True)
class Drive:
    """One row of the rig.

    Attributes:
        action: Name of the driving action.
        when: Which part of it drives.
        shapes: ARKit shapes driven alike.
        gain: Weight at intensity 1.
    """

    action: str
    when: When
    shapes: tuple[str, ...]
    gain: float


def _both(stem: str) -> tuple[str, str]:
    """The left and the right shape of a pair."""
    return f"{stem}Left", f"{stem}Right"


RIG: Final[tuple[Drive, ...]] = (
    Drive("brow_raise_inner", When.UP, ("browInnerUp",), 1.0),
    Drive("brow_raise_outer_left", When.UP, ("browOuterUpLeft",), 1.0),
    Drive("brow_raise_outer_right", When.UP, ("browOuterUpRight",), 1.0),
    Drive("brow_furrow", When.UP, _both("browDown"), 1.0),
    Drive("eye_openness_left", When.DOWN, ("eyeBlinkLeft",), 1.0),
    Drive("eye_openness_right", When.DOWN, ("eyeBlinkRight",), 1.0),
    Drive("eye_openness_left", When.UP, ("eyeWideLeft",), 1.0),
    Drive("eye_openness_right", When.UP, ("eyeWideRight",), 1.0),
    Drive("eye_squint", When.UP, _both("eyeSquint"), 1.0),
    Drive("gaze_x", When.UP, ("eyeLookOutLeft", "eyeLookInRight"), 0.8),
    Drive("gaze_x", When.DOWN, ("eyeLookInLeft", "eyeLookOutRight"), 0.8),
    Drive("gaze_y", When.UP, _both("eyeLookUp"), 0.8),
    Drive("gaze_y", When.DOWN, _both("eyeLookDown"), 0.8),
    Drive("gaze_y", When.UP, _both("eyeWide"), 0.1),  # the lids go a little with the gaze
    Drive("gaze_y", When.DOWN, _both("eyeBlink"), 0.15),
    Drive("jaw_open", When.UP, ("jawOpen",), 1.0),
    Drive("jaw_open", When.CLOSED, ("mouthClose",), 1.0),
    Drive("lip_closure", When.UP, _both("mouthPress"), 0.4),
    Drive("lip_closure", When.UP, ("mouthRollLower", "mouthRollUpper"), 0.25),
    Drive("lip_rounding", When.UP, ("mouthPucker",), 0.7),
    Drive("lip_rounding", When.PARTED, ("mouthFunnel",), 0.15),
    Drive("lip_pucker", When.UP, ("mouthPucker",), 1.0),
    Drive("lip_funnel", When.PARTED, ("mouthFunnel",), 1.0),
    Drive("lip_spread", When.UP, _both("mouthStretch"), 0.7),
    Drive("lip_spread", When.UP, _both("mouthDimple"), 0.4),
    Drive("upper_lip_raise", When.PARTED, _both("mouthUpperUp"), 1.0),
    Drive("lower_lip_depress", When.PARTED, _both("mouthLowerDown"), 1.0),
    Drive("corner_pull", When.UP, _both("mouthSmile"), 1.0),
    Drive("corner_pull", When.UP, _both("cheekSquint"), 0.2),  # a true smile reaches the cheeks
    Drive("corner_pull", When.DOWN, _both("mouthFrown"), 1.0),
    Drive("cheek_raise", When.UP, _both("cheekSquint"), 1.0),
)
"""The whole rig. The neck's actions turn the head and move no blend shape (`t2s_rt.face.flame_map`)."""


class Rig:
    """Turns actions into ARKit weights; a `StreamingStage` without memory.

    All actions at 0 give weights of exactly 0. Weights are clipped to 0 to 1.

    Args:
        drives: The rig's table.

    Raises:
        KeyError: A drive names an action or a shape that does not exist.
    """

    def __init__(self, drives: tuple[Drive, ...] = RIG) -> None:
        matrix = np.zeros((ARKIT_COUNT, len(When), ACTION_COUNT), np.float32)
        for drive in drives:
            for shape in drive.shapes:
                matrix[ARKIT_INDEX[shape], drive.when.value, ACTION_INDEX[drive.action]] += drive.gain
        self._matrix = matrix.reshape(len(ARKIT_NAMES), -1)
        self._source = np.zeros((len(When), ACTION_COUNT), np.float32)
        self._flat = self._source.reshape(-1)
        self._closure = ACTION_INDEX["lip_closure"]

    @property
    def latency_samples(self) -> int:
        """0: a weight depends on the present actions only."""
        return 0

    def step(self, x: FloatArray, out: FloatArray) -> None:
        """Write the weights for the actions.

        Args:
            x: ``(ACTION_COUNT,)`` motion intensities.
            out: ``(52,)`` weights 0 to 1 in the order of `ARKIT_NAMES`; overwritten.
        """
        up, down, parted, closed = self._source
        np.maximum(x, 0.0, out=up)
        np.subtract(up, x, out=down)
        np.multiply(up, min(float(up[self._closure]), 1.0), out=closed)
        np.subtract(up, closed, out=parted)
        np.dot(self._matrix, self._flat, out=out)
        np.minimum(out, 1.0, out=out)

    def reset(self) -> None:
        """Nothing to forget."""
