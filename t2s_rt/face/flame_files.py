"""Reads the user's own FLAME files: 2020, 2023 and 2023 Open, pickled or npz."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ModelError
from t2s_rt.face.flame import JOINT_COUNT, PARENTS, POSE_CORRECTIVE_COUNT, basis_hash
from t2s_rt.face.flame_carry import Face, pieces
from t2s_rt.face.flame_pickle import read_object, read_pickle
from t2s_rt.types import EXPRESSION_COUNT, FloatArray

LAYOUTS: Final = {400: 300, 350: 300, 150: 100}
"""Columns of ``shapedirs`` to how many of them, from the first, are identity."""
LARGEST_BYTES: Final = 2**30
SMALLEST_VERTICES: Final = 100
NAMES: Final = {"faces": "f", "J_reg": "J_regressor", "lbs_weights": "weights"}
"""Other names under which arrays are found."""
PARTS: Final = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
LANDMARK_PARTS: Final = ("lmk_face_idx", "lmk_b_coords", "landmark_indices")
LANDMARK_FILES: Final = ("mediapipe_landmark_embedding.npz", "flame2023_open_identity.npz")
"""Looked for beside the FLAME file."""
OWNER: Final = "https://flame.is.tue.mpg.de"


@dataclass(frozen=True, slots=True)
class FlameModel:
    """A FLAME file with identity and expression apart.

    Attributes:
        name: Where it came from.
        arrays: The seven arrays of the format, ``shapedirs`` holding all directions.
        identity_count: How many directions, from the first, are identity.
        basis_hash: Identity of the file's arrays, whatever they are stored as.
        landmarks: The arrays of its MediaPipe embedding, empty where it has none.
    """

    name: str
    arrays: dict[str, npt.NDArray[Any]]
    identity_count: int
    basis_hash: str
    landmarks: dict[str, npt.NDArray[Any]]

    @property
    def identity(self) -> FloatArray:
        """``(V, 3, S)`` metres a unit."""
        return np.asarray(self.arrays["shapedirs"][:, :, : self.identity_count], np.float32)

    @property
    def expression(self) -> FloatArray:
        """``(V, 3, E)`` metres a unit."""
        return np.asarray(self.arrays["shapedirs"][:, :, self.identity_count :], np.float32)

    def head_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays for a `FlameHead`: expression alone, columns of zeros up to 100."""
        basis = self.expression
        padded = np.zeros((*basis.shape[:2], EXPRESSION_COUNT), np.float32)
        padded[:, :, : basis.shape[2]] = basis
        return self.arrays | {"shapedirs": padded}

    def face(self, landmarks: dict[str, npt.NDArray[Any]] | None = None) -> Face:
        """The mesh with its landmarks; skin is its largest piece, which eyeballs are not part of.

        Args:
            landmarks: An embedding for files that have none.

        Raises:
            ModelError: There is no embedding, or it is for another mesh.
        """
        embedding = landmarks or self.landmarks
        if not embedding:
            raise ModelError(
                f"{self.name} has no landmarks, which say where its lips, lids and brows are.",
                f"Put {LANDMARK_FILES[0]} (from {OWNER}) beside it or give it with --landmarks.",
            )
        vertices = self.arrays["v_template"].astype(np.float64)
        faces = self.arrays["f"].astype(np.int64)
        index = embedding["lmk_face_idx"].astype(np.int64)
        if index.max() >= len(faces):
            raise ModelError(f"{self.name}: the landmarks name triangles that the mesh does not have.")
        corners = vertices[faces[index]]
        label = pieces(len(vertices), faces)
        skin = label == np.bincount(label).argmax()
        return Face(
            vertices=vertices,
            faces=faces[skin[faces].all(axis=1)],
            landmarks=np.einsum("lk,lki->li", embedding["lmk_b_coords"].astype(np.float64), corners),
            ids=embedding["landmark_indices"].astype(np.int64),
        )


