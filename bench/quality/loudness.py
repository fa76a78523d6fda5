"""The simplest subject: loudness opens the mouth, the spectrum's centre shapes it."""

from __future__ import annotations

from typing import Final

import numpy as np

from bench.quality.track import Curve, MouthTrack
from t2s_rt.timebase import FRAME_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

RANGE_DB: Final = 30.0
"""Below the loudest so far at which the mouth is shut."""
FLOOR_DBFS: Final = -60.0
FORGETS_DB: Final = 3.0
"""By so much a second the loudest is forgotten."""
CENTRE_HZ: Final = 900.0
SHAPES_WITHIN_HZ: Final = 300.0
"""The centre of magnitudes, not of powers: a voice's lowest harmonics would outweigh all others."""


class LoudnessMeter:
    """A mouth of two lines of arithmetic, available as soon as a frame's samples are heard."""

    name = "loudness and centroid"

    def watch(self, samples: FloatArray) -> MouthTrack:
        """The mouth of a recording ``(N,)``, mono at 48 kHz in [-1, 1]."""
        count = len(samples) // FRAME_SAMPLES
        blocks = samples[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES).astype(np.float64)
        size = np.abs(np.fft.rfft(blocks * np.hanning(FRAME_SAMPLES), axis=1))
        frequency = np.fft.rfftfreq(FRAME_SAMPLES, 1.0 / SAMPLE_RATE_HZ)
        heard = frequency < 7000.0
        centroid = (size * frequency * heard).sum(axis=1) / np.maximum((size * heard).sum(axis=1), 1e-12)
        level_db = 10.0 * np.log10(np.maximum((blocks**2).mean(axis=1), 1e-12))
        opening = np.clip(1.0 + (level_db - _loudest(level_db)) / RANGE_DB, 0.0, 1.0)
        opening[level_db < FLOOR_DBFS] = 0.0
        bright = np.clip((centroid - CENTRE_HZ) / SHAPES_WITHIN_HZ, -1.0, 1.0) * opening
        end_s = (np.arange(count) + 1) * FRAME_SAMPLES / SAMPLE_RATE_HZ
        rounding, width = np.maximum(-bright, 0.0), np.maximum(bright, 0.0)
        return MouthTrack(end_s, end_s, opening, opening, rounding, width, np.zeros(count))


def _loudest(level_db: Curve) -> Curve:
    """``(T,)`` the loudest so far, slowly forgotten."""
    step_db = FORGETS_DB * FRAME_SAMPLES / SAMPLE_RATE_HZ
    now, found = FLOOR_DBFS + RANGE_DB, np.zeros(len(level_db))
    for t, level in enumerate(level_db):
        now = max(float(level), now - step_db)
        found[t] = now
    return found
