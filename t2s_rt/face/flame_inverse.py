"""From FLAME parameters back to ARKit weights, for people who have FLAME tracks."""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame import FlameHead
from t2s_rt.types import ARKIT_COUNT, FlamePose, FloatArray

RIDGE: Final = 2e-4
"""Weight of the weights' squares against the mean square of a shape."""
ROUNDS: Final = 300
STILL: Final = 1e-6
JAW: Final = ARKIT_INDEX["jawOpen"]
TURNED: Final = tuple(
    ARKIT_INDEX[f"eyeLook{way}{side}"]
    for side in ("Left", "Right")
    for way in ("Up", "Down", "In", "Out")
)


class FlameInverse:
    """Turns FLAME parameters into ARKit weights on one head.

    jawOpen, jawLeft and jawRight follow from the jaw's angle, the eyeLook shapes from the eyes' angles.
    The other weights are those in 0 to 1 whose mesh is nearest to the expression's: ridge regression
    within bounds by accelerated projected gradients (Beck and Teboulle, SIAM J. Imaging Sciences 2009).

    Args:
        head: The head whose basis the parameters refer to, with its map.
    """

    def __init__(self, head: FlameHead) -> None:
        basis = head.shapedirs.reshape(-1, head.shapedirs.shape[2]).astype(np.float64)
        self._map = head.arkit_map
        self._metric = basis.T @ basis
        matrix = self._map.matrix.astype(np.float64)
        self._linear = matrix[:, :ARKIT_COUNT]
        self._product = np.zeros_like(self._linear)
        for column, (first, second) in enumerate(self._map.pairs.tolist()):
            other = second if first == JAW else first
            self._product[:, other] += matrix[:, ARKIT_COUNT + column]
        jaw = (JAW, ARKIT_INDEX["jawLeft"], ARKIT_INDEX["jawRight"])
        self._free = np.array([k for k in range(ARKIT_COUNT) if k not in (*jaw, *TURNED)])
        self.basis_hash = head.basis_hash

    def step(self, pose: FlamePose) -> FloatArray:
        """ARKit weights of one frame.

        Args:
            pose: FLAME parameters in the head's basis.

        Returns:
            ``(52,)`` in 0 to 1.
        """
        weights = np.zeros(ARKIT_COUNT)
        amount = self._read_jaw(pose.jaw_pose, weights)
        self._read_eyes(pose.eyes_pose, weights)
        shapes = self._linear + amount * self._product
        shapes[:, JAW] = self._linear[:, JAW] + amount * self._product[:, JAW]
        left = pose.expression.astype(np.float64) - shapes @ weights
        columns = shapes[:, self._free]
        square = columns.T @ self._metric @ columns
        square += RIDGE * np.diag(square).mean() * np.eye(len(square))
        weights[self._free] = _bounded(square, columns.T @ (self._metric @ left))
        return weights.astype(np.float32)

    def _read_jaw(self, jaw: FloatArray, weights: Float64Array) -> float:
        amount = float(np.clip(jaw[0] / max(self._map.jaw_open_rad, 1e-6), 0.0, 1.0))
        weights[JAW] = amount
        if self._map.jaw_side_rad > 1e-4:
            swing = float(np.clip(jaw[1] / self._map.jaw_side_rad, -1.0, 1.0))
            weights[ARKIT_INDEX["jawLeft"]] = max(swing, 0.0)
            weights[ARKIT_INDEX["jawRight"]] = max(-swing, 0.0)
        return amount

    def _read_eyes(self, eyes: FloatArray, weights: Float64Array) -> None:
        look_in, look_out, look_up, look_down = (float(angle) for angle in self._map.look_rad)
        for row, side, outwards in ((0, "Left", 1.0), (3, "Right", -1.0)):
            pitch, yaw = float(eyes[row]), outwards * float(eyes[row + 1])
            found = {"Up": -pitch / look_up, "Down": pitch / look_down}
            found |= {"Out": yaw / look_out, "In": -yaw / look_in}
            for way, weight in found.items():
                weights[ARKIT_INDEX[f"eyeLook{way}{side}"]] = np.clip(weight, 0.0, 1.0)


def _bounded(square: Float64Array, linear: Float64Array) -> Float64Array:
    """The minimum of x S x / 2 - l x with x in 0 to 1."""
    step = 1.0 / max(float(np.linalg.eigvalsh(square)[-1]), 1e-12)
    x = ahead = np.zeros(len(linear))
    pace = 1.0
    for _ in range(ROUNDS):
        after = np.clip(ahead - step * (square @ ahead - linear), 0.0, 1.0)
        if float((ahead - after) @ (after - x)) > 0.0:
            pace = 1.0  # it overshoots: begin anew from here
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * pace * pace))
        ahead = after + (pace - 1.0) / faster * (after - x)
        done = float(np.abs(after - x).max()) < STILL
        x, pace = after, faster
        if done:
            break
    return x
