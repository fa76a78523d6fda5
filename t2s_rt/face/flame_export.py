"""A recorded face as parameters of a user's FLAME head, as an animated GLB of it, and back to ARKit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ModelError
from t2s_rt.face.anny_data import Float64Array
from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.clip import Rows
from t2s_rt.face.clip_glb import Animation, read_glb, turns
from t2s_rt.face.flame import JOINT_COUNT, JOINT_NAMES, PARENTS, FlameHead, rodrigues
from t2s_rt.face.flame_calibrate import BLINKS, Calibration
from t2s_rt.face.flame_files import read_arrays
from t2s_rt.face.flame_inverse import FlameInverse
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.geometry import vertex_normals
from t2s_rt.face.glb import GlbWriter, Joint, Material, Mesh
from t2s_rt.timebase import FRAME_RATE_HZ
from t2s_rt.types import EXPRESSION_COUNT, FlamePose, FloatArray

POSES: Final = {"root": "global_pose", "neck": "neck_pose", "jaw": "jaw_pose"}
MISSED_M: Final = 1e-4
"""Morph targets are added until no vertex of the clip is off by more."""
MOST_MORPHS: Final = 64
SKIN_COLOR: Final = (0.62, 0.45, 0.37)
TRACK_SIZES: Final = {"expression": EXPRESSION_COUNT, "jaw_pose": 3, "eyes_pose": 6}


@dataclass(frozen=True, slots=True)
class FlameClip:
    """A clip in the parameters of one head.

    Attributes:
        time_s: ``(T,)``.
        poses: One a frame.
        eyelid: ``(T, 2)`` left and right, 0 to 1; multiplies the calibration's lid shapes.
    """

    time_s: Float64Array
    poses: list[FlamePose]
    eyelid: FloatArray


def flame_clip(rows: Rows, head: FlameHead) -> FlameClip:
    """A recorded face for a head.

    Args:
        rows: The clip.
        head: The head with its map.
    """
    flame_map = FlameMap(head)
    poses = [flame_map.step(row["arkit"], row["actions"]) for row in rows]
    blinks = [ARKIT_INDEX[name] for name in BLINKS]
    return FlameClip(
        rows["time_s"].astype(np.float64), poses, np.ascontiguousarray(rows["arkit"][:, blinks])
    )


def clip_arrays(
    clip: FlameClip, head: FlameHead, shape: FloatArray | None = None
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a FLAME npz (docs/flame.md lists them).

    Args:
        clip: The clip.
        head: Whose parameters they are.
        shape: Shape parameters; zeros where None.
    """
    names = ("expression", "jaw_pose", "neck_pose", "global_pose", "eyes_pose")
    named: dict[str, npt.NDArray[Any]] = {
        name: np.stack([getattr(pose, name) for pose in clip.poses]) for name in names
    }
    return named | {
        "eyelid": clip.eyelid,
        "shape": np.zeros(0, np.float32) if shape is None else shape,
        "time_s": clip.time_s,
        "fps": np.array(FRAME_RATE_HZ),
        "basis_hash": np.array(head.basis_hash),
    }


def encode_clip(clip: FlameClip, head: FlameHead, calibration: Calibration) -> bytes:
    """An animated GLB: FLAME's five joints as bones, expression as morph targets made for the clip.

    The clip's meshes before skinning are written as sums of few targets (by singular values),
    enough of them that no vertex is off by more than 0.1 mm.

    Args:
        clip: The clip.
        head: The head.
        calibration: Its calibration, for the lids.
    """
    targets, weights = _morphs(clip, head, calibration.eyelids)
    places = head.joints.astype(np.float64)
    joints = tuple(
        Joint(
            name,
            (float(places[i, 0]), float(places[i, 1]), float(places[i, 2])),
            None if PARENTS[i] < 0 else JOINT_NAMES[PARENTS[i]],
        )
        for i, name in enumerate(JOINT_NAMES)
    )
    writer = GlbWriter(joints, {"basis_hash": head.basis_hash})
    vertices = head.v_template.astype(np.float64)
    normals = vertex_normals(vertices, head.faces)
    morphs = {
        f"motion{k:02d}": (target, vertex_normals(vertices + target, head.faces) - normals)
        for k, target in enumerate(targets)
    }
    writer.add(
        Mesh(
            name="head",
            vertices=vertices,
            normals=normals,
            triangles=head.faces,
            material=Material(0.6, SKIN_COLOR),
            morphs=morphs,
            weights=head.weights.astype(np.float64),
        )
    )
    document, binary = read_glb(writer.encode())
    del document["asset"]["copyright"]  # the face is the user's, not ours
    return _animated(document, binary, clip, weights)


