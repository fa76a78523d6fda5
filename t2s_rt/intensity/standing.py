"""A held note stands: its shape stays, and its opening follows nothing but how loudly it is sung."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from t2s_rt.intensity.smoothing import clamp, ramp, smoothing_factor
from t2s_rt.timebase import FRAME_S


class Standing:
    """Holds the shape of a note that goes on, and lets it go as soon as the sound is another.

    A model wanders on a note of seconds, and takes the level of a singer whom it has just met for usual.
    So when a note has been held for a while its shape is remembered with its level, and stays; the jaw
    follows the level from there. Where the model's shape leaves the shown one by more than `BAND`, a
    vowel has changed on the same pitch: the further it leaves, the sooner it has its way.

    Args:
        size: How many values make a shape.
        jaw: Which of them follows the level.

    Attributes:
        share: How wholly the note stands now, 0 to 1.
    """

    FROM_S: Final = 0.4
    TO_S: Final = 0.9
    """How long a note must have been held to begin to stand, and to stand wholly."""
    BAND: Final = 0.15
    """Wider than what a model wanders, narrower than from one vowel to the next. A jaw that follows the
    level may besides be away by as much as the level has moved it."""
    LET_GO: Final = 0.5
    """Of the hold, lost a frame for each `BAND` that the model is beyond the band."""
    LEFT: Final = 0.4
    """Of the hold, left a frame after the note: the next one is shown within three."""
    NOTHING: Final = 0.02
    LEVEL_S: Final = 0.12
    """Level is followed over this long: the wobble of a vibrato is no swell."""
    JAW_PER_DB: Final = 0.025
    """Share of its opening that the jaw gains with each dB, as it was taught (Huber and Chandrasekaran,
    JSLHR 2006; Echternach et al., J. Voice 2016: opening follows level)."""
    LEVEL_RANGE_DB: Final = 16.0

    __slots__ = (
        "_held", "_jaw", "_jaw_then", "_level_dbfs", "_level_factor", "_level_then_dbfs", "_since_s",
        "share",
    )  # fmt: skip

    def __init__(self, size: int, jaw: int) -> None:
        self._jaw = jaw
        self._held = [0.0] * size
        self._jaw_then = 0.0
        self._level_factor = smoothing_factor(self.LEVEL_S)
        self._level_dbfs = self._level_then_dbfs = -100.0
        self._since_s = 0.0
        self.share = 0.0

    def step(self, shape: Sequence[float], held_s: float, level_dbfs: float) -> list[float]:
        """Take one frame.

        Args:
            shape: What the model says, smoothed.
            held_s: For how long the note has been held; 0 where there is none.
            level_dbfs: How loud it is.

        Returns:
            The shape that is shown.
        """
        if held_s <= self.FROM_S:
            self._level_dbfs = level_dbfs if held_s <= 0.0 else self._followed(level_dbfs)
            self._since_s = 0.0
            self.share = self.share * self.LEFT if self.share > self.NOTHING else 0.0
            return self._blended(shape)
        self._level_dbfs = self._followed(level_dbfs)
        if self._since_s == 0.0:
            self._begin(shape)
        self._since_s += FRAME_S
        louder_db = clamp(
            self._level_dbfs - self._level_then_dbfs, -self.LEVEL_RANGE_DB, self.LEVEL_RANGE_DB
        )
        swell = self.JAW_PER_DB * louder_db * self._jaw_then
        self._held[self._jaw] = self._jaw_then + swell
        distances = [abs(a - b) for a, b in zip(shape, self._held, strict=True)]
        distances[self._jaw] -= abs(swell)
        away = max(distances)
        if away > self.BAND:
            self.share -= self.LET_GO * (away / self.BAND - 1.0)
            if self.share <= 0.0:
                self._since_s = self.share = 0.0
        else:
            self.share = max(self.share, ramp(self._since_s, 0.0, self.TO_S - self.FROM_S))
        return self._blended(shape)

    def _begin(self, shape: Sequence[float]) -> None:
        self._held = list(shape)
        self._jaw_then = shape[self._jaw]
        self._level_then_dbfs = self._level_dbfs

    def _blended(self, shape: Sequence[float]) -> list[float]:
        share = self.share
        return [a + share * (b - a) for a, b in zip(shape, self._held, strict=True)]

    def _followed(self, level_dbfs: float) -> float:
        return self._level_dbfs + (level_dbfs - self._level_dbfs) * self._level_factor
