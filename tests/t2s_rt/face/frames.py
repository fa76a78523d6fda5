"""Frames made to order for the tests of what leaves the engine."""

from __future__ import annotations

import numpy as np

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.signals import Signals
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, Frame, VoiceReading


def arkit(**weights: float) -> np.ndarray:
    values = np.zeros(ARKIT_COUNT, np.float32)
    for name, weight in weights.items():
        values[ARKIT_INDEX[name]] = weight
    return values


def both(stem: str, weight: float) -> dict[str, float]:
    return {f"{stem}Left": weight, f"{stem}Right": weight}


def frame(
    seq: int = 0,
    *,
    weights: np.ndarray | None = None,
    neck=(0.0, 0.0, 0.0),
    trunk=(0.0, 0.0, 0.0),
    eyes=(0.0,) * 6,
    voice: VoiceReading | None = None,
) -> Frame:
    def vector(values) -> np.ndarray:
        return np.array(values, np.float32)

    zeros = np.zeros(EXPRESSION_COUNT, np.float32)
    return Frame(
        seq=seq,
        pts_samples=seq * 800,
        available_samples=seq * 800 + 960,
        captured_ns=0,
        song_s=-1.0,
        actions=np.zeros(ACTION_COUNT, np.float32),
        arkit=weights if weights is not None else arkit(),
        flame=FlamePose(zeros, vector((0, 0, 0)), vector(neck), vector(eyes), vector(trunk)),
        voice=voice or VoiceReading(0.0, False, -100.0, 0.0),
    )


def signals(given: Frame | None = None, *, visemes: bool = False, **weights: float) -> Signals:
    """The signals of a frame, or of a face with these ARKit weights."""
    read = Signals(visemes=visemes)
    read.read(given if given is not None else frame(weights=arkit(**weights)))
    return read
