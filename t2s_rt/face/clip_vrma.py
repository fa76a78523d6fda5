"""A recorded face as VRM Animation (VRMA): any VRM avatar can sing it.

After VRMC_vrm_animation 1.0: a glTF file without a mesh whose nodes are bones, one node an expression
(its x is the weight) and one for the gaze. Its coordinates are ours: y up, the face towards +z.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from t2s_rt.face.clip import Rows, frame_of
from t2s_rt.face.clip_glb import Animation, rising
from t2s_rt.face.mapping import NO_CHANGE, Mapping
from t2s_rt.face.retarget import Retargeter, Table
from t2s_rt.face.signals import SIGNAL_INDEX, Quaternion, Signals, product, quaternion, shares
from t2s_rt.face.vrm import EMOTIONS, LOOKS, PERFECT_SYNC, PRESET_NAMES, VRM1
from t2s_rt.types import FloatArray

SKELETON: Final = (
    ("hips", None, (0.0, 0.95, 0.0)), ("spine", "hips", (0.0, 0.1, 0.0)),
    ("neck", "spine", (0.0, 0.35, 0.0)), ("head", "neck", (0.0, 0.1, 0.0)),
)  # fmt: skip
"""Bone, parent and place under it in metres. Programs carry turns over, not places."""
NECK_SHARE: Final = 0.4
EYES_ABOVE_HEAD_M: Final = 0.06


def expressions(*, perfect_sync: bool) -> Table:
    """What the file drives: VRM's vowels and lids, or with Perfect Sync the 52 shapes instead."""
    presets = frozenset(VRM1.names) - EMOTIONS - LOOKS
    return PERFECT_SYNC if perfect_sync else VRM1.only(presets)


def encode_vrma(rows: Rows, *, perfect_sync: bool = False, mapping: Mapping = NO_CHANGE) -> bytes:
    """The file's bytes.

    Args:
        rows: The clip.
        perfect_sync: For avatars with the 52 ARKit expressions, instead of VRM's presets.
        mapping: The user's changes.
    """
    rows, times_s = rising(rows)
    table = mapping.apply(expressions(perfect_sync=perfect_sync))
    turns, weights = _motion(rows, table)
    nodes: list[dict[str, Any]] = [{"name": name, "translation": place} for name, _, place in SKELETON]
    index = {name: i for i, (name, _, _) in enumerate(SKELETON)}
    for name, parent, _ in SKELETON:
        if parent is not None:
            nodes[index[parent]].setdefault("children", []).append(index[name])
    nodes.append({"name": "look"})
    first = len(nodes)
    nodes += [{"name": f"expression {name}"} for name in table.names]
    named: dict[str, dict[str, Any]] = {"preset": {}, "custom": {}}
    for i, name in enumerate(table.names):
        kind = "preset" if name in PRESET_NAMES.values() else "custom"
        named[kind][name] = {"node": first + i}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "t2s-rt"},
        "scene": 0,
        "scenes": [{"nodes": [0, *range(len(SKELETON), len(nodes))]}],
        "nodes": nodes,
        "accessors": [],
        "bufferViews": [],
        "extensionsUsed": ["VRMC_vrm_animation"],
        "extensions": {
            "VRMC_vrm_animation": {
                "specVersion": "1.0",
                "humanoid": {"humanBones": {name: {"node": i} for name, i in index.items()}},
                "expressions": {kind: found for kind, found in named.items() if found},
                "lookAt": {"node": first - 1, "offsetFromHeadBone": [0.0, EYES_ABOVE_HEAD_M, 0.0]},
            }
        },
    }
    animation = Animation(document, b"", times_s)
    for name, node in (("neck", index["neck"]), ("head", index["head"]), ("look", first - 1)):
        animation.add(node, "rotation", turns[name], "VEC4")
    for i in range(len(table.names)):
        place = np.zeros((len(rows), 3), np.float32)
        place[:, 0] = weights[:, i]
        animation.add(first + i, "translation", place, "VEC3")
    return animation.encode("singing")


def _motion(rows: Rows, table: Table) -> tuple[dict[str, FloatArray], FloatArray]:
    """Turns as ``(T, 4)`` x, y, z, w by node, and weights ``(T, N)``."""
    retargeter = Retargeter(table)
    signals = Signals(visemes=retargeter.uses_visemes)
    weights: FloatArray = np.zeros((len(rows), len(table.targets)), np.float32)
    turns: dict[str, FloatArray] = {
        name: np.zeros((len(rows), 4), np.float32) for name in ("neck", "head", "look")
    }
    yaw, pitch = SIGNAL_INDEX["eyeYawLeft"], SIGNAL_INDEX["eyePitchLeft"]
    for i in range(len(rows)):
        signals.read(frame_of(rows, i))
        retargeter.step(signals.values, weights[i])
        neck, head = shares(signals.head, NECK_SHARE)
        turns["neck"][i] = _xyzw(neck)
        turns["head"][i] = _xyzw(head)
        look = np.radians(signals.values[[yaw, pitch]] + signals.values[[yaw + 2, pitch + 2]]) / 2
        aside, up = quaternion(0, float(look[0]), 0), quaternion(-float(look[1]), 0, 0)
        turns["look"][i] = _xyzw(product(aside, up))
    return turns, weights


def _xyzw(turn: Quaternion) -> tuple[float, float, float, float]:
    w, x, y, z = turn
    return x, y, z, w
