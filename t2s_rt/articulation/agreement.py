"""Whether the singer sings the words: what is heard against what is due, over the last seconds.

The heard mouth (opening, rounding, width) and the heard level are correlated with what the words ask
for, each in units of its usual spread and the heard ones around the singer's own running mean, so that a
timid model and a strange voice still count. On the labelled song the right words score .5 and wrong or
shifted ones 0 (`bench.lead` prints both). A short memory lets belief fall within about a second, a
longer one must agree as well before it comes back.
"""

from __future__ import annotations

import math
from typing import Final

from t2s_rt.articulation.coarticulation import COVERED, SUNG
from t2s_rt.articulation.inventory import CLOSURE, JAW, PUCKER, ROUNDING, SPREAD
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.intensity.smoothing import clamp, smoothing_factor
from t2s_rt.timebase import FRAME_S
from t2s_rt.types import Feature, FloatArray

_JAW_HEARD: Final = ACTION_INDEX["jaw_open"]
_CLOSURE_HEARD: Final = ACTION_INDEX["lip_closure"]
_ROUNDING_HEARD: Final = ACTION_INDEX["lip_rounding"]
_PUCKER_HEARD: Final = ACTION_INDEX["lip_pucker"]
_SPREAD_HEARD: Final = ACTION_INDEX["lip_spread"]
_LEVEL: Final = 3


class _Memory:
    """Correlation of two rows of numbers with exponential forgetting, weighted over the numbers."""

    PRIOR: Final = 0.4
    """Score before anything is heard."""
    STILLNESS: Final = 0.3
    """Added to the heard variance: a mouth that hardly moves agrees with nothing."""
    WEIGHTS: Final = (1.0, 1.0, 1.0, 0.4)
    TOTAL: Final = sum(WEIGHTS)

    __slots__ = ("_both", "_due", "_factor", "_heard")

    def __init__(self, span_s: float) -> None:
        self._factor = smoothing_factor(span_s)
        self._heard = self._due = 0.5 * self.TOTAL
        self._both = self.PRIOR * self._heard

    def add(self, heard: list[float], due: list[float]) -> None:
        """Take one frame's numbers, centred and in units of their spread."""
        both = heard_power = due_power = 0.0
        for weight, h, d in zip(self.WEIGHTS, heard, due, strict=True):
            both += weight * h * d
            heard_power += weight * h * h
            due_power += weight * d * d
        self._both += self._factor * (both - self._both)
        self._heard += self._factor * (heard_power - self._heard)
        self._due += self._factor * (due_power - self._due)

    @property
    def score(self) -> float:
        """-1 to 1."""
        return self._both / math.sqrt((self._heard + self.STILLNESS * self.TOTAL) * (self._due + 0.05))


