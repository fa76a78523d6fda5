"""When the eyes shut: short blinks by chance and at phrase ends, long closings on held soft notes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import smoothing_factor
from t2s_rt.intensity.style import USUAL, factor
from t2s_rt.timebase import FRAME_S


class Blink:
    """How far the lids are shut, 0 to 1.

    Short blinks and long closings are two things, as in MusicFace (arXiv:2303.14044).

    Args:
        rng: Its own source of chance.
        style: 0 (calm) to 1 (wild), see `t2s_rt.intensity.style`.

    Attributes:
        short: How far a blink shuts the lids in this frame, 0 to 1.
        long: How far a long closing shuts them.
    """

    MEDIAN_INTERVAL_S: Final = 3.2
    INTERVAL_SIGMA: Final = 0.55
    """Log-normal intervals, mean 3.7 s; with those at phrase ends 15 to 20 blinks a minute."""
    REFRACTORY_S: Final = 1.0
    AT_PHRASE_END: Final = 0.4
    AFTER_PHRASE_S: Final = 0.8
    """Chance that the end of a phrase, if it lasted this long, brings a blink."""
    AT_GAZE_SHIFT: Final = 0.25
    CLIMAX_EFFORT: Final = 0.95
    CLIMAX_HELD_S: Final = 0.5
    CLIMAX_PACE: Final = 0.2
    """How fast the wait for the next blink runs down inside a held loud note."""
    SHUTTING: Final = (0.35, 0.85, 1.0)
    """Lids of one blink, frame by frame: shut within 50 ms ..."""
    OPENING: Final = ((0.75, 0.45, 0.2, 0.06), (0.8, 0.55, 0.32, 0.15, 0.05))
    """... and open again in 67 or 83 ms: 117 to 133 ms in all."""
    SOFT_EFFORT: Final = 0.9
    LONG_AFTER_HELD_S: Final = 0.8
    LONG_CHANCE: Final = 0.4
    LONG_SHUTTING_S: Final = 0.12
    LONG_OPENING_S: Final = 0.09
    LONG_AT_MOST_S: Final = 2.5
    PACE_BY_STYLE: Final = (0.9, 1.12)
    """How often blinks come by chance: a little, so that every style blinks like a person."""

    __slots__ = (
        "_blink",
        "_interval_s",
        "_long",
        "_long_asked",
        "_long_left_s",
        "_rng",
        "_since_s",
        "_wait_s",
        "long",
        "short",
    )

    def __init__(self, rng: np.random.Generator, style: float = USUAL) -> None:
        self._rng = rng
        self._interval_s = self.MEDIAN_INTERVAL_S / factor(style, self.PACE_BY_STYLE)
        self.short = 0.0
        self.long = 0.0
        self._blink: list[float] = []
        self._wait_s = self._draw_interval() * 0.7
        self._since_s = 10.0
        self._long = 0.0
        self._long_left_s = 0.0
        self._long_asked = False

    def step(self, heard: Hearing, *, gaze_shifted: bool) -> float:
        """How far the lids are shut in this frame, 0 to 1."""
        self._since_s += FRAME_S
        held_loud = heard.held_s > self.CLIMAX_HELD_S and heard.effort > self.CLIMAX_EFFORT
        self._wait_s -= FRAME_S * (self.CLIMAX_PACE if held_loud else 1.0)
        long = self._step_long(heard)
        wanted = self._wait_s <= 0.0
        ended = heard.phrase_ended and heard.phrase_s > self.AFTER_PHRASE_S
        if ended and self._rng.random() < self.AT_PHRASE_END:
            wanted = True
        if gaze_shifted and not held_loud and self._rng.random() < self.AT_GAZE_SHIFT:
            wanted = True
        if wanted and not self._blink and long < 0.3 and self._since_s > self.REFRACTORY_S:
            self._begin()
        self.short, self.long = self._blink.pop() if self._blink else 0.0, long
        return max(self.short, long)

    def _begin(self) -> None:
        opening = self.OPENING[int(self._rng.integers(len(self.OPENING)))]
        self._blink = [*reversed(opening), *reversed(self.SHUTTING)]
        self._wait_s = self._draw_interval()
        self._since_s = 0.0

    def _draw_interval(self) -> float:
        return self._interval_s * math.exp(self.INTERVAL_SIGMA * float(self._rng.standard_normal()))

    def _step_long(self, heard: Hearing) -> float:
        """Lids sink on some held soft notes and lift when the note ends."""
        if heard.held_s < self.LONG_AFTER_HELD_S:
            self._long_asked = False
            self._long_left_s = 0.0
        elif not self._long_asked:
            self._long_asked = True
            if heard.effort < self.SOFT_EFFORT and self._rng.random() < self.LONG_CHANCE:
                self._long_left_s = self.LONG_AT_MOST_S
                self._wait_s = max(self._wait_s, self._draw_interval())
        shutting = self._long_left_s > 0.0
        self._long_left_s -= FRAME_S
        factor = _LONG_SHUTTING if shutting else _LONG_OPENING
        self._long += ((1.0 if shutting else 0.0) - self._long) * factor
        return self._long if self._long > 0.01 else 0.0


_LONG_SHUTTING: Final = smoothing_factor(Blink.LONG_SHUTTING_S)
_LONG_OPENING: Final = smoothing_factor(Blink.LONG_OPENING_S)
