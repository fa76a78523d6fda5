"""What alignment hears: mel cepstra and their motion, 200 rows a second."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.types import FloatArray

HOP_SAMPLES: Final = 80
HOP_S: Final = HOP_SAMPLES / RATE_HZ
"""Row i stands for i to i + 1 hops; so boundaries between rows are multiples of a hop."""
CEPSTRA: Final = 13
"""The first is the level."""
WIDTH: Final = 3 * CEPSTRA
_WINDOW_SAMPLES: Final = 320
_FFT: Final = 512
_BANDS: Final = 26
_LOWEST_HZ: Final = 80.0
_HIGHEST_HZ: Final = 7_000.0
_EMPHASIS: Final = 0.97
_FLOOR: Final = 10.0**-5.5
"""Of the loud rows' power: what lies below is not told apart, be it a room or digital silence."""
_LOUD_PERCENTILE: Final = 95.0
_MOTION_ROWS: Final = 3


def hear(samples: FloatArray) -> FloatArray:
    """``(T, WIDTH)`` cepstra with their first and second slopes.

    Args:
        samples: ``(N,)`` at `RATE_HZ`; T is N over `HOP_SAMPLES`, rounded down, at least 1.
    """
    rows = max(len(samples) // HOP_SAMPLES, 1)
    before = (_WINDOW_SAMPLES - HOP_SAMPLES) // 2
    padded = np.zeros(rows * HOP_SAMPLES + _WINDOW_SAMPLES, np.float32)
    kept = samples[: len(padded) - before]
    padded[before : before + len(kept)] = kept
    padded[1:] -= _EMPHASIS * padded[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::HOP_SAMPLES][:rows]
    power = np.abs(np.fft.rfft(frames * _window(), _FFT)).astype(np.float32) ** 2
    bands = power @ _mel()
    loud = float(np.percentile(bands.mean(axis=1), _LOUD_PERCENTILE))
    cepstra = np.log(bands + max(_FLOOR * loud, 1e-12)) @ _cosines()
    motion = _slope(cepstra)
    return np.concatenate((cepstra, motion, _slope(motion)), axis=1).astype(np.float32)


def level_db(heard: FloatArray) -> FloatArray:
    """``(T,)`` mean level of the bands of `hear`'s rows in dB."""
    return np.asarray(heard[:, 0] / np.sqrt(_BANDS) * (10.0 / np.log(10.0)), np.float32)


def _slope(rows: FloatArray) -> FloatArray:
    """Least-squares slope over seven rows."""
    reach = _MOTION_ROWS
    padded = np.pad(rows, ((reach, reach), (0, 0)), mode="edge")
    count = len(rows)
    total = np.zeros_like(rows)
    for k in range(1, reach + 1):
        total += k * (padded[reach + k : reach + k + count] - padded[reach - k : reach - k + count])
    return np.asarray(total / (2 * sum(k * k for k in range(1, reach + 1))))


@cache
def _window() -> FloatArray:
    return np.hanning(_WINDOW_SAMPLES + 2)[1:-1].astype(np.float32)


@cache
def _mel() -> FloatArray:
    """``(bins, bands)`` triangles, equally wide in mel (2595 log10(1 + f / 700))."""
    ends = 2595.0 * np.log10(1.0 + np.array((_LOWEST_HZ, _HIGHEST_HZ)) / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(ends[0], ends[1], _BANDS + 2) / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(_FFT, 1.0 / RATE_HZ)[:, None]
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(np.minimum(rising, falling), 0.0), np.float32)


@cache
def _cosines() -> FloatArray:
    """``(bands, CEPSTRA)`` orthonormal DCT-II."""
    order = np.arange(CEPSTRA)[None, :]
    band = (np.arange(_BANDS)[:, None] + 0.5) * np.pi / _BANDS
    basis: npt.NDArray[np.float64] = np.cos(order * band) * np.sqrt(2.0 / _BANDS)
    basis[:, 0] /= np.sqrt(2.0)
    return basis.astype(np.float32)
