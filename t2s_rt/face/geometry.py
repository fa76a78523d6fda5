"""Triangle meshes: normals, cuts, subdivision and vertices bound to other vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2s_rt.face.anny_data import Float64Array, IntArray


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the head with its own vertices.

    Attributes:
        name: Node name in the GLB.
        vertices: ``(V, 3)`` metres.
        triangles: ``(F, 3)``, counter-clockwise seen from outside.
        offsets: ``(52, V, 3)`` metres, what each ARKit shape at weight 1 adds.
        corner_uvs: ``(F, 3, 2)`` texture coordinates, origin bottom left, or None.
    """

    name: str
    vertices: Float64Array
    triangles: IntArray
    offsets: Float64Array
    corner_uvs: Float64Array | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """New vertices as mixtures of K present ones, plus a lift.

    Attributes:
        indices: ``(N, K)`` present vertices.
        shares: ``(N, K)``, rows sum to 1.
        lift: ``(N, 3)`` metres, added to the mixture at rest.
    """

    indices: IntArray
    shares: Float64Array
    lift: Float64Array


def bind(
    name: str, vertices: Float64Array, offsets: Float64Array, binding: Binding, triangles: IntArray
) -> Part:
    """A part whose vertices follow others.

    Args:
        name: Its name.
        vertices: ``(V, 3)`` what it is bound to.
        offsets: ``(52, V, 3)`` their ARKit offsets.
        binding: How.
        triangles: ``(F, 3)`` of the new vertices.
    """
    mixed = np.einsum("nk,nki->ni", binding.shares, vertices[binding.indices])
    moved = np.zeros((len(offsets), len(binding.indices), 3))
    for k in range(binding.indices.shape[1]):
        moved += binding.shares[:, k, None] * offsets[:, binding.indices[:, k]]
    return Part(name, mixed + binding.lift, triangles, moved)


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


def neighbour_means(values: Float64Array, triangles: IntArray) -> Float64Array:
    """Mean over each vertex's neighbours, like ``values (V,)`` or ``(V, C)``.

    Args:
        values: A value or row a vertex.
        triangles: ``(F, 3)``.
    """
    a, b = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).T
    degree = np.bincount(a, minlength=len(values)) + np.bincount(b, minlength=len(values))
    rows = values.reshape(len(values), -1)
    total = np.stack(
        [
            np.bincount(a, column[b], len(values)) + np.bincount(b, column[a], len(values))
            for column in rows.T
        ],
        axis=1,
    )
    return np.asarray((total / np.maximum(degree, 1)[:, None]).reshape(values.shape))


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


def slide_to_cut(
    vertices: Float64Array, edge_rounds: tuple[IntArray, ...], inside: Float64Array
) -> Float64Array:
    """Moves vertices outside a cut along their edges onto it.

    Args:
        vertices: ``(V, 3)``.
        edge_rounds: ``(E, 2)`` edges to slide along; later rounds serve who was not yet served.
        inside: ``(V,)``, positive inside.

    Returns:
        ``(V, 3)``; each outer vertex at the mean of the points where its edges cross the cut.
    """
    slid = vertices.copy()
    done = inside > 0
    for edges in edge_rounds:
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


def triangle_edges(triangles: IntArray) -> IntArray:
    """``(3 F, 2)`` edges, shared ones twice.

    Args:
        triangles: ``(F, 3)``.
    """
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def cut_part(part: Part, inside: Float64Array, name: str) -> Part:
    """What lies inside, with a smooth border.

    Args:
        part: A part.
        inside: ``(V,)``, positive inside.
        name: Name of the result.
    """
    triangles = part.triangles[(inside[part.triangles] > 0).any(axis=1)]
    vertices = slide_to_cut(part.vertices, (triangle_edges(triangles),), inside)
    used, renumbered = np.unique(triangles, return_inverse=True)
    return Part(name, vertices[used], renumbered.reshape(-1, 3), part.offsets[:, used])


def subdivide(part: Part) -> Part:
    """Four triangles for one, new vertices rounded after Phong tessellation.

    Each edge's middle is drawn by three quarters towards the mean of its projections onto the tangent
    planes at its ends (Boubekeur and Alexa, "Phong Tessellation", 2008).

    Args:
        part: A part; its texture coordinates are not kept.
    """
    edges = np.sort(triangle_edges(part.triangles), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    count = len(part.vertices)
    ab, bc, ca = (count + inverse.reshape(3, -1)).astype(np.int64)
    a, b, c = part.triangles.T
    triangles = np.concatenate(
        [np.stack(corners, axis=1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    )
    normals = vertex_normals(part.vertices, part.triangles)
    first, second = unique.T
    middle = 0.5 * (part.vertices[first] + part.vertices[second])
    pulls = [
        ((part.vertices[end] - middle) * normals[end]).sum(axis=1, keepdims=True) * normals[end]
        for end in (first, second)
    ]
    rounded = middle + 0.75 * 0.5 * (pulls[0] + pulls[1])
    halves = 0.5 * (part.offsets[:, first] + part.offsets[:, second])
    return Part(
        name=part.name,
        vertices=np.concatenate([part.vertices, rounded]),
        triangles=triangles,
        offsets=np.concatenate([part.offsets, halves], axis=1),
    )


def project_to_front(
    part: Part, points: Float64Array, depth_from_m: float
) -> tuple[IntArray, Float64Array]:
    """Where rays along z from the front meet a part.

    Args:
        part: A part.
        points: ``(N, 2)`` x and y; each must lie before some triangle.
        depth_from_m: Only triangles whose corners all have a larger z are met.

    Returns:
        ``(N, 3)`` vertices of the triangle and ``(N, 3)`` barycentric shares.
    """
    corners = part.vertices[part.triangles]
    near = (corners[:, :, 2] > depth_from_m).all(axis=1)
    near &= (corners[:, :, :2].max(axis=1) >= points.min(axis=0)).all(axis=1)
    near &= (corners[:, :, :2].min(axis=1) <= points.max(axis=0)).all(axis=1)
    triangles = part.triangles[near]
    a, b, c = (part.vertices[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    facing = area > 0
    triangles, a, b, c, area = triangles[facing], a[facing], b[facing], c[facing], area[facing]
    x, y = points[:, None, 0], points[:, None, 1]
    u = ((b[:, 0] - x) * (c[:, 1] - y) - (c[:, 0] - x) * (b[:, 1] - y)) / area
    v = ((c[:, 0] - x) * (a[:, 1] - y) - (a[:, 0] - x) * (c[:, 1] - y)) / area
    shares = np.stack([u, v, 1.0 - u - v], axis=-1)
    depth = (shares * np.stack([a[:, 2], b[:, 2], c[:, 2]], axis=-1)).sum(axis=-1)
    met = np.argmax(np.where((shares >= -1e-9).all(axis=-1), depth, -np.inf), axis=1)
    return triangles[met], shares[np.arange(len(points)), met]
