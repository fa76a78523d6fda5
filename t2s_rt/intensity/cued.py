"""Performing a cue: it decides what an action does, and the voice colours it."""

from __future__ import annotations

from typing import Final

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, Region
from t2s_rt.intensity.blink import Blink
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import clamp, ramp, smoothing_factor
from t2s_rt.timebase import FRAME_S

_LIDS: Final = (ACTION_INDEX["eye_openness_left"], ACTION_INDEX["eye_openness_right"])


class Cued:
    """Blends what the subtitles ask for into a face that was performed freely.

    Each action by itself: what is asked of one changes no other. Where nothing is asked the face is left
    as it is, to the bit.
    """

    EFFORT_GAIN: Final = 0.08
    """How much further a cue goes for a singer at full voice than for one at none ..."""
    USUAL_EFFORT: Final = 0.8
    """... so that this effort gives what is written."""
    LIFE: Final = {Region.BROWS: 0.2, Region.EYES: 0.6, Region.MOUTH: 0.08, Region.NECK: 0.35}
    """Share of the free performance's motion that goes on under a cue: a held gaze wanders a little, a
    turned head breathes, a jaw that is held open hardly heeds the words."""
    LIFE_AT_MOST: Final = 0.05
    """Of an action's range, so that the mean error stays well below 0.08."""
    USUAL_S: Final = 1.5
    """Time constant of what counts as the free performance's pose rather than its motion."""
    STILL_BELOW: Final = 0.05
    LIVELY_ABOVE: Final = 0.25
    """Intensities: a cue at 0 is still, one at a quarter has all its life."""
    STARE_S: Final = 5.0
    """Lids that a cue holds do not blink for this long; nobody stares much longer."""

    def __init__(self) -> None:
        self._usual = [0.0] * ACTION_COUNT
        self._factor = smoothing_factor(self.USUAL_S)
        self._open = 0.0
        self._stared_s = 0.0
        self._may_blink = False

    def step(
        self, heard: Hearing, blink: Blink, free: list[float], condition: Condition, out: list[float]
    ) -> None:
        """Blend one frame.

        Args:
            heard: What the performer hears.
            blink: How far its lids are shut in this frame.
            free: ``(ACTION_COUNT,)`` the free performance.
            condition: What is asked for.
            out: ``(ACTION_COUNT,)`` receives the face.
        """
        usual, factor = self._usual, self._factor
        targets, authorities = condition.target.tolist(), condition.authority.tolist()
        effort = 1.0 + self.EFFORT_GAIN * (heard.effort - self.USUAL_EFFORT) * heard.activity
        self._stare(max(authorities[i] for i in _LIDS), blink)
        for i in range(ACTION_COUNT):
            moved = free[i] - usual[i]
            usual[i] += factor * moved
            authority = authorities[i]
            if authority <= 0.0:
                out[i] = free[i]
                continue
            target = targets[i]
            if i in _LIDS:
                out[i] = self._lid(free[i], target * effort, authority, blink)
                continue
            life = clamp(_LIFE[i] * moved, -self.LIFE_AT_MOST, self.LIFE_AT_MOST)
            wish = target * effort + life * ramp(abs(target), self.STILL_BELOW, self.LIVELY_ABOVE)
            out[i] = clamp(free[i] + (wish - free[i]) * authority, _LOWEST[i], 1.0)

    def _stare(self, authority: float, blink: Blink) -> None:
        """Let lids that were held for long blink again, but not from the middle of a blink."""
        self._stared_s = self._stared_s + FRAME_S if authority > 0.0 else 0.0
        if self._stared_s < self.STARE_S:
            self._may_blink = False
        elif blink.short == 0.0:
            self._may_blink = True

    def _lid(self, free: float, wish: float, authority: float, blink: Blink) -> float:
        """A lid under a cue: long closings give way to it, blinks go over it once it has stared."""
        shut = max(blink.short, blink.long)
        if shut < 1.0:
            self._open = (free + shut) / (1.0 - shut)
        blinks = self._may_blink and abs(wish) > self.STILL_BELOW
        left = 1.0 - authority
        shut = max(blink.short * (1.0 if blinks else left), blink.long * left)
        openness = self._open + (wish - self._open) * authority
        return clamp((1.0 - shut) * openness - shut, -1.0, 1.0)


_LIFE: Final = tuple(Cued.LIFE[action.region] for action in ACTIONS)
_LOWEST: Final = tuple(action.minimum for action in ACTIONS)
