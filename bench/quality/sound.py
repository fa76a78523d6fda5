"""Recordings at the engine's rate, at a given level, in a room of silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from t2s_rt.audio.resample import StreamResampler
from t2s_rt.audio.synthesis import silence
from t2s_rt.types import FloatArray


def at_48k(samples: FloatArray, rate_hz: int) -> FloatArray:
    """A recording ``(N,)`` at 48 kHz, on the same timeline."""
    resampler = StreamResampler(rate_hz)
    resampler.push(samples)
    resampler.flush()
    out = np.zeros(resampler.available_samples, np.float32)
    resampler.pop(out)
    return out


def rms(samples: npt.NDArray[np.floating]) -> float:
    """Root of the mean square; 0 for nothing."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def at_level(samples: FloatArray, level_dbfs: float) -> FloatArray:
    """The same sound with an RMS of ``level_dbfs``; silence stays silence."""
    return (samples * np.float32(10.0 ** (level_dbfs / 20.0) / max(rms(samples), 1e-9))).astype(
        np.float32
    )


def in_silence(samples: FloatArray, before_s: float, after_s: float) -> FloatArray:
    """The sound with silence on both sides."""
    return np.concatenate([silence(before_s), samples, silence(after_s)])
