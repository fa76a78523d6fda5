"""The head: lifts before the phrase, nods and swings with the notes, comes to rest after the voice."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import TAU, Follower, Spring, clamp, soft_limit
from t2s_rt.intensity.style import USUAL, chance, factor
from t2s_rt.timebase import FRAME_S

_YAW: Final = ACTION_INDEX["head_yaw"]
_PITCH: Final = ACTION_INDEX["head_pitch"]
_ROLL: Final = ACTION_INDEX["head_roll"]
_Pose = list[float]


class Nods:
    """The quick part of the motion: a swing out and back, and a smaller one after, for notes.

    A light spring at the pace of the head (1 to 2 Hz, Pedersen 2022) is pushed for half a period and
    let go, so that nothing of it is left two seconds later.

    Args:
        rng: The head's source of chance.
        style: 0 (calm) to 1 (wild), see `t2s_rt.intensity.style`.
    """

    NATURAL_HZ: Final = 1.4
    DAMPING: Final = 0.24
    PUSH_S: Final = 0.34
    SIZE: Final = 0.11
    """Push of a usual nod, in intensity."""
    SPREAD: Final = 0.35
    """Of a push's logarithm: no two nods are alike."""
    DRAW_AT_MOST: Final = 1.3
    """Standard deviations; no nod is a jerk."""
    CHANCE: Final = 0.8
    """Share of notes that bring one; a marked note always does."""
    SIDEWAYS: Final = (0.75, 0.55)
    """Yaw and roll beside the nod; to which side is chance."""
    RISE_GAIN: Final = 0.5
    """How much further after a leap: large intervals show in the head (Thompson, Russo 2007)."""
    REFRACTORY_S: Final = 0.45
    """However fast the notes; below one period of the spring, so a nod can follow a nod."""
    AT_LATEST_S: Final = 1.4
    """A held note does not freeze the head."""
    HELD_SIZE: Final = 0.6
    UP_CHANCE: Final = 0.25
    """Share of pushes that lift the chin instead of lowering it; leaps mostly do."""
    LEAP_UP_CHANCE: Final = 0.6
    SIZE_BY_STYLE: Final = (0.5, 1.5)
    OFTEN_BY_STYLE: Final = (0.5, 1.25)

    def __init__(self, rng: np.random.Generator, style: float = USUAL) -> None:
        self._rng = rng
        self._size = self.SIZE * factor(style, self.SIZE_BY_STYLE)
        self._chance = chance(self.CHANCE, style, self.OFTEN_BY_STYLE)
        self._at_latest_s = self.AT_LATEST_S / factor(style, self.OFTEN_BY_STYLE)
        self._springs = [Spring(self.NATURAL_HZ, self.DAMPING) for _ in range(3)]
        manner = 0.5 + rng.random(3)
        self._manner: _Pose = (manner / math.sqrt(np.mean(manner**2))).tolist()
        self._push = [0.0, 0.0, 0.0]
        self._since_s = self.AT_LATEST_S

    def step(self, heard: Hearing) -> _Pose:
        """One frame of yaw, pitch and roll."""
        self._since_s += FRAME_S
        if heard.present:
            self._listen(heard)
        pushing = self._since_s < self.PUSH_S
        force = math.sin(math.pi * self._since_s / self.PUSH_S) if pushing else 0.0
        return [
            spring.step(force * push) for spring, push in zip(self._springs, self._push, strict=True)
        ]

    def _listen(self, heard: Hearing) -> None:
        if self._since_s < self.REFRACTORY_S:
            return
        marked = heard.pitch_rose or heard.phrase_began
        if marked or (heard.note_began and self._rng.random() < self._chance):
            self._begin(heard, 1.0)
        elif self._since_s > self._at_latest_s:
            self._begin(heard, self.HELD_SIZE)

    def _begin(self, heard: Hearing, size: float) -> None:
        self._since_s = 0.0
        spread, yaw, roll = (
            clamp(draw, -self.DRAW_AT_MOST, self.DRAW_AT_MOST)
            for draw in self._rng.standard_normal(3).tolist()
        )
        size *= self._size * (0.4 + 0.8 * heard.effort) * math.exp(self.SPREAD * spread)
        if heard.pitch_rose:
            size *= 1.0 + self.RISE_GAIN
        up = self._rng.random() < (self.LEAP_UP_CHANCE if heard.pitch_rose else self.UP_CHANCE)
        moves = (self.SIDEWAYS[0] * yaw, 1.0 if up else -1.0, self.SIDEWAYS[1] * roll)
        self._push = [size * manner * move for manner, move in zip(self._manner, moves, strict=True)]


