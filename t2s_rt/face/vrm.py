"""VRM avatars: expression names of both versions, Perfect Sync, and a model's own rules."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ConfigError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.retarget import Table, Target

MAX_MODEL_BYTES: Final = 512 * 2**20


def _pair(stem: str, gain: float) -> tuple[tuple[str, float], ...]:
    return (f"{stem}Left", gain), (f"{stem}Right", gain)


def _look(way: str) -> tuple[tuple[str, float], ...]:
    """Both eyes' mean; ``way`` is Up, Down, or Left or Right as the avatar sees it."""
    if way in ("Up", "Down"):
        return _pair(f"eyeLook{way}", 0.5)
    left, right = ("Out", "In") if way == "Left" else ("In", "Out")
    return (f"eyeLook{left}Left", 0.5), (f"eyeLook{right}Right", 0.5)


_PRESETS: Final[tuple[tuple[str, str, tuple[tuple[str, float], ...]], ...]] = (
    ("A", "aa", (("vowelA", 1.0),)),
    ("I", "ih", (("vowelI", 1.0),)),
    ("U", "ou", (("vowelU", 1.0),)),
    ("E", "ee", (("vowelE", 1.0),)),
    ("O", "oh", (("vowelO", 1.0),)),
    ("Blink_L", "blinkLeft", (("eyeBlinkLeft", 1.0),)),
    ("Blink_R", "blinkRight", (("eyeBlinkRight", 1.0),)),
    ("LookUp", "lookUp", _look("Up")),
    ("LookDown", "lookDown", _look("Down")),
    ("LookLeft", "lookLeft", _look("Left")),
    ("LookRight", "lookRight", _look("Right")),
)
_EMOTIONS: Final[tuple[tuple[str, str, tuple[tuple[str, float], ...]], ...]] = (
    ("Joy", "happy", _pair("mouthSmile", 0.5)),
    ("Angry", "angry", _pair("browDown", 0.5)),
    ("Sorrow", "sad", (*_pair("mouthFrown", 0.35), ("browInnerUp", 0.3))),
    ("Fun", "relaxed", _pair("eyeSquint", 0.4)),
)
"""VRM0 preset as VMC spells it, VRM1 preset, and the signals that drive it."""

PRESET_NAMES: Final = {v0: v1 for v0, v1, _ in (*_PRESETS, *_EMOTIONS)} | {
    "Neutral": "neutral", "Blink": "blink",
}  # fmt: skip
"""VRM0 preset to VRM1 preset. Surprised has no VRM0 preset."""

VRM0: Final = Table("vrm0", tuple(Target(v0, terms) for v0, _, terms in (*_PRESETS, *_EMOTIONS)))
VRM1: Final = Table("vrm1", tuple(Target(v1, terms) for _, v1, terms in (*_PRESETS, *_EMOTIONS)))
EMOTIONS: Final = frozenset(name for v0, v1, _ in _EMOTIONS for name in (v0, v1))
LOOKS: Final = frozenset(
    name for v0, v1, _ in _PRESETS for name in (v0, v1) if name.lower().startswith("look")
)
CLOSES: Final = (("MouthClose", "JawOpen"),)


def pascal(name: str) -> str:
    """An ARKit name with a capital first letter: how Perfect Sync clips and Live Link are named."""
    return name[0].upper() + name[1:]


PERFECT_SYNC: Final = Table(
    "perfect_sync", tuple(Target(pascal(name), ((name, 1.0),)) for name in ARKIT_NAMES), CLOSES
)


class Override(StrEnum):
    """What an expression does to another group while it is on (VRM 1.0)."""

    NONE = "none"
    BLOCK = "block"
    BLEND = "blend"


