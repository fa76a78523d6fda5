"""Tracks whose every property is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bench.quality.track import MouthTrack
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_SAMPLES
from t2s_rt.types import FloatArray


def track_of(
    opening: npt.ArrayLike,
    rounding: npt.ArrayLike | None = None,
    width: npt.ArrayLike | None = None,
    late_s: float = 0.0,
) -> MouthTrack:
    """A mouth whose frame i depicts i / 60 s and is available ``late_s`` after that."""
    opened = np.asarray(opening, np.float64)
    still = np.zeros(len(opened))
    time_s = np.arange(len(opened)) / FRAME_RATE_HZ
    return MouthTrack(
        time_s,
        time_s + late_s,
        opened,
        opened,
        still if rounding is None else np.asarray(rounding, np.float64),
        still if width is None else np.asarray(width, np.float64),
        still,
    )


class Puppet:
    """A subject whose opening is any function of a recording's frames ``(T, FRAME_SAMPLES)``."""

    name = "puppet"

    def __init__(self, opening: Callable[[FloatArray], npt.ArrayLike], late_s: float = 0.0) -> None:
        self._opening = opening
        self._late_s = late_s

    def watch(self, samples: FloatArray) -> MouthTrack:
        count = len(samples) // FRAME_SAMPLES
        frames = samples[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
        return track_of(self._opening(frames), late_s=self._late_s)


def loud(frames: FloatArray) -> npt.NDArray[np.float64]:
    """Open half where there is any sound, else shut."""
    return np.where(np.abs(frames).max(axis=1) > 1e-4, 0.5, 0.0)
