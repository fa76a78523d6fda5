"""What face-capture apps on phones send, as tables: Live Link Face and iFacialMocap.

Both send ARKit's 52 weights under names of their own, and the angles of head and eyes, in Unity's order
of axes (yaw outermost, roll innermost). Which way is positive was read off recorded packets of the apps,
whose look weights say where the eyes point, and off programs that receive them: docs/outputs.md names
both. Left and right are those of the face that the weights' names describe.
"""

from __future__ import annotations

import math
from typing import Final

from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.retarget import Table, Target
from t2s_rt.face.vrm import CLOSES, PERFECT_SYNC

RAD: Final = math.pi / 180.0


def _angle(name: str, signal: str, gain: float) -> Target:
    return Target(name, ((signal, gain),), -1.0, 1.0)


LIVE_LINK: Final = Table(
    "livelink",
    (
        *PERFECT_SYNC.targets,
        _angle("HeadYaw", "headYaw", RAD),
        _angle("HeadPitch", "headPitch", RAD),
        _angle("HeadRoll", "headRoll", -RAD),
        _angle("LeftEyeYaw", "eyeYawLeft", -RAD),
        _angle("LeftEyePitch", "eyePitchLeft", -RAD),
        Target("LeftEyeRoll", ()),
        _angle("RightEyeYaw", "eyeYawRight", -RAD),
        _angle("RightEyePitch", "eyePitchRight", -RAD),
        Target("RightEyeRoll", ()),
    ),
    CLOSES,
)
"""The 61 values of a Live Link Face packet in its order.

Angles in rad. Head: left, up, to the right shoulder. Eyes, the other way round: right, down.
"""


def _short(name: str) -> str:
    """``eyeBlinkLeft`` as iFacialMocap spells it; jawLeft and mouthLeft are ways, not sides."""
    if name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
        return name
    for side in ("Left", "Right"):
        if name.endswith(side):
            return f"{name.removesuffix(side)}_{side[0]}"
    return name


def _degrees(name: str, terms: tuple[tuple[str, float], ...]) -> Target:
    return Target(name, terms, -90.0, 90.0)


IFACIALMOCAP: Final = Table(
    "ifacialmocap",
    (
        *(Target(_short(name), ((name, 100.0),), 0.0, 100.0) for name in ARKIT_NAMES),
        _degrees("head.x", (("headPitch", -1.0),)),
        _degrees("head.y", (("headYaw", 1.0),)),
        _degrees("head.z", (("headRoll", -1.0),)),
        _degrees("rightEye.x", (("eyePitchRight", -1.0),)),
        _degrees("rightEye.y", (("eyeYawRight", 1.0),)),
        _degrees("leftEye.x", (("eyePitchLeft", -1.0),)),
        _degrees("leftEye.y", (("eyeYawLeft", 1.0),)),
    ),
    (("mouthClose", "jawOpen"),),
)
"""iFacialMocap: percent, then degrees about ARKit's axes: x down, y left, z to the right shoulder."""
