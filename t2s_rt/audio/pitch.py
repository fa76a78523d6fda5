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

PITCH_LAG_SAMPLES: Final = 720
"""The pitch describes the signal so long before the newest sample: 15 ms."""

_MIN_COMPARED_SAMPLES: Final = 480
_SEARCH: Final = 0.05
"""Vibrato of a semitone moves the pitch by up to 4 % while aubio's window is full of the past."""
_TRUSTED: Final = 0.7
_REFINE_SAMPLES: Final = 1000
"""21 ms: 100 cents of vibrato at 5.5 Hz read as 98. Longer smooths more, shorter hears more noise."""
_REFINED: Final = 0.025
"""Search to either side: this part of the lag plus two samples ..."""
_FARTHEST: Final = 0.1
"""... and on, while the best lag is the last, up to here: `yinfft` reads a low sine 7 % sharp."""

_LONGEST_PERIOD: Final = SAMPLE_RATE_HZ / MIN_F0_HZ * (1.0 + _FARTHEST)
"""A trusted period that drifts beyond it is let go: twice as much would not fit into the history."""

_MOST_SEARCHES: Final = math.ceil(_FARTHEST / _REFINED)
"""In a glide two neighbouring searches may each find their least at the end towards the other."""


class PitchTracker:
    """Fundamental by aubio's YIN on the spectrum (2048 samples), periodicity by correlation at its lag.

    aubio's `yinfft` finds the right period down to 10 dB of signal to noise, but it has no confidence,
    reads nearly sinusoidal vowels up to 10 cents sharp (its window tapers the correlation), and now and
    then takes the first formant of a low voice for the pitch. So the newest one to two periods are
    correlated with those before them around its lag, or around the last trusted one where that fails,
    and the lag is refined to the minimum of the difference function (de Cheveigne and Kawahara, 2002)
    over a shorter and later part: untapered, so without bias, and 15 ms old instead of 21.
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
        self._trusted_period = 0.0

    def step(self, hop: FloatArray, history: FloatArray) -> float:
        """Hear one hop.

        Args:
            hop: The newest samples ``(400,)``, band-limited.
            history: The newest samples ``(2048,)``, which end with ``hop``.

        Returns:
            A candidate for the fundamental in Hz, 0 where there is none. Whether it is to be trusted
            is for `periodicity` and the level to say.
        """
        period, self.periodicity = self._best_period(float(self._yin(hop)[0]), history)
        if period == 0.0:
            self._trusted_period = 0.0
            return 0.0
        if self.periodicity >= _TRUSTED:
            period = _refined(history, period)
            self._trusted_period = period if period <= _LONGEST_PERIOD else 0.0
        return SAMPLE_RATE_HZ / period

    def _best_period(self, yin_hz: float, history: FloatArray) -> tuple[float, float]:
        period, best = 0.0, 0.0
        if MIN_F0_HZ <= yin_hz <= MAX_F0_HZ:
            period = SAMPLE_RATE_HZ / yin_hz
            best = _periodicity(history, period)
        if best < _TRUSTED and self._trusted_period > 0.0:
            kept = _periodicity(history, self._trusted_period)
            if kept > best:
                return self._trusted_period, kept
        return period, best


def _refined(history: FloatArray, period: float) -> float:
    """The lag at which the signal differs least from itself, to a fraction of a sample."""
    lag, found = _least_difference(history, period)
    for _ in range(_MOST_SEARCHES):
        if found or abs(lag - period) >= _FARTHEST * period:
            break
        lag, found = _least_difference(history, lag)
    return lag if found else period


def _least_difference(history: FloatArray, period: float) -> tuple[float, bool]:
    """The lag of least difference near a period, and whether it is a minimum, not the last lag."""
    reach = _REFINED * period + 2.0
    shortest, longest = math.floor(period - reach), math.ceil(period + reach)
    # Two stretches of `compared` samples one period apart smooth vibrato like one window of constant
    # size, centred at a constant age, whatever the pitch.
    compared = round(math.sqrt(max(_REFINE_SAMPLES**2 - period**2, _MIN_COMPARED_SAMPLES**2)))
    stop = history.size - PITCH_LAG_SAMPLES + round((compared + period) / 2)
    part = history[stop - compared - longest : stop]
    lags = longest - shortest + 1
    correlation = np.correlate(part[: compared + lags - 1], part[longest:], "valid")
    # Energy of the earlier part at each lag, from the longest lag on: one sample leaves, one enters.
    change = np.square(part[compared : compared + lags - 1]) - np.square(part[: lags - 1])
    difference = -2.0 * correlation
    difference[1:] += np.cumsum(change)
    best = int(difference.argmin())
    if best in (0, lags - 1):
        return float(longest - best), False
    left, least, right = (float(value) for value in difference[best - 1 : best + 2])
    curvature = left - 2.0 * least + right
    shift = 0.5 * (left - right) / curvature if curvature > 0.0 else 0.0
    return longest - best - shift, True


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
