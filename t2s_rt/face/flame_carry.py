"""Carries our head's ARKit shapes to another face's mesh through landmarks that both have.

Expression cloning after Noh and Neumann (SIGGRAPH 2001): a warp by radial basis functions (Hardy's
multiquadric, the smoothed biharmonic of Carr et al., SIGGRAPH 2001) brings landmarks together, each
vertex takes the motion of the nearest skin, and the warp's inverse carries the motion back, so that lids
which meet on one face meet on the other. Lips and lids never take the motion of the other side of their
slit. Where skin finds no partner, motion spreads from its neighbours (a harmonic fill).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array, IntArray
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.flame_landmarks import PARTED
from t2s_rt.face.geometry import triangle_edges, vertex_normals

SMOOTHING_M: Final = 0.012
"""Below this distance the basis function is round instead of pointed."""
RIDGE: Final = 0.004
"""How much of exactness is given up for smoothness: landmarks of parted lips lie so near to each other
that an exact warp would fold. Landmarks of a FLAME template are then 0.6 mm off on average."""
SLIT_REACH_M: Final = 0.012
SLIT_MARGIN_M: Final = 0.001
"""Skin nearer than this to a slit, and clearly of one side of it, keeps to that side."""
CANDIDATES: Final = 6
TRUST_M: Final = 0.006
"""A partner at this distance is trusted by a third."""
FILL_ROUNDS: Final = 40
SMOOTH_ROUNDS: Final = 2
PROJECTIONS: Final = ((0.03, 60), (0.02, 30), (0.015, 15), (0.01, 8))
"""Reach in metres and smoothing rounds of each drawing of one skin onto the other."""
CHIN_BELOW_LIP_M: Final = (0.006, 0.045)
CHIN_WIDTH_M: Final = 0.006
SMALL_STEP: Final = 0.1
LOWER_LIP: Final = 17


@dataclass(frozen=True, slots=True)
class Face:
    """A mesh with landmarks.

    Attributes:
        vertices: ``(V, 3)`` metres.
        faces: ``(F, 3)`` skin only.
        landmarks: ``(L, 3)`` metres.
        ids: ``(L,)`` MediaPipe's numbers of the landmarks.
    """

    vertices: Float64Array
    faces: IntArray
    landmarks: Float64Array
    ids: IntArray


@dataclass(frozen=True, slots=True)
class Partners:
    """Where each vertex of one face lies on the other.

    Attributes:
        corners: ``(V, 3)`` vertices of the partner's triangle.
        shares: ``(V, 3)`` barycentric.
        trust: ``(V,)`` 0 to 1.
    """

    corners: IntArray
    shares: Float64Array
    trust: Float64Array

    def take(self, values: Float64Array) -> Float64Array:
        """Values ``(W, C)`` of the other face's vertices at this face's, ``(V, C)``."""
        return np.asarray(np.einsum("vk,vkc->vc", self.shares, values[self.corners]))


class Warp:
    """A smooth map of space that takes points near others.

    Args:
        before: ``(L, 3)`` metres.
        after: ``(L, 3)`` metres.
    """

    def __init__(self, before: Float64Array, after: Float64Array) -> None:
        self._centers = before
        count = len(before)
        system = np.zeros((count + 4, count + 4))
        system[:count, :count] = self._kernel(before) - RIDGE * np.eye(count)
        system[:count, count:] = np.concatenate([np.ones((count, 1)), before], axis=1)
        system[count:, :count] = system[:count, count:].T
        wanted = np.concatenate([after, np.zeros((4, 3))])
        self._weights = np.linalg.solve(system, wanted)

    def __call__(self, points: Float64Array) -> Float64Array:
        """Where points go, ``(N, 3)``."""
        terms = np.concatenate([self._kernel(points), np.ones((len(points), 1)), points], axis=1)
        return np.asarray(terms @ self._weights)

    def _kernel(self, points: Float64Array) -> Float64Array:
        squares = (points**2).sum(axis=1)[:, None] + (self._centers**2).sum(axis=1)
        squares = np.maximum(squares - 2.0 * points @ self._centers.T, 0.0)
        return np.asarray(np.sqrt(squares + SMOOTHING_M**2))


def pair_up(face: Face, source: Face) -> Partners:
    """The partner on ``source`` of every vertex of ``face``.

    Args:
        face: Whom motion is wanted for.
        source: Who has it.
    """
    place = Warp(*_anchors(face, source))(face.vertices)
    sides, source_sides = slit_sides(face), slit_sides(source)
    neighbours = padded_neighbours(len(face.vertices), face.faces)
    partners = _nearest(place, face, source, sides, source_sides)
    for reach_m, rounds in PROJECTIONS:
        # The warp knows landmarks only; the skin between them is drawn onto the other smoothly.
        apart = partners.take(source.vertices) - place
        pull = np.exp(-((apart**2).sum(axis=1) / reach_m**2))[:, None] * apart
        pull *= (partners.trust > 0.0)[:, None]
        for _ in range(rounds):
            pull = 0.5 * pull + 0.5 * neighbours.mean(pull)
        place = place + pull
        partners = _nearest(place, face, source, sides, source_sides)
    return partners


def carry(
    face: Face, source: Face, offsets: Float64Array, partners: Partners | None = None
) -> tuple[Float64Array, Float64Array]:
    """Offsets of the source's shapes on another face.

    Args:
        face: Whom they are wanted for.
        source: Our head.
        offsets: ``(52, W, 3)`` metres on the source, in ARKit's order.
        partners: What `pair_up` found, if it was called before.

    Returns:
        ``(52, V, 3)`` metres, and how far each vertex's partner is trusted, ``(V,)`` 0 to 1.
    """
    partners = partners or pair_up(face, source)
    back = Warp(*_anchors(source, face))
    at = partners.take(source.vertices)
    home = back(at)
    carried = np.zeros((len(offsets), len(face.vertices), 3))
    for k, offset in enumerate(offsets):
        # Lids must meet, so they go the whole way through the warp; wide motions of the jaw would leave
        # the region the warp knows and follow its slope instead.
        step = 1.0 if ARKIT_NAMES[k].startswith("eye") else SMALL_STEP
        moved = partners.take(offset)
        touched = np.abs(moved).max(axis=1) > 0.0
        carried[k, touched] = (back(at[touched] + step * moved[touched]) - home[touched]) / step
    table = carried.transpose(1, 0, 2).reshape(len(face.vertices), -1)
    return _filled(table, partners.trust, face).reshape(-1, len(offsets), 3).transpose(
        1, 0, 2
    ), partners.trust


def _anchors(face: Face, other: Face) -> tuple[Float64Array, Float64Array]:
    """Landmarks and the tip of the chin, which no landmark marks, of both faces."""
    return (
        np.concatenate([face.landmarks, _chin(face)[None]]),
        np.concatenate([other.landmarks, _chin(other)[None]]),
    )


def _chin(face: Face) -> Float64Array:
    """The foremost skin on the middle line below the lower lip, else the lip's rim."""
    lip = face.landmarks[np.flatnonzero(face.ids == LOWER_LIP)[0]]
    skin = face.vertices[np.unique(face.faces)]
    below = lip[1] - skin[:, 1]
    near = (np.abs(skin[:, 0] - lip[0]) < CHIN_WIDTH_M) & (below > CHIN_BELOW_LIP_M[0])
    near &= below < CHIN_BELOW_LIP_M[1]
    near &= skin[:, 2] > lip[2] - 0.03
    if not near.any():
        return np.asarray(lip)
    sulcus = skin[near][:, 2] - 0.35 * (skin[near][:, 1] - lip[1])
    tip = skin[near][sulcus.argmax()].copy()
    tip[0] = lip[0]
    return np.asarray(tip)


