"""Builds the map from ARKit to the expression, jaw, eyes and lids of a user's FLAME file.

Each ARKit shape is carried to the file's mesh (`t2s_rt.face.flame_carry`) and fitted by it. Skinning is
linear in the expression once the jaw is turned, so for every jaw angle the expression follows from ridge
regression; the jaw's angle, which never closes beyond rest, is the one that leaves least (a search over
one number). ARKit adds motions where FLAME turns the jaw after adding, so each shape also gets a term
that grows with jawOpen, as the embedded head's map has. What blinks leave is kept as two lid shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.face.anny_data import Float64Array
from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.flame import ArkitMap, FlameHead, rodrigues
from t2s_rt.face.flame_carry import Face, carry, pieces
from t2s_rt.face.flame_files import FlameModel
from t2s_rt.face.flame_fit import JAW_SAMPLES, LOOK_DEG
from t2s_rt.face.flame_landmarks import locate
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.flame_picture import BACKGROUND, SKIN, Image, render_mesh, write_text
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, FloatArray

RIDGE: Final = 1e-6
"""Weight of the coefficients' squares against the mean square of a basis column."""
LEAST_TRUST: Final = 0.02
"""Skin without a partner still counts this much, so that the fit leaves it alone."""
JUDGED_TRUST: Final = 0.3
"""Errors are measured on skin trusted at least this much."""
WIDEST_OPEN_RAD: Final = 0.7
WIDEST_SIDE_RAD: Final = 0.25
ANGLES: Final = 8
SEARCH_ROUNDS: Final = 18
GOOD_MM: Final = 0.5
"""What a shape may be off at most."""
TILE_PX: Final = 150
TILES_A_ROW: Final = 9
IRIS_DEG: Final = 30.0
FAILED: Final = (0.85, 0.45, 0.40)
EYE: Final = (0.93, 0.93, 0.95)
IRIS: Final = (0.25, 0.35, 0.50)
BLINKS: Final = ("eyeBlinkLeft", "eyeBlinkRight")
JAW: Final = ARKIT_INDEX["jawOpen"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The map for one FLAME file and how good it is.

    Attributes:
        basis_hash: Hash of the file it belongs to.
        arkit_map: ARKit to expression, jaw and eyes.
        eyelids: ``(2, V, 3)`` metres: what eyeBlinkLeft and eyeBlinkRight at 1 add to the mesh at rest,
            because the expression basis cannot do it.
        errors_mm: ``(52, 2)`` largest and mean distance to the carried shape, lids included.
        sizes_mm: ``(52,)`` how far the carried shape moves at most.
        lids_mm: Largest motion of the lid shapes.
    """

    basis_hash: str
    arkit_map: ArkitMap
    eyelids: FloatArray
    errors_mm: Float64Array
    sizes_mm: Float64Array
    lids_mm: float


def our_face(ids: npt.NDArray[Any], head: FlameHead | None = None) -> tuple[Face, Float64Array]:
    """The embedded head's skin with landmarks, and its ARKit shapes.

    Args:
        ids: ``(L,)`` MediaPipe's numbers of the wanted landmarks.
        head: The embedded head; None loads it.

    Returns:
        The face, and ``(52, V, 3)`` offsets in metres.
    """
    head = head or FlameHead.load()
    vertices = head.v_template.astype(np.float64)
    label = pieces(len(vertices), head.faces)
    skin = label == np.bincount(label).argmax()
    faces = head.faces[skin[head.faces].all(axis=1)]
    offsets = pose_mesh(head, arkit_poses(head)) - head.v_template
    return Face(vertices, faces, locate(vertices, faces, ids), ids), offsets.astype(np.float64)


def arkit_poses(head: FlameHead, weights: FloatArray | None = None) -> list[FlamePose]:
    """Poses of ARKit weights ``(N, 52)`` without gaze; each shape alone at 1 where None."""
    rows = np.eye(ARKIT_COUNT, dtype=np.float32) if weights is None else weights
    flame_map = FlameMap(head)
    still = np.zeros(ACTION_COUNT, np.float32)
    return [flame_map.step(row, still) for row in rows]


def pose_mesh(head: FlameHead, poses: list[FlamePose], *, gaze: bool = False) -> FloatArray:
    """Meshes of poses, ``(N, V, 3)`` metres, with eyes ahead unless ``gaze``."""
    eyes = np.stack([pose.eyes_pose for pose in poses])
    return head.vertices(
        np.stack([pose.expression for pose in poses]),
        np.stack([pose.jaw_pose for pose in poses]),
        np.stack([pose.neck_pose for pose in poses]),
        eyes if gaze else np.zeros_like(eyes),
        np.stack([pose.global_pose for pose in poses]),
    )


def calibrate(
    model: FlameModel,
    landmarks: dict[str, npt.NDArray[Any]] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """The whole calibration; about a minute on one core.

    Args:
        model: The FLAME file.
        landmarks: An embedding for a file without one.
        progress: Called with what is done next.

    Raises:
        ModelError: The file has no landmarks and none were given.
        SetupError: The embedded head is not built.
    """
    face = model.face(landmarks)
    progress("carrying the 52 shapes to the mesh")
    source, offsets = our_face(face.ids)
    targets, trust = carry(face, source, offsets)
    progress("fitting them")
    return fit(model, targets, trust)


def fit(model: FlameModel, targets: Float64Array, trust: Float64Array) -> Calibration:
    """Fit carried shapes by a file's expression, jaw, eyes and lids.

    Args:
        model: The FLAME file.
        targets: ``(52, V, 3)`` metres.
        trust: ``(V,)`` 0 to 1.
    """
    solver = _Solver(model, trust)
    open_rad = solver.angle(targets[JAW], np.array([1.0, 0.0, 0.0]), WIDEST_OPEN_RAD)
    left = solver.angle(targets[ARKIT_INDEX["jawLeft"]], np.array([0.0, 1.0, 0.0]), WIDEST_SIDE_RAD)
    right = solver.angle(targets[ARKIT_INDEX["jawRight"]], np.array([0.0, -1.0, 0.0]), WIDEST_SIDE_RAD)
    side_rad = 0.5 * (left + right)
    matrix, pairs = _matrix(solver, targets, open_rad, side_rad)
    arkit_map = ArkitMap(
        matrix=matrix.astype(np.float32),
        pairs=pairs,
        jaw_open_rad=open_rad,
        jaw_side_rad=side_rad,
        look_rad=np.radians([LOOK_DEG[way] for way in ("in", "out", "up", "down")]).astype(np.float32),
    )
    head = FlameHead(model.head_arrays(), arkit_map, model.name)
    missed = targets - (pose_mesh(head, arkit_poses(head)) - head.v_template)
    eyelids = missed[[ARKIT_INDEX[name] for name in BLINKS]] * (trust > 0.0)[:, None]
    for name, lid in zip(BLINKS, eyelids, strict=True):
        missed[ARKIT_INDEX[name]] -= lid
    skin = trust >= JUDGED_TRUST
    distance = 1000.0 * np.linalg.norm(missed[:, skin], axis=2)
    return Calibration(
        basis_hash=model.basis_hash,
        arkit_map=arkit_map,
        eyelids=eyelids.astype(np.float32),
        errors_mm=np.stack([distance.max(axis=1), distance.mean(axis=1)], axis=1),
        sizes_mm=1000.0 * np.linalg.norm(targets[:, skin], axis=2).max(axis=1),
        lids_mm=float(1000.0 * np.linalg.norm(eyelids, axis=2).max()),
    )


class _Solver:
    """Expression for a wanted mesh at a given jaw rotation."""

    def __init__(self, model: FlameModel, trust: Float64Array) -> None:
        arrays = model.arrays
        self._template = arrays["v_template"].astype(np.float64)
        self._basis = model.expression.astype(np.float64)
        self._correctives = arrays["posedirs"].astype(np.float64)
        regressor = arrays["J_regressor"][2].astype(np.float64)
        self._jaw = arrays["weights"][:, 2].astype(np.float64)
        self._hinge = regressor @ self._template
        self._hinge_basis = np.einsum("v,vik->ik", regressor, self._basis)
        self._root = np.sqrt(np.maximum(trust, LEAST_TRUST) * (trust > 0.0))
        self._used = np.flatnonzero(self._root > 0.0)
        mean_square = float(((self._basis * self._root[:, None, None]) ** 2).sum(axis=(0, 1)).mean())
        self._ridge = RIDGE * mean_square

    def prepare(self, rotation: Float64Array) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Weighted basis ``(3 U, E)``, its regularised square, and the bare mesh ``(V, 3)``."""
        turn = rodrigues(rotation[None])[0]
        swing = turn - np.eye(3)
        feature = np.zeros(36)
        feature[9:18] = swing.reshape(-1)
        rest = self._template + self._correctives @ feature
        rest = rest + self._jaw[:, None] * ((rest - self._hinge) @ swing.T)
        used = self._used
        basis = self._basis[used]
        relative = basis - self._hinge_basis
        posed = basis + self._jaw[used, None, None] * np.einsum("ij,vjk->vik", swing, relative)
        posed *= self._root[used, None, None]
        flat = posed.reshape(-1, posed.shape[2])
        return flat, flat.T @ flat + self._ridge * np.eye(flat.shape[1]), rest

    def solve(
        self,
        prepared: tuple[Float64Array, Float64Array, Float64Array],
        targets: Float64Array,
    ) -> tuple[Float64Array, float]:
        """Expressions ``(N, E)`` for offsets ``(N, V, 3)``, and what the first of them leaves."""
        flat, square, rest = prepared
        wanted = (self._template + targets - rest)[:, self._used] * self._root[self._used, None]
        rows = wanted.reshape(len(targets), -1)
        projected = rows @ flat
        found = np.linalg.solve(square, projected.T).T
        return found, float(rows[0] @ rows[0] - projected[0] @ found[0])

    def angle(self, target: Float64Array, axis: Float64Array, widest_rad: float) -> float:
        """The angle about ``axis``, up to ``widest_rad``, that leaves least."""

        def cost(angle: float) -> float:
            return self.solve(self.prepare(angle * axis), target[None])[1]

        grid = np.linspace(0.0, widest_rad, ANGLES)
        best = int(np.argmin([cost(float(angle)) for angle in grid]))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, ANGLES - 1)])
        golden = (np.sqrt(5.0) - 1.0) / 2.0
        inner, outer = high - golden * (high - low), low + golden * (high - low)
        at_inner, at_outer = cost(inner), cost(outer)
        for _ in range(SEARCH_ROUNDS):
            if at_inner <= at_outer:
                high, outer, at_outer = outer, inner, at_inner
                inner = high - golden * (high - low)
                at_inner = cost(inner)
            else:
                low, inner, at_inner = inner, outer, at_outer
                outer = low + golden * (high - low)
                at_outer = cost(outer)
        return 0.5 * (low + high)


