import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.audio.loudness import (
    FLOOR_DBFS,
    PRIOR_REFERENCE_DBFS,
    BandLimiter,
    LoudnessMeter,
    ReferenceLevel,
    group_delay_samples,
)


def limited(samples):
    stage, out = BandLimiter(), np.zeros_like(samples)
    for start in range(0, samples.size - 399, 400):
        stage.step(samples[start : start + 400], out[start : start + 400])
    return out


def gain_db(frequency_hz):
    tone = synthesis.tone(frequency_hz, 0.5)
    middle = slice(9600, 21_600)
    return 20 * np.log10(np.std(limited(tone)[middle]) / np.std(tone[middle]))


@pytest.mark.parametrize("frequency_hz", [150.0, 440.0, 1000.0, 3000.0, 6500.0])
def test_voice_band_passes(frequency_hz):
    assert abs(gain_db(frequency_hz)) < 0.2


@pytest.mark.parametrize(
    ("frequency_hz", "most_db"), [(20.0, -15.0), (8000.0, -20.0), (10_000.0, -50.0)]
)
def test_the_rest_does_not(frequency_hz, most_db):
    assert gain_db(frequency_hz) < most_db


def test_band_limiter_forgets():
    hop = synthesis.noise(400 / 48_000)
    stage, first, second = BandLimiter(), np.zeros(400, np.float32), np.zeros(400, np.float32)
    stage.step(hop, first)
    stage.reset()
    stage.step(hop, second)
    assert np.array_equal(first, second)


def test_filters_cost_less_than_a_millisecond():
    assert all(abs(group_delay_samples(hz)) < 48 for hz in (200.0, 1000.0, 3000.0, 6000.0))


def test_level_of_a_sine_is_3_db_below_its_peak():
    tone = synthesis.tone(440.0, 0.2, peak=1.0)[2000:4048]
    assert LoudnessMeter().measure(tone, 440.0) == pytest.approx(-3.01, abs=0.02)


def test_silence_is_the_floor():
    assert LoudnessMeter().measure(np.zeros(2048, np.float32), 0.0) == FLOOR_DBFS


def test_low_steady_note_does_not_flicker():
    note = synthesis.vowel("a", 90.0, 1.0, voice="male")
    ends = range(10_000, 40_000, 400)
    meter = LoudnessMeter()
    plain = [meter.measure(note[end - 2048 : end], 0.0) for end in ends]
    by_period = [meter.measure(note[end - 2048 : end], 90.0) for end in ends]
    assert np.ptp(plain) > 1.0
    assert np.ptp(by_period) < 0.2


def settled(levels_dbfs, voiced=True):
    reference = ReferenceLevel()
    return [reference.step(level, voiced=voiced) for level in levels_dbfs]


@pytest.mark.parametrize("gain_db", [-30.0, -15.0, 0.0, 12.0])
def test_gain_of_the_microphone_is_found_within_two_seconds_of_voice(gain_db):
    song = -20.0 + 5.0 * np.sin(np.arange(480) / 40.0)
    relative = (song + gain_db) - settled(song + gain_db)
    reference_point = song - settled(song)
    assert abs(relative[240:] - reference_point[240:]).mean() < 2.5


def test_reference_is_the_louder_voice():
    song = np.where(np.arange(3000) % 200 < 60, -15.0, -30.0)
    assert -21.5 < settled(song)[-1] < -15.0  # its mean is -25.5


def test_held_note_holds_the_reference():
    levels = settled(np.full(1200, -18.0))
    assert np.ptp(levels[240:]) < 0.5


def test_reference_waits_for_a_voice():
    assert set(settled(np.full(100, -60.0), voiced=False)) == {PRIOR_REFERENCE_DBFS}


def test_quiet_verse_stays_quiet():
    levels = settled(np.concatenate((np.full(1200, -15.0), np.full(600, -30.0))))
    assert levels[-1] > -21.0


def test_reference_forgets():
    reference = ReferenceLevel()
    reference.step(-50.0, voiced=True)
    reference.reset()
    assert (reference.dbfs, reference.heard_s) == (PRIOR_REFERENCE_DBFS, 0.0)
