"""The FLAME format: load a head and turn its parameters into a mesh by linear blend skinning.

Format after Li et al., "Learning a model of facial shape and expression from 4D scans" (SIGGRAPH Asia
2017), whose skinning is that of SMPL: vertices are offset by the expression and pose-corrective bases,
then moved by five joints (root, neck, jaw, left eye, right eye) with axis-angle rotations. Metres, y up,
face towards +z.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.face.head import HEAD_NPZ
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FloatArray

JOINT_NAMES: Final = ("root", "neck", "jaw", "eye_left", "eye_right")
JOINT_COUNT: Final = len(JOINT_NAMES)
PARENTS: Final = (-1, 0, 1, 1, 1)
POSE_CORRECTIVE_COUNT: Final = 9 * (JOINT_COUNT - 1)
HASH_QUANTUM: Final = 1e-6
"""Arrays are hashed in whole multiples of this (1 µm): the last bits differ between machines."""


@dataclass(frozen=True, slots=True)
class ArkitMap:
    """How ARKit weights become FLAME parameters on one head.

    Expression is ``matrix @ [weights, weights[i] * weights[j] for (i, j) in pairs]``: linear but for
    products with jawOpen, which undo what the jaw's rotation does to offsets that ARKit does not rotate.

    Attributes:
        matrix: ``(100, 52 + P)``.
        pairs: ``(P, 2)`` indices of ARKit weights that are multiplied.
        jaw_open_rad: Jaw rotation about +x at jawOpen 1.
        jaw_side_rad: Jaw rotation about +y at jawLeft 1.
        look_rad: Eye rotation at eyeLookIn, Out, Up and Down 1, ``(4,)``.
    """

    matrix: FloatArray
    pairs: npt.NDArray[np.int64]
    jaw_open_rad: float
    jaw_side_rad: float
    look_rad: FloatArray


def rodrigues(rotations: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Rotation matrices of axis-angle vectors (Rodrigues' formula).

    Args:
        rotations: ``(N, 3)`` rad.

    Returns:
        ``(N, 3, 3)``.
    """
    angle = np.linalg.norm(rotations, axis=1)
    x, y, z = (rotations / np.maximum(angle, 1e-12)[:, None]).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3, dtype=rotations.dtype) + sine * cross + (1.0 - cosine) * (cross @ cross))


def basis_hash(arrays: dict[str, npt.NDArray[Any]]) -> str:
    """Identity of a head and its expression basis: sha256 over names, shapes and canonical bytes.

    Canonical bytes are little-endian int64: integers as they are, other numbers as whole multiples of
    `HASH_QUANTUM`, in C order; arrays in the order of their names.

    Args:
        arrays: The arrays of the FLAME format by name.

    Returns:
        64 hexadecimal digits.
    """
    state = hashlib.sha256()
    for name in sorted(arrays):
        values = arrays[name]
        if not np.issubdtype(values.dtype, np.integer):
            values = np.rint(values.astype(np.float64) / HASH_QUANTUM)
        state.update(f"{name}{values.shape}".encode())
        state.update(np.ascontiguousarray(values, "<i8").tobytes())
    return state.hexdigest()


