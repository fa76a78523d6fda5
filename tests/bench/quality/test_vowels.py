"""The second synthesiser: right level and pitch, right formants, natural unrest, repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.sound import rms
from bench.quality.vowels import CHILD, MAN, SINGERS, WOMAN, Note, Singer, sing
from t2s_rt.timebase import SAMPLE_RATE_HZ


def power(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and power of the middle half of a note."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    return np.fft.rfftfreq(len(middle), 1.0 / SAMPLE_RATE_HZ), spectrum


def share(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    frequency, spectrum = power(samples)
    return float(spectrum[(frequency > low_hz) & (frequency < high_hz)].sum() / spectrum.sum())


@pytest.mark.parametrize(("singer", "f0_hz"), [(MAN, 110.0), (WOMAN, 330.0), (CHILD, 880.0)])
def test_level_length_and_pitch(singer: Singer, f0_hz: float) -> None:
    note = sing(singer, Note("a", f0_hz, 1.0, level_dbfs=-18.0))
    assert len(note) == SAMPLE_RATE_HZ
    assert 20 * np.log10(rms(note)) == pytest.approx(-18.0, abs=0.5)
    middle = note[12_000:36_000].astype(np.float64)
    lags = np.arange(round(0.6 * SAMPLE_RATE_HZ / f0_hz), round(1.5 * SAMPLE_RATE_HZ / f0_hz))
    best = lags[np.argmax([middle[lag:] @ middle[:-lag] for lag in lags])]
    assert SAMPLE_RATE_HZ / best == pytest.approx(f0_hz, rel=0.02)


@pytest.mark.parametrize("singer", SINGERS)
def test_i_is_bright_and_u_is_dark(singer: Singer) -> None:
    f2_i, f2_u = singer.formants_hz["i"][1], singer.formants_hz["u"][1]
    bright, dark = (sing(singer, Note(v, 150.0, 1.0)) for v in "iu")
    near_i, near_u = (f2_i - 200, f2_i + 200), (f2_u - 200, f2_u + 200)
    assert share(bright, *near_i) > 5 * share(dark, *near_i)
    assert share(dark, *near_u) > 5 * share(bright, *near_u)


def test_the_first_formant_of_a_low_voice_carries_its_power() -> None:
    note = sing(MAN, Note("a", 110.0, 1.0))
    assert share(note, 600.0, 950.0) > 0.4
    assert share(note, 8000.0, 24_000.0) < 0.01


def test_a_note_repeats_by_its_seed_and_no_period_is_like_the_last() -> None:
    note = Note("e", 240.0, 0.6)
    first = sing(WOMAN, note).copy()
    sing.cache_clear()
    assert np.array_equal(sing(WOMAN, note), first)
    assert not np.array_equal(sing(WOMAN, note), sing(WOMAN, Note("e", 240.0, 0.6, seed=1)))
    samples = sing(WOMAN, note)[9600:].astype(np.float64)
    one, next_one = samples[:200], samples[200:400]  # one period of 240 Hz
    assert 0.001 < np.sqrt(np.mean((one - next_one) ** 2)) / rms(one) < 0.5


def test_vibrato_widens_the_harmonics() -> None:
    straight, wavy = (sing(WOMAN, Note("a", 440.0, 2.0, cents)) for cents in (0.0, 60.0))
    assert share(straight, 436.0, 444.0) > 1.5 * share(wavy, 436.0, 444.0)
