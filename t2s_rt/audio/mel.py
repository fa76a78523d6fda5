"""The log-mel spectrum of the newest samples."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import MEL_BANDS, MEL_MAX_HZ, MEL_MIN_HZ, FloatArray

FFT_SIZE: Final = 2048
WINDOW_SAMPLES: Final = 1200
"""25 ms: two periods of the lowest voice."""
WINDOW_FALL_SAMPLES: Final = 300
"""The window rises over 18.75 ms and falls over the newest 6.25 ms."""
MEL_FLOOR_DBFS: Final = -100.0
_SILENT_POWER: Final = 1e-10


def mel_edges_hz() -> npt.NDArray[np.float64]:
    """Corner frequencies ``(MEL_BANDS + 2,)`` of the triangles, even on O'Shaughnessy's mel scale."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (MEL_MIN_HZ, MEL_MAX_HZ))
    return np.asarray(700.0 * (10.0 ** (np.linspace(low, high, MEL_BANDS + 2) / 2595.0) - 1.0))


class MelSpectrum:
    """48 mel bands between 60 and 7,000 Hz, and the spectral centroid.

    The window is asymmetric: two halves of a Hann window of different length with the peak 6.25 ms
    before the newest sample, so that the spectrum is about 8 ms old instead of a symmetric one's 12.5.
    The triangles add up to one between the outermost peaks, so band powers add up to the signal's power.
    """

    def __init__(self) -> None:
        fall = WINDOW_FALL_SAMPLES
        rise = WINDOW_SAMPLES - fall
        window = np.concatenate(
            (
                0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 0.5) / rise),
                0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / fall),
            )
        )
        # Parseval: a full-scale sine puts FFT_SIZE / 2 * sum(w**2) / 2 into the one-sided spectrum.
        window *= np.sqrt(4.0 / (FFT_SIZE * np.sum(window**2)))
        self._window = window.astype(np.float32)
        frequency_hz = np.arange(FFT_SIZE // 2 + 1) * SAMPLE_RATE_HZ / FFT_SIZE
        self._first = int(np.searchsorted(frequency_hz, MEL_MIN_HZ))
        self._stop = int(np.searchsorted(frequency_hz, MEL_MAX_HZ))
        bins_hz = frequency_hz[self._first : self._stop]
        self._bank = np.ascontiguousarray(_triangles(bins_hz).astype(np.float32))
        self._frequency_hz = bins_hz.astype(np.float32)
        self._frame = np.zeros(FFT_SIZE, np.float32)
        self._spectrum = np.zeros(FFT_SIZE // 2 + 1, np.complex64)
        self._power = np.zeros(bins_hz.size, np.float32)
        self._square = np.zeros(bins_hz.size, np.float32)

    def measure(self, history: FloatArray, out: FloatArray) -> float:
        """Analyse the newest 25 ms.

        Args:
            history: Samples ``(N,)`` at 48 kHz, newest last, N >= 1200.
            out: Receives the band powers ``(48,)`` in dBFS; a full-scale sine has 0 dB, floor -100.

        Returns:
            Spectral centroid of the power between 60 and 7,000 Hz, in Hz; 0 in silence.
        """
        np.multiply(history[-WINDOW_SAMPLES:], self._window, out=self._frame[:WINDOW_SAMPLES])
        np.fft.rfft(self._frame, out=self._spectrum)  # type: ignore[arg-type] # stub knows complex128 only
        part = self._spectrum[self._first : self._stop]
        np.multiply(part.real, part.real, out=self._power)
        np.multiply(part.imag, part.imag, out=self._square)
        self._power += self._square
        np.matmul(self._power, self._bank, out=out)
        np.maximum(out, _SILENT_POWER, out=out)
        np.log10(out, out=out)
        out *= 10.0
        np.maximum(out, MEL_FLOOR_DBFS, out=out)  # the logarithm's last digit lies below it
        total = float(self._power.sum())
        return float(self._power.dot(self._frequency_hz)) / total if total > _SILENT_POWER else 0.0


def _triangles(bins_hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    edges = mel_edges_hz()
    rising = (bins_hz[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    falling = (edges[None, 2:] - bins_hz[:, None]) / np.diff(edges)[None, 1:]
    return np.maximum(0.0, np.minimum(rising, falling))
