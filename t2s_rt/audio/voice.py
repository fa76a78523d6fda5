"""Is there a voice, is it breathing, and what does its note do: from features, not from a model."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from t2s_rt.timebase import HOP_RATE_HZ, HOP_S
from t2s_rt.types import MEL_BANDS, FloatArray

PERIODICITY_ON: Final = 0.75
PERIODICITY_OFF: Final = 0.55
ABSOLUTE_FLOOR_DBFS: Final = -58.0
NOISE_MARGIN_DB: Final = 6.0
REFERENCE_RANGE_DB: Final = 35.0
"""What is softer than the singer's louder voice by more than this is somebody else, or the room."""
CONSONANT_RANGE_DB: Final = 25.0
CONSONANT_S: Final = 0.2
"""How long an unvoiced sound keeps the gate open between voiced ones."""
_CONSONANT_EARNED: Final = 4.0
"""Each voiced second earns this many for the consonant after it: a chance period earns little."""

SUDDEN_S: Final = 0.04
SUDDEN_MARGIN_DB: Final = 10.0
SUDDEN_RANGE_DB: Final = 15.0
SUDDEN_CENTROID_HZ: Final = 1800.0
"""A low voice needs 25 ms to show its period: until then a sudden, loud, dark sound is believed."""
_UNKNOWN_SINGER_DBFS: Final = -24.0

_ATTACK: Final = 1.0 - math.exp(-HOP_S / 0.006)
_RELEASE: Final = 1.0 - math.exp(-HOP_S / 0.010)
_FLOOR_HOPS: Final = round(1.2 * HOP_RATE_HZ)
_KNOWN_ROOM_HOPS: Final = round(0.3 * HOP_RATE_HZ)