class Agreement:
    """How far the words can be believed, 0 to 1. Causal, without chance."""

    SHORT_S: Final = 0.9
    LONG_S: Final = 3.0
    """Spans of the two memories."""
    DOUBT_BELOW: Final = 0.12
    DOUBT_SHORT: Final = 0.25
    DOUBT_LONG: Final = 0.20
    """Belief falls while the short memory scores below the first, or both below their own."""
    BELIEVE_SHORT: Final = 0.25
    BELIEVE_LONG: Final = 0.28
    """Belief rises while each memory scores above its own."""
    FALL_S: Final = 0.25
    RISE_S: Final = 0.5
    REST_FALL_S: Final = 2.0
    """A voice in a rest speaks against the words, slowly: singers add words of their own."""
    GAP_S: Final = 0.3
    """Silence within a word counts for this long after the voice, longer silence says nothing."""
    USUAL_HEARD: Final = (0.3, 0.08, 0.10, 0.75)
    SPREAD_HEARD: Final = (0.15, 0.12, 0.13, 0.25)
    USUAL_DUE: Final = (0.38, 0.30, 0.15, 0.85)
    SPREAD_DUE: Final = (0.17, 0.35, 0.15, 0.30)
    """Mean and spread of opening, rounding, width and level: heard ones of the bundled model on sung and
    synthetic voices, due ones of the inventory."""
    MOST: Final = 2.5
    OPEN: Final = 0.01
    """Shapes are compared while both mouths are open: that a mouth opens with every syllable tells
    nothing about which syllable it is."""
    LEARN_FROM_S: Final = 4.0
    LEARN_UP_TO_S: Final = 9.0
    """The singer's own mean is learned over this long at first, over that long later."""
    LEVEL_RANGE_DB: Final = 20.0
    FULL_OPENING: Final = 0.25
    """From this opening on a vowel sounds as loud as it can."""

    __slots__ = ("_belief", "_heard_s", "_long", "_mean", "_short", "_silent_s")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the singer, who is believed to sing the words until heard otherwise."""
        self._short = _Memory(self.SHORT_S)
        self._long = _Memory(self.LONG_S)
        self._mean = list(self.USUAL_HEARD)
        self._heard_s = 0.0
        self._silent_s = math.inf
        self._belief = 1.0

    @property
    def score(self) -> float:
        """The short memory's correlation, -1 to 1."""
        return self._short.score

    def step(self, due: FloatArray, features: FloatArray, motion: FloatArray, *, voice: bool) -> float:
        """Take one frame.

        Args:
            due: ``(COLUMNS,)`` the row of the `MouthScore` for what is heard now.
            features: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` feature rows of the frame.
            motion: ``(ACTION_COUNT,)`` the mouth that was heard.
            voice: Whether a voice sounds.

        Returns:
            How far the words can be believed.
        """
        self._silent_s = 0.0 if voice else self._silent_s + FRAME_S
        if due[COVERED] >= 1.0:
            if self._silent_s < self.GAP_S:
                self._compare(due, features, motion)
                self._judge()
        elif voice and due[COVERED] <= 0.0:
            self._belief -= FRAME_S / self.REST_FALL_S
        self._belief = clamp(self._belief, 0.0, 1.0)
        return self._belief

    def _judge(self) -> None:
        short, long = self._short.score, self._long.score
        doubtful = short < self.DOUBT_SHORT and long < self.DOUBT_LONG
        if doubtful or short < self.DOUBT_BELOW:
            self._belief -= FRAME_S / self.FALL_S
        elif short > self.BELIEVE_SHORT and long > self.BELIEVE_LONG:
            self._belief += FRAME_S / self.RISE_S

    def _compare(self, due: FloatArray, features: FloatArray, motion: FloatArray) -> None:
        asked = due.tolist()
        loudness_dbfs = float(features[:, Feature.LOUDNESS_DBFS].max())
        below_db = loudness_dbfs - float(features[-1, Feature.REFERENCE_DBFS])
        heard = [
            float(motion[_JAW_HEARD]) * (1.0 - float(motion[_CLOSURE_HEARD])),
            float(motion[_ROUNDING_HEARD]) + float(motion[_PUCKER_HEARD]),
            float(motion[_SPREAD_HEARD]),
            clamp(1.0 + below_db / self.LEVEL_RANGE_DB, 0.0, 1.2),
        ]
        opening = asked[JAW] * (1.0 - asked[CLOSURE])
        level = asked[SUNG] * min(opening / self.FULL_OPENING, 1.0)
        wanted = [opening, asked[ROUNDING] + asked[PUCKER], asked[SPREAD], level]
        shaped = heard[0] > self.OPEN and opening > self.OPEN
        learning = 0.0
        if shaped:
            self._heard_s += FRAME_S
            learning = FRAME_S / min(self.LEARN_FROM_S + self._heard_s, self.LEARN_UP_TO_S)
        for i, (h, d) in enumerate(zip(heard, wanted, strict=True)):
            away = h - self._mean[i] if shaped or i == _LEVEL else 0.0
            self._mean[i] += learning * away
            heard[i] = clamp(away / self.SPREAD_HEARD[i], -self.MOST, self.MOST)
            usual = d - self.USUAL_DUE[i] if shaped or i == _LEVEL else 0.0
            wanted[i] = clamp(usual / self.SPREAD_DUE[i], -self.MOST, self.MOST)
        self._short.add(heard, wanted)
        self._long.add(heard, wanted)
