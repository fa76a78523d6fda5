"""What is judged: a mouth, 60 times a second, whoever moved it.

A frame has two times. It *depicts* a moment of the sound: comparisons with labels and captured faces use
that. It is *available* when the newest sample it depends on has been heard: the end of the sample block
for a peer, `Frame.available_samples` for ours, so look-ahead and resampling count. Onset and release use
that, because that is what a viewer waits for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from t2s_rt.timebase import FRAME_RATE_HZ
from t2s_rt.types import FloatArray

Curve = npt.NDArray[np.float64]

OPEN: Final = 0.1
"""Opening from which a mouth counts as open."""
VISIBLE: Final = 0.08
"""A difference of opening, rounding or width that is seen."""


@dataclass(frozen=True, slots=True)
class Face:
    """The rest of a face, which only ours has.

    Attributes:
        actions: ``(T, ACTION_COUNT)`` motion intensities.
        arkit: ``(T, 52)`` weights.
        f0_hz: ``(T,)`` heard pitch, 0 where unvoiced.
        loudness_dbfs: ``(T,)`` heard level.
    """

    actions: FloatArray
    arkit: FloatArray
    f0_hz: FloatArray
    loudness_dbfs: FloatArray


@dataclass(frozen=True, slots=True)
class MouthTrack:
    """One recording's mouth; all curves ``(T,)``, 0 to 1 but for times, one row each 1/60 s.

    Attributes:
        time_s: The moment of the sound that a frame depicts.
        available_s: The sound that had to be heard for it.
        opening: How far the lips are apart: jawOpen minus mouthClose.
        jaw: How far the jaw is down, lips shut or not.
        rounding: Pucker and funnel together.
        width: Stretch and dimple together.
        closure: How firmly the lips are closed.
        face: Everything else, None where a subject moves a mouth only.
    """

    time_s: Curve
    available_s: Curve
    opening: Curve
    jaw: Curve
    rounding: Curve
    width: Curve
    closure: Curve
    face: Face | None = None

    @property
    def shape(self) -> Curve:
        """``(T, 3)`` opening, rounding, width: what tells vowels apart."""
        return np.stack([self.opening, self.rounding, self.width], axis=1)

    def between(self, start_s: float, end_s: float) -> npt.NDArray[np.bool_]:
        """``(T,)`` which frames depict a moment from one time to another."""
        return (self.time_s >= start_s) & (self.time_s <= end_s)

    def middle(self, start_s: float, end_s: float) -> Curve:
        """``(3,)`` the mean shape of a sound's middle third, at least of its middle frame."""
        third = (end_s - start_s) / 3.0
        chosen = self.between(start_s + third, end_s - third)
        if not chosen.any():
            chosen[np.abs(self.time_s - 0.5 * (start_s + end_s)).argmin()] = True
        return np.asarray(self.shape[chosen].mean(axis=0))


class Subject(Protocol):
    """Something that watches sound and moves a mouth: our engine with a model, or a peer.

    A subject begins anew with each recording.
    """

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def watch(self, samples: FloatArray) -> MouthTrack:
        """The mouth of a recording ``(N,)``, mono at 48 kHz in [-1, 1]."""
        ...


def frames_in(duration_s: float) -> int:
    """How many frames last so long, at least one."""
    return max(1, round(duration_s * FRAME_RATE_HZ))


def correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Pearson's r; 0 where the first stands still, NaN where the second does.

    Args:
        one: ``(T,)`` what is judged: to stand still while the other moves is no agreement.
        other: ``(T,)`` what it is compared with.
    """
    a, b = one - one.mean(), other - other.mean()
    spread_a, spread_b = float(np.sqrt(a @ a)), float(np.sqrt(b @ b))
    if spread_b < 1e-9:
        return float("nan")
    return float(a @ b) / (spread_a * spread_b) if spread_a > 1e-9 else 0.0


def ranks(values: npt.NDArray[np.floating]) -> Curve:
    """``(T,)`` ranks from 0, equal values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - 0.5 * (counts + 1))[inverse])
