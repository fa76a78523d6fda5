"""The condition row: what the motion subtitles ask of each action at this moment."""

from __future__ import annotations

import numpy as np

from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import FloatArray


class Condition:
    """Wishes for one frame. Owned by the caller, written by a cursor, read by the performer.

    Attributes:
        target: ``(ACTION_COUNT,)`` the intensity wished for, within the action's range.
        authority: ``(ACTION_COUNT,)`` 0 to 1: how far the wish replaces what the performer would do;
            0 is free singing, between 0 and 1 a cue begins, ends or gives way to the next.
        shape: ``(ACTION_COUNT,)`` the mouth that the coming words ask for at full voice; mouth only.
        trust: 0 to 1: how far ``shape`` replaces the shape that was heard; 0 where no words are known.
        ready: 0 to 1: the share of ``shape`` that shows without a voice: lips before a phrase, and a
            consonant's silence within one.
    """

    __slots__ = ("authority", "ready", "shape", "target", "trust")

    def __init__(self) -> None:
        self.target: FloatArray = np.zeros(ACTION_COUNT, np.float32)
        self.authority: FloatArray = np.zeros(ACTION_COUNT, np.float32)
        self.shape: FloatArray = np.zeros(ACTION_COUNT, np.float32)
        self.trust = 0.0
        self.ready = 0.0

    def clear(self) -> None:
        """Ask for nothing."""
        self.target[:] = 0.0
        self.authority[:] = 0.0
        self.shape[:] = 0.0
        self.trust = 0.0
        self.ready = 0.0
