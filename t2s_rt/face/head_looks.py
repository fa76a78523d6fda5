"""What the base mesh lacks to look like a singer: painted skin, eyes, brows, hair and a shirt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array
from t2s_rt.face.geometry import Part, fit_sphere, neighbour_means, smoothstep, vertex_normals
from t2s_rt.face.head_hair import grow_brows, grow_hair, grow_lashes
from t2s_rt.face.head_parts import BaseHead
from t2s_rt.types import ARKIT_COUNT

SKIN_SRGB: Final = (0.80, 0.60, 0.51)
HAIR_SRGB: Final = (0.17, 0.11, 0.085)
BROW_SRGB: Final = (0.25, 0.165, 0.125)
TEETH_SRGB: Final = (0.93, 0.91, 0.86)
TONGUE_SRGB: Final = (0.72, 0.36, 0.36)
LASH_SRGB: Final = (0.06, 0.045, 0.04)
SHIRT_SRGB: Final = (0.11, 0.12, 0.15)
LIP_SRGB: Final = (0.70, 0.37, 0.35)
FLUSH_SRGB: Final = (0.84, 0.47, 0.41)
SHADE_SRGB: Final = (0.45, 0.27, 0.22)
MOUTH_SRGB: Final = (0.42, 0.15, 0.15)
LIP_TOP_M: Final = (
    (0.0, 0.6140), (0.0045, 0.6155), (0.009, 0.6140), (0.015, 0.6105), (0.0195, 0.6080), (0.0235, 0.6045)
)  # fmt: skip
LIP_BOTTOM_M: Final = (
    (0.0, 0.5915), (0.006, 0.5920), (0.011, 0.5935), (0.016, 0.5975), (0.020, 0.6015), (0.0235, 0.6045)
)  # fmt: skip
"""Outline of the lips, ``(|x|, y)``."""
MOUTH_DEPTH_M: Final = (0.075, 0.130)
THROAT_LIGHT: Final = 0.3
"""Between which depths the mouth darkens, and to what share."""
SHIRT_THICKNESS_M: Final = 0.004
EYE_SEGMENTS: Final = 36
PUPIL_DEG: Final = 10.0
IRIS_DEG: Final = 25.5


@dataclass(frozen=True, slots=True)
class Painted:
    """A part with its colours.

    Attributes:
        part: The mesh, in head coordinates.
        colors: ``(V, 3)`` sRGB 0 to 1.
        roughness: 0 mirror to 1 chalk.
        shaded: Whether its shading should follow the ARKit shapes; single hairs can do without.
    """

    part: Part
    colors: Float64Array
    roughness: float
    shaded: bool = True


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
    hair, strands = grow_hair(head)
    shade = (0.85 + 0.35 * np.clip(strands, -1.0, 1.0))[:, None]
    return Looks(
        bent=(
            Painted(head.skin, paint_skin(head.skin), 0.55),
            paint_plain(make_shirt(head), SHIRT_SRGB, 0.9),
        ),
        carried=(
            paint_inside(head.teeth_upper, TEETH_SRGB, 0.3),
            paint_inside(head.teeth_lower, TEETH_SRGB, 0.3),
            paint_inside(head.tongue, TONGUE_SRGB, 0.4),
            paint_plain(grow_lashes(head), LASH_SRGB, 0.8, shaded=False),
            paint_plain(grow_brows(head), BROW_SRGB, 0.8, shaded=False),
            Painted(hair, np.clip(np.array(HAIR_SRGB) * shade, 0.0, 1.0), 0.75),
        ),
        eyes=(make_eye(head, "left"), make_eye(head, "right")),
    )


def make_shirt(head: BaseHead) -> Part:
    """A shirt with a round neck: the torso, a little wider.

    Args:
        head: The cut head.
    """
    torso = head.torso
    normals = vertex_normals(torso.vertices, torso.triangles)
    return Part("shirt", torso.vertices + SHIRT_THICKNESS_M * normals, torso.triangles, torso.offsets)


def edge_lengths(part: Part) -> Float64Array:
    """Root mean square length of the edges at each vertex, ``(V,)`` metres.

    Args:
        part: The part.
    """
    center = part.vertices.mean(axis=0)
    vertices = part.vertices - center
    squares = (vertices**2).sum(axis=1)
    means = neighbour_means(np.concatenate([vertices, squares[:, None]], axis=1), part.triangles)
    return np.asarray(np.sqrt(means[:, 3] - 2.0 * (vertices * means[:, :3]).sum(axis=1) + squares))


def paint_skin(skin: Part) -> Float64Array:
    """Skin with lips, flushed cheeks, ears and nose, shaded folds, ``(V, 3)`` sRGB.

    Args:
        skin: The skin.
    """
    x, y, z = skin.vertices.T
    x = np.abs(x)
    normals = vertex_normals(skin.vertices, skin.triangles)
    around = skin.vertices
    for _ in range(2):
        around = neighbour_means(around, skin.triangles)
    hollow = ((around - skin.vertices) * normals).sum(axis=1) / edge_lengths(skin)
    colors = np.tile(SKIN_SRGB, (len(x), 1))

    def tint(color: tuple[float, float, float], amount: Float64Array) -> None:
        colors[:] += amount[:, None] * (np.array(color) - colors)

    def spot(center: tuple[float, float, float], reach_m: float) -> Float64Array:
        squared = (x - center[0]) ** 2 + (y - center[1]) ** 2 + (z - center[2]) ** 2
        return np.asarray(np.exp(-0.5 * squared / reach_m**2))

    tint(FLUSH_SRGB, 0.45 * spot((0.042, 0.635, 0.105), 0.017))
    tint(FLUSH_SRGB, 0.35 * spot((0.0, 0.634, 0.150), 0.010))
    tint(FLUSH_SRGB, 0.40 * np.where((x > 0.066) & (z > 0.025) & (z < 0.062) & (y > 0.60), 1.0, 0.0))
    tint(SHADE_SRGB, 0.22 * spot((0.028, 0.672, 0.118), 0.012))
    face = smoothstep(0.57, 0.61, y)  # the coarse faces of the neck would show as blots
    tint(SHADE_SRGB, np.clip(1.6 * (hollow - 0.03), 0.0, 0.5) * face)
    upper = np.interp(x, *np.array(LIP_TOP_M).T)
    lower = np.interp(x, *np.array(LIP_BOTTOM_M).T)
    lips = smoothstep(-0.0012, 0.0012, np.minimum(upper - y, y - lower)) * (z > 0.115)
    tint(LIP_SRGB, 0.8 * lips)
    inside = (x < 0.030) & (y > 0.581) & (y < 0.637) & (z < 0.116) & (z > 0.03)
    tint(MOUTH_SRGB, np.where(inside, 0.9, 0.0))
    return colors


def paint_plain(
    part: Part, srgb: tuple[float, float, float], roughness: float, *, shaded: bool = True
) -> Painted:
    """A part in one colour.

    Args:
        part: The part.
        srgb: Its colour.
        roughness: 0 mirror to 1 chalk.
        shaded: Whether its shading should follow the ARKit shapes.
    """
    return Painted(part, np.tile(srgb, (len(part.vertices), 1)), roughness, shaded)


def paint_inside(part: Part, srgb: tuple[float, float, float], roughness: float) -> Painted:
    """A part in the mouth: darker towards the throat, where little light comes.

    Args:
        part: The part.
        srgb: Its colour behind the lips.
        roughness: 0 mirror to 1 chalk.
    """
    light = THROAT_LIGHT + (1.0 - THROAT_LIGHT) * smoothstep(*MOUTH_DEPTH_M, part.vertices[:, 2])
    return Painted(part, light[:, None] * np.array(srgb), roughness)


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