class FlameHead:
    """A head in FLAME format.

    Args:
        arrays: ``v_template (V, 3)``, ``shapedirs (V, 3, 100)`` expression basis in metres a unit,
            ``posedirs (V, 3, 36)``, ``J_regressor (5, V)``, ``weights (V, 5)``,
            ``kintree_table (2, 5)``, ``f (F, 3)``.
        arkit_map: How ARKit weights become this head's parameters.
        name: What to call the head in messages.
        identity: ``(V, 3, S)`` shape directions in metres a unit, or None for a head with one face.
        known_hash: Hash of the file the arrays come from; None takes that of the arrays.

    Raises:
        ModelError: An array is missing, has the wrong shape or is not finite.
    """

    def __init__(
        self,
        arrays: dict[str, npt.NDArray[Any]],
        arkit_map: ArkitMap,
        name: str = "the given head",
        identity: FloatArray | None = None,
        known_hash: str | None = None,
    ) -> None:
        _check(arrays, arkit_map, name)
        self.v_template = np.ascontiguousarray(arrays["v_template"], np.float32)
        self.shapedirs = np.ascontiguousarray(arrays["shapedirs"], np.float32)
        self.posedirs = np.ascontiguousarray(arrays["posedirs"], np.float32)
        self.j_regressor = np.ascontiguousarray(arrays["J_regressor"], np.float32)
        self.weights = np.ascontiguousarray(arrays["weights"], np.float32)
        self.faces = np.ascontiguousarray(arrays["f"], np.int64)
        self.arkit_map = arkit_map
        self._arrays = {key: arrays[key] for key in _SHAPES}
        self.basis_hash = known_hash or basis_hash(self._arrays)
        self.name = name
        self.identity = identity
        count = len(self.v_template)
        self._basis = np.ascontiguousarray(self.shapedirs.reshape(-1, EXPRESSION_COUNT).T)
        self._correctives = (
            np.ascontiguousarray(self.posedirs.reshape(-1, POSE_CORRECTIVE_COUNT).T)
            if self.posedirs.any()
            else None
        )
        regressor = self.j_regressor.astype(np.float64)
        self._joints: FloatArray = (regressor @ arrays["v_template"]).astype(np.float32)
        self._joint_basis = np.ascontiguousarray(
            np.einsum("jv,vik->kji", regressor, self.shapedirs, optimize=True).reshape(
                EXPRESSION_COUNT, -1
            ),
            np.float32,
        )
        self._blend = np.zeros((count, JOINT_COUNT, 4), np.float32)

    @classmethod
    def load(cls, path: Path = HEAD_NPZ) -> FlameHead:
        """Read a head that `t2s_rt.face.build_head` wrote.

        Args:
            path: The npz file.

        Raises:
            SetupError: The file does not exist.
            ModelError: The file is damaged or lacks an array.
        """
        if not path.is_file():
            raise SetupError(
                f"The head {path.name} has not been built ({path} does not exist).",
                "Run: python -m t2s_rt.face.build_head",
            )
        try:
            # Opened here, because np.load leaves a file that is no archive open.
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                found = {key: file[key] for key in file.files}
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as problem:
            raise ModelError(
                f"The head {path} cannot be read: {problem}.", "Run: python -m t2s_rt.face.build_head"
            ) from problem
        missing = [key for key in (*_SHAPES, *_MAP_KEYS) if key not in found]
        if missing:
            raise ModelError(
                f"The head {path} lacks {', '.join(missing)}.", "Run: python -m t2s_rt.face.build_head"
            )
        arkit_map = ArkitMap(
            matrix=found["arkit_matrix"].astype(np.float32),
            pairs=found["arkit_pairs"].astype(np.int64),
            jaw_open_rad=float(found["jaw_open_rad"]),
            jaw_side_rad=float(found["jaw_side_rad"]),
            look_rad=found["look_rad"].astype(np.float32),
        )
        return cls({key: found[key] for key in _SHAPES}, arkit_map, str(path))

    def save(self, path: Path) -> None:
        """Write the head so that `load` reads it.

        Args:
            path: The npz file.
        """
        arkit_map = self.arkit_map
        everything: dict[str, Any] = {
            **self._arrays,
            "arkit_matrix": arkit_map.matrix,
            "arkit_pairs": arkit_map.pairs,
            "jaw_open_rad": np.float64(arkit_map.jaw_open_rad),
            "jaw_side_rad": np.float64(arkit_map.jaw_side_rad),
            "look_rad": arkit_map.look_rad,
        }
        np.savez_compressed(path, **everything)

    def shaped(self, shape: FloatArray) -> FlameHead:
        """The same head with another face; basis, hash and map stay.

        Args:
            shape: Up to S shape parameters; further ones are 0.

        Raises:
            ModelError: The head has fewer shape directions, or a parameter is not finite.
        """
        count = 0 if self.identity is None else self.identity.shape[2]
        if shape.ndim != 1 or len(shape) > count or not np.isfinite(shape).all():
            raise ModelError(
                f"{self.name} takes up to {count} finite shape parameters, "
                f"not an array of the shape {shape.shape}."
            )
        if self.identity is None:
            return self
        moved = self.v_template + self.identity[:, :, : len(shape)] @ shape.astype(np.float32)
        return FlameHead(
            self._arrays | {"v_template": moved},
            self.arkit_map,
            self.name,
            self.identity,
            self.basis_hash,
        )

    @property
    def joints(self) -> FloatArray:
        """``(5, 3)`` joint positions at rest in metres."""
        return self._joints

    def vertices(
        self,
        expression: FloatArray,
        jaw_pose: FloatArray,
        neck_pose: FloatArray,
        eyes_pose: FloatArray,
        global_pose: FloatArray,
    ) -> FloatArray:
        """Skin a batch of frames.

        Args:
            expression: ``(B, 100)``.
            jaw_pose: ``(B, 3)`` axis-angle rad.
            neck_pose: ``(B, 3)``.
            eyes_pose: ``(B, 6)``, left then right.
            global_pose: ``(B, 3)``.

        Returns:
            ``(B, V, 3)`` metres.
        """
        batch = len(expression)
        poses = np.concatenate([global_pose, neck_pose, jaw_pose, eyes_pose], axis=1).astype(np.float32)
        rotations = rodrigues(poses.reshape(-1, 3)).reshape(batch, JOINT_COUNT, 3, 3)
        offsets = expression.astype(np.float32) @ self._basis
        if self._correctives is not None:
            turned = (rotations[:, 1:] - np.eye(3, dtype=np.float32)).reshape(
                batch, POSE_CORRECTIVE_COUNT
            )
            offsets += turned @ self._correctives
        shaped = offsets.reshape(batch, -1, 3)
        shaped += self.v_template
        joints = (expression.astype(np.float32) @ self._joint_basis).reshape(
            batch, JOINT_COUNT, 3
        ) + self._joints
        out = np.empty_like(shaped)
        for frame in range(batch):
            transforms = _chain(rotations[frame], joints[frame])
            np.multiply(shaped[frame][:, None, :], self.weights[:, :, None], out=self._blend[:, :, :3])
            self._blend[:, :, 3] = self.weights
            np.dot(self._blend.reshape(-1, JOINT_COUNT * 4), transforms, out=out[frame])
        return out


