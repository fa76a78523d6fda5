"""How loud the voice is, independent of the source's rate, and what is loud for this singer."""

from __future__ import annotations

import cmath
import math
from typing import Final

import aubio
import numpy as np

from t2s_rt.timebase import HOP_S, HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import MEL_MIN_HZ, FloatArray

FLOOR_DBFS: Final = -100.0
PRIOR_REFERENCE_DBFS: Final = -24.0
"""Level of a singer about whom nothing is known: usual with a headset at a sensible gain."""

_LOW_PASS_HZ: Final = 6800.0
_LOW_PASS_ORDER: Final = 8
_LOW_PASS_RIPPLE_DB: Final = 0.1

_PRIOR_WEIGHT_S: Final = 0.04
_KNOWN_AFTER_S: Final = 3.0
_SETTLED_RISE_S: Final = 8.0
_SETTLED_FALL_S: Final = 30.0


class BandLimiter:
    """Keeps what lies between 60 and 7,000 Hz: what a microphone at 16 kHz and one at 96 kHz both carry.

    A Butterworth high-pass of second order and a Chebyshev type I low-pass of eighth order as biquads in
    aubio (bilinear transform; state in double precision). Latency is only the filters' group delay,
    about 0.2 ms at 1 kHz.
    """

    def __init__(self) -> None:
        self._sections: list[tuple[float, float, float, float, float]] = [
            _high_pass(MEL_MIN_HZ),
            *_chebyshev_low_pass(_LOW_PASS_ORDER, _LOW_PASS_RIPPLE_DB, _LOW_PASS_HZ),
        ]
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._filters = [aubio.digital_filter(3) for _ in self._sections]
        for section, coefficients in zip(self._filters, self._sections, strict=True):
            section.set_biquad(*coefficients)

    def step(self, x: FloatArray, out: FloatArray) -> None:
        """Filter one hop ``x (400,)`` at 48 kHz into ``out (400,)``."""
        for section in self._filters:
            x = section(x)
        out[:] = x


class LoudnessMeter:
    """RMS of the newest hop in dBFS; of the newest whole periods where the voice has a pitch.

    A hop is shorter than a period below 120 Hz, so a plain RMS of a steady low note would flicker by
    several dB. The average runs over the smallest whole number of periods that fills a hop.
    """

    def measure(self, history: FloatArray, f0_hz: float) -> float:
        """Level of the newest samples.

        Args:
            history: Band-limited samples ``(N,)`` at 48 kHz, newest last, N >= 1200.
            f0_hz: Pitch, 0 where there is none.

        Returns:
            20 log10 of the RMS, in dBFS, at least -100. A full-scale sine has -3.01.
        """
        count = HOP_SAMPLES
        if f0_hz > 0.0:
            period = SAMPLE_RATE_HZ / f0_hz
            count = min(round(math.ceil(HOP_SAMPLES / period) * period), history.size)
        newest = history[-count:]
        power = float(newest.dot(newest)) / count
        return 10.0 * math.log10(power) if power > 1e-10 else FLOOR_DBFS


class ReferenceLevel:
    """The running level of this singer's louder voice: what loudness is judged against.

    Causal. The first second of voice moves it from the prior to the singer, whatever the gain; then it
    rises over about 8 s and falls over about 30 s of voice, so that a quiet verse stays quiet. Without a
    voice it stands still.
    """

    def __init__(self) -> None:
        self.dbfs = PRIOR_REFERENCE_DBFS
        self.heard_s = 0.0

    def reset(self) -> None:
        """Forget the singer."""
        self.dbfs = PRIOR_REFERENCE_DBFS
        self.heard_s = 0.0

    def step(self, loudness_dbfs: float, *, voiced: bool) -> float:
        """Hear one hop.

        Args:
            loudness_dbfs: Level of the hop.
            voiced: Whether it belongs to a voice with a pitch.

        Returns:
            The reference in dBFS.
        """
        if voiced:
            self.heard_s += HOP_S
            difference = loudness_dbfs - self.dbfs
            lag_s = self.heard_s + _PRIOR_WEIGHT_S
            if difference > 0.0:
                lag_s = min(lag_s, _SETTLED_RISE_S)
            else:
                # More and more the louder voice counts: what is softer pulls less.
                settled = min(1.0, self.heard_s / _KNOWN_AFTER_S)
                slower = 1.0 + settled * (_SETTLED_FALL_S / _SETTLED_RISE_S - 1.0)
                lag_s = min(lag_s * slower, _SETTLED_FALL_S)
            self.dbfs += difference * HOP_S / lag_s
        return self.dbfs


def _high_pass(corner_hz: float) -> tuple[float, float, float, float, float]:
    """Butterworth of second order as ``b0, b1, b2, a1, a2``."""
    k = math.tan(math.pi * corner_hz / SAMPLE_RATE_HZ)
    scale = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
    return (
        scale,
        -2.0 * scale,
        scale,
        2.0 * (k * k - 1.0) * scale,
        (1.0 - math.sqrt(2.0) * k + k * k) * scale,
    )


def _chebyshev_low_pass(
    order: int, ripple_db: float, edge_hz: float
) -> list[tuple[float, float, float, float, float]]:
    """Chebyshev type I of even order as sections ``b0, b1, b2, a1, a2``.

    Poles of the analogue prototype lie on an ellipse with half axes sinh and cosh of
    asinh(1 / ripple) / order (Zverev, Handbook of Filter Synthesis, 1967).
    """
    ripple = math.sqrt(10.0 ** (ripple_db / 10.0) - 1.0)
    axis = math.asinh(1.0 / ripple) / order
    warped = math.tan(math.pi * edge_hz / SAMPLE_RATE_HZ)
    sections = []
    for number in range(order // 2):
        angle = math.pi * (2 * number + 1) / (2 * order)
        pole = warped * complex(-math.sinh(axis) * math.sin(angle), math.cosh(axis) * math.cos(angle))
        digital = (1 + pole) / (1 - pole)
        a1, a2 = -2.0 * digital.real, abs(digital) ** 2
        gain = (1.0 + a1 + a2) / 4.0
        sections.append((gain, 2.0 * gain, gain, a1, a2))
    return sections


def group_delay_samples(frequency_hz: float) -> float:
    """Group delay of `BandLimiter` at one frequency, in samples at 48 kHz."""
    sections = [
        _high_pass(MEL_MIN_HZ),
        *_chebyshev_low_pass(_LOW_PASS_ORDER, _LOW_PASS_RIPPLE_DB, _LOW_PASS_HZ),
    ]
    step = 1e-4

    def phase(omega: float) -> float:
        z = cmath.exp(-1j * omega)
        total = 0.0
        for b0, b1, b2, a1, a2 in sections:
            total += cmath.phase((b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z))
        return total

    omega = 2 * math.pi * frequency_hz / SAMPLE_RATE_HZ
    difference = phase(omega + step) - phase(omega - step)
    return float(-np.angle(np.exp(1j * difference)) / (2 * step))