class NoiseFloor:
    """The level that the room falls back to: lowest of the last 1.2 s without a voiced sound."""

    def __init__(self) -> None:
        self._levels = np.full(_FLOOR_HOPS, np.inf, np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        self._levels.fill(np.inf)
        self._next = 0
        self._smooth_dbfs = math.nan  # until the first hop
        self.dbfs = -100.0
        self._heard_hops = 0

    @property
    def believed_dbfs(self) -> float:
        """The floor once 0.3 s without a voiced sound were heard, else -100.

        A recording may begin in the middle of a note: its first hops are no room to judge a voice by.
        """
        return self.dbfs if self._heard_hops >= _KNOWN_ROOM_HOPS else -100.0

    def step(self, loudness_dbfs: float, *, voiced: bool) -> None:
        """Hear one hop; voiced ones say nothing about the room."""
        level_dbfs = self.dbfs
        if not voiced:
            self._heard_hops += 1
            if math.isnan(self._smooth_dbfs):
                self._smooth_dbfs = loudness_dbfs
            self._smooth_dbfs += 0.4 * (loudness_dbfs - self._smooth_dbfs)
            level_dbfs = self._smooth_dbfs
        self._levels[self._next] = level_dbfs
        self._next = (self._next + 1) % _FLOOR_HOPS
        self.dbfs = float(self._levels.min())


class VoiceGate:
    """Energy and periodicity gate: opens for anything sung or spoken with a pitch, from bass to soprano.

    Unvoiced sounds keep it open for up to 0.2 s between voiced ones (consonants), as long as they are
    not far below the voice. A sudden loud dark sound opens it at once, for 40 ms unless a pitch follows.
    Steady noise does not open it.
    """

    def __init__(self) -> None:
        self.floor = NoiseFloor()
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self.floor.reset()
        self.voiced = False
        self.voice = 0.0
        self.loudness_dbfs = -100.0
        self._level_dbfs = -100.0
        self._consonant_s = 0.0
        self._sudden_s = SUDDEN_S

    def step(
        self,
        loudness_dbfs: float,
        periodicity: float,
        f0_hz: float,
        centroid_hz: float,
        singer_dbfs: float,
    ) -> float:
        """Hear one hop.

        Args:
            loudness_dbfs: Its level.
            periodicity: How periodic it is, 0 to 1.
            f0_hz: Candidate pitch, 0 where there is none.
            centroid_hz: Its spectral centroid.
            singer_dbfs: Level of the singer's louder voice, -100 while unknown.

        Returns:
            Presence of a voice, 0 to 1. `voiced` says whether it has a pitch.
        """
        threshold = max(
            ABSOLUTE_FLOOR_DBFS,
            self.floor.believed_dbfs + NOISE_MARGIN_DB,
            singer_dbfs - REFERENCE_RANGE_DB,
        )
        if self.voiced:
            threshold -= 3.0
        needed = PERIODICITY_OFF if self.voiced else PERIODICITY_ON
        self.voiced = f0_hz > 0.0 and periodicity >= needed and loudness_dbfs > threshold
        self.floor.step(loudness_dbfs, voiced=self.voiced)
        if self.voiced:
            self._consonant_s = min(CONSONANT_S, max(0.0, self._consonant_s) + _CONSONANT_EARNED * HOP_S)
            self._level_dbfs += 0.05 * (loudness_dbfs - self._level_dbfs)
            self._level_dbfs = max(self._level_dbfs, loudness_dbfs - 6.0)
            is_open = True
        else:
            self._consonant_s -= HOP_S
            level_dbfs = max(self._level_dbfs, singer_dbfs - 6.0)
            audible = max(threshold, level_dbfs - CONSONANT_RANGE_DB)
            is_open = self._consonant_s > 0.0 and loudness_dbfs > audible
        is_open = self._is_sudden(loudness_dbfs, centroid_hz, threshold, singer_dbfs) or is_open
        rate = _ATTACK if is_open else _RELEASE
        self.voice += rate * (float(is_open) - self.voice)
        if self.voice < 1e-3:
            self.voice = 0.0
        return self.voice

    def _is_sudden(
        self, loudness_dbfs: float, centroid_hz: float, threshold_dbfs: float, singer_dbfs: float
    ) -> bool:
        if loudness_dbfs < threshold_dbfs:
            self._sudden_s = SUDDEN_S
            return False
        singer_dbfs = singer_dbfs if singer_dbfs > -100.0 else _UNKNOWN_SINGER_DBFS
        loud_dbfs = max(threshold_dbfs + SUDDEN_MARGIN_DB, singer_dbfs - SUDDEN_RANGE_DB)
        if loudness_dbfs < loud_dbfs or self._sudden_s <= 0.0:
            return False
        self._sudden_s -= HOP_S
        return centroid_hz < SUDDEN_CENTROID_HZ


class BreathDetector:
    """Likelihood of an audible inhalation: broadband noise above the room's, while no voice sounds."""

    def __init__(self) -> None:
        self.breath = 0.0

    def reset(self) -> None:
        """Forget the past."""
        self.breath = 0.0

    def step(
        self, mel: FloatArray, level_over_floor_db: float, centroid_hz: float, voice: float
    ) -> float:
        """Hear one hop.

        Args:
            mel: Log-mel row ``(48,)`` in dBFS.
            level_over_floor_db: Loudness above the noise floor.
            centroid_hz: Spectral centroid.
            voice: Presence of a voice, 0 to 1.

        Returns:
            Likelihood 0 to 1.
        """
        likely = 0.0
        if voice < 0.3 and level_over_floor_db > 6.0 and centroid_hz > 700.0:
            high = mel[MEL_BANDS // 3 :]
            peakiness_db = float(high.max()) - float(high.mean())
            likely = min(1.0, (level_over_floor_db - 6.0) / 6.0) * min(
                1.0, max(0.0, (16.0 - peakiness_db) / 6.0)
            )
        rate = 0.12 if likely > self.breath else 0.25
        self.breath += rate * (likely - self.breath)
        if self.breath < 1e-3:
            self.breath = 0.0
        return self.breath


VIBRATO_HOPS: Final = round(0.5 * HOP_RATE_HZ)
_VIBRATO_EVERY_HOPS: Final = 4
_VIBRATO_RATES_HZ: Final = np.arange(3.75, 8.26, 0.25)
_MIN_VIBRATO_CENTS: Final = 12.0
_MIN_EXPLAINED: Final = 0.6
_NOTE_CHANGE_CENTS: Final = 70.0
_GAP_HOPS: Final = 6
_CENTRE_HOPS: Final = 24


class NoteTracker:
    """Held notes and vibrato from the pitch track.

    Vibrato is the sine of 4 to 8 Hz that explains the last 0.5 s of the note best after its straight
    line is removed (least squares); it counts where it explains 60 % of the variance and reaches
    12 cents, and is measured anew every 33 ms. A note lasts while its pitch, averaged over one vibrato
    cycle, stays within 70 cents of its centre.
    """

    def __init__(self) -> None:
        self._cents = np.zeros(VIBRATO_HOPS, np.float32)
        time_s = np.arange(VIBRATO_HOPS) * HOP_S
        line, _ = np.linalg.qr(np.stack((np.ones_like(time_s), time_s), axis=1))
        waves = []
        self._amplitudes: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
        for rate_hz in _VIBRATO_RATES_HZ:
            wave = np.stack(
                (np.cos(2 * np.pi * rate_hz * time_s), np.sin(2 * np.pi * rate_hz * time_s)), axis=1
            )
            wave -= line @ (line.T @ wave)
            orthonormal, triangle = np.linalg.qr(wave)
            waves.append(orthonormal.T)
            self._amplitudes.append(np.linalg.inv(triangle))
        self._line = np.ascontiguousarray(line.T.astype(np.float32))
        self._waves = np.ascontiguousarray(np.concatenate(waves).astype(np.float32))
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._cents.fill(0.0)
        self._count = 0
        self._gap = 0
        self._centre_cents = 0.0
        self.held_s = 0.0
        self.vibrato_hz = 0.0
        self.vibrato_cents = 0.0

    def step(self, f0_hz: float) -> None:
        """Hear one hop's pitch (0 where unvoiced); read `held_s`, `vibrato_hz` and `vibrato_cents`."""
        if f0_hz <= 0.0:
            self._gap += 1
            if self._gap > _GAP_HOPS or self._count == 0:
                self._start_over()
                return
            cents = float(self._cents[-1])
        else:
            self._gap = 0
            cents = 1200.0 * math.log2(f0_hz / 55.0)
        self._cents[:-1] = self._cents[1:]
        self._cents[-1] = cents
        self._count += 1
        self._follow_note(cents)
        self._measure_vibrato()

    def _start_over(self) -> None:
        self._count = 0
        self.held_s = self.vibrato_hz = self.vibrato_cents = 0.0

    def _follow_note(self, cents: float) -> None:
        recent = min(self._count, _CENTRE_HOPS)
        now_cents = float(self._cents[-recent:].sum()) / recent
        if recent < _CENTRE_HOPS:
            self._centre_cents = now_cents
        if abs(now_cents - self._centre_cents) > _NOTE_CHANGE_CENTS:
            self._count = 1
            self._centre_cents = cents
        self._centre_cents += 0.03 * (now_cents - self._centre_cents)
        self.held_s = self._count * HOP_S

    def _measure_vibrato(self) -> None:
        if self._count >= VIBRATO_HOPS and self._count % _VIBRATO_EVERY_HOPS:
            return
        self.vibrato_hz = self.vibrato_cents = 0.0
        if self._count < VIBRATO_HOPS:
            return
        track = self._cents - np.float32(self._centre_cents)
        track -= (self._line @ track) @ self._line
        variance = float(track.dot(track))
        if variance < 0.25 * VIBRATO_HOPS * _MIN_VIBRATO_CENTS**2:
            return
        parts = (self._waves @ track).reshape(-1, 2)
        explained = np.einsum("ij,ij->i", parts, parts)
        best = int(explained.argmax())
        depth_cents = float(np.linalg.norm(self._amplitudes[best] @ parts[best]))
        if best in (0, explained.size - 1) or depth_cents < _MIN_VIBRATO_CENTS:
            return
        if float(explained[best]) < _MIN_EXPLAINED * variance:
            return
        left, top, right = (float(value) for value in explained[best - 1 : best + 2])
        shift = 0.5 * (left - right) / (left - 2.0 * top + right)
        self.vibrato_hz = float(_VIBRATO_RATES_HZ[best]) + 0.25 * shift
        self.vibrato_cents = depth_cents