def slit_sides(face: Face) -> IntArray:
    """``(3, V)``: for each slit +1 above, -1 below, 0 where it does not matter or cannot be told."""
    sides = np.zeros((len(PARTED), len(face.vertices)), np.int64)
    for row, groups in enumerate(PARTED):
        above, below = (
            _walk(face, face.landmarks[np.isin(face.ids, np.array(group))]) for group in groups
        )
        near = np.minimum(above, below) < SLIT_REACH_M
        lead = np.clip(below, None, 1.0) - np.clip(above, None, 1.0)
        sides[row] = np.where(near & (np.abs(lead) > SLIT_MARGIN_M), np.sign(lead), 0)
    return sides


def _walk(face: Face, starts: Float64Array) -> Float64Array:
    """Shortest way along edges from the vertices next to ``starts``, ``(V,)`` metres, up to 5 cm."""
    used = np.unique(face.faces)
    far = np.full(len(face.vertices), np.inf)
    apart = np.linalg.norm(face.vertices[used][:, None] - starts[None], axis=2)
    near = apart.argmin(axis=0)
    far[used[near]] = apart[near, np.arange(len(starts))]
    a, b = np.unique(np.sort(triangle_edges(face.faces), axis=1), axis=0).T
    length = np.linalg.norm(face.vertices[a] - face.vertices[b], axis=1)
    while True:
        before = far.copy()
        np.minimum.at(far, b, before[a] + length)
        np.minimum.at(far, a, before[b] + length)
        far[far > 0.05] = np.inf
        if np.array_equal(before, far):
            return far


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Neighbours of each vertex: ``(V, K)`` indices, the vertex itself where it has fewer."""

    table: IntArray
    own: Float64Array
    counts: Float64Array

    def mean(self, values: Float64Array) -> Float64Array:
        """Mean over neighbours of ``(V, C)`` values."""
        total = -self.own[:, None] * values
        for column in self.table.T:
            total += values[column]
        return np.asarray(total / self.counts[:, None])


def padded_neighbours(count: int, faces: IntArray) -> Neighbours:
    """Neighbours along edges.

    Args:
        count: How many vertices.
        faces: ``(F, 3)``.
    """
    edges = np.unique(np.sort(triangle_edges(faces), axis=1), axis=0)
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    degree = np.bincount(both[:, 0], minlength=count)
    table = np.tile(np.arange(count)[:, None], (1, max(int(degree.max(initial=1)), 1)))
    slot = np.arange(len(both)) - np.repeat(np.cumsum(degree) - degree, degree)
    table[both[:, 0], slot] = both[:, 1]
    own = (table.shape[1] - degree).astype(np.float64)
    alone = degree == 0
    own[alone] -= 1.0
    return Neighbours(table, own, np.maximum(degree, 1).astype(np.float64))


def pieces(count: int, faces: IntArray) -> IntArray:
    """The lowest vertex that each of ``count`` vertices hangs together with, ``(count,)``."""
    label = np.arange(count)
    while True:
        before = label.copy()
        low = label[faces].min(axis=1)
        for corner in range(3):
            np.minimum.at(label, faces[:, corner], low)
        label = label[label]
        if np.array_equal(label, before):
            return label


def _incident(count: int, faces: IntArray) -> IntArray:
    """``(V, K)`` faces at each vertex, -1 where there are fewer."""
    order = np.argsort(faces.reshape(-1), kind="stable")
    vertex = faces.reshape(-1)[order]
    degree = np.bincount(vertex, minlength=count)
    table = np.full((count, int(degree.max())), -1)
    table[vertex, np.arange(len(vertex)) - np.repeat(np.cumsum(degree) - degree, degree)] = order // 3
    return table


def _nearest(
    place: Float64Array, face: Face, source: Face, sides: IntArray, source_sides: IntArray
) -> Partners:
    """The nearest skin of the source that looks the same way and lies on the same side of every slit."""
    normals = vertex_normals(place, face.faces)
    source_normals = vertex_normals(source.vertices, source.faces)
    used = np.unique(source.faces)
    known = source.vertices[used]
    incident = _incident(len(source.vertices), source.faces)
    corners = np.zeros((len(place), 3), np.int64)
    shares = np.zeros((len(place), 3))
    distance = np.zeros(len(place))
    for begin in range(0, len(place), 256):
        rows = slice(begin, begin + 256)
        squares = (place[rows] ** 2).sum(axis=1)[:, None] + (known**2).sum(axis=1)
        cost = np.sqrt(np.maximum(squares - 2.0 * place[rows] @ known.T, 0.0))
        cost += 0.02 * (normals[rows] @ source_normals[used].T < 0.1)
        for slit in range(len(sides)):
            cost += 0.05 * (sides[slit, rows, None] * source_sides[slit, used][None] < 0)
        best = used[np.argpartition(cost, CANDIDATES, axis=1)[:, :CANDIDATES]]
        options = incident[best].reshape(len(best), -1)
        points, parts = _onto_triangles(place[rows], source, options)
        away = np.linalg.norm(points - place[rows, None], axis=2)
        opposed = np.zeros(options.shape, bool)
        for slit in range(len(sides)):
            side = source_sides[slit][source.faces[options]].sum(axis=2)
            opposed |= sides[slit, rows, None] * side < 0
        wrong = (options < 0) | opposed
        choice = np.where(wrong, away + 1.0, away).argmin(axis=1)
        row = np.arange(len(best))
        corners[rows] = source.faces[options[row, choice]]
        shares[rows] = parts[row, choice]
        distance[rows] = away[row, choice]
    met = vertex_normals(source.vertices, source.faces)[corners]
    facing = np.clip((np.einsum("vk,vki->vi", shares, met) * normals).sum(axis=1), 0.0, 1.0)
    in_skin = np.isin(np.arange(len(place)), face.faces)
    trust = np.exp(-((distance / TRUST_M) ** 2)) * np.sqrt(facing) * in_skin
    return Partners(corners, shares, trust)


def _onto_triangles(
    points: Float64Array, source: Face, options: IntArray
) -> tuple[Float64Array, Float64Array]:
    """Nearest points ``(N, K, 3)`` on triangles and their shares, by clamping barycentric shares.

    Clamping finds the nearest point only nearly where it lies on an edge; the neighbour across that edge
    is among the options and is found exactly.
    """
    a, b, c = (source.vertices[source.faces[options][..., k]] for k in range(3))
    ab, ac, ap = b - a, c - a, points[:, None] - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    under = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / under, (d00 * d21 - d01 * d20) / under
    shares = np.clip(np.stack([1.0 - v - w, v, w], axis=-1), 0.0, None)
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares[..., :1] * a + shares[..., 1:2] * b + shares[..., 2:] * c, shares


def _filled(table: Float64Array, trust: Float64Array, face: Face) -> Float64Array:
    """Motion where trusted, spread from neighbours where not, then smoothed a little; ``(V, C)``."""
    neighbours = padded_neighbours(len(table), face.faces)
    share = trust[:, None]
    values = table * (share > 0.0)
    for _ in range(FILL_ROUNDS):
        values = share * table + (1.0 - share) * neighbours.mean(values)
    for _ in range(SMOOTH_ROUNDS):
        values = 0.5 * values + 0.5 * neighbours.mean(values)
    return values
