"""A recorded voice taken apart into pitch, spectral envelope and breath, and put together again.

The vocoder is WORLD (Morise, Yokomori and Ozawa 2016) by ``pyworld``: DIO with StoneMask for the pitch,
CheapTrick for the envelope, D4C for the breath. It is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyworld
from numpy.typing import NDArray

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.types import FloatArray

_Wave = NDArray[np.float64]

STEP_S: Final = 0.005
"""One row of everything here."""
BINS: Final = 513
"""Of CheapTrick's spectra at 16 kHz."""
BIN_HZ: Final = RATE_HZ / 2 / (BINS - 1)
_WIDEST_HZ: Final = (60.0, 600.0)
_BRIDGED_ROWS: Final = 5
"""A pitch lost for 25 ms between two voiced stretches is bridged: DIO stumbles over rough voices."""
_FLOOR: Final = 1e-12
"""Of the power spectrum: far under the noise of a recording of 16 bits."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A recording taken apart, one row every `STEP_S`.

    Attributes:
        f0_hz: ``(R,)`` fundamental, 0 where there is none.
        log_power: ``(R, BINS)`` natural logarithm of the power spectrum's envelope.
        aperiodicity: ``(R, BINS)`` share of noise, 0 to 1.
    """

    f0_hz: FloatArray
    log_power: FloatArray
    aperiodicity: FloatArray


def take_apart(samples: FloatArray) -> Analysis:
    """Analyse a mono recording ``(N,)`` at `RATE_HZ`; 0.04 s of one core for a second."""
    wave = samples.astype(np.float64)
    f0_hz, times_s = _pitch(wave)
    power = pyworld.cheaptrick(wave, f0_hz, times_s, RATE_HZ)
    aperiodicity = pyworld.d4c(wave, f0_hz, times_s, RATE_HZ)
    return Analysis(
        f0_hz.astype(np.float32),
        np.log(np.maximum(power, _FLOOR)).astype(np.float32),
        aperiodicity.astype(np.float32),
    )


def put_together(f0_hz: FloatArray, log_power: FloatArray, aperiodicity: FloatArray) -> FloatArray:
    """Samples ``(R * 80,)`` at `RATE_HZ` of rows as in `Analysis`, each `STEP_S`."""
    samples = pyworld.synthesize(
        f0_hz.astype(np.float64),
        np.exp(log_power).astype(np.float64),
        np.clip(aperiodicity.astype(np.float64), 0.0, 1.0),
        RATE_HZ,
        STEP_S * 1000.0,
    )
    count = round(len(f0_hz) * STEP_S * RATE_HZ)
    fitted = np.zeros(count, np.float32)
    fitted[: len(samples)] = samples[:count]
    return fitted


def _pitch(wave: _Wave) -> tuple[_Wave, _Wave]:
    """Pitch within the voice's own range, which a first look finds: fewer errors of an octave.

    The range is that of De Looze and Hirst (2008), widened upwards for lively speech.
    """
    floor_hz, ceiling_hz = _WIDEST_HZ
    f0_hz, times_s = pyworld.dio(wave, RATE_HZ, f0_floor=floor_hz, f0_ceil=ceiling_hz)
    voiced = f0_hz[f0_hz > 0.0]
    if len(voiced) > _BRIDGED_ROWS:
        lower, upper = np.percentile(voiced, (35.0, 65.0))
        floor_hz, ceiling_hz = max(floor_hz, 0.6 * lower), min(ceiling_hz, 1.9 * upper)
        f0_hz, times_s = pyworld.dio(wave, RATE_HZ, f0_floor=floor_hz, f0_ceil=ceiling_hz)
    return _bridged(pyworld.stonemask(wave, f0_hz, times_s, RATE_HZ)), times_s


def _bridged(f0_hz: _Wave) -> _Wave:
    known = np.flatnonzero(f0_hz > 0.0)
    if not len(known):
        return f0_hz
    rows = np.arange(len(f0_hz))
    after = np.searchsorted(known, rows)
    gap = known[np.minimum(after, len(known) - 1)] - known[np.maximum(after - 1, 0)]
    inside = (rows > known[0]) & (rows < known[-1]) & (gap <= _BRIDGED_ROWS + 1)
    return np.where(inside, np.interp(rows, known, f0_hz[known]), f0_hz)