def load_flame(path: Path, identity_count: int | None = None) -> FlameModel:
    """Read a FLAME file.

    Args:
        path: A ``.pkl`` or ``.npz`` file.
        identity_count: How many directions are identity; None tells it from their number.

    Raises:
        ModelError: The file is missing, damaged, dangerous or no FLAME file with expression.
    """
    found = {NAMES.get(key, key): value for key, value in read_arrays(path).items()}
    landmarks: dict[str, npt.NDArray[Any]] = {}
    if any(key in found for key in LANDMARK_PARTS):
        landmarks = _checked_landmarks(found, str(path))
    _refuse_incomplete(found, path)
    arrays = _canonical(found, path)
    columns = arrays["shapedirs"].shape[2]
    count = LAYOUTS.get(columns) if identity_count is None else identity_count
    if count is None or not 0 <= count < columns:
        known = ", ".join(f"{whole} = {part} + {whole - part}" for whole, part in LAYOUTS.items())
        raise ModelError(
            f"{path}: shapedirs has {columns} directions, and it cannot be told which are expression "
            f"(known: {known}).",
            "Say how many of them are identity with --identity N, fewer than there are; a file with "
            f"identity alone cannot move a face: take the full model from {OWNER}.",
        )
    if columns - count > EXPRESSION_COUNT:
        raise ModelError(f"{path}: {columns - count} expression directions; at most 100 can be used.")
    if not arrays["shapedirs"][:, :, count:].any():
        raise ModelError(f"{path}: every expression direction is zero.", f"Take it from {OWNER} again.")
    return FlameModel(str(path), arrays, count, basis_hash(arrays), landmarks)


def load_landmarks(flame_path: Path, given: Path | None) -> dict[str, npt.NDArray[Any]] | None:
    """The MediaPipe embedding that was given, else one beside the FLAME file.

    Args:
        flame_path: The FLAME file.
        given: What the user named, or None.

    Returns:
        The embedding, None where there is no file.

    Raises:
        ModelError: The file holds no embedding.
    """
    beside = [flame_path.parent / name for name in LANDMARK_FILES]
    path = given or next((candidate for candidate in beside if candidate.is_file()), None)
    if path is None:
        return None
    return _checked_landmarks(read_arrays(path), str(path))


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Every numeric array of an npz or a pickle, by name.

    Args:
        path: The file.

    Raises:
        ModelError: The file is missing, damaged or dangerous.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size > LARGEST_BYTES:
                raise ModelError(f"{path} has {size / 1e9:.1f} GB; a FLAME file has at most 0.2.")
            return (
                _read_npz(stream, path) if stream.read(4) == b"PK\x03\x04" else _read_pkl(stream, path)
            )
    except OSError as problem:
        raise ModelError(f"{path} cannot be opened: {problem.strerror}.") from None


def _read_pkl(stream: io.BufferedReader, path: Path) -> dict[str, npt.NDArray[Any]]:
    stream.seek(0)
    if not stream.read(1):
        raise ModelError(f"{path} is empty.", "Download it again.")
    stream.seek(0)
    return read_pickle(stream, str(path))


def _read_npz(stream: io.BufferedReader, path: Path) -> dict[str, npt.NDArray[Any]]:
    stream.seek(0)
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                if entry.file_size > LARGEST_BYTES:
                    raise ModelError(
                        f"{path}: {entry.filename} unpacks to {entry.file_size / 1e9:.0f} GB."
                    )
                key = entry.filename.removesuffix(".npy")
                array = _read_npy(archive.read(entry), f"{path}: {key}")
                if array is not None:
                    arrays[key] = array
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as problem:
        raise ModelError(f"{path} is damaged or cut short: {problem}.", "Download it again.") from None
    return arrays