def _animated(document: dict[str, Any], binary: bytes, clip: FlameClip, weights: FloatArray) -> bytes:
    times_s = (clip.time_s - clip.time_s[0]).astype(np.float32)
    keep = np.flatnonzero(np.concatenate([[True], np.diff(times_s) > 0.0]))  # glTF wants rising times
    animation = Animation(document, binary, times_s[keep])
    for index, node in enumerate(document["nodes"]):
        name = node["name"]
        if name in POSES:
            rotations = np.stack([getattr(clip.poses[i], POSES[name]) for i in keep])
        elif name.startswith("eye_"):
            part = slice(0, 3) if name == "eye_left" else slice(3, 6)
            rotations = np.stack([clip.poses[i].eyes_pose[part] for i in keep])
        else:
            if weights.shape[1]:
                animation.add(index, "weights", weights[keep], "SCALAR")
            continue
        animation.add(index, "rotation", turns(rotations), "VEC4")
    return animation.encode("singing")


def _morphs(clip: FlameClip, head: FlameHead, eyelids: FloatArray) -> tuple[Float64Array, FloatArray]:
    """Targets ``(K, V, 3)`` and weights ``(T, K)`` that give the clip's meshes before skinning."""
    turned = rodrigues(
        np.stack(
            [np.concatenate([pose.neck_pose, pose.jaw_pose, pose.eyes_pose]) for pose in clip.poses]
        ).reshape(-1, 3)
    )
    features = (turned - np.eye(3)).reshape(len(clip.poses), 9 * (JOINT_COUNT - 1))
    expression = np.stack([pose.expression for pose in clip.poses])
    rows = np.concatenate([expression, features, clip.eyelid], axis=1).astype(np.float64)
    count = len(head.v_template)
    basis = np.concatenate(
        [
            head.shapedirs.reshape(3 * count, -1).T,
            head.posedirs.reshape(3 * count, -1).T,
            eyelids.reshape(2, -1),
        ]
    ).astype(np.float64)
    values, vectors = np.linalg.eigh(basis @ basis.T)
    kept = values > values[-1] * 1e-12
    root = vectors[:, kept] * np.sqrt(values[kept])
    left, sizes, right = np.linalg.svd(rows @ root, full_matrices=False)
    directions = right @ (vectors[:, kept] / np.sqrt(values[kept])).T @ basis
    amounts = left * sizes
    most = min(len(sizes), MOST_MORPHS)
    rank = next((k for k in range(most) if _missed(amounts, directions, k) <= MISSED_M), most)
    scale = np.abs(amounts[:, :rank]).max(axis=0, initial=0.0)
    scale[scale == 0.0] = 1.0
    targets = (directions[:rank] * scale[:, None]).reshape(rank, count, 3)
    return targets, (amounts[:, :rank] / scale).astype(np.float32)


def _missed(amounts: Float64Array, directions: Float64Array, rank: int) -> float:
    """How far a vertex can be off with only ``rank`` targets, in metres, over a sample of frames."""
    frames = np.linspace(0, len(amounts) - 1, min(len(amounts), 40)).astype(np.int64)
    left = amounts[frames, rank:] @ directions[rank:]
    return float(np.linalg.norm(left.reshape(len(frames), -1, 3), axis=2).max(initial=0.0))


def read_track(path: Path) -> list[FlamePose]:
    """FLAME parameters that someone else made.

    Args:
        path: An npz with ``expression (T, up to 100)`` and ``jaw_pose (T, 3)``; ``eyes_pose (T, 6)`` is
            taken where it is there.

    Raises:
        ModelError: An array is missing, of another shape or not finite.
    """
    found = read_arrays(path)
    if "expression" not in found or found["expression"].ndim != 2:
        raise ModelError(f"{path} has no array expression of the shape (T, up to {EXPRESSION_COUNT}).")
    count = len(found["expression"])
    track: dict[str, FloatArray] = {}
    for name, size in TRACK_SIZES.items():
        array = found.get(name, np.zeros((count, size)))
        fits = array.ndim == 2 and len(array) == count
        fits = fits and (array.shape[1] == size or (name == "expression" and array.shape[1] < size))
        if not fits or not np.isfinite(array).all():
            raise ModelError(
                f"{path}: {name} should be ({count}, {size}) finite numbers, it has {array.shape}."
            )
        track[name] = np.zeros((count, size), np.float32)
        track[name][:, : array.shape[1]] = array
    still = np.zeros(3, np.float32)
    return [
        FlamePose(track["expression"][i], track["jaw_pose"][i], still, track["eyes_pose"][i], still)
        for i in range(count)
    ]


def arkit_arrays(poses: list[FlamePose], head: FlameHead) -> dict[str, npt.NDArray[Any]]:
    """ARKit weights ``(T, 52)`` of FLAME parameters, and their names.

    Args:
        poses: FLAME parameters in the head's basis.
        head: The head.
    """
    inverse = FlameInverse(head)
    weights = np.stack([inverse.step(pose) for pose in poses])
    return {
        "arkit": weights,
        "arkit_names": np.array(ARKIT_NAMES),
        "basis_hash": np.array(head.basis_hash),
    }
