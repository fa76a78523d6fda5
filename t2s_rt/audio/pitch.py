"""Pitch and periodicity, from aubio and from the waveform itself."""

from __future__ import annotations

import math
from typing import Final

import aubio
import numpy as np

from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

PITCH_WINDOW_SAMPLES: Final = 2048
MIN_F0_HZ: Final = 65.0
MAX_F0_HZ: Final = 1600.0
HISTORY_SAMPLES: Final = 2048
"""Samples that `PitchTracker.step` looks back on."""

_MIN_COMPARED_SAMPLES: Final = 480
_SEARCH: Final = 0.05
"""Vibrato of a semitone moves the pitch by up to 4 % while aubio's window is full of the past."""


class PitchTracker:
    """Fundamental by aubio's YIN on the spectrum (2048 samples), periodicity by correlation at its lag.

    aubio's `yinfft` is the most exact of its methods down to 20 dB of signal to noise but has no usable
    confidence; its `yinfast` has one but cannot see below 94 Hz in a short window. So the newest one to
    two periods are correlated with those before them, around the lag that `yinfft` found.
    """

    def __init__(self) -> None:
        self.periodicity = 0.0
        """Normalised correlation of the newest samples with those one period earlier, 0 to 1."""
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._yin = aubio.pitch("yinfft", PITCH_WINDOW_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ)
        self._yin.set_unit("Hz")
        self.periodicity = 0.0

    def step(self, hop: FloatArray, history: FloatArray) -> float:
        """Hear one hop.

        Args:
            hop: The newest samples ``(400,)``, band-limited.
            history: The newest samples ``(N,)``, N >= 2048, that end with ``hop``.

        Returns:
            A candidate for the fundamental in Hz, 0 where there is none. Whether it is to be trusted
            is for `periodicity` and the level to say.
        """
        f0_hz = float(self._yin(hop)[0])
        if not MIN_F0_HZ <= f0_hz <= MAX_F0_HZ:
            self.periodicity = 0.0
            return 0.0
        self.periodicity = _periodicity(history, SAMPLE_RATE_HZ / f0_hz)
        return f0_hz


def _periodicity(history: FloatArray, period: float) -> float:
    compared = max(_MIN_COMPARED_SAMPLES, math.ceil(period))
    shortest = math.floor(period * (1.0 - _SEARCH)) - 1
    longest = math.ceil(period * (1.0 + _SEARCH)) + 1
    size = history.size
    newest = history[size - compared :]
    correlation = np.correlate(history[size - compared - longest : size - shortest], newest, "valid")
    lag = longest - int(correlation.argmax())
    earlier = history[size - compared - lag : size - lag]
    energy = float(newest.dot(newest)) * float(earlier.dot(earlier))
    if energy <= 1e-20:
        return 0.0
    return min(1.0, max(0.0, float(correlation.max()) / math.sqrt(energy)))