def _read_npy(data: bytes, name: str) -> npt.NDArray[Any] | None:
    """One member; Python objects in it go through the same careful reader as a pickle."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    _, _, kind = header(stream)
    if kind.hasobject:
        return read_object(stream.read(), name)
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return array if array.dtype.kind in "fiub" else None


def _refuse_incomplete(found: dict[str, npt.NDArray[Any]], path: Path) -> None:
    """Says what is missing, and what that makes of the file."""
    missing = [key for key in PARTS if key not in found]
    if not missing:
        return
    directions = found["shapedirs"].shape[-1] if "shapedirs" in found else 0
    if "v_template" in found and directions and "weights" in missing and "posedirs" in missing:
        raise ModelError(
            f"{path} is a template with {directions} identity directions: it lacks "
            f"{', '.join(missing)} and every expression direction, without which no face can move.",
            f"Use it with --landmarks, and take the full model (2020, 2023 or 2023 Open) from {OWNER}.",
        )
    raise ModelError(
        f"{path} lacks {', '.join(missing)} (it has {', '.join(sorted(found)[:12]) or 'no array'}).",
        f"A FLAME model has {', '.join(PARTS)}; take it from {OWNER}.",
    )


def _canonical(found: dict[str, npt.NDArray[Any]], path: Path) -> dict[str, npt.NDArray[Any]]:
    """The seven arrays in one form, whatever they were stored as; checked, so that none is wrong."""
    count = len(found["v_template"])
    if found["posedirs"].ndim == 2:  # (36, 3 V), as some programs keep it
        found["posedirs"] = found["posedirs"].reshape(-1, count, 3).transpose(1, 2, 0)
    wanted: dict[str, tuple[int | None, ...]] = {
        "v_template": (count, 3), "shapedirs": (count, 3, None),
        "posedirs": (count, 3, POSE_CORRECTIVE_COUNT), "J_regressor": (JOINT_COUNT, count),
        "weights": (count, JOINT_COUNT), "kintree_table": (2, JOINT_COUNT), "f": (None, 3),
    }  # fmt: skip
    arrays: dict[str, npt.NDArray[Any]] = {}
    for key, shape in wanted.items():
        array = found[key]
        fits = array.ndim == len(shape) and all(
            size in (None, real) for size, real in zip(shape, array.shape, strict=True)
        )
        if not fits or count < SMALLEST_VERTICES:
            raise ModelError(
                f"{path}: {key} has the shape {array.shape}, expected "
                f"{tuple('any' if size is None else size for size in shape)}: another topology?",
                "Only five-joint FLAME models can be used; SMPL and MANO files look alike.",
            )
        if not np.isfinite(array).all():
            raise ModelError(
                f"{path}: {key} has {int((~np.isfinite(array)).sum())} values that are not finite.",
                "Download it again.",
            )
        integer = key in ("kintree_table", "f")
        arrays[key] = np.ascontiguousarray(array, np.int64 if integer else np.float32)
    arrays["kintree_table"][0, 0] = -1  # stored as -1 or 2**32 - 1
    _check_sense(arrays, path)
    return arrays


def _check_sense(arrays: dict[str, npt.NDArray[Any]], path: Path) -> None:
    """Refuses files whose arrays have the right shapes and the wrong meaning."""
    faces, template = arrays["f"], arrays["v_template"]
    if faces.min(initial=0) < 0 or faces.max(initial=-1) >= len(template):
        raise ModelError(f"{path}: f names vertices that do not exist: wrong topology.")
    if tuple(arrays["kintree_table"][0, 1:]) != PARENTS[1:]:
        raise ModelError(f"{path}: the joints hang as {arrays['kintree_table'][0]}, expected {PARENTS}.")
    if np.abs(arrays["weights"].sum(axis=1) - 1.0).max() > 1e-3:
        raise ModelError(f"{path}: the skinning weights of a vertex do not sum to 1.")
    joints = arrays["J_regressor"] @ template
    height_m = float(np.ptp(template[:, 1]))
    if not 0.1 < height_m < 1.0:
        raise ModelError(f"{path}: the head is {height_m:g} m high; FLAME is in metres.")
    if not joints[3, 0] > joints[4, 0] or not joints[3, 1] > joints[1, 1]:
        raise ModelError(f"{path}: the left eye should lie at +x of the right one and above the neck.")


def _checked_landmarks(found: dict[str, npt.NDArray[Any]], name: str) -> dict[str, npt.NDArray[Any]]:
    missing = [key for key in LANDMARK_PARTS if key not in found]
    if missing:
        raise ModelError(f"{name}: the landmark embedding lacks {', '.join(missing)}.")
    parts = {key: found[key] for key in LANDMARK_PARTS}
    count = len(parts["lmk_face_idx"])
    fits = parts["lmk_b_coords"].shape == (count, 3) and len(parts["landmark_indices"]) == count
    if not fits or not np.isfinite(parts["lmk_b_coords"]).all() or parts["lmk_face_idx"].min() < 0:
        raise ModelError(f"{name}: the landmark embedding contradicts itself.")
    return parts
