"""Brows: as high as the pitch, when this singer feels like it in this phrase."""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import Follower, Spring, clamp, soft_limit
from t2s_rt.intensity.style import USUAL, chance, factor
from t2s_rt.timebase import FRAME_S

_INNER: Final = ACTION_INDEX["brow_raise_inner"]
_OUTER_LEFT: Final = ACTION_INDEX["brow_raise_outer_left"]
_OUTER_RIGHT: Final = ACTION_INDEX["brow_raise_outer_right"]
_FURROW: Final = ACTION_INDEX["brow_furrow"]


class Brows:
    """Brow height follows sung pitch (Huron 2009, 2013), stronger in some phrases than in others.

    Args:
        rng: Its own source of chance.
        style: 0 (calm) to 1 (wild), see `t2s_rt.intensity.style`.
    """

    NATURAL_HZ: Final = 2.0
    DAMPING: Final = 0.9
    BASE: Final = 0.12
    PITCH_GAIN: Final = 0.24
    EFFORT_GAIN: Final = 0.03
    """Small: the brows' known links are to pitch and to what is meant, not to loudness."""
    USUAL_EFFORT: Final = 0.7
    FOLLOWING_CHANCE: Final = 0.71
    """Share of notes whose pitch the brows follow, and of fast rises that they mark: the link is
    optional, not muscular (Guaïtella, Cavé: 71 % of fast rises in speech)."""
    INDIFFERENT: Final = 0.4
    """Of the pitch what the other notes show."""
    CHANGING: Final = 0.1
    """Share of the way from one note's way of following to the next's, per frame."""
    RISE_S: Final = 0.2
    WANDER: Final = 0.2
    """Spread of what each note's brows do for no reason that can be heard: which accents get a beat of
    the brows is the speaker's freedom (Ambrazaitis, House 2017)."""
    LEAN: Final = 0.13
    """Spread of what such a move adds to the inner brows and takes from the outer ones: they are action
    units 1 and 2, two parts of one muscle (Ekman, Friesen 1978)."""
    DRAW_AT_MOST: Final = 2.0
    """Standard deviations; no move is a jerk."""
    WANDER_S: Final = 0.6
    """A held note lasting longer gets another move."""
    WANDER_REFRACTORY_S: Final = 0.3
    PHRASE_SPREAD: Final = 0.3
    """Range of what a phrase adds to `BASE`: some are sung with raised brows, some without."""
    ASYMMETRY: Final = 0.24
    OUTER: Final = 0.8
    """Outer brows beside the inner ones."""
    BREATH_LIFT: Final = 0.10
    PAUSE_CHANCE: Final = 0.5
    """Share of phrases after which the brows make a move of their own: expression outlasts the phrase
    (Livingstone 2015), and 38 % of speakers' brow moves come in silence (Guaïtella, Cavé)."""
    PAUSE_LIFT: Final = 0.2
    """Mean height of such a move; each is half to one and a half of it."""
    PAUSE_S: Final = (0.5, 1.1)
    """For how long it is held, at most; then the brows rest. A new phrase ends it."""
    FREE_UP_TO: Final = 0.6
    """Wished heights above are compressed towards 1, so that no brow runs into its end."""
    FURROW_CHANCE: Final = 0.3
    """Share of phrases sung with the brows drawn together."""
    FURROW: Final = 0.12
    NO_FURROW: Final = 0.04
    LOW_BROWS_KNIT: Final = 0.4
    """How far brows that are wanted below rest draw together instead."""
    REACH_BY_STYLE: Final = (0.6, 1.35)
    """How far all their moves go."""
    PHRASES_BY_STYLE: Final = (0.6, 1.4)
    """How much more than that phrases differ in how high the brows stand."""
    OFTEN_BY_STYLE: Final = (0.7, 1.25)
    """How often they follow the pitch, mark a rise and move in a pause."""

    def __init__(self, rng: np.random.Generator, style: float = USUAL) -> None:
        self._rng = rng
        self._reach = factor(style, self.REACH_BY_STYLE)
        self._phrase_spread = self.PHRASE_SPREAD * factor(style, self.PHRASES_BY_STYLE)
        self._following_chance = chance(self.FOLLOWING_CHANCE, style, self.OFTEN_BY_STYLE)
        self._pause_chance = chance(self.PAUSE_CHANCE, style, self.OFTEN_BY_STYLE)
        self._inner = Spring(self.NATURAL_HZ, self.DAMPING)
        self._outer = Spring(self.NATURAL_HZ, self.DAMPING)
        self._knit = Spring(self.NATURAL_HZ, 1.0)
        self._flash = Follower(0.03, 0.35)
        self._flash_left_s = 0.0
        self._flash_size = 0.0
        self._offset = 0.0
        self._weight = 1.0
        self._following = 1.0
        self._follows = 1.0
        self._tilt = 0.0
        self._furrow = 0.0
        self._wander = 0.0
        self._lean = 0.0
        self._wander_left_s = 0.0
        self._pause_lift = 0.0
        self._pause_left_s = 0.0

    def step(self, heard: Hearing, face: list[float]) -> None:
        """Write the four brow actions into ``face``."""
        if heard.phrase_began:
            self._draw_phrase()
        self._step_note(heard)
        sung = self._reach * (
            self.BASE
            + self._offset
            + self._wander
            + self._weight * self._following * self.PITCH_GAIN * heard.pitch
            + self.EFFORT_GAIN * (heard.effort - self.USUAL_EFFORT)
            + self._step_flash(heard)
        )
        lean = heard.activity * self._reach * self._lean
        between = self.BREATH_LIFT * heard.breath + self._reach * self._step_pause(heard)
        wished = heard.activity * sung + between
        inner = self._inner.step(soft_limit(wished + lean, self.FREE_UP_TO))
        outer = self._outer.step(soft_limit(wished - lean, self.FREE_UP_TO))
        knit = self._knit.step(
            heard.activity
            * (self._reach * self._furrow * heard.effort + max(0.0, -self.LOW_BROWS_KNIT * sung))
        )
        face[_INNER] = clamp(inner, 0.0, 1.0)
        face[_OUTER_LEFT] = clamp(outer * (self.OUTER + self._tilt), 0.0, 1.0)
        face[_OUTER_RIGHT] = clamp(outer * (self.OUTER - self._tilt), 0.0, 1.0)
        face[_FURROW] = clamp(knit, 0.0, 1.0)

    def _draw_phrase(self) -> None:
        weight, offset, tilt, furrow = self._rng.random(4).tolist()
        self._weight = 0.85 + 0.3 * weight
        self._offset = self._phrase_spread * (offset - 0.5)
        self._tilt = self.ASYMMETRY * (tilt - 0.5)
        self._furrow = self.FURROW if furrow < self.FURROW_CHANCE else self.NO_FURROW

    def _step_note(self, heard: Hearing) -> None:
        """Each note decides anew whether it shows in the brows."""
        self._wander_left_s -= FRAME_S
        ready = self._wander_left_s < self.WANDER_S - self.WANDER_REFRACTORY_S
        if self._wander_left_s <= 0.0 or (heard.note_began and ready):
            move, lean, hold = (
                clamp(draw, -self.DRAW_AT_MOST, self.DRAW_AT_MOST)
                for draw in self._rng.standard_normal(3).tolist()
            )
            self._wander = self.WANDER * move
            self._lean = self.LEAN * lean
            self._wander_left_s = self.WANDER_S * (1.0 + 0.3 * hold)
            self._follows = 1.0 if self._rng.random() < self._following_chance else self.INDIFFERENT
        self._following += (self._follows - self._following) * self.CHANGING

    def _step_pause(self, heard: Hearing) -> float:
        """What the brows do between phrases, by chance."""
        if heard.phrase_ended:
            drawn, size, length = self._rng.random(3).tolist()
            if drawn < self._pause_chance:
                shortest_s, longest_s = self.PAUSE_S
                self._pause_lift = self.PAUSE_LIFT * (0.5 + size)
                self._pause_left_s = shortest_s + (longest_s - shortest_s) * length
        self._pause_left_s = 0.0 if heard.present else self._pause_left_s - FRAME_S
        return self._pause_lift if self._pause_left_s > 0.0 else 0.0

    def _step_flash(self, heard: Hearing) -> float:
        """The mark of a fast rise in pitch, larger or smaller by chance."""
        if heard.pitch_rose and self._rng.random() < self._following_chance:
            self._flash_size = 0.10 + 0.15 * float(self._rng.random())
            self._flash_left_s = self.RISE_S
        self._flash_left_s -= FRAME_S
        return self._flash.step(self._flash_size if self._flash_left_s > 0.0 else 0.0)
