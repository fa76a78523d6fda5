"""The follower: compares what is sung with the song's notes and says how far its clock is off.

A Bayesian histogram filter. Each hypothesis is an offset of the clock, up to 0.4 s either way, and a key
that the singer may have chosen. Every frame each hypothesis expects a note or a rest; what was heard
makes it more or less likely. A held note says nothing: changes of note, onsets and rests do.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.errors import ConfigError
from t2s_rt.following.score import (
    LEVELS,
    NO_NOTE,
    PITCH_CODES,
    STEP_S,
    STEPS_PER_SEMITONE,
    Codes,
    score_of,
)
from t2s_rt.lyrics.song import Song
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_S
from t2s_rt.types import Feature, FloatArray

REACH_S: Final = 0.4
"""Offsets are sought up to here, a third beyond the 0.3 s that a setup's latencies come to."""
OFFSETS: Final = 2 * round(REACH_S / STEP_S) + 1
KEYS: Final = 24
"""Transpositions modulo the octave, half a semitone apart: octaves in song files cannot be trusted."""

PITCH_LAG_S: Final = 0.015
"""`Feature.F0_HZ` describes the signal so long before the hop's end."""
VOICING_LAG_S: Final = 0.020
"""A period must be heard twice before a voice counts."""
ONSET_LAG_S: Final = 0.042
"""An onset is reported 30 to 45 ms after it sounded, and later in a note that glides in."""

FRAME_WEIGHT: Final = 0.12
"""Neighbouring frames say the same: about one in eight counts."""
PITCH_SPREAD_SEMITONES: Final = 0.6
PITCH_OUTLIERS: Final = 0.15
"""Share of voiced frames in a note that are anywhere: glides, ornaments, errors of the tracker."""
ONSET_FLOOR: Final = 0.25
"""How little an onset between notes counts against one on a note: consonants and accents make some."""
HALF_LIFE_S: Final = 10.0
"""Evidence fades with singing, so that an offset that changes is found again."""
MOST_EVIDENCE: Final = 30.0
LEAST_EVIDENCE: Final = -6.0
"""Nobody is believed or disbelieved beyond these, in nats against chance: minds can be changed."""

DECISIVE_EVIDENCE: Final = 8.0
DECISIVE_SHARE: Final = 0.9
"""The correction moves only while the song beats chance by so much and this share of belief lies ..."""
PEAK_S: Final = 0.040
"""... within this of the likeliest offset, which is not at the edge: there the singer is elsewhere."""
SLEW: Final = 0.12
"""The corrected clock runs at most this much faster or slower than the song: 0.3 s in 2.5 s."""
GLIDE_S: Final = 0.15
"""Time constant of the end of a glide."""
DECIDE_FRAMES: Final = 3

TRUSTED_SHARE: Final = 0.3
TRUSTED_SPREAD_S: Final = 0.020
"""Before anything is heard, this much belief lies so close to the clock; the rest is anywhere."""
LONGEST_STEP_S: Final = 0.1
"""A larger advance in one frame is a seek."""
CHANCE: Final = 1.0 / 12.0
"""Density of a pitch class, per semitone, where the song says nothing."""


