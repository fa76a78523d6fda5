"""Note and syllable onsets, from aubio."""

from __future__ import annotations

from typing import Final

import aubio

from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

ONSET_WINDOW_SAMPLES: Final = 1024
MIN_INTERVAL_S: Final = 0.06
SILENCE_DBFS: Final = -60.0


class OnsetDetector:
    """aubio's onset detection; an onset is reported one to three hops after it sounded."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._onset = aubio.onset("hfc", ONSET_WINDOW_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ)
        self._onset.set_minioi_s(MIN_INTERVAL_S)
        self._onset.set_silence(SILENCE_DBFS)

    def step(self, hop: FloatArray) -> float:
        """Hear one hop.

        Args:
            hop: The newest samples ``(400,)``.

        Returns:
            Strength 0 to 1 in the hop that an onset is detected in, else 0.
        """
        if self._onset(hop)[0] <= 0.0:
            return 0.0
        excess = max(0.0, float(self._onset.get_thresholded_descriptor()))
        return max(0.05, excess / (1.0 + excess))
