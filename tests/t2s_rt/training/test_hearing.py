import numpy as np

from t2s_rt.audio import synthesis
from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.training.hearing import coloured, extract, resample, shelf
from t2s_rt.types import FEATURE_COUNT, Feature

NOTE = synthesis.vowel("a", 220.0, 0.5)


def test_every_hop_is_heard() -> None:
    rows = extract(NOTE)
    assert rows.shape == (len(NOTE) // HOP_SAMPLES, FEATURE_COUNT)
    assert np.median(rows[30:, Feature.F0_HZ]) > 200


def test_resampling_keeps_the_length_in_seconds() -> None:
    assert abs(len(resample(NOTE, SAMPLE_RATE_HZ, 16_000)) / 16_000 - 0.5) < 0.001


def test_a_shelf_tilts_either_way() -> None:
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    power = [np.abs(np.fft.rfft(shelf(noise, slope))) ** 2 for slope in (-0.5, 0.5)]
    low, high = slice(10, 2000), slice(20_000, 24_000)
    assert power[0][low].sum() > 4 * power[1][low].sum()
    assert power[1][high].sum() > 4 * power[0][high].sum()


def test_another_microphone_never_clips_and_is_never_the_same() -> None:
    one, other = (coloured(NOTE, np.random.default_rng(seed)) for seed in (1, 2))
    assert max(np.abs(one).max(), np.abs(other).max()) <= 1.0
    assert np.abs(one - other).max() > 0.01
