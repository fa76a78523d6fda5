"""LVE, FDD and SND on the embedded head's vertices against captured takes.

The published codes differ (squared or not, template subtracted or not, signed or not), so each is named
here by what it computes. All in mm, head pose zeroed for both, at the captured 30 fps:

- *LVE*: per frame the largest distance of a lip vertex from the captured one; mean over frames (the
  form of SingingHead and MMHead: not squared).
- *FDD*: per vertex the standard deviation over time of its displacement from the face at rest; captured
  less predicted; the mean of the magnitudes over vertices, so that nothing cancels. On the upper face as
  published, and on the lips. The takes capture mouths only: their upper face stands still, so there FDD
  is how much ours moves, and no error.
- *SND*: Fréchet distance between captured and predicted faces plus that between their frame
  differences (FID_fm + FID_dfm of Timeline Control), on the first principal components of the captured
  lips.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.quality.engine_subject import EngineSubject
from bench.quality.figures import Figure
from bench.quality.sound import at_48k
from bench.quality.takes import FOLDER, SubjectOfTake
from bench.quality.track import Curve, MouthTrack, Subject
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_landmarks import PARTED, embed
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.rig import Rig
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture, load_captures
from t2s_rt.types import ARKIT_COUNT, FloatArray

JUDGED_S: Final = 40.0
"""From the start of each take; vertices are slow to make."""
LIP_REACH_M: Final = 0.005
"""Skin this near to a lip landmark is lip."""
UPPER_FROM_M: Final = 0.655
"""Height of the lower lids on our head; the front above them is the upper face."""
FRONT_M: Final = 0.06
EVERY: Final = 10
"""Of the upper face so many vertices are judged by one."""
COMPONENTS: Final = 8
BATCH: Final = 256
MM: Final = 1000.0

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Regions:
    """Vertices of the embedded head.

    Attributes:
        lips: Their numbers.
        upper: Those of brows, lids and forehead.
    """

    lips: Indices
    upper: Indices


def regions_of(head: FlameHead) -> Regions:
    """Lips by the landmarks, upper face by its place."""
    vertices = head.v_template.astype(np.float64)
    ids = np.array(PARTED[0][0] + PARTED[0][1])
    triangles, shares = embed(vertices, head.faces, ids)
    marks = np.einsum("lk,lki->li", shares, vertices[head.faces[triangles]])
    near = np.linalg.norm(vertices[:, None] - marks, axis=2).min(axis=1)
    upper = (vertices[:, 1] > UPPER_FROM_M) & (vertices[:, 2] > FRONT_M)
    return Regions(np.flatnonzero(near < LIP_REACH_M), np.flatnonzero(upper)[::EVERY])


def vertices_of(head: FlameHead, arkit: FloatArray, chosen: Indices) -> Curve:
    """``(T, len(chosen), 3)`` mm of faces ``(T, 52)``, head pose at rest."""
    mapping, still = FlameMap(head), np.zeros(ACTION_COUNT, np.float32)
    parts = []
    for first in range(0, len(arkit), BATCH):
        poses = [mapping.step(row, still) for row in arkit[first : first + BATCH]]
        made = head.vertices(
            np.stack([pose.expression for pose in poses]),
            np.stack([pose.jaw_pose for pose in poses]),
            np.stack([pose.neck_pose for pose in poses]),
            np.stack([pose.eyes_pose for pose in poses]),
            np.stack([pose.global_pose for pose in poses]),
        )
        parts.append(made[:, chosen].astype(np.float64) * MM)
    return np.concatenate(parts)


def captured_arkit(targets: FloatArray) -> FloatArray:
    """``(T, 52)`` weights of captured actions ``(T, 8)``, everything else at rest."""
    rig, actions = Rig(), np.zeros(ACTION_COUNT, np.float32)
    arkit = np.zeros((len(targets), ARKIT_COUNT), np.float32)
    columns = [ACTION_INDEX[name] for name in ACTION_NAMES]
    for row, out in zip(targets, arkit, strict=True):
        actions[columns] = row
        rig.step(actions, out)
    return arkit


def predicted_arkit(track: MouthTrack, times_s: Curve) -> FloatArray:
    """``(len(times_s), 52)`` the weights that a subject shows at these times."""
    if track.face is None:
        raise ValueError("only a subject with a whole face has vertices")
    columns = [np.interp(times_s, track.time_s, column) for column in track.face.arkit.T]
    return np.stack(columns, axis=1).astype(np.float32)


def lip_error(captured: Curve, predicted: Curve) -> float:
    """LVE in mm of ``(T, V, 3)``."""
    return float(np.linalg.norm(captured - predicted, axis=2).max(axis=1).mean())


def dynamics_deviation(captured: Curve, predicted: Curve, rest: Curve) -> float:
    """FDD in mm of ``(T, V, 3)``: mean over vertices of the magnitude of the difference.

    Args:
        captured: The captured face.
        predicted: The predicted one.
        rest: ``(V, 3)`` the face at rest.
    """
    spread = [np.linalg.norm(face - rest, axis=2).std(axis=0) for face in (captured, predicted)]
    return float(np.abs(spread[0] - spread[1]).mean())


def frechet(one: Curve, other: Curve) -> float:
    """Fréchet distance between Gaussians fitted to rows ``(T, C)``, squared, in squared units."""
    between = one.mean(axis=0) - other.mean(axis=0)
    a, b = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0.0)).sum()
    return float(between @ between + np.trace(a) + np.trace(b) - 2.0 * shared)


def naturalness_distance(captured: list[Curve], predicted: list[Curve]) -> float:
    """SND in mm² of takes of ``(T, V, 3)``: faces plus frame differences."""
    flat = [[take.reshape(len(take), -1) for take in takes] for takes in (captured, predicted)]
    whole = np.concatenate(flat[0])
    middle = whole.mean(axis=0)
    _, _, axes = np.linalg.svd((whole - middle)[::5], full_matrices=False)
    basis = axes[:COMPONENTS].T
    faces = [[(take - middle) @ basis for take in takes] for takes in flat]
    steps = [np.concatenate([np.diff(take, axis=0) for take in takes]) for takes in faces]
    return frechet(*(np.concatenate(takes) for takes in faces)) + frechet(*steps)


def measure(
    subject: Subject, folder: Path = FOLDER, left_out: SubjectOfTake | None = None
) -> list[Figure]:
    """LVE, FDD and SND over the takes; nothing for a peer, which has no face.

    Raises:
        AudioError: There are no takes.
        SetupError: The embedded head has not been built.
    """
    if not isinstance(subject, EngineSubject):
        return []
    head = FlameHead.load()
    regions = regions_of(head)
    both = np.concatenate([regions.lips, regions.upper])
    count = len(regions.lips)
    rest = head.v_template[both].astype(np.float64) * MM
    truths, faces = [], []
    for take in load_captures(folder):
        judge = left_out(take.name) if left_out else subject
        truth, face = _both_faces(head, take, judge, both)
        truths.append(truth)
        faces.append(face)
    lips = [(t[:, :count], f[:, :count]) for t, f in zip(truths, faces, strict=True)]
    upper = [(t[:, count:], f[:, count:]) for t, f in zip(truths, faces, strict=True)]
    error = np.mean([lip_error(t, f) for t, f in lips])
    still = np.mean([lip_error(t, np.broadcast_to(rest[:count], t.shape)) for t, _ in lips])
    heard = "takes left out" if left_out else "takes as shipped"
    snd = naturalness_distance([t for t, _ in lips], [f for _, f in lips])
    flat = naturalness_distance(
        [t for t, _ in lips], [np.repeat(rest[None, :count], len(t), 0) for t, _ in lips]
    )
    return [
        Figure("mesh.lve", float(error), f"{count} lip vertices, {heard}; a shut mouth {still:.2f}"),
        Figure(
            "mesh.fdd_lips", float(np.mean([dynamics_deviation(t, f, rest[:count]) for t, f in lips]))
        ),
        Figure(
            "mesh.fdd",
            float(np.mean([dynamics_deviation(t, f, rest[count:]) for t, f in upper])),
            f"{len(regions.upper)} vertices; the takes do not capture them",
        ),
        Figure("mesh.snd", snd, f"a shut mouth {flat:.2f}"),
    ]


def _both_faces(
    head: FlameHead, take: Capture, subject: Subject, chosen: Indices
) -> tuple[Curve, Curve]:
    """Captured and predicted vertices of a take's beginning."""
    rows = take.targets[: round(JUDGED_S * take.fps)]
    track = subject.watch(at_48k(take.samples, take.sample_rate_hz))
    shown = predicted_arkit(track, np.arange(len(rows)) / take.fps)
    return vertices_of(head, captured_arkit(rows), chosen), vertices_of(head, shown, chosen)
