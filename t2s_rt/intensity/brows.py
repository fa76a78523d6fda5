"""Brows: as high as the pitch, when this singer feels like it in this phrase."""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import Follower, Spring, clamp
from t2s_rt.timebase import FRAME_S

_INNER: Final = ACTION_INDEX["brow_raise_inner"]
_OUTER_LEFT: Final = ACTION_INDEX["brow_raise_outer_left"]
_OUTER_RIGHT: Final = ACTION_INDEX["brow_raise_outer_right"]
_FURROW: Final = ACTION_INDEX["brow_furrow"]


class Brows:
    """Brow height follows sung pitch (Huron 2009, 2013), stronger in some phrases than in others.

    Args:
        rng: Its own source of chance.
    """

    NATURAL_HZ: Final = 1.8
    DAMPING: Final = 0.9
    BASE: Final = 0.2
    PITCH_GAIN: Final = 0.22
    EFFORT_GAIN: Final = 0.25
    FOLLOWING_CHANCE: Final = 0.75
    """Share of phrases in which the brows follow the pitch fully; in the rest they do so faintly."""
    RISE_CHANCE: Final = 0.71
    """Share of fast pitch rises that come with a brow move (Guaïtella, Cavé)."""
    WANDER: Final = 0.09
    WANDER_MEAN_S: Final = 0.9
    BREATH_LIFT: Final = 0.10
    FURROW_CHANCE: Final = 0.3
    """Share of phrases sung with the brows drawn together when loud."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._height = Spring(self.NATURAL_HZ, self.DAMPING)
        self._knit = Spring(self.NATURAL_HZ, 1.0)
        self._flash = Follower(0.03, 0.35)
        self._flash_left_s = 0.0
        self._flash_size = 0.0
        self._offset = 0.0
        self._weight = 1.0
        self._tilt = 0.0
        self._furrows = 0.0
        self._wander = 0.0
        self._wander_left_s = 0.0

    def step(self, heard: Hearing, face: list[float]) -> None:
        """Write the four brow actions into ``face``."""
        if heard.phrase_began:
            self._draw_phrase()
        if heard.pitch_rose and self._rng.random() < self.RISE_CHANCE:
            self._flash_size = 0.12 + 0.15 * float(self._rng.random())
            self._flash_left_s = 0.2
        self._flash_left_s -= FRAME_S
        self._step_wander()
        flash = self._flash.step(self._flash_size if self._flash_left_s > 0.0 else 0.0)
        sung = (
            self.BASE
            + self._offset
            + self._wander
            + self._weight * self.PITCH_GAIN * heard.pitch
            + self.EFFORT_GAIN * (heard.effort - 0.5)
            + flash
        )
        height = self._height.step(heard.activity * sung + self.BREATH_LIFT * heard.breath)
        knit = self._knit.step(heard.activity * (self._furrows * heard.effort + max(0.0, -0.6 * sung)))
        face[_INNER] = clamp(height, 0.0, 1.0)
        face[_OUTER_LEFT] = clamp(height * (0.8 + self._tilt), 0.0, 1.0)
        face[_OUTER_RIGHT] = clamp(height * (0.8 - self._tilt), 0.0, 1.0)
        face[_FURROW] = clamp(knit, 0.0, 1.0)

    def _draw_phrase(self) -> None:
        follows, strength, offset, tilt, furrows = self._rng.random(5).tolist()
        self._weight = 0.8 + 0.5 * strength if follows < self.FOLLOWING_CHANCE else 0.25 * strength
        self._offset = 0.16 * (offset - 0.5)
        self._tilt = 0.4 * (tilt - 0.5)
        self._furrows = 0.25 if furrows < self.FURROW_CHANCE else 0.04

    def _step_wander(self) -> None:
        self._wander_left_s -= FRAME_S
        if self._wander_left_s <= 0.0:
            self._wander_left_s = 0.25 + self.WANDER_MEAN_S * float(self._rng.standard_exponential())
            self._wander = self.WANDER * float(self._rng.standard_normal())
