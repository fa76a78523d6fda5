"""A band from nothing: drums, bass, chords and a plucked tune, for where no recording can be had."""

from __future__ import annotations

from typing import Final

import numpy as np

from bench.quality.track import Curve
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

BEAT_S: Final = 0.5
CHORDS: Final = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
"""Semitones above `ROOT_HZ`, one chord a bar of four beats."""
ROOT_HZ: Final = 220.0
TUNE: Final = (12, 14, 16, 19, 21, 24)
PARTIALS: Final = 14


def play(duration_s: float, seed: int = 0) -> FloatArray:
    """The band ``(N,)`` at 48 kHz; the seed decides its tune and what the drums do."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(duration_s * SAMPLE_RATE_HZ))
    for beat in range(int(duration_s / BEAT_S)):
        chord = CHORDS[beat // 4 % len(CHORDS)]
        start_s = beat * BEAT_S
        if beat % 4 == 0:
            for tone in chord:
                _add(out, start_s, 0.12 * _tone(_hz(tone), 4 * BEAT_S, decay_s=3.0))
        _add(out, start_s, 0.3 * _tone(_hz(chord[0] - 24), BEAT_S, decay_s=0.4))
        _add(out, start_s, 0.8 * _kick() if beat % 2 == 0 else 0.5 * _snare(rng))
        for half in (0.0, 0.5):
            _add(out, start_s + half * BEAT_S, 0.12 * _hat(rng))
            if rng.random() < 0.6:
                plucked = _tone(_hz(int(rng.choice(TUNE))), 0.4, decay_s=0.15)
                _add(out, start_s + half * BEAT_S, 0.2 * plucked)
    return (0.5 * out / max(float(np.abs(out).max()), 1e-9)).astype(np.float32)


def _hz(semitones: int) -> float:
    return float(ROOT_HZ * 2.0 ** (semitones / 12.0))


def _time(duration_s: float) -> Curve:
    return np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _tone(f0_hz: float, duration_s: float, decay_s: float) -> Curve:
    time_s = _time(duration_s)
    partials = np.arange(1, PARTIALS + 1)[:, None]
    tone = (np.sin(2 * np.pi * partials * f0_hz * time_s) / partials).sum(axis=0)
    edges = np.minimum(1.0, np.minimum(time_s, duration_s - time_s) / 0.005)
    return np.asarray(tone * np.exp(-time_s / decay_s) * edges)


def _kick() -> Curve:
    time_s = _time(0.25)
    return np.asarray(np.sin(2 * np.pi * (45.0 * time_s + 6.0 * (1 - np.exp(-time_s / 0.03))))
                      * np.exp(-time_s / 0.08))  # fmt: skip


def _snare(rng: np.random.Generator) -> Curve:
    time_s = _time(0.2)
    return np.asarray((0.6 * rng.standard_normal(len(time_s)) + np.sin(2 * np.pi * 190.0 * time_s))
                      * np.exp(-time_s / 0.06))  # fmt: skip


def _hat(rng: np.random.Generator) -> Curve:
    time_s = _time(0.06)
    return np.asarray(np.diff(rng.standard_normal(len(time_s) + 1)) * np.exp(-time_s / 0.015))


def _add(out: Curve, start_s: float, sound: Curve) -> None:
    first = round(start_s * SAMPLE_RATE_HZ)
    room = out[first : first + len(sound)]
    room += sound[: len(room)]