def _matrix(
    solver: _Solver, targets: Float64Array, open_rad: float, side_rad: float
) -> tuple[Float64Array, npt.NDArray[np.int64]]:
    """``(100, 104)``: a column for each shape and one for its product with jawOpen, and the pairs."""
    sides = {ARKIT_INDEX["jawLeft"]: side_rad, ARKIT_INDEX["jawRight"]: -side_rad}
    others = [index for index in range(ARKIT_COUNT) if index != JAW]
    plain = [index for index in others if index not in sides]
    linear, product = np.zeros((2, ARKIT_COUNT, EXPRESSION_COUNT))
    count = solver.solve(solver.prepare(np.zeros(3)), targets[:1])[0].shape[1]
    linear[plain, :count] = solver.solve(solver.prepare(np.zeros(3)), targets[plain])[0]
    for index, turn in sides.items():
        rotation = np.array([0.0, turn, 0.0])
        linear[index, :count] = solver.solve(solver.prepare(rotation), targets[index][None])[0][0]
    samples = np.array(JAW_SAMPLES)
    alone = np.zeros((len(samples), EXPRESSION_COUNT))
    together = np.zeros((len(samples), ARKIT_COUNT, EXPRESSION_COUNT))
    for i, amount in enumerate(samples):
        opened = amount * targets[JAW]
        jaw = np.array([open_rad * amount, 0.0, 0.0])
        found = solver.solve(
            solver.prepare(jaw), np.concatenate([opened[None], opened + targets[plain]])
        )[0]
        alone[i, :count] = found[0]
        together[i, plain, :count] = found[1:]
        for index, turn in sides.items():
            prepared = solver.prepare(jaw + np.array([0.0, turn, 0.0]))
            together[i, index, :count] = solver.solve(prepared, (opened + targets[index])[None])[0][0]
    # Exact at jawOpen 1, least squares between.
    square = samples - samples**2
    slope = (square @ (alone - samples[:, None] ** 2 * alone[-1])) / (square @ square)
    linear[JAW], product[JAW] = slope, alone[-1] - slope
    jaw_terms = samples[:, None] * linear[JAW] + samples[:, None] ** 2 * product[JAW]
    for index in others:
        bends = together[:, index] - jaw_terms - linear[index]
        product[index] = (samples @ bends) / (samples @ samples)
    pairs = np.stack([np.full(ARKIT_COUNT, JAW), np.arange(ARKIT_COUNT)], axis=1)
    return np.concatenate([linear, product]).T, pairs


