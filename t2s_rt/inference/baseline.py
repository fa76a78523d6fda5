"""A mouth without a model: loudness opens the jaw, the spectral centroid shapes the lips."""

from __future__ import annotations

import math
from typing import Final

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.timebase import FRAME_S
from t2s_rt.types import Feature, FloatArray

RANGE_DB: Final = 24.0
"""The jaw opens over this range below the singer's louder voice."""
FLOOR_DBFS: Final = -55.0
"""Nothing softer than this moves the mouth."""
ROUND_HZ: Final = 500.0
SPREAD_HZ: Final = 2600.0
"""Spectral centroids of a dark 'u' and a bright 'i'; the logarithm is cut evenly between them."""
ATTACK_S: Final = 0.012
RELEASE_S: Final = 0.040

_JAW: Final = ACTION_INDEX["jaw_open"]
_ROUNDING: Final = ACTION_INDEX["lip_rounding"]
_FUNNEL: Final = ACTION_INDEX["lip_funnel"]
_SPREAD: Final = ACTION_INDEX["lip_spread"]
_LOWER: Final = ACTION_INDEX["lower_lip_depress"]
_ATTACK: Final = 1.0 - math.exp(-FRAME_S / ATTACK_S)
_RELEASE: Final = 1.0 - math.exp(-FRAME_S / RELEASE_S)


class BaselineMotion:
    """What runs when no model can, and what every model has to beat. Same shape as `MotionStream`."""

    knows: Final[tuple[str, ...]] = (
        "jaw_open",
        "lip_rounding",
        "lip_funnel",
        "lip_spread",
        "lower_lip_depress",
    )
    latency_samples: Final = 0
    presence: Final = None

    def __init__(self) -> None:
        self._open = 0.0
        self._bright = 0.5

    def reset(self) -> None:
        """Close the mouth and forget."""
        self._open = 0.0
        self._bright = 0.5

    def step(self, x: FloatArray, out: FloatArray, words: FloatArray | None = None) -> None:
        """Move the mouth one frame.

        Args:
            x: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` features of the frame's hops, oldest first.
            out: ``(ACTION_COUNT,)``; the actions in `knows` are written, all others set to 0.
            words: Not looked at: loudness knows no words.
        """
        row = x[-1]
        loudness = float(row[Feature.LOUDNESS_DBFS])
        below_db = float(row[Feature.REFERENCE_DBFS]) - loudness
        wanted = 0.0
        if loudness > FLOOR_DBFS:
            wanted = min(max(1.0 - below_db / RANGE_DB, 0.0), 1.0) * float(row[Feature.VOICE])
            position = math.log(max(float(row[Feature.CENTROID_HZ]), 1.0) / ROUND_HZ) / math.log(
                SPREAD_HZ / ROUND_HZ
            )
            self._bright += _RELEASE * (min(max(position, 0.0), 1.0) - self._bright)
        self._open += (_ATTACK if wanted > self._open else _RELEASE) * (wanted - self._open)
        dark = max(1.0 - 2.0 * self._bright, 0.0)
        bright = max(2.0 * self._bright - 1.0, 0.0)
        out[:] = 0.0
        out[_JAW] = self._open * (1.0 - 0.4 * abs(2.0 * self._bright - 1.0))
        out[_ROUNDING] = self._open * dark
        out[_FUNNEL] = 0.5 * self._open * dark
        out[_SPREAD] = self._open * bright
        out[_LOWER] = 0.6 * self._open * (1.0 - dark)
