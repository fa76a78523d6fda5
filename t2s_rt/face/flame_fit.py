"""Fits the FLAME format to the head: joints, skinning weights, expression basis, map from ARKit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.face.anny_data import Float64Array, IntArray
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame import JOINT_COUNT, PARENTS, POSE_CORRECTIVE_COUNT, ArkitMap, FlameHead, rodrigues
from t2s_rt.face.geometry import Part, neighbour_means, smoothstep
from t2s_rt.face.head_looks import Eye
from t2s_rt.face.head_parts import BaseHead
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT

LOOK_DEG: Final = {"in": 25.0, "out": 25.0, "up": 18.0, "down": 22.0}
"""Turn of an eyeball at eyeLook weight 1; the lids of the shapes go with about as much."""
JAW_SIDE_DEG: Final = 5.0
"""Swing of the jaw at jawLeft 1: most of the 6.6 mm that the shape moves the lower teeth."""
ROOT_BELOW_NECK_M: Final = 0.08
NECK_FALLOFF_M: Final = (0.49, 0.60)
"""Where the neck's hold begins and is whole, along y + z / 2 (the throat lies before the spine)."""
UNIT_M: Final = 0.05
"""Length of one unit of expression over all vertices together (Frobenius norm of a column)."""
NEW_DIRECTION_M: Final = 5e-4
"""A direction that adds less than this to earlier ones, over all vertices together, is left out."""
PRODUCT_M: Final = 1e-4
"""Shapes that the open jaw's rotation would distort by more than this get a product term."""
JAW_SMOOTHING_ROUNDS: Final = 6
JAW_SAMPLES: Final = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts that a FLAME head consists of, joined.

    Attributes:
        vertices: ``(V, 3)`` metres.
        triangles: ``(F, 3)``.
        offsets: ``(52, V, 3)`` metres.
        slices: Part name to its vertices.
        eye_centers: ``(2, 3)`` metres, left and right.
        neck: ``(3,)`` neck joint in metres.
    """

    vertices: Float64Array
    triangles: IntArray
    offsets: Float64Array
    slices: dict[str, slice]
    eye_centers: Float64Array
    neck: Float64Array


def assemble(head: BaseHead, eyes: tuple[Eye, Eye]) -> Assembly:
    """Join the parts.

    Args:
        head: The cut head.
        eyes: Left and right eyeball.
    """
    parts: list[Part] = [head.skin, head.teeth_upper, head.teeth_lower, head.tongue, head.lashes]
    parts += [eye.part for eye in eyes]
    ends = np.cumsum([len(part.vertices) for part in parts])
    starts = ends - [len(part.vertices) for part in parts]
    return Assembly(
        vertices=np.concatenate([part.vertices for part in parts]),
        triangles=np.concatenate(
            [part.triangles + start for part, start in zip(parts, starts, strict=True)]
        ),
        offsets=np.concatenate([part.offsets for part in parts], axis=1),
        slices={
            part.name: slice(int(start), int(end))
            for part, start, end in zip(parts, starts, ends, strict=True)
        },
        eye_centers=np.stack([eye.center for eye in eyes]),
        neck=head.mesh.joint("neck"),
    )


def neck_weights(vertices: Float64Array) -> Float64Array:
    """How far a vertex goes with the neck rather than the trunk, ``(V,)`` 0 to 1.

    Args:
        vertices: ``(V, 3)``.
    """
    return smoothstep(*NECK_FALLOFF_M, vertices[:, 1] + 0.5 * vertices[:, 2])


def fit_jaw(assembly: Assembly) -> tuple[Float64Array, float]:
    """The hinge about x that carries the lower teeth as jawOpen does.

    Args:
        assembly: The head.

    Returns:
        The hinge ``(3,)`` in metres and the angle in rad.
    """
    teeth = assembly.slices["teeth_lower"]
    before = assembly.vertices[teeth, 1:]
    after = before + assembly.offsets[ARKIT_INDEX["jawOpen"], teeth, 1:]
    p, q = before - before.mean(axis=0), after - after.mean(axis=0)
    angle = float(np.arctan2((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum(), (p * q).sum()))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = after.mean(axis=0) - turn @ before.mean(axis=0)
    return np.array([0.0, *np.linalg.solve(np.eye(2) - turn, shift)]), angle


def fit_weights(assembly: Assembly, hinge: Float64Array, angle: float) -> Float64Array:
    """Skinning weights ``(V, 5)``.

    The skin follows the jaw as far as the hinge's rotation explains jawOpen (least squares at each
    vertex), smoothed over the mesh; teeth, tongue and eyes are rigid; neck and trunk share the rest.

    Args:
        assembly: The head.
        hinge: Jaw joint.
        angle: Rotation at jawOpen 1 in rad.
    """
    turn = rodrigues(np.array([[angle, 0.0, 0.0]]))[0]
    swing = (assembly.vertices - hinge) @ (turn - np.eye(3)).T
    wanted = assembly.offsets[ARKIT_INDEX["jawOpen"]]
    jaw = np.clip((wanted * swing).sum(axis=1) / np.maximum((swing**2).sum(axis=1), 1e-8), 0.0, 1.0)
    for _ in range(JAW_SMOOTHING_ROUNDS):
        jaw = 0.5 * jaw + 0.5 * neighbour_means(jaw, assembly.triangles)
    jaw[jaw < 0.01] = 0.0
    for name in ("teeth_lower", "tongue"):
        jaw[assembly.slices[name]] = 1.0
    for name in ("teeth_upper", "lashes", "eye_left", "eye_right"):
        jaw[assembly.slices[name]] = 0.0
    neck = neck_weights(assembly.vertices)
    for name, part in assembly.slices.items():
        if name != "skin":
            neck[part] = 1.0
    weights = np.zeros((len(jaw), JOINT_COUNT))
    weights[:, 0] = (1.0 - jaw) * (1.0 - neck)
    weights[:, 1] = (1.0 - jaw) * neck
    weights[:, 2] = jaw
    for joint, name in ((3, "eye_left"), (4, "eye_right")):
        weights[assembly.slices[name]] = np.eye(JOINT_COUNT)[joint]
    return weights


def regress_joints(assembly: Assembly, joints: Float64Array) -> Float64Array:
    """``(5, V)`` regressor that gives the joints and does not move with any expression.

    Eyes are the mean of their eyeball; the others the affine combination of least norm of skin vertices
    that no shape moves.

    Args:
        assembly: The head.
        joints: ``(5, 3)`` metres.
    """
    regressor = np.zeros((JOINT_COUNT, len(assembly.vertices)))
    still = np.flatnonzero(~assembly.offsets.any(axis=(0, 2)))
    still = still[still < assembly.slices["skin"].stop]
    system = np.concatenate([assembly.vertices[still].T, np.ones((1, len(still)))])
    for joint in range(3):
        wanted = np.array([*joints[joint], 1.0])
        regressor[joint, still] = system.T @ np.linalg.solve(system @ system.T, wanted)
    for joint, name in ((3, "eye_left"), (4, "eye_right")):
        eye = assembly.slices[name]
        directions = np.concatenate([assembly.vertices[eye].T, np.ones((1, eye.stop - eye.start))])
        wanted = np.array([*joints[joint], 1.0])
        regressor[joint, eye] = directions.T @ np.linalg.solve(directions @ directions.T, wanted)
    return regressor


def fit_flame(assembly: Assembly) -> FlameHead:
    """The whole fit.

    Args:
        assembly: The head.
    """
    hinge, jaw_open_rad = fit_jaw(assembly)
    jaw_side_rad = float(np.radians(JAW_SIDE_DEG))
    weights = fit_weights(assembly, hinge, jaw_open_rad)
    directions, pairs = _directions(assembly, weights[:, 2], hinge, jaw_open_rad, jaw_side_rad)
    basis, matrix = orthonormalise(directions)
    root = assembly.neck - np.array([0.0, ROOT_BELOW_NECK_M, 0.0])
    joints = np.stack([root, assembly.neck, hinge, *assembly.eye_centers])
    arrays: dict[str, npt.NDArray[Any]] = {
        "v_template": assembly.vertices.astype(np.float32),
        "shapedirs": basis.reshape(-1, 3, EXPRESSION_COUNT).astype(np.float32),
        "posedirs": np.zeros((len(assembly.vertices), 3, POSE_CORRECTIVE_COUNT), np.float32),
        "J_regressor": regress_joints(assembly, joints).astype(np.float32),
        "weights": weights.astype(np.float32),
        "kintree_table": np.array([PARENTS, range(JOINT_COUNT)], np.int64),
        "f": assembly.triangles,
    }
    arkit_map = ArkitMap(
        matrix=matrix.astype(np.float32),
        pairs=pairs,
        jaw_open_rad=jaw_open_rad,
        jaw_side_rad=jaw_side_rad,
        look_rad=np.radians([LOOK_DEG[way] for way in ("in", "out", "up", "down")]).astype(np.float32),
    )
    return FlameHead(arrays, arkit_map)


def _directions(
    assembly: Assembly, jaw: Float64Array, hinge: Float64Array, open_rad: float, side_rad: float
) -> tuple[Float64Array, IntArray]:
    """Offsets before skinning that make the skinned mesh equal to ARKit's sum of offsets.

    Skinning sends x to A x + t with A depending on the jaw. ARKit wants v + sum(w_k d_k), so the offset
    before skinning is A^-1 (v + sum(w_k d_k) - t) - v: for the jaw itself a curve in jawOpen, held by a
    linear and a square term; for the other shapes d_k plus jawOpen times a correction.

    Returns:
        ``(52 + P, V, 3)`` directions, the pairs' last, and the ``(P, 2)`` pairs.
    """
    directions = assembly.offsets.copy()
    jaw_open = ARKIT_INDEX["jawOpen"]

    def undo(rotation: Float64Array, offsets: Float64Array, *, positions: bool) -> Float64Array:
        turn = rodrigues(rotation[None])[0]
        inverse = np.linalg.inv(np.eye(3) + jaw[:, None, None] * (turn - np.eye(3)))
        if not positions:
            return np.asarray(np.einsum("vij,vj->vi", inverse, offsets))
        shift = jaw[:, None] * (hinge - turn @ hinge)
        moved = assembly.vertices + offsets - shift
        return np.asarray(np.einsum("vij,vj->vi", inverse, moved) - assembly.vertices)

    for name, sign in (("jawLeft", 1.0), ("jawRight", -1.0)):
        index = ARKIT_INDEX[name]
        rotation = np.array([0.0, sign * side_rad, 0.0])
        directions[index] = undo(rotation, assembly.offsets[index], positions=True)
    samples = np.array(JAW_SAMPLES)
    opened = [np.array([open_rad * amount, 0.0, 0.0]) for amount in samples]
    curve = np.stack(
        [
            undo(rotation, amount * assembly.offsets[jaw_open], positions=True)
            for rotation, amount in zip(opened, samples, strict=True)
        ]
    )
    powers = np.stack([samples, samples**2], axis=1)
    fitted = np.linalg.lstsq(powers, curve.reshape(len(samples), -1), rcond=None)[0]
    directions[jaw_open] = fitted[0].reshape(-1, 3)
    pairs, corrections = [(jaw_open, jaw_open)], [fitted[1].reshape(-1, 3)]
    for index in range(ARKIT_COUNT):
        if index == jaw_open:
            continue
        side = {ARKIT_INDEX["jawLeft"]: side_rad, ARKIT_INDEX["jawRight"]: -side_rad}.get(index, 0.0)
        if side:
            both = [rotation + np.array([0.0, side, 0.0]) for rotation in opened]
            wanted = [
                amount * assembly.offsets[jaw_open] + assembly.offsets[index] for amount in samples
            ]
            alone = (powers @ fitted).reshape(len(samples), -1, 3) + directions[index]
            bends = (
                np.stack([undo(r, o, positions=True) for r, o in zip(both, wanted, strict=True)]) - alone
            )
        else:
            bends = (
                np.stack([undo(r, directions[index], positions=False) for r in opened])
                - directions[index]
            )
        if np.linalg.norm(bends, axis=2).max() < PRODUCT_M:
            continue
        pairs.append((jaw_open, index))
        corrections.append(np.tensordot(samples, bends, axes=1) / (samples @ samples))
    return np.concatenate([directions, np.stack(corrections)]), np.array(pairs, np.int64)


def orthonormalise(directions: Float64Array) -> tuple[Float64Array, Float64Array]:
    """An orthogonal basis of at most 100 columns for directions, largest remaining direction first.

    QR with pivoting rather than a singular value decomposition: mirrored shapes have equal singular
    values, whose vectors would differ from machine to machine.

    Args:
        directions: ``(N, V, 3)``.

    Returns:
        The basis ``(3 V, 100)``, columns of norm `UNIT_M` (zero where not needed), and the coefficients
        ``(100, N)`` of the directions in it.
    """
    flat = directions.reshape(len(directions), -1)
    rest = flat @ flat.T
    order: list[int] = []
    while len(order) < EXPRESSION_COUNT:
        squares = np.round(np.diag(rest), 12)  # rounding: equal norms go by order
        pivot = int(np.argmax(squares))
        if squares[pivot] < NEW_DIRECTION_M**2:
            break
        order.append(pivot)
        rest = rest - np.outer(rest[pivot], rest[pivot]) / rest[pivot, pivot]
    columns, triangle = np.linalg.qr(flat[order].T)
    basis = np.zeros((flat.shape[1], EXPRESSION_COUNT))
    basis[:, : len(order)] = UNIT_M * columns * np.sign(np.diag(triangle))
    return basis, basis.T @ flat.T / UNIT_M**2
