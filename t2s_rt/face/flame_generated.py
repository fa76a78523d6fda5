"""FLAME-format files made here, whose expression basis and jaw are known: what calibration is proven on.

A face gets skinning weights and joints from our head, small pose correctives, and a basis that holds its
carried ARKit shapes in disguise: mixed with smooth fields that mean nothing, rotated and scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.face.anny_data import Float64Array, IntArray
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame import (
    JOINT_COUNT,
    PARENTS,
    POSE_CORRECTIVE_COUNT,
    FlameHead,
    basis_hash,
    rodrigues,
)
from t2s_rt.face.flame_carry import Face, Partners, Warp
from t2s_rt.face.flame_files import FlameModel
from t2s_rt.types import ARKIT_COUNT

JAW_OPEN_RAD: Final = 0.36
JAW_SIDE_RAD: Final = 0.06
"""Deliberately not our own head's angles."""
KINDS: Final = ("mixed", "scaled", "rotated", "statistical", "blinkless")
"""Disguises of a basis; the last cannot blink, which the calibration's lid shapes must make good."""
NEAR_JOINT: Final = 60
CORRECTIVE_M: Final = 0.001
FIELD_M: Final = 0.0005
FIELD_WAVES: Final = 6
UNDO_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Blank:
    """A FLAME file without expression, and what it was made from.

    Attributes:
        arrays: The seven arrays; ``shapedirs`` holds identity alone.
        landmarks: The MediaPipe embedding.
        face: Its skin with landmarks.
        targets: ``(52, V, 3)`` metres: the ARKit shapes on it.
        trust: ``(V,)`` as `carry` gives it.
    """

    arrays: dict[str, npt.NDArray[Any]]
    landmarks: dict[str, npt.NDArray[Any]]
    face: Face
    targets: Float64Array
    trust: Float64Array


def bending(source: Face, seed: int) -> Warp:
    """A smooth map that makes another face: handles on a grid go up to 4 mm away, landmarks to zero."""
    rng = np.random.default_rng(seed)
    low, high = source.vertices.min(axis=0) - 0.02, source.vertices.max(axis=0) + 0.02
    axes = [np.linspace(low[axis], high[axis], 4) for axis in range(3)]
    handles = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    shift = rng.uniform(-0.004, 0.004, handles.shape)
    return Warp(handles, (handles - source.landmarks.mean(axis=0)) * (0.97, 1.03, 1.0) + shift)


def make_blank(
    face: Face,
    faces: IntArray,
    source: Face,
    head: FlameHead,
    partners: Partners,
    eyes: tuple[IntArray, IntArray],
) -> dict[str, npt.NDArray[Any]]:
    """The seven arrays for a mesh, without any direction.

    Args:
        face: The mesh's skin and landmarks.
        faces: ``(F, 3)`` all its triangles.
        source: Our head's.
        head: Our head.
        partners: What `pair_up` found.
        eyes: Vertices of the left and the right eyeball.
    """
    count = len(face.vertices)
    weights = partners.take(head.weights.astype(np.float64))
    weights[:, 3:] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    for joint, eye in zip((3, 4), eyes, strict=True):
        weights[eye] = np.eye(JOINT_COUNT)[joint]
    joints = Warp(source.landmarks, face.landmarks)(head.joints.astype(np.float64))
    regressor = np.zeros((JOINT_COUNT, count))
    skin = np.unique(face.faces)
    for joint in range(JOINT_COUNT):
        if joint >= 3:
            joints[joint] = face.vertices[eyes[joint - 3]].mean(axis=0)
        pool = eyes[joint - 3] if joint >= 3 else skin
        apart = np.linalg.norm(face.vertices[pool] - joints[joint], axis=1)
        near = pool[np.argsort(apart, kind="stable")[:NEAR_JOINT]]
        system = np.concatenate([face.vertices[near].T, np.ones((1, len(near)))])
        wanted = np.array([*joints[joint], 1.0])
        regressor[joint, near] = system.T @ np.linalg.solve(system @ system.T + 1e-9 * np.eye(4), wanted)
        regressor[joint] /= regressor[joint].sum()
    posedirs = np.zeros((count, 3, POSE_CORRECTIVE_COUNT))
    fields = smooth_fields(face.vertices, POSE_CORRECTIVE_COUNT, 7) * CORRECTIVE_M
    posedirs[skin] = fields.transpose(1, 2, 0)[skin]
    return {
        "v_template": face.vertices.astype(np.float32),
        "shapedirs": np.zeros((count, 3, 0), np.float32),
        "posedirs": posedirs.astype(np.float32),
        "J_regressor": regressor.astype(np.float32),
        "weights": weights.astype(np.float32),
        "kintree_table": np.array([PARENTS, range(JOINT_COUNT)], np.int64),
        "f": faces,
    }


