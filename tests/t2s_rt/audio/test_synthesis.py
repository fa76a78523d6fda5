import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.errors import ConfigError


def level_dbfs(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)))


def spectrum_db(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return 20 * np.log10(spectrum / spectrum.max() + 1e-12)


def test_tone_has_its_frequency_and_peak():
    samples = synthesis.tone(1000.0, 1.0, 16_000, peak=0.25)
    assert samples.dtype == np.float32
    assert samples.shape == (16_000,)
    assert np.argmax(spectrum_db(samples)) == 1000
    assert np.abs(samples).max() == pytest.approx(0.25, abs=1e-3)


def test_tone_refuses_what_its_rate_cannot_hold():
    with pytest.raises(ConfigError, match="cannot be rendered"):
        synthesis.tone(8000.0, 1.0, 16_000)


def test_clicks_start_at_their_sample():
    samples = synthesis.clicks(2.0, interval_s=0.5, first_s=0.25)
    starts = [12_000 + 24_000 * k for k in range(4)]
    assert all(samples[start] == pytest.approx(0.9) for start in starts)
    assert all(not samples[start - 100 : start].any() for start in starts)


def test_noise_has_its_level_and_repeats():
    samples = synthesis.noise(2.0, -45.0, seed=3)
    assert level_dbfs(samples) == pytest.approx(-45.0, abs=0.1)
    assert np.array_equal(samples, synthesis.noise(2.0, -45.0, seed=3))
    assert not np.array_equal(samples, synthesis.noise(2.0, -45.0, seed=4))


@pytest.mark.parametrize("name", ["a", "i", "u", "e", "o"])
@pytest.mark.parametrize("voice", ["male", "female"])
def test_vowel_has_its_level_and_no_click(name, voice):
    samples = synthesis.vowel(name, 220.0, 1.0, loudness_dbfs=-18.0, voice=voice)
    assert level_dbfs(samples[960:-960]) == pytest.approx(-18.0, abs=0.1)
    assert abs(samples[0]) < 1e-3
    assert abs(samples[-1]) < 1e-3


def test_vowel_is_harmonic_and_band_limited():
    samples = synthesis.vowel("a", 200.0, 1.0)
    level = spectrum_db(samples[2400:-2400])
    frequency = np.fft.rfftfreq(samples.size - 4800, 1 / 48_000)
    between = np.abs((frequency / 200.0) % 1.0 - 0.5) < 0.3
    assert level[between & (frequency > 300)].max() < -60
    assert level[frequency > 10_300].max() < -80


def test_vowels_differ_where_formants_do():
    def share(name, low, high):
        power = 10 ** (spectrum_db(synthesis.vowel(name, 110.0, 1.0, voice="male")) / 10)
        return power[low:high].sum() / power.sum()

    assert share("i", 2000, 3300) > 10 * share("u", 2000, 3300)
    assert share("a", 600, 1300) > 3 * share("i", 600, 1300)


def test_vibrato_contour_has_its_rate_and_depth():
    cents = 1200 * np.log2(synthesis.vibrato_f0(440.0, 2.0, 5.5, 70.0) / 440.0)
    assert cents.max() == pytest.approx(70.0, abs=0.1)
    assert np.count_nonzero(np.diff(np.sign(cents)) > 0) == 11


def test_same_sound_at_every_rate():
    high = synthesis.vowel("e", 330.0, 0.5, vibrato_cents=50.0, sample_rate_hz=96_000)
    low = synthesis.vowel("e", 330.0, 0.5, vibrato_cents=50.0, sample_rate_hz=48_000)
    # The fades are sampled between other points, hence the middle only.
    assert np.abs(high[::2] - low)[1000:-1000].max() < 2e-3


def test_bad_requests_are_refused():
    with pytest.raises(ConfigError, match="vowel"):
        synthesis.vowel("x", 220.0, 1.0)
    with pytest.raises(ConfigError, match="not a voice"):
        synthesis.vowel("a", 5000.0, 1.0)
    with pytest.raises(ConfigError, match="does not exist"):
        synthesis.silence(-1.0)


def test_nothing_is_silent():
    assert not synthesis.silence(0.5, 8000).any()
    assert synthesis.silence(0.5, 8000).shape == (4000,)
    assert synthesis.vowel("a", 220.0, 0.0).shape == (0,)