class Follower:
    """Streaming stage at frame rate: the clock's position and what was heard in, a correction out.

    Causal, without chance and without memory that grows. An offset belongs to the setup, so it is kept
    over pauses, seeks and free singing. Without usable pitches only voice and onsets count.

    Args:
        song: Words with times, notes where known.
        voice: Which of its voices is sung.
        features_ahead_s: How much newer the newest feature row is than the position it comes with: the
            engine's look-ahead.

    Attributes:
        confident: Whether the evidence is decisive now.

    Raises:
        ConfigError: The song has no such voice.
    """

    def __init__(self, song: Song, voice: int = 0, *, features_ahead_s: float = 0.0) -> None:
        if not 0 <= voice < len(song.voices):
            raise ConfigError(
                f"The song has {len(song.voices)} voices, there is no voice {voice}.",
                f"Choose one from 0 to {len(song.voices) - 1}.",
            )
        self._score = score_of(song, voice, REACH_S + 0.1)
        self._ahead_s = features_ahead_s
        self._offsets_s = ((np.arange(OFFSETS) - OFFSETS // 2) * STEP_S).astype(np.float32)
        self._pitch_evidence = _pitch_evidence()
        levels = np.clip(np.arange(LEVELS) / (LEVELS - 1), 0.01, 0.99)
        self._log_voiced = np.log(levels).astype(np.float32)
        self._log_unvoiced = np.log1p(-levels).astype(np.float32)
        self._log_onset = np.log(ONSET_FLOOR + np.arange(LEVELS) / (LEVELS - 1)).astype(np.float32)
        self._prior = _prior(self._offsets_s)
        self._evidence: FloatArray = np.zeros((OFFSETS, KEYS), np.float32)
        self._step: FloatArray = np.zeros((OFFSETS, KEYS), np.float32)
        self._fade = 0.5 ** (1.0 / (HALF_LIFE_S * FRAME_RATE_HZ))
        self.reset()

    @property
    def latency_samples(self) -> int:
        """0: the correction is for the present moment."""
        return 0

    def reset(self) -> None:
        """Trust the clock again, as if newly made."""
        self._evidence.fill(0.0)
        self._correction_s = 0.0
        self._target_s = 0.0
        self._last_s = -1.0
        self._voiced_share = 0.5
        self._frames = 0
        self.confident = False

    def step(self, song_s: float, features: FloatArray) -> float:
        """Hear one frame.

        Args:
            song_s: Where the clock says the song is, in s; negative where no song plays.
            features: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` feature rows, oldest first.

        Returns:
            Seconds to add to ``song_s``, -0.4 to 0.4. While the clock runs forwards the sum never runs
            backwards; while it stands, or no song plays, the correction stays.
        """
        advance_s = song_s - self._last_s if song_s >= 0.0 and self._last_s >= 0.0 else 0.0
        self._last_s = song_s
        if not 0.0 < advance_s <= LONGEST_STEP_S:
            return self._correction_s
        self._hear(song_s, advance_s / FRAME_S, features)
        self._frames += 1
        if self._frames % DECIDE_FRAMES == 0:
            self._decide()
        if self.confident:
            wish_s = (self._target_s - self._correction_s) * min(1.0, advance_s / GLIDE_S)
            self._correction_s += min(max(wish_s, -SLEW * advance_s), SLEW * advance_s)
        return self._correction_s

    def _hear(self, song_s: float, rate: float, features: FloatArray) -> None:
        """Weigh what each hypothesis expected against what was heard and against chance."""
        f0_hz = float(features[-1, Feature.F0_HZ])
        voiced = f0_hz > 0.0
        self._voiced_share += (float(voiced) - self._voiced_share) * 0.005
        _, voicing, _ = self._window(song_s, VOICING_LAG_S, rate)
        if voiced:
            note, _, _ = self._window(song_s, PITCH_LAG_S, rate)
            heard = round((69.0 + 12.0 * math.log2(f0_hz / 440.0)) * STEPS_PER_SEMITONE)
            away = np.where(note == NO_NOTE, PITCH_CODES, (heard - note.astype(np.int32)) % PITCH_CODES)
            np.take(self._pitch_evidence, away, axis=0, out=self._step, mode="clip")
            self._step += (self._log_voiced[voicing] - math.log(self._voiced_share))[:, None]
            self._step *= FRAME_WEIGHT
            self._evidence *= self._fade
            self._evidence += self._step
        else:
            unvoiced = self._log_unvoiced[voicing] - math.log(1.0 - self._voiced_share)
            self._evidence += (FRAME_WEIGHT * unvoiced)[:, None]
        strength = float(features[:, Feature.ONSET].max())
        if strength > 0.0:
            _, _, onset = self._window(song_s, ONSET_LAG_S, rate)
            self._evidence += (min(1.0, 0.3 + strength) * self._log_onset[onset])[:, None]

    def _window(self, song_s: float, lag_s: float, rate: float) -> tuple[Codes, Codes, Codes]:
        """What each offset expects of a feature so old."""
        return self._score.window(song_s + (self._ahead_s - lag_s) * rate, OFFSETS)

    def _decide(self) -> None:
        """Is the evidence decisive, and for which offset?"""
        evidence = self._evidence
        surplus = float(evidence.max()) - MOST_EVIDENCE
        if surplus > 0.0:
            evidence -= surplus
        np.maximum(evidence, LEAST_EVIDENCE, out=evidence)
        np.add(evidence, self._prior, out=self._step)
        best = float(self._step.max())
        self._step -= best
        np.exp(self._step, out=self._step)
        belief = self._step.sum(axis=1)
        total = float(belief.sum())
        peak, reach = int(belief.argmax()), round(PEAK_S / STEP_S)
        near = slice(max(0, peak - reach), peak + reach + 1)
        share = float(belief[near].sum())
        self.confident = (
            best + math.log(total) > DECISIVE_EVIDENCE
            and share > DECISIVE_SHARE * total
            and reach <= peak < OFFSETS - reach
        )
        if self.confident:
            self._target_s = float(belief[near] @ self._offsets_s[near]) / share


def _pitch_evidence() -> FloatArray:
    """``(PITCH_CODES + 1, KEYS)``: log likelihood of a pitch so far from the note, against chance.

    The last row is for moments without a known note, where every pitch is equally likely.
    """
    away = np.arange(PITCH_CODES)[:, None] / STEPS_PER_SEMITONE - 12.0 * np.arange(KEYS)[None] / KEYS
    away = (away + 6.0) % 12.0 - 6.0
    hit = np.exp(-0.5 * np.square(away / PITCH_SPREAD_SEMITONES)) / (
        PITCH_SPREAD_SEMITONES * math.sqrt(2.0 * math.pi)
    )
    table = np.zeros((PITCH_CODES + 1, KEYS), np.float32)
    table[:-1] = np.log(((1.0 - PITCH_OUTLIERS) * hit + PITCH_OUTLIERS * CHANCE) / CHANCE)
    return table


def _prior(offsets_s: FloatArray) -> FloatArray:
    """``(OFFSETS, KEYS)``: log belief before anything is heard: clock and key are probably right."""
    near = np.exp(-0.5 * np.square(offsets_s / TRUSTED_SPREAD_S))
    offset = TRUSTED_SHARE * near / near.sum() + (1.0 - TRUSTED_SHARE) / OFFSETS
    key = np.full(KEYS, 0.02)
    key[[1, -1]] = 0.3
    key[0] = 1.0
    return np.asarray(np.log(offset[:, None] * (key / key.sum())[None]), np.float32)
