"""From ARKit weights and head actions to FLAME parameters."""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame import FlameHead
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.types import ARKIT_COUNT, FlamePose, FloatArray

HEAD_YAW_DEG: Final = 28.0
HEAD_PITCH_DEG: Final = 20.0
HEAD_ROLL_DEG: Final = 18.0
"""How far the head turns at intensity 1: within what people reach without moving the trunk."""
NECK_SHARE: Final = 0.85
"""Part of the turn done by the neck; the trunk (global_pose) does the rest."""


class FlameMap:
    """Turns one frame into FLAME parameters.

    Rotations are axis-angle vectors in a frame with y up and the face towards +z:

    - ``jaw_pose``: +x opens (jawOpen), +y swings to the singer's left (jawLeft).
    - ``eyes_pose``: +y looks to the singer's left, -x looks up; left eye, then right eye.
    - ``neck_pose`` and ``global_pose``: +y turns to the singer's left (`head_yaw`), -x raises
      (`head_pitch`), -z tilts to the singer's left shoulder (`head_roll`): 28, 20 and 18 degrees at 1,
      85 % of it in the neck and the rest in the trunk.
    - ``expression``: what the joints do not explain, by the head's own exact map (`ArkitMap`).

    Args:
        head: The head whose basis the parameters refer to.
    """

    def __init__(self, head: FlameHead) -> None:
        arkit_map = head.arkit_map
        self.basis_hash = head.basis_hash
        self._matrix = np.ascontiguousarray(arkit_map.matrix)
        self._terms = np.zeros(self._matrix.shape[1], np.float32)
        self._linear, self._products = self._terms[:ARKIT_COUNT], self._terms[ARKIT_COUNT:]
        self._first = np.ascontiguousarray(arkit_map.pairs[:, 0])
        self._second = np.ascontiguousarray(arkit_map.pairs[:, 1])
        self._from_arkit = _joint_matrix(head)
        self._from_actions = _neck_matrix()

    def step(self, arkit: FloatArray, actions: FloatArray) -> FlamePose:
        """FLAME parameters of one frame, in new arrays.

        Args:
            arkit: ``(52,)`` weights.
            actions: ``(ACTION_COUNT,)`` motion intensities; only the neck's are read.

        Returns:
            The parameters; all zero for a face at rest.
        """
        self._linear[:] = arkit
        np.multiply(arkit.take(self._first), arkit.take(self._second), out=self._products)
        joints = self._from_arkit @ arkit
        neck = self._from_actions @ actions
        return FlamePose(
            expression=self._matrix @ self._terms,
            jaw_pose=joints[:3].copy(),
            neck_pose=neck[:3].copy(),
            eyes_pose=joints[3:].copy(),
            global_pose=neck[3:].copy(),
        )


def _joint_matrix(head: FlameHead) -> FloatArray:
    """``(9, 52)``: jaw (3), left eye (3), right eye (3) rotations from ARKit weights."""
    matrix = np.zeros((9, ARKIT_COUNT), np.float32)
    arkit_map = head.arkit_map
    look_in, look_out, look_up, look_down = (float(angle) for angle in arkit_map.look_rad)
    matrix[0, ARKIT_INDEX["jawOpen"]] = arkit_map.jaw_open_rad
    matrix[1, ARKIT_INDEX["jawLeft"]] = arkit_map.jaw_side_rad
    matrix[1, ARKIT_INDEX["jawRight"]] = -arkit_map.jaw_side_rad
    for row, side, outwards in ((3, "Left", 1.0), (6, "Right", -1.0)):
        matrix[row, ARKIT_INDEX[f"eyeLookUp{side}"]] = -look_up
        matrix[row, ARKIT_INDEX[f"eyeLookDown{side}"]] = look_down
        matrix[row + 1, ARKIT_INDEX[f"eyeLookOut{side}"]] = outwards * look_out
        matrix[row + 1, ARKIT_INDEX[f"eyeLookIn{side}"]] = -outwards * look_in
    return matrix


def _neck_matrix() -> FloatArray:
    """``(6, ACTION_COUNT)``: neck (3) and global (3) rotations from actions."""
    whole = np.zeros((3, len(ACTION_INDEX)))
    whole[0, ACTION_INDEX["head_pitch"]] = -np.radians(HEAD_PITCH_DEG)
    whole[1, ACTION_INDEX["head_yaw"]] = np.radians(HEAD_YAW_DEG)
    whole[2, ACTION_INDEX["head_roll"]] = -np.radians(HEAD_ROLL_DEG)
    return np.concatenate([NECK_SHARE * whole, (1.0 - NECK_SHARE) * whole]).astype(np.float32)