GROUPS: Final[dict[str, frozenset[str]]] = {
    "blink": frozenset({"blink", "blinkLeft", "blinkRight"}),
    "lookAt": frozenset({"lookUp", "lookDown", "lookLeft", "lookRight"}),
    "mouth": frozenset({"aa", "ih", "ou", "ee", "oh"}),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of a model.

    Attributes:
        name: As the model spells it.
        binary: Whether it is only ever on or off (on above 0.5).
        overrides: Group (``blink``, ``lookAt``, ``mouth``) to what it does to that group.
    """

    name: str
    binary: bool = False
    overrides: dict[str, Override] = field(default_factory=dict)

    def weight(self, given: float) -> float:
        """What is shown for a weight that is asked for."""
        held = min(max(given, 0.0), 1.0)
        return float(held > 0.5) if self.binary else held

    def amount(self, group: str, shown: float) -> float:
        """How much of a group it takes away, 0 to 1."""
        rule = self.overrides.get(group, Override.NONE)
        if rule is Override.BLOCK:
            return float(shown > 0.0)
        return shown if rule is Override.BLEND else 0.0

    @property
    def silences(self) -> bool:
        """Whether it would stop mouth or eyelids while it is on, however faintly."""
        return any(self.overrides.get(g, Override.NONE) is not Override.NONE for g in ("blink", "mouth"))


@dataclass(frozen=True, slots=True)
class VrmModel:
    """What a VRM file says about its face.

    Attributes:
        version: 0 or 1.
        expressions: By name.
        bones: Human bone name (VRM1 spelling, such as ``leftEye``) to its place relative to its parent
            node in metres, in the file's coordinates.
    """

    version: int
    expressions: dict[str, Expression]
    bones: dict[str, tuple[float, float, float]]

    @property
    def perfect_sync(self) -> bool:
        """Whether it has an expression for every ARKit shape (upper and lower case are one)."""
        have = {name.lower() for name in self.expressions}
        return all(name.lower() in have for name in ARKIT_NAMES)

    def find(self, name: str) -> Expression | None:
        """The expression of this name, in either version's spelling and in any case."""
        alias = PRESET_NAMES.get(name) or _VRM0_NAMES.get(name, name)
        wanted = {name.lower(), alias.lower()}
        return next((e for n, e in self.expressions.items() if n.lower() in wanted), None)

    def resolve(self, weights: dict[str, float]) -> dict[str, float]:
        """What the model shows when these expressions are asked for.

        After VRM 1.0: the amounts that all expressions take from a group add up; block takes all as soon
        as the weight is above 0, blend takes as much as the weight. A binary expression that something
        was taken from is off.

        Args:
            weights: Expression name to weight; names that the model lacks are left out.
        """
        shown = {
            name: expression.weight(weights.get(name, 0.0))
            for name, expression in self.expressions.items()
        }
        left = {
            group: max(0.0, 1.0 - sum(e.amount(group, shown[n]) for n, e in self.expressions.items()))
            for group in GROUPS
        }
        for group, members in GROUPS.items():
            for name in members & shown.keys():
                shown[name] *= left[group]
                if self.expressions[name].binary and shown[name] < 1.0:
                    shown[name] = 0.0
        return shown

    @classmethod
    def load(cls, path: Path) -> VrmModel:
        """Read a VRM 0 or 1 file's description; meshes and pictures are not looked at.

        Raises:
            ConfigError: The file is missing, damaged or no VRM.
        """
        document = _document(path)
        extensions = document.get("extensions", {})
        try:
            if "VRMC_vrm" in extensions:
                return _read_vrm1(extensions["VRMC_vrm"], document["nodes"])
            if "VRM" in extensions:
                return _read_vrm0(extensions["VRM"], document["nodes"])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
            raise ConfigError(
                f"{path} is a damaged VRM file ({problem!r}).", "Export it again."
            ) from problem
        raise ConfigError(f"{path} is a glTF file, but no VRM.", "Give an avatar that ends in .vrm.")


def _document(path: Path) -> dict[str, Any]:
    """The JSON chunk of a GLB file (glTF 2.0, section 4.4)."""
    try:
        if path.stat().st_size > MAX_MODEL_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_MODEL_BYTES // 2**20} MiB.")
        with path.open("rb") as file:
            magic, _version, _size, length, kind = struct.unpack("<4sIII4s", file.read(20))
            text = file.read(length)
    except OSError as problem:
        raise ConfigError(f"{path} cannot be read: {problem.strerror}.") from problem
    except struct.error as problem:
        raise ConfigError(f"{path} is too short for a VRM file.") from problem
    if magic != b"glTF" or kind != b"JSON" or len(text) != length:
        raise ConfigError(f"{path} is not a VRM file.", "Give an avatar that ends in .vrm.")
    try:
        document = json.loads(text)
    except ValueError as problem:
        raise ConfigError(f"{path} is a damaged VRM file ({problem}).") from problem
    if not isinstance(document, dict):
        raise ConfigError(f"{path} is a damaged VRM file.")
    return document


def _place(nodes: list[dict[str, Any]], node: int) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in nodes[node].get("translation", (0.0, 0.0, 0.0)))
    return x, y, z


def _read_vrm1(vrm: dict[str, Any], nodes: list[dict[str, Any]]) -> VrmModel:
    expressions: dict[str, Expression] = {}
    for group in ("preset", "custom"):
        for name, facts in vrm.get("expressions", {}).get(group, {}).items():
            rules = {
                part: Override(facts.get(f"override{part[0].upper()}{part[1:]}", "none"))
                for part in GROUPS
            }
            expressions[name] = Expression(name, bool(facts.get("isBinary", False)), rules)
    bones = vrm["humanoid"]["humanBones"].items()
    return VrmModel(1, expressions, {name: _place(nodes, bone["node"]) for name, bone in bones})


def _read_vrm0(vrm: dict[str, Any], nodes: list[dict[str, Any]]) -> VrmModel:
    expressions = {}
    for clip in vrm.get("blendShapeMaster", {}).get("blendShapeGroups", []):
        name = _VRM0_SPELLING.get(str(clip.get("presetName", "")).lower(), str(clip["name"]))
        expressions[name] = Expression(name, bool(clip.get("isBinary", False)))
    bones = vrm["humanoid"]["humanBones"]
    return VrmModel(0, expressions, {bone["bone"]: _place(nodes, bone["node"]) for bone in bones})


_VRM0_NAMES: Final = {v1: v0 for v0, v1 in PRESET_NAMES.items()}
_VRM0_SPELLING: Final = {name.lower(): name for name in PRESET_NAMES}
