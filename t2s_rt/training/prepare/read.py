"""Recordings of any rate as clips have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soxr

from t2s_rt.audio.files import open_audio
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.types import FloatArray

_BLOCK_FRAMES = 1 << 16


def read_mono(path: Path) -> FloatArray:
    """``(N,)`` mono at `RATE_HZ` of a whole file.

    Raises:
        AudioError: The file is missing, damaged or no recording.
    """
    with open_audio(path) as audio:
        blocks = list(audio.blocks(_BLOCK_FRAMES))
        rate_hz = audio.sample_rate_hz
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), np.float32)
