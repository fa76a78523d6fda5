"""Where the singer looks: at the audience mostly, elsewhere at times, in jumps as eyes move."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import clamp
from t2s_rt.intensity.style import USUAL, chance, factor
from t2s_rt.timebase import FRAME_S


class Gaze:
    """Fixations of log-normal length joined by saccades of about 50 ms, steady while the head turns.

    Args:
        rng: Its own source of chance.
        style: 0 (calm) to 1 (wild), see `t2s_rt.intensity.style`.
    """

    MEDIAN_FIXATION_S: Final = 1.1
    FIXATION_SIGMA: Final = 0.6
    AWAY_CHANCE: Final = 0.22
    """Share of fixations beside the audience while singing."""
    NEAR: Final = 0.035
    AWAY: Final = 0.22
    SACCADE_FACTOR: Final = 0.62
    """Share of the remaining way in one frame: 95 % after three."""
    SHIFT_SEEN: Final = 0.18
    """A jump this large may bring a blink."""
    HEAD_COUNTER: Final = 0.35
    """Of the head's turn what the eyes turn back, so that the look stays on the audience."""
    AWAY_BY_STYLE: Final = (0.5, 1.5)
    """How often the singer looks away; fixations last as long in every style."""
    REACH_BY_STYLE: Final = (0.75, 1.3)
    """How far away; the furthest that eyes go is the same."""

    __slots__ = (
        "_away", "_away_chance", "_left_s", "_rng", "_target_x", "_target_y", "_x", "_y", "shifted",
    )  # fmt: skip

    def __init__(self, rng: np.random.Generator, style: float = USUAL) -> None:
        self._rng = rng
        self._away_chance = chance(self.AWAY_CHANCE, style, self.AWAY_BY_STYLE)
        self._away = self.AWAY * factor(style, self.REACH_BY_STYLE)
        self._left_s = 0.0
        self._target_x = self._target_y = self._x = self._y = 0.0
        self.shifted = False

    def step(self, heard: Hearing, head_yaw: float, head_pitch: float) -> tuple[float, float]:
        """Gaze x and y, -1 to 1, beside a head turned by ``head_yaw`` and ``head_pitch``."""
        self.shifted = False
        self._left_s -= FRAME_S
        if self._left_s <= 0.0:
            self._fixate(heard)
        self._x += (self._target_x - self._x) * self.SACCADE_FACTOR
        self._y += (self._target_y - self._y) * self.SACCADE_FACTOR
        return (
            clamp(self._x - self.HEAD_COUNTER * head_yaw, -1.0, 1.0),
            clamp(self._y - self.HEAD_COUNTER * head_pitch, -1.0, 1.0),
        )

    def _fixate(self, heard: Hearing) -> None:
        length, drawn, x, y = self._rng.standard_normal(4).tolist()
        self._left_s = self.MEDIAN_FIXATION_S * math.exp(self.FIXATION_SIGMA * length)
        away = heard.activity > 0.5 and _normal_to_uniform(drawn) < self._away_chance
        reach = self._away if away else self.NEAR
        target_x = clamp(x * reach, -0.5, 0.5)
        target_y = clamp(y * reach * 0.6, -0.35, 0.35)
        jump = math.hypot(target_x - self._target_x, target_y - self._target_y)
        self.shifted = jump > self.SHIFT_SEEN
        self._target_x, self._target_y = target_x, target_y


def _normal_to_uniform(value: float) -> float:
    return 0.5 * (1.0 + math.erf(value / math.sqrt(2.0)))
