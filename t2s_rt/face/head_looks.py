"""What the base mesh lacks to look like a singer: painted skin, eyes, brows, hair and a shirt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array, IntArray
from t2s_rt.face.head_parts import BaseHead, Part
from t2s_rt.types import ARKIT_COUNT

SKIN_SRGB: Final = (0.80, 0.60, 0.51)
HAIR_SRGB: Final = (0.17, 0.11, 0.085)
TEETH_SRGB: Final = (0.93, 0.91, 0.86)
TONGUE_SRGB: Final = (0.72, 0.36, 0.36)
LASH_SRGB: Final = (0.06, 0.045, 0.04)
SHIRT_SRGB: Final = (0.11, 0.12, 0.15)
EYE_SEGMENTS: Final = 36
PUPIL_DEG: Final = 10.0
IRIS_DEG: Final = 24.0
HAIR_HEIGHT_M: Final = 0.014


@dataclass(frozen=True, slots=True)
class Painted:
    """A part with its colours.

    Attributes:
        part: The mesh, in head coordinates.
        colors: ``(V, 3)`` sRGB 0 to 1.
        roughness: 0 mirror to 1 chalk.
    """

    part: Part
    colors: Float64Array
    roughness: float


@dataclass(frozen=True, slots=True)
class Eye:
    """An eyeball.

    Attributes:
        painted: The mesh, in head coordinates.
        center: ``(3,)`` metres.
    """

    painted: Painted
    center: Float64Array

    @property
    def part(self) -> Part:
        """The mesh, in head coordinates."""
        return self.painted.part


@dataclass(frozen=True, slots=True)
class Looks:
    """Everything the page shows.

    Attributes:
        bent: Parts that neck and trunk share.
        carried: Parts that go with the neck.
        eyes: Left and right eyeball.
    """

    bent: tuple[Painted, ...]
    carried: tuple[Painted, ...]
    eyes: tuple[Eye, Eye]


def make_looks(head: BaseHead) -> Looks:
    """Paint and complete the head.

    Args:
        head: The cut head.
    """
    return Looks(
        bent=(paint_plain(head.skin, SKIN_SRGB, 0.55),),
        carried=(
            paint_plain(head.teeth_upper, TEETH_SRGB, 0.3),
            paint_plain(head.teeth_lower, TEETH_SRGB, 0.3),
            paint_plain(head.tongue, TONGUE_SRGB, 0.4),
            paint_plain(head.lashes, LASH_SRGB, 0.8),
        ),
        eyes=(make_eye(head, "left"), make_eye(head, "right")),
    )


def paint_plain(part: Part, srgb: tuple[float, float, float], roughness: float) -> Painted:
    """A part in one colour.

    Args:
        part: The part.
        srgb: Its colour.
        roughness: 0 mirror to 1 chalk.
    """
    return Painted(part, np.tile(srgb, (len(part.vertices), 1)), roughness)


def vertex_normals(vertices: Float64Array, triangles: IntArray) -> Float64Array:
    """Area-weighted unit normals, ``(V, 3)``.

    Args:
        vertices: ``(V, 3)``.
        triangles: ``(F, 3)``.
    """
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for k in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, k], face[:, axis], len(vertices))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.where(length > 0, length, 1.0))


def smoothstep(low: float, high: float, x: Float64Array) -> Float64Array:
    """0 below ``low``, 1 above ``high``, smooth between.

    Args:
        low: Where the rise begins.
        high: Where it ends.
        x: Values.
    """
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def fit_sphere(points: Float64Array) -> tuple[Float64Array, float]:
    """Least-squares sphere through points: centre ``(3,)`` and radius.

    Args:
        points: ``(N, 3)``.
    """
    system = np.concatenate([2.0 * points, np.ones((len(points), 1))], axis=1)
    solution = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
    center = solution[:3]
    return center, float(np.sqrt(solution[3] + center @ center))


def make_eye(head: BaseHead, side: str) -> Eye:
    """An eyeball where the base mesh has a coarse one, with rings where its colours change.

    Args:
        head: The cut head.
        side: ``left`` or ``right``.
    """
    indices = np.unique(head.mesh.quads[f"helper-{side[0]}-eye"])
    center, radius = fit_sphere(head.mesh.vertices[indices])
    rings_deg = np.array(
        [0, 5, PUPIL_DEG - 0.7, PUPIL_DEG + 0.7, 13, 17, 21, IRIS_DEG - 1.5, IRIS_DEG + 1, IRIS_DEG + 3,
         33, 42, 55, 70, 88, 110, 140, 180]
    )  # fmt: skip
    polar, turn = np.meshgrid(
        np.radians(rings_deg), np.arange(EYE_SEGMENTS) * (2 * np.pi / EYE_SEGMENTS), indexing="ij"
    )
    direction = np.stack(
        [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], axis=-1
    )
    ring, step = np.meshgrid(np.arange(len(rings_deg) - 1), np.arange(EYE_SEGMENTS), indexing="ij")
    following = (step + 1) % EYE_SEGMENTS
    a, b = ring * EYE_SEGMENTS + step, (ring + 1) * EYE_SEGMENTS + step
    c, d = (ring + 1) * EYE_SEGMENTS + following, ring * EYE_SEGMENTS + following
    triangles = np.concatenate([np.stack([a, b, c], axis=-1)[:], np.stack([a, c, d], axis=-1)]).reshape(
        -1, 3
    )
    vertices = center + radius * direction.reshape(-1, 3)
    part = Part(
        name=f"eye_{side}",
        vertices=vertices,
        triangles=triangles,
        offsets=np.zeros((ARKIT_COUNT, len(vertices), 3)),
    )
    return Eye(Painted(part, _paint_eye(rings_deg), 0.1), center)


def _paint_eye(rings_deg: Float64Array) -> Float64Array:
    """Pupil, iris with spokes and a dark rim, sclera that reddens backwards."""
    pupil, rim = np.array([0.02, 0.02, 0.025]), np.array([0.13, 0.10, 0.08])
    inner, outer = np.array([0.45, 0.30, 0.15]), np.array([0.27, 0.17, 0.10])
    sclera, back = np.array([0.93, 0.91, 0.89]), np.array([0.85, 0.66, 0.62])
    spokes = np.random.default_rng(7).uniform(0.75, 1.15, EYE_SEGMENTS)
    rows = np.empty((len(rings_deg), EYE_SEGMENTS, 3))
    for row, angle in zip(rows, rings_deg, strict=True):
        if angle < PUPIL_DEG:
            row[:] = pupil
        elif angle < IRIS_DEG - 2:
            share = (angle - PUPIL_DEG) / (IRIS_DEG - PUPIL_DEG)
            row[:] = (inner + share * (outer - inner)) * spokes[:, None]
        elif angle < IRIS_DEG:
            row[:] = rim
        else:
            row[:] = sclera + np.clip((angle - 35.0) / 40.0, 0.0, 1.0) * (back - sclera)
    return rows.reshape(-1, 3)
