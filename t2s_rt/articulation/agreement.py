"""Whether the singer sings the words: what is heard against what is due, over the last second or two."""

from __future__ import annotations

from typing import Final

from t2s_rt.articulation.coarticulation import COVERED, SUNG
from t2s_rt.intensity.smoothing import clamp
from t2s_rt.timebase import FRAME_S
from t2s_rt.types import FloatArray


class Agreement:
    """Evidence for and against the words; 0 to 1, 1 while nothing speaks against them. Causal."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Believe the words again."""
        self._belief = 1.0

    def step(self, due: FloatArray, motion: FloatArray, *, voice: bool) -> float:
        """Take one frame.

        Args:
            due: ``(COLUMNS,)`` the row of the `MouthScore` at this moment.
            motion: ``(ACTION_COUNT,)`` the mouth that was heard.
            voice: Whether a voice sounds.

        Returns:
            How far the words can be believed.
        """
        if voice and due[COVERED] == 0.0:
            self._belief -= FRAME_S / FALL_S
        elif voice and due[SUNG] > 0.5:
            self._belief += FRAME_S / RISE_S
        self._belief = clamp(self._belief, 0.0, 1.0)
        return self._belief


FALL_S: Final = 0.8
RISE_S: Final = 1.0