def _chain(rotations: FloatArray, joints: FloatArray) -> FloatArray:
    """World transforms of the joints, ``(5 * 4, 3)``: the transposed rotations and the translations."""
    stacked = np.empty((JOINT_COUNT, 4, 3), np.float32)
    world: list[FloatArray] = []
    for joint, parent in enumerate(PARENTS):
        turn = rotations[joint] if parent < 0 else world[parent] @ rotations[joint]
        world.append(turn)
        # The joint itself goes where its parent carries it.
        place = joints[joint] if parent < 0 else joints[joint] @ stacked[parent, :3] + stacked[parent, 3]
        stacked[joint, :3] = turn.T
        stacked[joint, 3] = place - joints[joint] @ turn.T
    return stacked.reshape(-1, 3)


_SHAPES: Final[dict[str, tuple[int | None, ...]]] = {
    "v_template": (None, 3),
    "shapedirs": (None, 3, EXPRESSION_COUNT),
    "posedirs": (None, 3, POSE_CORRECTIVE_COUNT),
    "J_regressor": (JOINT_COUNT, None),
    "weights": (None, JOINT_COUNT),
    "kintree_table": (2, JOINT_COUNT),
    "f": (None, 3),
}
_MAP_KEYS: Final = ("arkit_matrix", "arkit_pairs", "jaw_open_rad", "jaw_side_rad", "look_rad")


def _check(arrays: dict[str, npt.NDArray[Any]], arkit_map: ArkitMap, name: str) -> None:
    """Refuses what would give a wrong mesh."""
    count = len(arrays["v_template"]) if "v_template" in arrays else 0
    for key, shape in _SHAPES.items():
        if key not in arrays:
            raise ModelError(f"FLAME head {name} lacks the array {key}.")
        wanted = tuple(size or count for size in shape) if key != "f" else (len(arrays["f"]), 3)
        if arrays[key].shape != wanted:
            raise ModelError(
                f"FLAME head {name}: {key} should have the shape {wanted}, it has {arrays[key].shape}."
            )
        if not np.isfinite(arrays[key]).all():
            raise ModelError(f"FLAME head {name}: {key} has values that are not finite.")
    if arrays["f"].min(initial=0) < 0 or arrays["f"].max(initial=-1) >= count:
        raise ModelError(f"FLAME head {name}: f names vertices that do not exist.")
    if not np.allclose(arrays["weights"].sum(axis=1), 1.0, atol=1e-4):
        raise ModelError(f"FLAME head {name}: the skinning weights of a vertex should sum to 1.")
    if tuple(arrays["kintree_table"][0, 1:]) != PARENTS[1:]:
        raise ModelError(f"FLAME head {name}: kintree_table should give the parents {PARENTS}.")
    pairs = arkit_map.pairs
    if arkit_map.matrix.shape != (
        EXPRESSION_COUNT,
        ARKIT_COUNT + len(pairs),
    ) or arkit_map.look_rad.shape != (4,):
        raise ModelError(
            f"FLAME head {name}: the map from ARKit has the shape {arkit_map.matrix.shape}."
        )
