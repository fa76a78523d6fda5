"""The head: lifts before the phrase, sways with the notes, comes to rest after the voice."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import TAU, Follower, Spring, clamp
from t2s_rt.timebase import FRAME_S

_YAW: Final = ACTION_INDEX["head_yaw"]
_PITCH: Final = ACTION_INDEX["head_pitch"]
_ROLL: Final = ACTION_INDEX["head_roll"]


class Head:
    """Head pose with inertia.

    Head and voice share the band of 1 to 2 Hz (Pedersen 2022); the head follows pitch and amplitude
    (Munhall 2004) and moves further the larger the interval (Thompson, Russo 2007).

    Args:
        rng: Its own source of chance.
    """

    NATURAL_HZ: Final = 1.3
    DAMPING: Final = 0.6
    PITCH_GAIN: Final = 0.08
    EFFORT_GAIN: Final = 0.15
    POSTURE: Final = 0.10
    """Spread of the pose that a phrase is sung in."""
    GESTURE: Final = 0.16
    """Spread of the small moves that notes bring."""
    GESTURE_CHANCE: Final = 0.7
    GESTURE_REFRACTORY_S: Final = 0.4
    """At most 2.5 moves a second, however fast the notes."""
    GESTURE_FADES_S: Final = 0.8
    GESTURE_AT_LATEST_S: Final = 1.5
    """A held note does not freeze the head."""
    SWAY: Final = 0.05
    SWAY_HZ: Final = (0.31, 0.43, 0.37)
    """Slow sway of yaw, pitch and roll while singing; each performance has its own phases."""
    BREATH_LIFT: Final = 0.12
    BREATHING_HZ: Final = 0.24
    """About 14 breaths a minute, seen as a slow drift also in silence."""
    BREATHING: Final = 0.012

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._springs = [Spring(self.NATURAL_HZ, self.DAMPING) for _ in range(3)]
        self._posture = [0.0, 0.0, 0.0]
        self._gesture = [0.0, 0.0, 0.0]
        self._gesture_wait_s = 0.0
        self._fade = math.exp(-FRAME_S / self.GESTURE_FADES_S)
        self._lift = Follower(0.15, 0.3)
        self._breathing, *self._sway = (TAU * rng.random(4)).tolist()

    def step(self, heard: Hearing, face: list[float]) -> None:
        """Write yaw, pitch and roll into ``face``."""
        if heard.phrase_began:
            self._posture = (self.POSTURE * self._rng.standard_normal(3)).tolist()
        self._step_gesture(heard)
        self._breathing = (self._breathing + TAU * self.BREATHING_HZ * FRAME_S) % TAU
        drift = self.BREATHING * math.sin(self._breathing)
        self._sway = [
            (phase + TAU * hz * FRAME_S) % TAU
            for phase, hz in zip(self._sway, self.SWAY_HZ, strict=True)
        ]
        lift = self.BREATH_LIFT * self._lift.step(heard.breath)
        nod = self.PITCH_GAIN * heard.pitch + self.EFFORT_GAIN * (heard.effort - 0.7)
        yaw, pitch, roll = (
            spring.step(
                heard.activity * (posture + gesture + self.SWAY * math.sin(phase) + sung) + still
            )
            for spring, posture, gesture, phase, sung, still in zip(
                self._springs,
                self._posture,
                self._gesture,
                self._sway,
                (0.0, nod, 0.0),
                (0.0, drift + lift, 0.4 * drift),
                strict=True,
            )
        )
        face[_YAW] = clamp(yaw, -1.0, 1.0)
        face[_PITCH] = clamp(pitch, -1.0, 1.0)
        face[_ROLL] = clamp(roll, -1.0, 1.0)

    def _step_gesture(self, heard: Hearing) -> None:
        self._gesture_wait_s -= FRAME_S
        overdue = (
            heard.present and self._gesture_wait_s < self.GESTURE_REFRACTORY_S - self.GESTURE_AT_LATEST_S
        )
        if overdue or (heard.note_began and self._gesture_wait_s <= 0.0):
            self._gesture_wait_s = self.GESTURE_REFRACTORY_S
            if overdue or self._rng.random() < self.GESTURE_CHANCE:
                size = self.GESTURE * (0.5 + heard.effort)
                self._gesture = (size * self._rng.standard_normal(3)).tolist()
        else:
            self._gesture = [move * self._fade for move in self._gesture]
