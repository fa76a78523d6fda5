import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.world import BINS, STEP_S, put_together, take_apart
from tests.t2s_rt.training.prepare import spoken


def test_pitch_is_found_where_there_is_a_voice_and_nowhere_else() -> None:
    heard = take_apart(spoken.clip().samples)
    rows_s = np.arange(len(heard.f0_hz)) * STEP_S
    assert heard.log_power.shape == heard.aperiodicity.shape == (len(rows_s), BINS)
    for ipa, start_s, end_s in spoken.SOUNDS:
        f0_hz = heard.f0_hz[(rows_s > start_s + 0.03) & (rows_s < end_s - 0.03)]
        if ipa == "s":
            assert (f0_hz == 0.0).all()
        else:
            np.testing.assert_allclose(f0_hz, spoken.PITCH_HZ, rtol=0.01)


def test_a_pitch_that_is_lost_for_a_moment_is_bridged() -> None:
    samples = spoken.vowel("a", 130.0, 0.6).copy()
    hole = slice(round(0.3 * RATE_HZ), round(0.31 * RATE_HZ))
    samples[hole] = 0.05 * np.random.default_rng(0).standard_normal(hole.stop - hole.start)
    assert (take_apart(samples).f0_hz[12:-12] > 0.0).all()


def test_put_together_unchanged_it_sounds_as_before_each_time() -> None:
    clip = spoken.clip()
    heard = take_apart(clip.samples)
    once, again = (put_together(heard.f0_hz, heard.log_power, heard.aperiodicity) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    vowel = slice(round(0.42 * RATE_HZ), round(0.6 * RATE_HZ))
    before, after = (np.log(np.abs(np.fft.rfft(x[vowel] * np.hanning(vowel.stop - vowel.start))) + 1e-2)
                     for x in (clip.samples, once))  # fmt: skip
    assert np.corrcoef(before, after)[0, 1] > 0.8


def test_silence_stays_silent() -> None:
    heard = take_apart(np.zeros(RATE_HZ // 2, np.float32))
    assert (heard.f0_hz == 0.0).all()
    assert np.abs(put_together(heard.f0_hz, heard.log_power, heard.aperiodicity)).max() < 1e-3
