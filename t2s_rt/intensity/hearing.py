"""What a performer makes of the voice: phrases, effort, pitch against the singer's own middle."""

from __future__ import annotations

import math
from typing import Final

from t2s_rt.intensity.smoothing import Follower, clamp, ramp, smoothing_factor
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_S
from t2s_rt.types import Feature


class Hearing:
    """Turns two feature rows a frame into the few facts that move a face. Causal, no latency, no chance.

    Attributes:
        present: Whether a voice is heard now.
        sounding: Whether anything as loud as the singer's consonants is heard, a voice or not.
        activity: 0 to 1; rises with the voice and outlasts it by about half a second.
        effort: Loudness against the singer's own louder voice, which is 1; 0 to 1.25.
        pitch: Sung pitch against the running median, in units of the singer's own spread, -2 to 2.
        pitch_rose: Whether the pitch has just risen by `RISE_SEMITONES` or more.
        note_began: Whether a note began in this frame.
        held_s: For how long the present note has been held.
        breath: 0 to 1, an inhalation that can be heard beside the singing.
        level_dbfs: Loudness of the newest hop.
        phrase_began: Whether a phrase began in this frame.
        phrase_ended: Whether the voice has just been gone for `PHRASE_GAP_S`.
        phrase_s: How long the present or last phrase has lasted.
        silent_s: For how long no voice has been heard.
    """

    PRESENT_ABOVE: Final = 0.6
    ABSENT_BELOW: Final = 0.5
    """Hysteresis of presence, so that a wavering reading does not flap the mouth."""
    CROWDED_ABOVE: Final = 0.85
    CROWDED_BELOW: Final = 0.6
    """The same while other sounds go on beside the voice: where a model has just said that what is heard
    is no voice, it has to be surer before it says that there is one."""
    FAINT_DB: Final = 25.0
    """So far below the singer's reference a breath is likelier than a whisper: a model has to be as sure
    of it as among other sounds."""
    CONSONANT_RANGE_DB: Final = 30.0
    CONSONANT_FLOOR_DBFS: Final = -50.0
    """A sound is loud enough for a consonant within this of the singer's reference, and above this."""
    BREATH_FAINT_DB: Final = -50.0
    BREATH_CLEAR_DB: Final = -38.0
    """Breaths count from the first to the second of these levels, relative to the singer's reference."""
    EFFORT_RANGE_DB: Final = 24.0
    """From the singer's reference level down to no effort: about the range of a sung phrase."""
    PHRASE_GAP_S: Final = 0.28
    """Silence that ends a phrase; longer than a stop consonant, shorter than most breaths."""
    VIBRATO_SMOOTHING_S: Final = 0.055
    """Time constant that halves a 5.5 Hz vibrato and follows a change of note; springs do the rest."""
    RISE_SEMITONES: Final = 2.5
    RISE_WINDOW_FRAMES: Final = 12
    RISE_REFRACTORY_S: Final = 0.5
    SPREAD_FLOOR_SEMITONES: Final = 2.5
    """A singer on one note shall not look as if each wobble were a leap."""
    UNPITCHED_GAP_S: Final = 0.3
    """After this long without pitch the next note starts the smoothing anew."""

    __slots__ = (
        "_activity", "_crowd", "_effort", "_median", "_pitch_factor", "_recent", "_recent_at",
        "_rise_wait_s", "_semitones", "_spread", "_unpitched_s", "_voiced_frames",
        "activity", "breath", "effort", "held_s", "level_dbfs", "note_began", "phrase_began",
        "phrase_ended", "phrase_s", "pitch", "pitch_rose", "present", "silent_s", "sounding",
    )  # fmt: skip

    def __init__(self) -> None:
        self._pitch_factor = smoothing_factor(self.VIBRATO_SMOOTHING_S)
        self._activity = Follower(0.12, 0.45)
        self._crowd = Follower(0.25, 2.5)
        self._effort = Follower(0.06, 0.20)
        self._semitones = 0.0
        self._median = 0.0
        self._spread = self.SPREAD_FLOOR_SEMITONES
        self._voiced_frames = 0
        self._unpitched_s = self.UNPITCHED_GAP_S
        self._recent = [0.0] * self.RISE_WINDOW_FRAMES
        self._recent_at = 0
        self._rise_wait_s = 0.0
        self.present = False
        self.sounding = False
        self.activity = 0.0
        self.effort = 0.0
        self.pitch = 0.0
        self.pitch_rose = False
        self.note_began = False
        self.held_s = 0.0
        self.breath = 0.0
        self.level_dbfs = -100.0
        self.phrase_s = 0.0
        self.phrase_began = False
        self.phrase_ended = False
        self.silent_s = 2.0 * self.PHRASE_GAP_S

    def step(self, rows: list[list[float]], presence: float | None = None) -> None:
        """Take one frame.

        Args:
            rows: Its feature rows, oldest first.
            presence: How surely a model hears a voice, 0 to 1; None to go by `Feature.VOICE`, which
                takes a band for a voice.
        """
        newest = rows[-1]
        self._follow_presence(newest, presence)
        self._follow_effort(rows)
        f0_hz = newest[Feature.F0_HZ] or rows[0][Feature.F0_HZ]
        self._follow_pitch(f0_hz if self.present else 0.0)
        self.note_began = self.phrase_began or (
            self.present and max(row[Feature.ONSET] for row in rows) > 0.0
        )
        self.held_s = newest[Feature.HELD_S] if self.present else 0.0
        self._follow_breath(newest)

    def _follow_presence(self, newest: list[float], presence: float | None) -> None:
        self.phrase_began = self.phrase_ended = False
        loudness_dbfs = newest[Feature.LOUDNESS_DBFS]
        loud = loudness_dbfs > max(
            self.CONSONANT_FLOOR_DBFS, newest[Feature.REFERENCE_DBFS] - self.CONSONANT_RANGE_DB
        )
        if presence is None:
            heard = newest[Feature.VOICE]
        else:
            heard = presence
            self._crowd.step(1.0 if loud and presence < self.ABSENT_BELOW else 0.0)
        crowd = self._crowd.value
        if presence is not None and loudness_dbfs < newest[Feature.REFERENCE_DBFS] - self.FAINT_DB:
            crowd = 1.0
        above = self.PRESENT_ABOVE + crowd * (self.CROWDED_ABOVE - self.PRESENT_ABOVE)
        below = self.ABSENT_BELOW + crowd * (self.CROWDED_BELOW - self.ABSENT_BELOW)
        self.present = heard > (below if self.present else above)
        self.sounding = self.present or (loud and presence is None)
        if self.present:
            self.phrase_began = self.silent_s >= self.PHRASE_GAP_S
            self.phrase_s = FRAME_S if self.phrase_began else self.phrase_s + FRAME_S
            self.silent_s = 0.0
        else:
            before = self.silent_s
            self.silent_s += FRAME_S
            self.phrase_ended = before < self.PHRASE_GAP_S <= self.silent_s
        self.activity = self._activity.step(1.0 if self.present else 0.0)

    def _follow_breath(self, newest: list[float]) -> None:
        self.level_dbfs = newest[Feature.LOUDNESS_DBFS]
        if self.present:
            self.breath = 0.0
        else:
            above_db = self.level_dbfs - newest[Feature.REFERENCE_DBFS]
            heard = ramp(above_db, self.BREATH_FAINT_DB, self.BREATH_CLEAR_DB)
            self.breath = newest[Feature.BREATH] * heard

    def _follow_effort(self, rows: list[list[float]]) -> None:
        effort = 0.0
        if self.present:
            above_db = max(row[Feature.LOUDNESS_DBFS] - row[Feature.REFERENCE_DBFS] for row in rows)
            effort = clamp(1.0 + above_db / self.EFFORT_RANGE_DB, 0.0, 1.25)
        self.effort = self._effort.step(effort)

    def _follow_pitch(self, f0_hz: float) -> None:
        self.pitch_rose = False
        self._rise_wait_s -= FRAME_S
        if f0_hz <= 0.0:
            self._unpitched_s += FRAME_S
            return
        heard = 12.0 * math.log2(f0_hz / 440.0)
        if self._unpitched_s >= self.UNPITCHED_GAP_S:
            self._semitones = heard
            self._recent = [heard] * self.RISE_WINDOW_FRAMES
        self._unpitched_s = 0.0
        self._semitones += (heard - self._semitones) * self._pitch_factor
        self._learn_range()
        self.pitch = clamp((self._semitones - self._median) / self._spread, -2.0, 2.0)
        rise = self._semitones - self._recent[self._recent_at]
        self._recent[self._recent_at] = self._semitones
        self._recent_at = (self._recent_at + 1) % self.RISE_WINDOW_FRAMES
        if rise > self.RISE_SEMITONES and self._rise_wait_s <= 0.0:
            self.pitch_rose = True
            self._rise_wait_s = self.RISE_REFRACTORY_S

    def _learn_range(self) -> None:
        """Running median by steps of constant size, and mean distance from it; fast at first."""
        if self._voiced_frames == 0:
            self._median = self._semitones
        self._voiced_frames += 1
        haste = 1.0 + 10.0 * FRAME_RATE_HZ / (FRAME_RATE_HZ + self._voiced_frames)
        away = self._semitones - self._median
        self._median += math.copysign(min(abs(away), 0.008 * haste), away)
        self._spread += (
            (max(abs(away) * 1.5, self.SPREAD_FLOOR_SEMITONES) - self._spread) * 0.0015 * haste
        )