def smooth_fields(vertices: Float64Array, count: int, seed: int) -> Float64Array:
    """Vector fields of a few long waves, ``(count, V, 3)``, of size 1 at most."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(0.0, 30.0, (count, FIELD_WAVES, 3))
    phases = rng.uniform(0.0, 2.0 * np.pi, (count, FIELD_WAVES, 1))
    aims = rng.normal(0.0, 1.0, (count, FIELD_WAVES, 3))
    fields = np.empty((count, len(vertices), 3))
    for k in range(count):
        fields[k] = np.sin(waves[k] @ vertices.T + phases[k]).T @ aims[k]
        fields[k] /= np.abs(fields[k]).max()
    return fields


def undo_skinning(
    arrays: dict[str, npt.NDArray[Any]], target: Float64Array, rotation: Float64Array
) -> Float64Array:
    """The offset before skinning that gives ``target (V, 3)`` after it at a jaw rotation."""
    template = arrays["v_template"].astype(np.float64)
    regressor = arrays["J_regressor"][2].astype(np.float64)
    jaw = arrays["weights"][:, 2].astype(np.float64)
    swing = rodrigues(rotation[None])[0] - np.eye(3)
    feature = np.zeros(POSE_CORRECTIVE_COUNT)
    feature[9:18] = swing.reshape(-1)
    correctives = arrays["posedirs"].astype(np.float64) @ feature
    inverse = np.linalg.inv(np.eye(3) + jaw[:, None, None] * swing)
    found = target.copy()
    for _ in range(UNDO_ROUNDS):
        hinge = regressor @ (template + found)
        moved = template + target + jaw[:, None] * (swing @ hinge)
        found = np.einsum("vij,vj->vi", inverse, moved) - correctives - template
    return found


def expression_basis(blank: Blank, kind: str, count: int = 100, seed: int = 0) -> Float64Array:
    """A basis ``(V, 3, count)`` that can say every shape of the blank exactly, in disguise.

    Args:
        blank: The face and its shapes.
        kind: One of `KINDS`.
        count: Directions.
        seed: Another seed, another basis.
    """
    rng = np.random.default_rng(seed)
    turns = {
        "jawOpen": (JAW_OPEN_RAD, 0, 0),
        "jawLeft": (0, JAW_SIDE_RAD, 0),
        "jawRight": (0, -JAW_SIDE_RAD, 0),
    }
    shapes = blank.targets.copy()
    for name, turn in turns.items():
        index = ARKIT_INDEX[name]
        shapes[index] = undo_skinning(blank.arrays, blank.targets[index], np.array(turn, np.float64))
    fields = FIELD_M * smooth_fields(blank.face.vertices, max(count - ARKIT_COUNT, 0), seed + 1)
    fields[:, ~np.isin(np.arange(fields.shape[1]), blank.face.faces)] = 0.0
    if kind == "blinkless":
        shapes[[ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 0.0
    known = np.concatenate([shapes, fields]).reshape(ARKIT_COUNT + len(fields), -1)
    if kind == "scaled":
        basis = known * np.exp(rng.uniform(np.log(0.2), np.log(5.0), len(known)))[:, None]
    elif kind == "rotated":
        rows = np.linalg.svd(known, full_matrices=False)[2]
        basis = 0.05 * np.linalg.qr(rng.normal(size=(len(rows), len(rows))))[0] @ rows
    elif kind == "statistical":
        sample = rng.gamma(0.6, 0.5, (800, len(known)))
        lengths, axes = np.linalg.eigh(known @ known.T)
        kept = lengths > lengths[-1] * 1e-12
        frame = axes[:, kept] / np.sqrt(lengths[kept])  # frame.T @ known has orthonormal rows
        spread = (sample - sample.mean(axis=0)) @ (axes[:, kept] * np.sqrt(lengths[kept]))
        _, values, rows = np.linalg.svd(spread, full_matrices=False)
        basis = (values[:count, None] * rows[:count]) @ frame.T @ known / np.sqrt(len(sample))
    else:
        basis = np.linalg.qr(rng.normal(size=(len(known), len(known))))[0] @ known
    return np.asarray(basis[:count].T.reshape(-1, 3, min(count, len(basis))))


def make_model(blank: Blank, basis: Float64Array, identity: Float64Array, name: str) -> FlameModel:
    """A FLAME model of a blank, an expression basis and identity directions.

    Args:
        blank: The face.
        basis: ``(V, 3, E)``.
        identity: ``(V, 3, S)``.
        name: What to call it.
    """
    shapedirs = np.concatenate([identity, basis], axis=2).astype(np.float32)
    arrays = blank.arrays | {"shapedirs": shapedirs}
    return FlameModel(name, arrays, identity.shape[2], basis_hash(arrays), blank.landmarks)
