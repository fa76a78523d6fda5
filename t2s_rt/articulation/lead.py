"""The lead: the mouth starts for the coming words before they sound, as people's mouths do.

What is known decides the shape, what is heard decides size and presence. `Lead` says what shape the
words ask for, how far to believe them, and how far the mouth may go without a voice; the performer's
mouth (`t2s_rt.intensity.mouth`) puts that together with the voice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from t2s_rt.articulation.agreement import Agreement
from t2s_rt.articulation.coarticulation import COLUMNS, CONSONANT, COVERED, STOPPED, UNVOICED, MouthScore
from t2s_rt.articulation.inventory import MOUTH_ACTIONS, MOUTH_COLUMNS
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.smoothing import clamp, ramp, smoothing_factor
from t2s_rt.lyrics.phonemes import Phoneme
from t2s_rt.timebase import FRAME_S
from t2s_rt.types import Feature, FloatArray


class Lead:
    """Streaming stage at frame rate: position in the song and what was heard in, `Condition` out.

    Causal and without chance; it adds no latency. It reads the song ahead, never the voice.

    Args:
        phonemes: The sounds of the words, as `t2s_rt.lyrics.phonemes.phonemes` times them, or with
            realised times from labels.
    """

    LEAD_S: Final = 0.050
    """How far ahead of the frame the mouth is. Lips and jaw move before the sound that they make."""
    HEARD_LATE_S: Final = 0.015
    """What is heard lags behind the sound by this (best correlation on the labelled song)."""
    READY: Final = 0.2
    """Of its opening what the mouth may show before a phrase, without a voice."""
    READY_BEFORE_S: Final = 0.14
    READY_FULL_S: Final = 0.06
    """From the first to the second of these before the first vowel the mouth takes its place."""
    PATIENCE_S: Final = 0.15
    """After the vowel was due the lips wait this long for a voice."""
    RELAX_S: Final = 0.05
    HOLD_S: Final = 0.12
    HOLD_STOP_S: Final = 0.35
    """A voice that falls silent at a consonant, or at a stop, is expected back within this."""
    GRACE_S: Final = 0.09
    """A consonant counts for this long after it was due: a voice is heard a little late."""
    VOICE: Final = 0.5
    AUDIBLE_DB: Final = 12.0
    """An unvoiced consonant stands out of the quiet before it by this much."""
    QUIET_RISE_DB: Final = 0.2
    """By how much a frame the remembered quiet rises, so that it follows the room in seconds."""
    TRUST_STEP: Final = 0.15
    """Most that trust changes in a frame: words and voice take turns within 0.12 s."""
    SEEK_S: Final = 0.06
    """A clock that jumps by more has been moved; the mouth glides to the new place."""
    GLIDE: Final = 0.72
    """Share of such a jump that is left a frame later."""

    def __init__(self, phonemes: Sequence[Phoneme]) -> None:
        self._score = MouthScore(phonemes)
        self._agreement = Agreement()
        self._row: FloatArray = np.zeros(COLUMNS, np.float32)
        self._heard: FloatArray = np.zeros(COLUMNS, np.float32)
        self._shape: FloatArray = np.zeros(len(MOUTH_ACTIONS), np.float32)
        self._jump: FloatArray = np.zeros(len(MOUTH_ACTIONS), np.float32)
        self._columns = np.array(MOUTH_COLUMNS, np.intp)
        self._relax = smoothing_factor(self.RELAX_S)
        self.reset()

    @property
    def latency_samples(self) -> int:
        """0: a frame is shaped from the song, not from later sound."""
        return 0

    @property
    def agreement(self) -> float:
        """Correlation of the heard mouth with the words over the last second, -1 to 1."""
        return self._agreement.score

    def reset(self) -> None:
        """Forget the singer; the song stays."""
        self._agreement.reset()
        self._shape.fill(0.0)
        self._jump.fill(0.0)
        self._before_s = -1.0
        self._trust = 0.0
        self._ready = 0.0
        self._silent_s = math.inf
        self._consonant_s = self._stop_s = self._unvoiced_s = math.inf
        self._quiet_dbfs = 0.0
        self._audible_s = math.inf
        self._answered = True
        self._awaited_s = math.inf
        self._hopes = False

    def step(self, song_s: float, features: FloatArray, motion: FloatArray, out: Condition) -> None:
        """Shape one frame.

        Args:
            song_s: Position in the song that the frame depicts, in s; negative where no song plays.
            features: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` feature rows of the frame, oldest first.
            motion: ``(ACTION_COUNT,)`` the mouth that the model heard.
            out: Its ``shape``, ``trust`` and ``ready`` are written.
        """
        newest = features[-1]
        voice = bool(newest[Feature.VOICE] > self.VOICE)
        self._silent_s = 0.0 if voice else self._silent_s + FRAME_S
        if song_s >= 0.0:
            self._score.read(song_s - self.HEARD_LATE_S, self._heard)
            believed = self._agreement.step(self._heard, features, motion, voice=voice)
            self._score.read(song_s + self.LEAD_S, self._row)
            belief = believed * float(self._row[COVERED])
        else:
            belief = 0.0
        due = self._row
        self._follow_jump(song_s, due)
        audible = self._hears_more_than_quiet(float(newest[Feature.LOUDNESS_DBFS]))
        ready = self._be_ready(song_s, due, voice=voice, audible=audible) if song_s >= 0.0 else 0.0
        self._ready = ready if ready > self._ready else self._ready + (ready - self._ready) * self._relax
        self._trust += clamp(belief - self._trust, -self.TRUST_STEP, self.TRUST_STEP)
        out.shape[self._columns] = self._shape
        out.trust = self._trust
        out.ready = self._ready if self._ready > 0.005 else 0.0
        self._before_s = song_s

    def _follow_jump(self, song_s: float, due: FloatArray) -> None:
        """Write the shape; what a seek would make it jump fades away over some frames."""
        wanted = due[: len(MOUTH_ACTIONS)]
        if abs(song_s - self._before_s - FRAME_S) > self.SEEK_S:
            np.subtract(self._shape, wanted, out=self._jump)
        self._jump *= self.GLIDE
        np.add(wanted, self._jump, out=self._shape)

    def _hears_more_than_quiet(self, loudness_dbfs: float) -> bool:
        """Whether more than the room is heard, now or just before."""
        self._quiet_dbfs = min(self._quiet_dbfs + self.QUIET_RISE_DB, loudness_dbfs)
        audible = loudness_dbfs > self._quiet_dbfs + self.AUDIBLE_DB
        self._audible_s = 0.0 if audible else self._audible_s + FRAME_S
        return self._audible_s < self.GRACE_S

    def _be_ready(self, song_s: float, due: FloatArray, *, voice: bool, audible: bool) -> float:
        """How far the mouth may go without a voice."""
        if voice:
            self._answered = True
        begins_s = self._score.first_beat_s(song_s)
        if begins_s != self._awaited_s and begins_s - song_s < self.READY_BEFORE_S:
            self._hopes = self._answered  # who sang no note of the last phrase is not expected now
            self._answered = voice
            self._awaited_s = begins_s
        self._consonant_s = 0.0 if due[CONSONANT] > 0.5 else self._consonant_s + FRAME_S
        self._stop_s = 0.0 if due[STOPPED] > 0.5 else self._stop_s + FRAME_S
        held = self._silent_s < self.HOLD_S and self._consonant_s < self.GRACE_S
        stopped = self._silent_s < self.HOLD_STOP_S and self._stop_s < self.GRACE_S
        self._unvoiced_s = 0.0 if due[UNVOICED] > 0.5 else self._unvoiced_s + FRAME_S
        if held or stopped or (audible and self._unvoiced_s < self.GRACE_S):
            return 1.0
        waited_s = song_s - begins_s
        if begins_s != self._awaited_s or not self._hopes or waited_s > self.PATIENCE_S:
            return 0.0
        return self.READY * ramp(waited_s, -self.READY_BEFORE_S, -self.READY_FULL_S)
