"""Puts a recorded face into a head's GLB as a glTF animation: morph weights, neck, trunk and eyes.

After glTF 2.0 (section 3.11, animations): one sampler a channel, linear, times shared by all.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ModelError
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.clip import Rows
from t2s_rt.face.glb import FLOAT
from t2s_rt.types import FloatArray

BONES: Final = {"root": "global_pose", "neck": "neck_pose"}
"""Node of the head's GLB to the pose that turns it."""
STILL: Final = 1e-6


def read_glb(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The document and the binary chunk of a GLB.

    Raises:
        ModelError: It is damaged.
    """
    try:
        magic, _, _ = struct.unpack_from("<4sII", data)
        length, kind = struct.unpack_from("<I4s", data, 12)
        document = json.loads(data[20 : 20 + length])
        size, binary_kind = struct.unpack_from("<I4s", data, 20 + length)
    except (struct.error, ValueError) as problem:
        raise ModelError(f"The head's GLB is damaged: {problem}.") from problem
    if (magic, kind, binary_kind) != (b"glTF", b"JSON", b"BIN\0") or not isinstance(document, dict):
        raise ModelError("The head's GLB is damaged.", "Run: python -m t2s_rt.face.build_head")
    return document, data[28 + length : 28 + length + size]


def write_glb(document: dict[str, Any], binary: bytes) -> bytes:
    """A GLB of a document and its one buffer, whose length is set."""
    binary += b"\0" * (-len(binary) % 4)
    document["buffers"] = [{"byteLength": len(binary)}]
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        (
            struct.pack("<4sII", b"glTF", 2, size),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(binary), b"BIN\0"),
            binary,
        )
    )


class Animation:
    """Collects an animation's channels and their data.

    Args:
        document: A glTF document with ``nodes``, ``accessors`` and ``bufferViews``; it is added to.
        binary: Its buffer.
        times_s: ``(T,)`` rising.
    """

    def __init__(self, document: dict[str, Any], binary: bytes, times_s: FloatArray) -> None:
        self._document = document
        self._binary = bytearray(binary)
        self._channels: list[dict[str, Any]] = []
        self._samplers: list[dict[str, Any]] = []
        self._times = self._accessor(times_s, "SCALAR", bounds=True)

    def add(self, node: int, path: str, values: FloatArray, kind: str) -> None:
        """One channel, with a value for every time."""
        output = self._accessor(values, kind)
        self._samplers.append({"input": self._times, "output": output, "interpolation": "LINEAR"})
        target = {"node": node, "path": path}
        self._channels.append({"sampler": len(self._samplers) - 1, "target": target})

    def encode(self, name: str) -> bytes:
        """The file with this animation in it."""
        animation = {"name": name, "channels": self._channels, "samplers": self._samplers}
        self._document["animations"] = [animation]
        return write_glb(self._document, bytes(self._binary))

    def _accessor(self, values: FloatArray, kind: str, *, bounds: bool = False) -> int:
        data = np.ascontiguousarray(values, "<f4")
        self._binary += b"\0" * (-len(self._binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": data.nbytes}
        self._binary += data.tobytes()
        self._document["bufferViews"].append(view)
        count = data.size if kind == "SCALAR" else len(data)
        entry: dict[str, Any] = {
            "bufferView": len(self._document["bufferViews"]) - 1,
            "componentType": FLOAT,
            "count": count,
            "type": kind,
        }
        if bounds:
            entry |= {"min": [float(data.min())], "max": [float(data.max())]}
        self._document["accessors"].append(entry)
        return len(self._document["accessors"]) - 1


def animate_head(glb: bytes, rows: Rows, name: str = "singing") -> bytes:
    """A head's GLB with the clip as an animation.

    Args:
        glb: The file of `t2s_rt.face.head_glb`: meshes with ARKit morph targets, joints ``root`` and
            ``neck``, eyes that say ``look_deg``.
        rows: The clip.
        name: The animation's name.

    Raises:
        ModelError: The GLB is damaged.
    """
    document, binary = read_glb(glb)
    rows, times_s = rising(rows)
    animation = Animation(document, binary, times_s)
    for index, node in enumerate(document["nodes"]):
        if node["name"] in BONES:
            animation.add(index, "rotation", turns(rows[BONES[node["name"]]]), "VEC4")
        if "look_deg" in node.get("extras", {}):
            left = node.get("translation", [0.0])[0] > 0.0
            pose = rows["eyes_pose"][:, :3] if left else rows["eyes_pose"][:, 3:]
            animation.add(index, "rotation", turns(pose), "VEC4")
        if "mesh" in node:
            names = document["meshes"][node["mesh"]].get("extras", {}).get("targetNames", [])
            if names:
                weights = rows["arkit"][:, [ARKIT_INDEX[target] for target in names]]
                animation.add(index, "weights", weights, "SCALAR")
    return animation.encode(name)


def rising(rows: Rows) -> tuple[Rows, FloatArray]:
    """A clip without frames that stand still in time, which glTF does not allow, and its times in s."""
    times_s = (rows["time_s"] - rows["time_s"][0]).astype(np.float32)
    keep = np.concatenate([[True], np.diff(times_s) > 0.0])
    return rows[keep], times_s[keep]


def turns(poses: npt.NDArray[np.float32]) -> FloatArray:
    """``(T, 4)`` unit quaternions x, y, z, w of ``(T, 3)`` axis-angle vectors in rad."""
    angle = np.linalg.norm(poses, axis=1, keepdims=True).astype(np.float64)
    scale = np.where(angle > STILL, np.sin(angle / 2) / np.maximum(angle, STILL), 0.5)
    return np.concatenate([poses * scale, np.cos(angle / 2)], axis=1).astype(np.float32)
