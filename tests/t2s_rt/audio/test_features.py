import tracemalloc

import numpy as np
import pytest
import soxr

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.resample import StreamResampler
from t2s_rt.types import FEATURE_COUNT, Feature


def melody(sample_rate_hz=48_000):
    parts = []
    for voice, f0_hz, name in (
        ("female", 330.0, "a"),
        ("female", 660.0, "i"),
        ("male", 110.0, "e"),
        ("male", 220.0, "o"),
    ):
        parts.append(synthesis.silence(0.2, sample_rate_hz))
        parts.append(
            synthesis.vowel(
                name, f0_hz, 0.5, vibrato_cents=50.0, voice=voice, sample_rate_hz=sample_rate_hz
            )
        )
    samples = np.concatenate(parts)
    return samples + synthesis.noise(samples.size / sample_rate_hz, -50.0, sample_rate_hz)


def test_rows_have_their_shape_and_ranges():
    rows = FeatureExtractor().extract(melody())
    assert rows.shape == (336, FEATURE_COUNT)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    for column in (Feature.PERIODICITY, Feature.VOICED, Feature.VOICE, Feature.ONSET, Feature.BREATH):
        assert 0.0 <= rows[:, column].min() <= rows[:, column].max() <= 1.0
    assert rows[:, Feature.MEL].min() >= -100.0
    assert set(np.unique(rows[:, Feature.VOICED])) == {0.0, 1.0}


def test_steps_equal_the_whole():
    samples = melody()
    whole = FeatureExtractor().extract(samples)
    stage, row = FeatureExtractor(), np.zeros(FEATURE_COUNT, np.float32)
    for index, hop in enumerate(samples[: len(whole) * 400].reshape(-1, 400)):
        stage.step(hop, row)
        assert np.array_equal(row, whole[index])


@pytest.mark.parametrize("chunk", [1, 100, 333, 4410])
def test_any_chunking_of_the_source_gives_the_same(chunk):
    samples = synthesis.vowel("a", 220.0, 0.3, sample_rate_hz=44_100)
    resampler, stage = StreamResampler(44_100), FeatureExtractor()
    hop, row, rows = np.zeros(400, np.float32), np.zeros(FEATURE_COUNT, np.float32), []
    for start in range(0, samples.size, chunk):
        resampler.push(samples[start : start + chunk])
        while resampler.pop(hop):
            stage.step(hop, row)
            rows.append(row.copy())
    whole = StreamResampler(44_100)
    whole.push(samples)
    offline = np.zeros(whole.available_samples, np.float32)
    assert whole.pop(offline)
    assert np.abs(np.stack(rows) - FeatureExtractor().extract(offline)).max() < 1e-5


def test_the_future_never_matters():
    samples = melody()
    changed = samples.copy()
    changed[40_000:] = synthesis.noise(changed[40_000:].size / 48_000, -10.0)
    first, second = FeatureExtractor().extract(samples), FeatureExtractor().extract(changed)
    assert np.array_equal(first[:100], second[:100])
    assert not np.array_equal(first[100], second[100])


def test_reset_is_as_new():
    samples = melody()
    stage = FeatureExtractor()
    stage.extract(synthesis.vowel("u", 500.0, 1.0, loudness_dbfs=-5.0))
    assert np.array_equal(stage.extract(samples), FeatureExtractor().extract(samples))


def test_latency_is_zero():
    assert FeatureExtractor().latency_samples == 0


def at_rate(master, rate_hz):
    samples = master if rate_hz == 96_000 else soxr.resample(master, 96_000, rate_hz, quality="HQ")
    stage = StreamResampler(rate_hz)
    stage.push(samples.astype(np.float32))
    out = np.zeros(stage.available_samples // 400 * 400, np.float32)
    assert stage.pop(out)
    return FeatureExtractor().extract(out)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 96_000])
def test_the_rate_of_the_source_does_not_matter(rate_hz):
    master = melody(96_000)
    rows, expected = at_rate(master, rate_hz), at_rate(master, 48_000)
    count = min(len(rows), len(expected)) - 3
    rows, expected = rows[:count], expected[:count]
    audible = expected[:, Feature.MEL] > -70.0
    assert np.abs(rows[:, Feature.MEL] - expected[:, Feature.MEL])[audible].mean() < 0.02
    sounding = expected[:, Feature.LOUDNESS_DBFS] > -70.0
    for column, tolerance in (
        (Feature.LOUDNESS_DBFS, 0.01),
        (Feature.REFERENCE_DBFS, 0.01),
        (Feature.CENTROID_HZ, 1.0),
        (Feature.VOICE, 1e-3),
        (Feature.F0_HZ, 0.1),
    ):
        assert np.abs(rows[sounding, column] - expected[sounding, column]).mean() < tolerance


def test_bad_samples_are_silence_and_do_not_stay():
    samples = melody()
    poisoned = samples.copy()
    generator = np.random.default_rng(0)
    for value in (np.nan, np.inf, -np.inf, 1e30):
        poisoned[generator.integers(12_000, 20_000, 10)] = value
    stage = FeatureExtractor()
    rows = stage.extract(poisoned)
    assert np.isfinite(rows).all()
    assert 20 <= stage.bad_samples <= 30
    clean = FeatureExtractor().extract(samples)
    assert np.abs(rows[280:, Feature.MEL] - clean[280:, Feature.MEL]).max() < 0.1
    assert np.abs(rows[280:, Feature.VOICE] - clean[280:, Feature.VOICE]).max() < 0.01
    assert np.abs(rows[280:, Feature.F0_HZ] - clean[280:, Feature.F0_HZ]).max() < 1.0


def test_memory_stays_flat():
    stage, row = FeatureExtractor(), np.zeros(FEATURE_COUNT, np.float32)
    hops = np.ascontiguousarray(melody()[:130_000].reshape(-1, 400))
    tracemalloc.start()

    def run():
        for hop in hops:
            stage.step(hop, row)

    run()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(4):
        run()  # 1,300 steps
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now - before < 10_000
    assert peak - before < 200_000


def test_gain_of_the_microphone_does_not_change_relative_loudness():
    loud = np.concatenate([melody()] * 2)
    quiet = loud * np.float32(10 ** (-20 / 20))
    relative = []
    for samples in (loud, quiet):
        rows = FeatureExtractor().extract(samples)
        voiced = rows[:, Feature.VOICED] > 0
        assert voiced[400:].mean() > 0.6
        relative.append(rows[:, Feature.LOUDNESS_DBFS] - rows[:, Feature.REFERENCE_DBFS])
    sung = FeatureExtractor().extract(loud)[:, Feature.VOICED] > 0
    sung[:336] = False
    assert np.abs(relative[0] - relative[1])[sung].mean() < 1.5
