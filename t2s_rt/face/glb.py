"""Writes a glTF 2.0 binary file (GLB) of named meshes with sparse morph targets and one skin.

Layout after the glTF 2.0 specification: sparse accessors, morph targets, skins, GLB container.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.face.anny_data import Float64Array, IntArray

FLOAT: Final = 5126
UNSIGNED_SHORT: Final = 5123
UNSIGNED_BYTE: Final = 5121
ARRAY_BUFFER: Final = 34962
ELEMENT_ARRAY_BUFFER: Final = 34963
MOVES_M: Final = 5e-5
"""Offsets below 50 µm are left out of a morph target."""
TURNS: Final = 0.03
"""Changes of a unit normal below 0.03 (about 2 degrees) are left out of a morph target."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a surface is made of.

    Attributes:
        roughness: 0 mirror to 1 chalk.
        color: Linear base colour, multiplied with the vertex colours.
    """

    roughness: float
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Mesh:
    """One mesh ready for the file: vertices already split along texture seams.

    Attributes:
        name: Name of node, mesh and material.
        vertices: ``(V, 3)`` metres.
        normals: ``(V, 3)`` unit.
        triangles: ``(F, 3)``, counter-clockwise seen from outside.
        material: The surface.
        colors: ``(V, 3)`` sRGB 0 to 1, or None.
        uvs: ``(V, 2)`` with the origin at the top left, or None.
        morphs: Name to position and normal offsets, each ``(V, 3)``.
        shaded: Whether the file holds the normal offsets too.
        weights: ``(V, J)`` skinning weights, rows sum to 1, or None for a rigid mesh.
        parent: Name of the node it hangs from, or None for the scene.
        translation: Node translation in metres; vertices are relative to it.
        extras: Further facts, JSON values.
    """

    name: str
    vertices: Float64Array
    normals: Float64Array
    triangles: IntArray
    material: Material
    colors: Float64Array | None = None
    uvs: Float64Array | None = None
    morphs: dict[str, tuple[Float64Array, Float64Array]] = field(default_factory=dict)
    shaded: bool = True
    weights: Float64Array | None = None
    parent: str | None = None
    translation: tuple[float, float, float] | None = None
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joint:
    """A bone.

    Attributes:
        name: Node name.
        position: Rest position in metres, in scene space.
        parent: Name of the joint it hangs from, or None for the scene.
    """

    name: str
    position: tuple[float, float, float]
    parent: str | None = None


class GlbWriter:
    """Collects meshes and joints and gives the file's bytes.

    Args:
        joints: Bones, parents first; meshes with weights are bound to all of them in this order.
        extras: Facts about the scene, JSON values.
    """

    def __init__(self, joints: tuple[Joint, ...], extras: dict[str, Any]) -> None:
        self._binary = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []
        self._nodes: list[dict[str, Any]] = []
        self._node_index: dict[str, int] = {}
        self._roots: list[int] = []
        self._meshes: list[dict[str, Any]] = []
        self._materials: list[dict[str, Any]] = []
        self._extras = extras
        places = {joint.name: np.array(joint.position) for joint in joints}
        for joint in joints:
            origin = places[joint.parent] if joint.parent else np.zeros(3)
            local = (places[joint.name] - origin).tolist()
            self._add_node({"name": joint.name, "translation": local}, joint.parent)
        inverse = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
        for matrix, joint in zip(inverse, joints, strict=True):
            matrix[3, :3] = -np.array(joint.position)  # column-major: the last column is stored as a row
        self._skin = {
            "joints": [self._node_index[joint.name] for joint in joints],
            "inverseBindMatrices": self._accessor(inverse, "MAT4", FLOAT),
        }

    def add(self, mesh: Mesh) -> None:
        """Add a mesh and its node.

        Args:
            mesh: The mesh.
        """
        attributes = {
            "POSITION": self._accessor(
                mesh.vertices.astype("<f4"), "VEC3", FLOAT, ARRAY_BUFFER, bounds=True
            ),
            "NORMAL": self._accessor(mesh.normals.astype("<f4"), "VEC3", FLOAT, ARRAY_BUFFER),
        }
        if mesh.uvs is not None:
            attributes["TEXCOORD_0"] = self._accessor(
                mesh.uvs.astype("<f4"), "VEC2", FLOAT, ARRAY_BUFFER
            )
        if mesh.colors is not None:
            attributes["COLOR_0"] = self._colors(mesh.colors)
        if mesh.weights is not None:
            attributes.update(self._skinning(mesh.weights))
        indices = self._accessor(
            mesh.triangles.astype("<u2").reshape(-1), "SCALAR", UNSIGNED_SHORT, ELEMENT_ARRAY_BUFFER
        )
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": indices,
            "material": self._material(mesh.name, mesh.material),
        }
        entry: dict[str, Any] = {"name": mesh.name, "primitives": [primitive]}
        if mesh.morphs:
            primitive["targets"] = targets = []
            for moved, turned in mesh.morphs.values():
                targets.append({"POSITION": self._sparse(moved, MOVES_M)})
                if mesh.shaded:
                    targets[-1]["NORMAL"] = self._sparse(turned, TURNS)
            entry["weights"] = [0.0] * len(mesh.morphs)
            entry["extras"] = {"targetNames": list(mesh.morphs)}
        self._meshes.append(entry)
        node: dict[str, Any] = {"name": mesh.name, "mesh": len(self._meshes) - 1}
        if mesh.weights is not None:
            node["skin"] = 0
        if mesh.translation is not None:
            node["translation"] = list(mesh.translation)
        if mesh.extras:
            node["extras"] = mesh.extras
        self._add_node(node, mesh.parent)

    def encode(self) -> bytes:
        """The whole file."""
        document = {
            "asset": {"version": "2.0", "generator": "t2s-rt", "copyright": "CC0 1.0"},
            "scene": 0,
            "scenes": [{"nodes": self._roots, "extras": self._extras}],
            "nodes": self._nodes,
            "meshes": self._meshes,
            "materials": self._materials,
            "skins": [self._skin],
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._binary)}],
        }
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self._binary)
        return b"".join(
            (
                struct.pack("<4sII", b"glTF", 2, size),
                struct.pack("<I4s", len(text), b"JSON"),
                text,
                struct.pack("<I4s", len(self._binary), b"BIN\0"),
                bytes(self._binary),
            )
        )

    def _add_node(self, node: dict[str, Any], parent: str | None) -> None:
        self._nodes.append(node)
        index = len(self._nodes) - 1
        self._node_index[node["name"]] = index
        if parent is None:
            self._roots.append(index)
        else:
            self._nodes[self._node_index[parent]].setdefault("children", []).append(index)

    def _material(self, name: str, material: Material) -> int:
        self._materials.append(
            {
                "name": name,
                "doubleSided": True,
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*material.color, 1.0],
                    "metallicFactor": 0.0,
                    "roughnessFactor": material.roughness,
                },
            }
        )
        return len(self._materials) - 1

    def _view(self, data: bytes, target: int | None = None) -> int:
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self._binary += data + b"\0" * (-len(data) % 4)
        self._views.append(view)
        return len(self._views) - 1

    def _accessor(
        self,
        values: npt.NDArray[Any],
        kind: str,
        component: int,
        target: int | None = None,
        *,
        bounds: bool = False,
        normalized: bool = False,
    ) -> int:
        entry: dict[str, Any] = {
            "bufferView": self._view(np.ascontiguousarray(values).tobytes(), target),
            "componentType": component,
            "count": len(values),
            "type": kind,
        }
        if bounds:
            entry |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        if normalized:
            entry["normalized"] = True
        self._accessors.append(entry)
        return len(self._accessors) - 1

    def _sparse(self, offsets: Float64Array, threshold: float) -> int:
        """Offsets of a morph target; only rows longer than the threshold are stored."""
        rows = np.flatnonzero(np.linalg.norm(offsets, axis=1) > threshold)
        moved = offsets[rows].astype("<f4")
        dense = np.zeros(offsets.shape, "<f4")
        dense[rows] = moved
        entry: dict[str, Any] = {
            "componentType": FLOAT,
            "count": len(offsets),
            "type": "VEC3",
            "min": dense.min(axis=0).tolist(),
            "max": dense.max(axis=0).tolist(),
        }
        if len(rows):
            entry["sparse"] = {
                "count": len(rows),
                "indices": {
                    "bufferView": self._view(rows.astype("<u2").tobytes()),
                    "componentType": UNSIGNED_SHORT,
                },
                "values": {"bufferView": self._view(moved.tobytes())},
            }
        self._accessors.append(entry)
        return len(self._accessors) - 1

    def _colors(self, srgb: Float64Array) -> int:
        """The format wants vertex colours linear; 16 bits keep dark hair free of bands."""
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        rgba = np.ones((len(srgb), 4))
        rgba[:, :3] = linear
        return self._accessor(
            np.rint(rgba * 65535).astype("<u2"), "VEC4", UNSIGNED_SHORT, ARRAY_BUFFER, normalized=True
        )

    def _skinning(self, weights: Float64Array) -> dict[str, int]:
        count = min(weights.shape[1], 4)
        # Of more than four joints the heaviest stay: glTF has room for four.
        order = np.argsort(-weights, axis=1, kind="stable")[:, :count] if weights.shape[1] > 4 else None
        joints = np.zeros((len(weights), 4), np.uint8)
        joints[:, :count] = np.arange(count) if order is None else order
        padded = np.zeros((len(weights), 4), "<f4")
        padded[:, :count] = weights if order is None else np.take_along_axis(weights, order, axis=1)
        padded /= padded.sum(axis=1, keepdims=True)
        joints[padded == 0.0] = 0
        return {
            "JOINTS_0": self._accessor(joints, "VEC4", UNSIGNED_BYTE, ARRAY_BUFFER),
            "WEIGHTS_0": self._accessor(padded, "VEC4", FLOAT, ARRAY_BUFFER),
        }
