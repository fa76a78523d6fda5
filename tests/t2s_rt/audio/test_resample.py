import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2s_rt.audio.resample import MonoMixer, StreamResampler, to_mono
from t2s_rt.errors import ConfigError

RATES_HZ = [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000, 44_099]


def resampled(samples, rate_hz, chunk=None):
    stage = StreamResampler(rate_hz)
    hop = np.zeros(400, np.float32)
    hops = []
    for start in range(0, samples.size, chunk or samples.size):
        stage.push(samples[start : start + (chunk or samples.size)])
        while stage.pop(hop):
            hops.append(hop.copy())
    stage.flush()
    rest = np.zeros(stage.available_samples, np.float32)
    assert stage.pop(rest)
    return np.concatenate([*hops, rest])


def sine(frequency_hz, rate_hz, count):
    return np.sin(2 * np.pi * frequency_hz * np.arange(count) / rate_hz).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_passes_the_band_flat_in_time_and_clean(rate_hz):
    for frequency_hz in (60.0, 440.0, 3450.0, 7000.0):
        if frequency_hz > 0.4375 * rate_hz:
            continue
        out = resampled(sine(frequency_hz, rate_hz, rate_hz // 2), rate_hz)
        expected = np.sin(2 * np.pi * frequency_hz * np.arange(out.size) / 48_000)
        middle = slice(1000, out.size - 1000)
        in_phase_gain = out[middle] @ expected[middle] / (expected[middle] @ expected[middle])
        assert abs(20 * np.log10(in_phase_gain)) < 0.05  # a shift in time would show here as well
        residue = (out[middle] - in_phase_gain * expected[middle]) * np.hanning(out.size - 2000)
        spectrum = np.abs(np.fft.rfft(residue)) / (residue.size / 4)
        band = np.fft.rfftfreq(residue.size, 1 / 48_000) < 7000
        assert 20 * np.log10(spectrum[band].max()) < -60


@pytest.mark.parametrize(
    ("rate_hz", "frequency_hz"), [(96_000, 43_000), (96_000, 47_000), (192_000, 50_000)]
)
def test_aliases_of_high_input_are_60_db_down(rate_hz, frequency_hz):
    out = resampled(sine(frequency_hz, rate_hz, rate_hz // 4), rate_hz)
    assert 20 * np.log10(np.abs(out[500:-500]).max()) < -60


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_length_is_exact_and_delay_small(rate_hz):
    assert resampled(np.ones(rate_hz, np.float32), rate_hz).size == 48_000
    limit_ms = 16_000 / min(rate_hz, 48_000)
    assert StreamResampler(rate_hz).latency_samples <= np.ceil(limit_ms * 48) + 1


def test_delay_is_what_it_says():
    stage = StreamResampler(16_000)
    stage.push(np.ones(1600, np.float32))
    assert 4800 - stage.available_samples == pytest.approx(stage.latency_samples, abs=3)
    assert stage.latency_samples == 48  # 1 ms


def test_48_khz_passes_untouched():
    samples = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    assert np.array_equal(resampled(samples, 48_000, 77), samples)
    assert StreamResampler(48_000).latency_samples == 0


@settings(max_examples=30, deadline=None)
@given(
    rate_hz=st.sampled_from(RATES_HZ),
    cuts=st.lists(st.integers(0, 3000), max_size=8),
)
def test_any_chunking_gives_the_same(rate_hz, cuts):
    samples = np.random.default_rng(1).standard_normal(3000).astype(np.float32)
    whole = resampled(samples, rate_hz)
    stage = StreamResampler(rate_hz)
    for part in np.split(samples, sorted(cuts)):
        stage.push(part)
    stage.flush()
    out = np.zeros(stage.available_samples, np.float32)
    assert stage.pop(out)
    assert out.size == whole.size
    assert np.abs(out - whole).max() < 1e-6


def test_the_future_never_matters():
    samples = np.random.default_rng(2).standard_normal(4410).astype(np.float32)
    first, second = StreamResampler(44_100), StreamResampler(44_100)
    first.push(samples)
    ready = first.available_samples
    second.push(np.concatenate((samples, 9 * np.ones(4410, np.float32))))
    early, late = np.zeros(ready, np.float32), np.zeros(ready, np.float32)
    assert first.pop(early)
    assert second.pop(late)
    assert np.abs(early - late).max() < 1e-6


def test_reset_is_as_new():
    samples = np.random.default_rng(3).standard_normal(1000).astype(np.float32)
    stage = StreamResampler(44_100)
    stage.push(np.ones(700, np.float32))
    stage.reset()
    stage.push(samples)
    out = np.zeros(800, np.float32)
    assert stage.pop(out)
    assert np.array_equal(out, resampled(samples, 44_100)[:800])


def test_bad_samples_count_as_silence():
    samples = np.ones(1600, np.float32)
    samples[[10, 11, 500]] = [np.nan, np.inf, -np.inf]
    stage = StreamResampler(16_000)
    stage.push(samples)
    assert stage.bad_samples == 3
    out = np.zeros(stage.available_samples, np.float32)
    assert stage.pop(out)
    assert np.isfinite(out).all()


def test_pop_takes_nothing_when_short():
    stage = StreamResampler(48_000)
    stage.push(np.ones(399, np.float32))
    hop = np.full(400, 7.0, np.float32)
    assert not stage.pop(hop)
    assert (hop == 7.0).all()
    assert stage.available_samples == 399


def test_memory_stays_flat():
    stage = StreamResampler(44_100)
    block, hop = np.ones(441, np.float32), np.zeros(400, np.float32)

    def run(count):
        for _ in range(count):
            stage.push(block)
            while stage.pop(hop):
                pass

    tracemalloc.start()
    run(200)
    before = tracemalloc.get_traced_memory()[0]
    run(1000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000


@pytest.mark.parametrize("rate_hz", [0, 7999, 192_001])
def test_impossible_rates_are_refused(rate_hz):
    with pytest.raises(ConfigError, match="sample rate"):
        StreamResampler(rate_hz)


def test_one_voice_in_eight_channels_keeps_its_level():
    voice = sine(300.0, 48_000, 4800)
    samples = np.zeros((4800, 8), np.float32)
    samples[:, 5] = voice
    mono = to_mono(samples)
    assert np.abs(mono - voice)[50:].max() < 1e-6


def test_stereo_is_the_mean():
    samples = np.random.default_rng(4).uniform(0.1, 1.0, (1000, 2)).astype(np.float32)
    assert np.allclose(to_mono(samples), samples.mean(axis=1), atol=1e-7)


def test_mixing_does_not_depend_on_chunks():
    samples = np.random.default_rng(5).standard_normal((3000, 3)).astype(np.float32)
    samples[:1234, 1] = 0.0
    samples[:, 2] = 1e-4
    mixer = MonoMixer(3)
    parts = [mixer.mix(part) for part in np.split(samples, [1, 500, 1234, 1235, 2999])]
    assert np.array_equal(np.concatenate(parts), to_mono(samples))
    mixer.reset()
    assert np.array_equal(mixer.mix(samples), to_mono(samples))


def test_impossible_channel_counts_are_refused():
    with pytest.raises(ConfigError, match="channels"):
        MonoMixer(0)