class Head:
    """Head pose with inertia: a slow pose that the phrase and its melody decide, and `Nods` upon it.

    Head and voice share the band of 1 to 2 Hz (Pedersen 2022); the head follows pitch and amplitude
    (Munhall 2004) and moves further the larger the interval (Thompson, Russo 2007).

    Args:
        rng: Its own source of chance.
        style: 0 (calm) to 1 (wild), see `t2s_rt.intensity.style`.
    """

    NATURAL_HZ: Final = 0.7
    DAMPING: Final = 0.9
    """Of the slow pose: it drifts where it is drawn and does not swing."""
    PITCH_GAIN: Final = 0.08
    EFFORT_GAIN: Final = 0.15
    POSTURE: Final = 0.12
    """Spread of the pose that a phrase is sung in."""
    SWAY: Final = 0.07
    SWAY_HZ: Final = (0.31, 0.43, 0.37)
    """Slow sway of yaw, pitch and roll while singing; each performance has its own phases."""
    BREATH_LIFT: Final = 0.12
    BREATHING_HZ: Final = 0.24
    """About 14 breaths a minute, seen as a slow drift also in silence."""
    BREATHING: Final = 0.012
    REACH_BY_STYLE: Final = (0.6, 1.4)
    """How far it sways and follows the melody; breathing is the same in every style."""
    POSTURE_BY_STYLE: Final = (0.4, 1.5)
    FREE_UP_TO: Final = 0.8
    """Turns beyond are compressed towards 1: only wild heads get there, and none runs into its end."""

    def __init__(self, rng: np.random.Generator, style: float = USUAL) -> None:
        self._rng = rng
        self._reach = factor(style, self.REACH_BY_STYLE)
        self._posture_spread = self.POSTURE * factor(style, self.POSTURE_BY_STYLE)
        self._nods = Nods(rng, style)
        self._springs = [Spring(self.NATURAL_HZ, self.DAMPING) for _ in range(3)]
        self._posture = [0.0, 0.0, 0.0]
        self._lift = Follower(0.15, 0.3)
        self._breathing, *self._sway = (TAU * rng.random(4)).tolist()

    def step(self, heard: Hearing, face: list[float]) -> None:
        """Write yaw, pitch and roll into ``face``."""
        if heard.phrase_began:
            self._posture = (self._posture_spread * self._rng.standard_normal(3)).tolist()
        nods = self._nods.step(heard)
        self._breathing = (self._breathing + TAU * self.BREATHING_HZ * FRAME_S) % TAU
        drift = self.BREATHING * math.sin(self._breathing)
        self._sway = [
            (phase + TAU * hz * FRAME_S) % TAU
            for phase, hz in zip(self._sway, self.SWAY_HZ, strict=True)
        ]
        lift = self.BREATH_LIFT * self._lift.step(heard.breath)
        follows = self._reach * (self.PITCH_GAIN * heard.pitch + self.EFFORT_GAIN * (heard.effort - 0.7))
        sway = self._reach * self.SWAY
        yaw, pitch, roll = (
            nod + spring.step(heard.activity * (posture + sway * math.sin(phase) + sung) + still)
            for nod, spring, posture, phase, sung, still in zip(
                nods,
                self._springs,
                self._posture,
                self._sway,
                (0.0, follows, 0.0),
                (0.0, drift + lift, 0.4 * drift),
                strict=True,
            )
        )
        face[_YAW] = self._limited(yaw)
        face[_PITCH] = self._limited(pitch)
        face[_ROLL] = self._limited(roll)

    def _limited(self, angle: float) -> float:
        return math.copysign(soft_limit(abs(angle), self.FREE_UP_TO), angle)
