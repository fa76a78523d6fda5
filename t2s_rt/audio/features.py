"""One hop of sound in, one row of features out."""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.audio.loudness import BandLimiter, LoudnessMeter, ReferenceLevel
from t2s_rt.audio.mel import MelSpectrum
from t2s_rt.audio.onset import OnsetDetector
from t2s_rt.audio.pitch import HISTORY_SAMPLES, PitchTracker
from t2s_rt.audio.voice import BreathDetector, NoteTracker, VoiceGate
from t2s_rt.timebase import HOP_SAMPLES
from t2s_rt.types import FEATURE_COUNT, Feature, FloatArray

MAX_SAMPLE: Final = 8.0
"""Samples beyond 18 dB above full scale are clipped: nothing that large is a voice."""

_KNOWN_SINGER_S: Final = 0.5


class FeatureExtractor:
    """The engine's hearing: a `StreamingStage` from a hop ``(400,)`` at 48 kHz to ``(FEATURE_COUNT,)``.

    Columns are those of `t2s_rt.types.Feature`. Everything is measured on the band from 60 to 7,000 Hz,
    so that the source's rate does not matter. Memory is fixed; a NaN or infinite sample counts as 0.
    """

    def __init__(self) -> None:
        self._band = BandLimiter()
        self._mel = MelSpectrum()
        self._pitch = PitchTracker()
        self._loudness = LoudnessMeter()
        self._reference = ReferenceLevel()
        self._onset = OnsetDetector()
        self._gate = VoiceGate()
        self._breath = BreathDetector()
        self._note = NoteTracker()
        self._clean = np.zeros(HOP_SAMPLES, np.float32)
        self._history = np.zeros(HISTORY_SAMPLES, np.float32)
        self._hop = np.zeros(HOP_SAMPLES, np.float32)
        self._mel_row = np.zeros(Feature.MEL.stop, np.float32)
        self.bad_samples = 0
        """NaN or infinite samples met since the last reset."""

    @property
    def latency_samples(self) -> int:
        """0: a row describes the signal up to its hop's last sample."""
        return 0

    def reset(self) -> None:
        """Forget everything heard so far, the singer's level included."""
        for part in (
            self._band,
            self._pitch,
            self._reference,
            self._onset,
            self._gate,
            self._breath,
            self._note,
        ):
            part.reset()
        self._history.fill(0.0)
        self.bad_samples = 0

    def step(self, x: FloatArray, out: FloatArray) -> None:
        """Hear one hop.

        Args:
            x: Samples ``(400,)`` at 48 kHz, mono, in [-1, 1].
            out: Receives the row ``(FEATURE_COUNT,)``.
        """
        self._band.step(self._sanitised(x), self._hop)
        history = self._history
        history[:-HOP_SAMPLES] = history[HOP_SAMPLES:]
        history[-HOP_SAMPLES:] = self._hop

        candidate_hz = self._pitch.step(self._hop, history)
        periodicity = self._pitch.periodicity
        steady_hz = candidate_hz if periodicity > 0.5 else 0.0
        loudness_dbfs = self._loudness.measure(history, steady_hz)
        reference = self._reference
        singer_dbfs = reference.dbfs if reference.heard_s > _KNOWN_SINGER_S else -100.0
        centroid_hz = self._mel.measure(history, self._mel_row)
        voice = self._gate.step(loudness_dbfs, periodicity, candidate_hz, centroid_hz, singer_dbfs)
        voiced = self._gate.voiced
        f0_hz = candidate_hz if voiced else 0.0
        self._note.step(f0_hz)

        out[Feature.MEL] = self._mel_row
        out[Feature.LOUDNESS_DBFS] = loudness_dbfs
        out[Feature.REFERENCE_DBFS] = reference.step(loudness_dbfs, voiced=voiced)
        out[Feature.F0_HZ] = f0_hz
        out[Feature.PERIODICITY] = periodicity
        out[Feature.VOICED] = float(voiced)
        out[Feature.VOICE] = voice
        out[Feature.ONSET] = self._onset.step(
            self._hop, loudness_dbfs, vibrato=self._note.vibrato_hz > 0.0
        )
        out[Feature.CENTROID_HZ] = centroid_hz
        out[Feature.VIBRATO_HZ] = self._note.vibrato_hz
        out[Feature.VIBRATO_CENTS] = self._note.vibrato_cents
        out[Feature.HELD_S] = self._note.held_s
        out[Feature.BREATH] = self._breath.step(
            self._mel_row, loudness_dbfs - self._gate.floor.dbfs, centroid_hz, voice
        )

    def extract(self, samples: FloatArray) -> FloatArray:
        """Hear a whole recording, starting from a reset; the same as stepping through it.

        Args:
            samples: Mono samples ``(N,)`` at 48 kHz; a last part shorter than a hop is left out.

        Returns:
            Rows ``(N // 400, FEATURE_COUNT)``.
        """
        self.reset()
        rows = np.empty((samples.size // HOP_SAMPLES, FEATURE_COUNT), np.float32)
        hops = np.ascontiguousarray(samples[: len(rows) * HOP_SAMPLES], np.float32)
        for row, hop in zip(rows, hops.reshape(-1, HOP_SAMPLES), strict=True):
            self.step(hop, row)
        return rows

    def _sanitised(self, x: FloatArray) -> FloatArray:
        if x.max() <= MAX_SAMPLE and x.min() >= -MAX_SAMPLE:  # false for NaN as well
            return x
        finite = np.isfinite(x)
        self.bad_samples += x.size - int(np.count_nonzero(finite))
        self._clean.fill(0.0)
        np.copyto(self._clean, x, where=finite)
        np.clip(self._clean, -MAX_SAMPLE, MAX_SAMPLE, out=self._clean)
        return self._clean
