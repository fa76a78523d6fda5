"""Lashes, brows and short hair, grown on the head: the base mesh has none that show without textures.

Every vertex made here is bound to vertices of the head and takes their ARKit offsets, so that brows rise
and lashes close with the lids.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array, IntArray
from t2s_rt.face.geometry import (
    Binding,
    Part,
    bind,
    cut_part,
    project_to_front,
    smoothstep,
    subdivide,
    vertex_normals,
)
from t2s_rt.face.head_parts import BaseHead

BROW_CURVE_M: Final = (
    (0.0110, 0.6850),
    (0.0200, 0.6890),
    (0.0310, 0.6918),
    (0.0410, 0.6905),
    (0.0500, 0.6850),
)
"""Middle line of the left brow, ``(x, y)`` from the nose outwards."""
BROW_HEIGHT_M: Final = (0.0048, 0.0060, 0.0053, 0.0038, 0.0014)
BROW_LEAN_DEG: Final = (62.0, 42.0, 18.0, -12.0, -30.0)
"""Direction in which the hairs grow at each point of the curve: 0 is outwards, 90 is up."""
BROW_HAIRS: Final = 200
BROW_HAIR_LENGTH_M: Final = 0.0078
BROW_HAIR_WIDTH_M: Final = 0.0004
BROW_LIFT_M: Final = np.array([0.0002, 0.0010, 0.0013])
"""How far root, middle and tip of a brow hair lie above the skin."""
LASH_POINTS: Final = 4
LASH_WIDTH_M: Final = 0.0004
UPPER_LASHES: Final = (2, 4, 0.95)
LOWER_LASHES: Final = (1, 2, 0.45)
"""Strip of the base mesh, lashes a quad, and length in strips."""
HAIRLINE_M: Final = (
    (-0.050, 0.597),
    (0.000, 0.600),
    (0.016, 0.606),
    (0.024, 0.640),
    (0.030, 0.673),
    (0.056, 0.675),
    (0.060, 0.650),
    (0.068, 0.653),
    (0.075, 0.690),
    (0.088, 0.714),
    (0.102, 0.729),
    (0.118, 0.7350),
    (0.150, 0.7360),
)
"""Height of the hairline by depth, ``(z, y)``: nape, ear, sideburn, temple, forehead."""
HAIR_SIDE_M: Final = 0.006
HAIR_TOP_M: Final = 0.016
HAIR_RIDGE_M: Final = 0.0022
"""Thickness of the hair at the sides and on top, and how high its strands stand out."""


def grow_lashes(head: BaseHead, seed: int = 3) -> Part:
    """Single lashes along the lash strips of the base mesh.

    Args:
        head: The cut head.
        seed: Of their irregularity.
    """
    rng = np.random.default_rng(seed)
    vertices = head.mesh.vertices
    indices: list[IntArray] = []
    shares: list[Float64Array] = []
    widths: list[Float64Array] = []
    thinning = np.linspace(LASH_WIDTH_M, 0.0, LASH_POINTS)[:, None]
    for side in "lr":
        eye = vertices[np.unique(head.mesh.quads[f"helper-{side}-eye"])].mean(axis=0)
        for row, count, reach in (UPPER_LASHES, LOWER_LASHES):
            for left, right in _ladders(
                head.mesh.quads[f"helper-{side}-eyelashes-{row}"], vertices, eye
            ):
                along = (vertices[right] - vertices[left]).mean(axis=0)
                for u in (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count:
                    climb = np.linspace(0.0, reach * rng.uniform(0.8, 1.05), LASH_POINTS) * (
                        len(left) - 1
                    )
                    rung = np.minimum(climb.astype(np.int64), len(left) - 2)
                    v = climb - rung
                    indices.append(
                        np.stack([left[rung], right[rung], left[rung + 1], right[rung + 1]], axis=1)
                    )
                    shares.append(np.stack([(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u], axis=1))
                    widths.append(thinning * along / np.linalg.norm(along))
    width = np.concatenate(widths)
    binding = Binding(np.concatenate(indices), np.concatenate(shares), np.zeros_like(width))
    whole = Part("base", vertices, np.zeros((0, 3), np.int64), head.offsets)
    return _strands("lashes", whole, binding, width, LASH_POINTS)


def _ladders(
    quads: IntArray, vertices: Float64Array, eye: Float64Array
) -> list[tuple[IntArray, IntArray]]:
    """The strip's rows of quads from the lid outwards, as vertices of their left and right sides.

    A walk starts at each border edge and goes on through opposite edges; of a grid's walks, the short
    ones that lead away from the eye are wanted.
    """
    owners: dict[tuple[int, int], list[int]] = {}
    for number, quad in enumerate(quads):
        for k in range(4):
            a, b = sorted((int(quad[k]), int(quad[(k + 1) % 4])))
            owners.setdefault((a, b), []).append(number)
    ladders: list[tuple[IntArray, IntArray]] = []
    for (first, second), faces in owners.items():
        if len(faces) != 1:
            continue
        left, right, number = [first], [second], faces[0]
        while True:
            quad = [int(vertex) for vertex in quads[number]]
            k = quad.index(left[-1])
            step = 1 if quad[(k + 1) % 4] != right[-1] else -1
            left.append(quad[(k + step) % 4])
            right.append(quad[(k + 2 * step) % 4])
            a, b = sorted((left[-1], right[-1]))
            onwards = [face for face in owners[a, b] if face != number]
            if not onwards:
                break
            number = onwards[0]
        ladders.append((np.array(left), np.array(right)))
    shortest = min(len(left) for left, _ in ladders)

    def distance(ladder: tuple[IntArray, IntArray], end: int) -> float:
        return float(np.linalg.norm(vertices[[ladder[0][end], ladder[1][end]]].mean(axis=0) - eye))

    return [
        ladder
        for ladder in ladders
        if len(ladder[0]) == shortest and distance(ladder, 0) < distance(ladder, -1)
    ]


def _strands(name: str, on: Part, middle: Binding, width: Float64Array, points: int) -> Part:
    """Flat tapering hairs.

    Args:
        name: Name of the result.
        on: What they are bound to.
        middle: Middle lines, ``points`` vertices a hair from root to tip.
        width: ``(N, 3)`` metres, the vector across each hair at each vertex; none at the tip.
        points: Vertices of a middle line.
    """
    local = np.concatenate([np.arange(points), np.arange(points - 1)])  # one side and tip, other side
    starts = np.arange(0, len(width), points)
    rows = (starts[:, None] + local).reshape(-1)
    sign = np.tile(np.concatenate([np.full(points, 0.5), np.full(points - 1, -0.5)]), len(starts))
    triangles = [(k, k + points, k + 1) for k in range(points - 1)]
    triangles += [(k + points, k + points + 1, k + 1) for k in range(points - 2)]
    firsts = np.arange(len(starts)) * len(local)
    binding = Binding(
        indices=middle.indices[rows],
        shares=middle.shares[rows],
        lift=middle.lift[rows] + sign[:, None] * width[rows],
    )
    every = (np.array(triangles)[None] + firsts[:, None, None]).reshape(-1, 3)
    return bind(name, on.vertices, on.offsets, binding, every)


def grow_brows(head: BaseHead, seed: int = 5) -> Part:
    """Brow hairs on the forehead, each a little strip that follows the skin under it.

    Args:
        head: The cut head.
        seed: Of their irregularity.
    """
    rng = np.random.default_rng(seed)
    curve = np.array(BROW_CURVE_M)
    knots = np.linspace(0.0, 1.0, len(curve))
    place = np.sort(rng.uniform(0.0, 1.0, BROW_HAIRS))
    across = rng.uniform(-0.5, 0.5, BROW_HAIRS)
    lean_deg = np.interp(place, knots, BROW_LEAN_DEG) + rng.normal(0.0, 6.0, BROW_HAIRS) - 25.0 * across
    heading = np.stack([np.cos(np.radians(lean_deg)), np.sin(np.radians(lean_deg))], axis=1)
    length = BROW_HAIR_LENGTH_M * rng.uniform(0.7, 1.1, BROW_HAIRS)
    length *= np.interp(place, [0.8, 1.0], [1.0, 0.6])
    start = np.stack([np.interp(place, knots, curve[:, axis]) for axis in range(2)], axis=1)
    start[:, 1] += across * np.interp(place, knots, BROW_HEIGHT_M)
    steps = np.linspace(-0.35, 0.65, 3)
    lines = start[:, None] + steps[:, None] * (length[:, None] * heading)[:, None]
    lines = np.concatenate([lines, lines * [-1.0, 1.0]])
    heading = np.concatenate([heading, heading * [-1.0, 1.0]])
    corners, shares = project_to_front(head.skin, lines.reshape(-1, 2), depth_from_m=0.05)
    normals = vertex_normals(head.skin.vertices, head.skin.triangles)
    normal = np.einsum("nk,nki->ni", shares, normals[corners]).reshape(-1, 3, 3)
    side = np.cross(normal, np.concatenate([heading, np.zeros((len(heading), 1))], axis=1)[:, None])
    side /= np.linalg.norm(side, axis=2, keepdims=True)
    return _strands(
        "brows",
        head.skin,
        Binding(corners, shares, (BROW_LIFT_M[:, None] * normal).reshape(-1, 3)),
        (np.array([[0.8], [1.0], [0.0]]) * BROW_HAIR_WIDTH_M * side).reshape(-1, 3),
        3,
    )


def hairline_height(vertices: Float64Array) -> Float64Array:
    """Height above the hairline, which wanders a little, ``(V,)`` metres.

    Args:
        vertices: ``(V, 3)``.
    """
    x, y, z = vertices.T
    wander = 0.0012 * np.sin(310.0 * x + 1.0) + 0.0008 * np.sin(730.0 * x + 240.0 * z)
    return np.asarray(y - np.interp(z, *np.array(HAIRLINE_M).T) + wander)


def strand_noise(vertices: Float64Array, seed: int = 11) -> Float64Array:
    """How much a strand stands out, ``(V,)`` about -1 to 1; strands run from the forehead to the nape.

    Args:
        vertices: ``(V, 3)`` of the hair.
        seed: Of the pattern.
    """
    rng = np.random.default_rng(seed)
    x, y, z = vertices.T
    turn = np.arctan2(x, y - 0.66)  # around an axis from front to back: constant along combed hair
    noise = np.zeros(len(vertices))
    for frequency, weight in ((9.0, 0.4), (21.0, 0.5), (37.0, 0.35)):
        phase, wander = rng.uniform(0.0, 2.0 * np.pi, 2)
        noise += weight * np.sin(frequency * turn + phase + 1.5 * np.sin(40.0 * z + wander))
    return noise


def grow_hair(head: BaseHead) -> tuple[Part, Float64Array]:
    """Short hair combed back: the scalp, refined and raised, thinning out towards the hairline.

    Args:
        head: The cut head.

    Returns:
        The part and ``(V,)`` its strand noise.
    """
    coarse = hairline_height(head.skin.vertices)
    cap = cut_part(head.skin, coarse + 0.012, "hair")
    for _ in range(2):
        cap = subdivide(cap)
    cap = cut_part(cap, hairline_height(cap.vertices), "hair")
    height = hairline_height(cap.vertices)
    normals = vertex_normals(cap.vertices, cap.triangles)
    noise = strand_noise(cap.vertices)
    top = smoothstep(0.70, 0.76, cap.vertices[:, 1])
    full = HAIR_SIDE_M + (HAIR_TOP_M - HAIR_SIDE_M) * top + HAIR_RIDGE_M * noise
    raised = full * np.sqrt(smoothstep(-0.002, 0.022, height)) - 0.0006
    return Part("hair", cap.vertices + raised[:, None] * normals, cap.triangles, cap.offsets), noise
