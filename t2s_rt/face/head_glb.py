"""Puts the head into a GLB for three.js: named meshes, ARKit morph targets, a neck that bends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2s_rt.face.anny_data import Float64Array, IntArray
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.flame_fit import LOOK_DEG, ROOT_BELOW_NECK_M, neck_weights
from t2s_rt.face.geometry import Part, vertex_normals
from t2s_rt.face.glb import MOVES_M, GlbWriter, Joint, Material, Mesh
from t2s_rt.face.head_looks import Eye, Painted


def encode_head(
    bent: tuple[Painted, ...], carried: tuple[Painted, ...], eyes: tuple[Eye, Eye], neck: Float64Array
) -> bytes:
    """The GLB's bytes.

    Nodes: joints ``root`` and, in it, ``neck``; meshes that bend with both; in ``neck`` the meshes that
    it carries and the eyes, whose node stands in the eyeball's centre and says in ``extras.look_deg``
    how far an eyeLook weight of 1 turns it. Turn ``neck`` by the FLAME neck pose and ``root`` by the
    global pose.

    Args:
        bent: Parts that neck and trunk share.
        carried: Parts that go with the neck.
        eyes: Left and right eyeball.
        neck: ``(3,)`` neck joint in metres.
    """
    root = neck - np.array([0.0, ROOT_BELOW_NECK_M, 0.0])
    joints = (Joint("root", _triple(root)), Joint("neck", _triple(neck), "root"))
    eye_height = float(np.mean([eye.center[1] for eye in eyes]))
    writer = GlbWriter(
        joints, {"eye_height_m": eye_height, "arkit": "morph targets are named after ARKit"}
    )
    for painted in bent:
        part = painted.part
        followed = neck_weights(part.vertices)
        writer.add(_mesh(painted, weights=np.stack([1.0 - followed, followed], axis=1)))
    for painted in carried:
        writer.add(_hang(_mesh(painted), neck, neck))
    for eye in eyes:
        mesh = _hang(_mesh(eye.painted), eye.center, neck)
        writer.add(replace(mesh, extras={"look_deg": LOOK_DEG}))
    return writer.encode()


def _triple(vector: Float64Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in vector)
    return x, y, z


def _hang(mesh: Mesh, pivot: Float64Array, neck: Float64Array) -> Mesh:
    """The mesh as a child of the neck, turning about ``pivot``."""
    return replace(
        mesh,
        vertices=mesh.vertices - pivot,
        translation=_triple(pivot - neck),
        parent="neck",
        weights=None,
    )


def _mesh(painted: Painted, weights: Float64Array | None = None) -> Mesh:
    """A part with normals, morph targets and vertices split along its texture seams."""
    part = painted.part
    normals = vertex_normals(part.vertices, part.triangles)
    morphs = {
        name: (offset, _turned(part, name) - normals)
        for name, offset in zip(ARKIT_NAMES, part.offsets, strict=True)
        if np.linalg.norm(offset, axis=1).max(initial=0.0) > MOVES_M
    }
    mesh = Mesh(
        name=part.name,
        vertices=part.vertices,
        normals=normals,
        triangles=part.triangles,
        material=Material(painted.roughness),
        colors=painted.colors,
        morphs=morphs,
        shaded=painted.shaded,
        weights=weights,
    )
    if part.corner_uvs is None:
        return mesh
    source, triangles, uvs = _split_seams(part.triangles, part.corner_uvs)
    return replace(
        mesh,
        vertices=mesh.vertices[source],
        normals=normals[source],
        triangles=triangles,
        colors=painted.colors[source],
        uvs=uvs,
        morphs={name: (moved[source], turned[source]) for name, (moved, turned) in morphs.items()},
        weights=None if weights is None else weights[source],
    )


def _turned(part: Part, name: str) -> Float64Array:
    """Normals under one shape.

    Normals do not add up: mouthClose never comes without jawOpen, so its normals are told as the change
    from an open jaw, and the sum of both is right.
    """
    index = ARKIT_NAMES.index(name)
    moved = part.vertices + part.offsets[index]
    if name != "mouthClose":
        return vertex_normals(moved, part.triangles)
    opened = part.offsets[ARKIT_NAMES.index("jawOpen")]
    rest = vertex_normals(part.vertices, part.triangles)
    change = vertex_normals(moved + opened, part.triangles) - vertex_normals(
        part.vertices + opened, part.triangles
    )
    return np.asarray(rest + change)


def _split_seams(
    triangles: IntArray, corner_uvs: Float64Array
) -> tuple[IntArray, IntArray, Float64Array]:
    """Vertices doubled along texture seams: sources, triangles, coordinates from the top left."""
    corners = np.concatenate(
        [triangles.reshape(-1, 1), np.rint(corner_uvs.reshape(-1, 2) * 1e6)], axis=1
    )
    unique, inverse = np.unique(corners, axis=0, return_inverse=True)
    uvs = unique[:, 1:] / 1e6
    uvs[:, 1] = 1.0 - uvs[:, 1]
    return unique[:, 0].astype(np.int64), inverse.reshape(-1, 3).astype(np.int64), uvs