def picture(model: FlameModel, calibration: Calibration) -> Image:
    """All 52 shapes at 1 as the calibrated head makes them, lids and gaze included, side by side.

    mouthClose is shown over an open jaw, where it belongs. What is off by 0.5 mm or more is red.

    Args:
        model: The FLAME file.
        calibration: Its calibration.
    """
    head = FlameHead(model.head_arrays(), calibration.arkit_map, model.name)
    weights = np.eye(ARKIT_COUNT, dtype=np.float32)
    weights[ARKIT_INDEX["mouthClose"], JAW] = 1.0
    meshes = pose_mesh(head, arkit_poses(head, weights), gaze=True)
    for name, lid in zip(BLINKS, calibration.eyelids, strict=True):
        meshes[ARKIT_INDEX[name]] += lid
    eyes = head.joints[3:].mean(axis=0)
    span = float(head.joints[3, 0] - head.joints[4, 0])
    frame_m = (float(eyes[0]), float(eyes[1]) - 0.55 * span, 1.08 * span)
    tiles: list[Image] = []
    for name, mesh, error in zip(ARKIT_NAMES, meshes, calibration.errors_mm, strict=True):
        tint = np.tile(np.array(FAILED if error[0] >= GOOD_MM else SKIN), (len(mesh), 1))
        for joint in (3, 4):
            ball = np.flatnonzero(head.weights[:, joint] > 0.5)
            ahead = head.v_template[ball] - head.joints[joint]
            front = ahead[:, 2] > np.cos(np.radians(IRIS_DEG)) * np.linalg.norm(ahead, axis=1)
            tint[ball] = np.where(front[:, None], IRIS, EYE)
        tile = render_mesh(mesh, head.faces, TILE_PX, frame_m, tint)
        write_text(tile, name, 4, 4)
        write_text(tile, f"{error[0]:.2f} mm", 4, TILE_PX - 11)
        tiles.append(tile)
    while len(tiles) % TILES_A_ROW:
        tiles.append(np.tile(np.array(BACKGROUND, np.float32), (TILE_PX, TILE_PX, 1)))
    rows = [
        np.concatenate(tiles[i : i + TILES_A_ROW], axis=1) for i in range(0, len(tiles), TILES_A_ROW)
    ]
    return np.concatenate(rows, axis=0)


def table(calibration: Calibration) -> str:
    """The errors of all shapes, as lines.

    Args:
        calibration: What to describe.
    """
    lines = [f"{'shape':22}{'moves mm':>10}{'max mm':>9}{'mean mm':>9}"]
    rows = zip(ARKIT_NAMES, calibration.sizes_mm, calibration.errors_mm, strict=True)
    lines += [f"{name:22}{size:10.2f}{error[0]:9.3f}{error[1]:9.3f}" for name, size, error in rows]
    return "\n".join(lines)
