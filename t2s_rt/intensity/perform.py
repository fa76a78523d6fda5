"""The performer: makes of a model's mouth a whole singing face.

The model knows the mouth; brows, eyes and neck are performed from what is heard, by published figures
and by seeded chance. `t2s_rt.intensity.hearing` says what is heard; each region has its own file.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.errors import ConfigError
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, MOUTH_NAMES
from t2s_rt.intensity.blink import Blink
from t2s_rt.intensity.brows import Brows
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.cued import Cued
from t2s_rt.intensity.gaze import Gaze
from t2s_rt.intensity.head import Head
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.mouth import KNOWN_BY_MODEL, Mouth
from t2s_rt.intensity.smoothing import clamp
from t2s_rt.intensity.style import USUAL, check_style, factor
from t2s_rt.types import FloatArray

_LEFT_LID: Final = ACTION_INDEX["eye_openness_left"]
_RIGHT_LID: Final = ACTION_INDEX["eye_openness_right"]
_SQUINT: Final = ACTION_INDEX["eye_squint"]
_GAZE_X: Final = ACTION_INDEX["gaze_x"]
_GAZE_Y: Final = ACTION_INDEX["gaze_y"]
_BROW: Final = ACTION_INDEX["brow_raise_inner"]
_CHEEKS: Final = ACTION_INDEX["cheek_raise"]
_YAW: Final = ACTION_INDEX["head_yaw"]
_PITCH: Final = ACTION_INDEX["head_pitch"]
SMILE_NAMES: Final = ("corner_pull", "cheek_raise")
"""Of the mouth what shapes no sound."""
_MOUTH: Final = tuple(ACTION_INDEX[name] for name in MOUTH_NAMES)


class Performer:
    """Streaming stage at frame rate: features and the model's actions in, every action out.

    Frame by frame and without a clock: the same input and seed give the same face; another seed changes
    brows, eyes and head, never the mouth. Another style scales these, and corners and cheeks a little,
    but never what the model says of the mouth. It adds no latency; where the model looks ahead, the
    motion it is given is that much older than the features.

    Args:
        seed: Which performance; any non-negative integer.
        knows: Mouth actions that the model writes; the others of the mouth are performed.
        style: How it is performed, from 0 (calm) over 0.5 (usual) to 1 (wild).

    Raises:
        ConfigError: The seed is negative, the style is outside 0 to 1, or ``knows`` names something that
            is no mouth action.
    """

    WIDE_WITH_BROWS: Final = 0.25
    """Of the brows' height what the upper lids follow."""
    SMILE_BY_STYLE: Final = (0.8, 1.25)
    """How far corners and cheeks go, where the model leaves them to the performer."""

    def __init__(
        self, seed: int = 0, knows: tuple[str, ...] = KNOWN_BY_MODEL, style: float = USUAL
    ) -> None:
        if seed < 0:
            raise ConfigError(f"The performer's seed is {seed}.", "Choose 0 or a positive integer.")
        strangers = [name for name in knows if name not in MOUTH_NAMES]
        if strangers:
            raise ConfigError(
                f"The model claims to know {', '.join(strangers)}, which are no mouth actions.",
                f"Its manifest may name: {', '.join(MOUTH_NAMES)}.",
            )
        check_style(style)
        self._seed = seed
        self._knows = knows
        self._style = style
        self._smile = factor(style, self.SMILE_BY_STYLE)
        self._smiling = tuple(ACTION_INDEX[name] for name in SMILE_NAMES if name not in knows)
        self.reset()

    @property
    def latency_samples(self) -> int:
        """0: a frame is performed from what has been heard so far."""
        return 0

    def reset(self) -> None:
        """Start the same performance anew."""
        blink, gaze, brows, head = (
            np.random.default_rng(child) for child in np.random.SeedSequence(self._seed).spawn(4)
        )
        self._heard = Hearing()
        self._mouth = Mouth(self._knows)
        self._blink = Blink(blink, self._style)
        self._gaze = Gaze(gaze, self._style)
        self._brows = Brows(brows, self._style)
        self._head = Head(head, self._style)
        self._cued = Cued()
        self._face = [0.0] * ACTION_COUNT
        self._cued_face = [0.0] * ACTION_COUNT

    def step(
        self,
        x: FloatArray,
        motion: FloatArray,
        out: FloatArray,
        condition: Condition | None = None,
        presence: float | None = None,
    ) -> None:
        """Perform one frame.

        Args:
            x: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` feature rows of the frame, oldest first.
            motion: ``(ACTION_COUNT,)`` the model's actions; only those it knows are read.
            out: ``(ACTION_COUNT,)`` receives every action, within the ranges of `ACTIONS`.
            condition: What the song asks for in this frame; None for free singing. Where it asks for
                nothing, the face is the same as without it.
            presence: How surely the model hears a voice, 0 to 1; None if it does not say.
        """
        heard, face = self._heard, self._face
        heard.step(x.tolist(), presence)
        self._mouth.step(heard, motion.tolist(), face, condition)
        for i in self._smiling:
            face[i] *= self._smile
        self._brows.step(heard, face)
        self._head.step(heard, face)
        face[_GAZE_X], face[_GAZE_Y] = self._gaze.step(heard, face[_YAW], face[_PITCH])
        self._step_lids(face, self._blink.step(heard, gaze_shifted=self._gaze.shifted))
        for i in _MOUTH:
            face[i] = clamp(face[i], _LOWEST[i], 1.0)
        if condition is not None:
            self._cued.step(heard, self._blink, face, condition, self._cued_face)
            face = self._cued_face
        out[:] = face

    def _step_lids(self, face: list[float], shut: float) -> None:
        openness = (1.0 - shut) * self.WIDE_WITH_BROWS * face[_BROW] - shut
        face[_LEFT_LID] = face[_RIGHT_LID] = openness
        face[_SQUINT] = 0.5 * face[_CHEEKS]


_LOWEST: Final = tuple(action.minimum for action in ACTIONS)
