"""A whisper has the words' envelope and no voice."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.sound import rms
from bench.quality.vowels import MAN, Note, sing
from bench.quality.whisper import SOFTER_DB, twin_correlation, whispered
from t2s_rt.audio.synthesis import silence
from tests.bench.quality.made import track_of

RATE_HZ = 48_000


def periodicity(samples: np.ndarray, f0_hz: float) -> float:
    lag = round(RATE_HZ / f0_hz)
    one, other = samples[:-lag].astype(np.float64), samples[lag:].astype(np.float64)
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def test_the_pitch_is_gone_and_the_level_is_softer() -> None:
    voiced = sing(MAN, Note("a", 120.0, 1.0))
    whisper = whispered(voiced, RATE_HZ)
    assert len(whisper) == len(voiced)
    assert periodicity(voiced[9600:-9600], 120.0) > 0.8
    assert abs(periodicity(whisper[9600:-9600], 120.0)) < 0.3
    assert 20 * np.log10(rms(whisper) / rms(voiced)) == pytest.approx(-SOFTER_DB, abs=0.1)


def test_the_vowels_stay_apart_and_pauses_stay_silent() -> None:
    voiced = np.concatenate(
        [sing(MAN, Note("i", 120.0, 0.6)), silence(0.4), sing(MAN, Note("u", 120.0, 0.6))]
    )
    whisper = whispered(voiced, RATE_HZ)
    i, pause, u = whisper[:28_800], whisper[33_600:43_200], whisper[48_000:]
    assert rms(pause) < 0.01 * rms(i)

    def bright(samples: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
        frequency = np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ)
        return float(spectrum[(frequency > 1900) & (frequency < 3500)].sum()
                     / spectrum[(frequency > 100) & (frequency < 3500)].sum())  # fmt: skip

    assert bright(i) > 2 * bright(u)


def test_a_mouth_that_sleeps_through_a_whisper_gets_nothing() -> None:
    voiced = track_of(0.3 + 0.3 * np.sin(np.arange(120) / 5))
    assert twin_correlation(voiced, voiced) > 0.99
    assert twin_correlation(voiced, track_of(np.zeros(120))) == 0.0
