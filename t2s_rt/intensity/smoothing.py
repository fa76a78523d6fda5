"""Small filters for one number at 60 frames a second, in plain floats because numpy scalars are slow."""

from __future__ import annotations

import math
from typing import Final

from t2s_rt.timebase import FRAME_S

TAU: Final = 2.0 * math.pi


def clamp(value: float, low: float, high: float) -> float:
    """``value`` kept within ``low`` and ``high``."""
    return low if value < low else high if value > high else value


def ramp(value: float, low: float, high: float) -> float:
    """0 at ``low`` and below, 1 at ``high`` and above, straight in between."""
    return clamp((value - low) / (high - low), 0.0, 1.0)


def soft_limit(value: float, free: float) -> float:
    """``value`` as it is up to ``free``, then ever flatter towards 1; smooth at ``free``."""
    if value <= free:
        return value
    left = 1.0 - free
    return free + left * math.tanh((value - free) / left)


def smoothing_factor(time_constant_s: float) -> float:
    """Share of the way to its target that a one-pole filter goes in one frame."""
    return 1.0 - math.exp(-FRAME_S / time_constant_s)


class Follower:
    """A one-pole filter that rises and falls at different speeds.

    Args:
        attack_s: Time constant of rising, in s.
        release_s: Time constant of falling, in s.
    """

    __slots__ = ("_attack", "_release", "value")

    def __init__(self, attack_s: float, release_s: float) -> None:
        self._attack = smoothing_factor(attack_s)
        self._release = smoothing_factor(release_s)
        self.value = 0.0

    def step(self, target: float) -> float:
        """Move one frame towards ``target`` and return where that leads."""
        distance = target - self.value
        self.value += distance * (self._attack if distance > 0.0 else self._release)
        return self.value


class Spring:
    """A mass on a damped spring: follows a target with inertia, as a head or a brow does.

    Args:
        natural_hz: How fast it follows; well below 20 Hz, where the integration is exact enough.
        damping: 1 settles without overshoot, less swings a little.
    """

    __slots__ = ("_damping", "_stiffness", "value", "velocity")

    def __init__(self, natural_hz: float, damping: float) -> None:
        omega = TAU * natural_hz
        self._stiffness = omega * omega * FRAME_S
        self._damping = 2.0 * damping * omega * FRAME_S
        self.value = 0.0
        self.velocity = 0.0

    def step(self, target: float) -> float:
        """Move one frame towards ``target`` (semi-implicit Euler) and return the new position."""
        self.velocity += self._stiffness * (target - self.value) - self._damping * self.velocity
        self.value += self.velocity * FRAME_S
        return self.value


class OneEuro:
    """The One-Euro filter: smooth where slow, immediate where fast.

    Casiez, Roussel, Vogel: "1 Euro Filter", CHI 2012. The cut-off is ``rest_hz + speed_gain * |speed|``.

    Args:
        rest_hz: Cut-off for a value that stands still; lower smooths more.
        speed_gain: How fast the cut-off rises with speed, in Hz per unit a second; higher lags less.
    """

    SPEED_HZ: Final = 8.0
    """Cut-off of the speed estimate: two frames see a consonant, noise of one frame does not."""

    __slots__ = ("_rest_hz", "_speed", "_speed_factor", "_speed_gain", "value")

    def __init__(self, rest_hz: float, speed_gain: float) -> None:
        self._rest_hz = rest_hz
        self._speed_gain = speed_gain
        self._speed_factor = smoothing_factor(1.0 / (TAU * self.SPEED_HZ))
        self._speed = 0.0
        self.value = 0.0

    def jump(self, value: float) -> None:
        """Be at ``value`` at once, standing still."""
        self.value = value
        self._speed = 0.0

    def step(self, target: float) -> float:
        """Filter one frame's value."""
        distance = target - self.value
        self._speed += (distance / FRAME_S - self._speed) * self._speed_factor
        period = TAU * FRAME_S * (self._rest_hz + self._speed_gain * abs(self._speed))
        self.value += distance * period / (1.0 + period)
        return self.value
