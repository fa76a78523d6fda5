"""VTube Studio's tracking parameters, which its Live2D models are bound to.

Ranges and meanings are those of its default parameters. Horizontal ones count towards the viewer's
right, the avatar's left: Live2D's direction.
"""

from __future__ import annotations

from typing import Final

from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.retarget import Table, Target
from t2s_rt.face.vrm import pascal

LOOK_DEG: Final = 25.0
"""Eye angle at which EyeLeftX and its like are 1."""


def _mean(stem: str, gain: float) -> tuple[tuple[str, float], ...]:
    return (f"{stem}Left", gain / 2), (f"{stem}Right", gain / 2)


def _eye(side: str) -> Target:
    """1 wide open, 0.9 at rest, 0 shut."""
    terms = ((f"eyeBlink{side}", -0.9), (f"eyeWide{side}", 0.1), (f"eyeSquint{side}", -0.1))
    return Target(f"EyeOpen{side}", terms, offset=0.9)


def _brow(side: str) -> Target:
    terms = ((f"browOuterUp{side}", 0.35), ("browInnerUp", 0.15), (f"browDown{side}", -0.5))
    return Target(f"Brow{side}Y", terms, offset=0.5)


def _gaze(side: str, axis: str) -> Target:
    signal = f"eyeYaw{side}" if axis == "X" else f"eyePitch{side}"
    return Target(f"Eye{side}{axis}", ((signal, 1.0 / LOOK_DEG),), -1.0, 1.0)


VTS: Final = Table(
    "vts",
    (
        Target("FaceAngleX", (("headYaw", 1.0),), -30.0, 30.0),
        Target("FaceAngleY", (("headPitch", 1.0),), -30.0, 30.0),
        Target("FaceAngleZ", (("headRoll", 1.0),), -90.0, 90.0),
        Target("MouthOpen", (("lipsApart", 1.2), *_mean("mouthLowerDown", 0.2))),
        Target(
            "MouthSmile",
            (*_mean("mouthSmile", 0.5), *_mean("mouthStretch", 0.2), *_mean("mouthFrown", -0.5),
             ("mouthPucker", -0.4), ("mouthFunnel", -0.2)),
            offset=0.5,
        ),
        Target("MouthX", (("mouthLeft", 1.0), ("mouthRight", -1.0)), -1.0, 1.0),
        Target("TongueOut", (("tongueOut", 1.0),)),
        Target("CheekPuff", (("cheekPuff", 1.0),)),
        _eye("Left"), _eye("Right"),
        _gaze("Left", "X"), _gaze("Left", "Y"), _gaze("Right", "X"), _gaze("Right", "Y"),
        Target(
            "Brows",
            (*_mean("browOuterUp", 0.35), ("browInnerUp", 0.15), *_mean("browDown", -0.5)),
            offset=0.5,
        ),
        _brow("Left"), _brow("Right"),
        Target("VoiceVolume", (("loudness", 1.0),)),
        Target("VoiceA", (("vowelA", 1.0),)),
        Target("VoiceI", (("vowelI", 1.0),)),
        Target("VoiceU", (("vowelU", 1.0),)),
        Target("VoiceE", (("vowelE", 1.0),)),
        Target("VoiceO", (("vowelO", 1.0),)),
        *(Target(f"T2S{pascal(name)}", ((name, 1.0),), own=True) for name in ARKIT_NAMES),
    ),
    (("T2SMouthClose", "T2SJawOpen"),),
)  # fmt: skip
"""VTube Studio's own parameters, then one of ours for each ARKit shape (``T2SJawOpen``, ...)."""

PARAMETERS: Final = Table("live2d", (
    Target("ParamAngleX", (("headYaw", 1.0),), -30.0, 30.0),
    Target("ParamAngleY", (("headPitch", 1.0),), -30.0, 30.0),
    Target("ParamAngleZ", (("headRoll", 1.0),), -30.0, 30.0),
    Target("ParamEyeLOpen", (("eyeBlinkLeft", -1.0), ("eyeWideLeft", 0.2)), 0.0, 1.2, offset=1.0),
    Target("ParamEyeROpen", (("eyeBlinkRight", -1.0), ("eyeWideRight", 0.2)), 0.0, 1.2, offset=1.0),
    Target("ParamEyeBallX", (("eyeYawLeft", 0.02), ("eyeYawRight", 0.02)), -1.0, 1.0),
    Target("ParamEyeBallY", (("eyePitchLeft", 0.02), ("eyePitchRight", 0.02)), -1.0, 1.0),
    *(
        Target(
            f"ParamBrow{side[0]}Y",
            ((f"browOuterUp{side}", 0.7), ("browInnerUp", 0.3), (f"browDown{side}", -1.0)),
            -1.0,
        )
        for side in ("Left", "Right")
    ),
    Target("ParamMouthOpenY", (("lipsApart", 1.2), *_mean("mouthLowerDown", 0.2))),
    Target(
        "ParamMouthForm",
        (*_mean("mouthSmile", 1.0), *_mean("mouthStretch", 0.4), *_mean("mouthFrown", -1.0),
         ("mouthPucker", -0.8), ("mouthFunnel", -0.4)),
        -1.0,
    ),
    Target("ParamCheek", (("cheekPuff", 1.0),)),
))  # fmt: skip
"""Live2D's standard parameters, for programs that set them directly."""
