import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.pitch import (
    HISTORY_SAMPLES,
    MAX_F0_HZ,
    MIN_F0_HZ,
    PITCH_LAG_SAMPLES,
    PitchTracker,
    _refined,
)
from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import Feature

SILENCE_S = 0.5
NOTE_S = 1.5
VOICING_LAG_SAMPLES = 480
"""Half a period of doubt at either end: a period must be seen twice before it is one."""

CASES = [
    (voice, f0_hz, name, cents)
    for voice, pitches in (("male", (80, 110, 150, 220, 440)), ("female", (196, 330, 660, 880, 1000)))
    for f0_hz in pitches
    for name, cents in (("a", 50.0), ("i", 100.0), ("u", 100.0), ("o", 50.0))
]


def sung(voice, f0_hz, name, cents, snr_db):
    """Features of a noisy note between pauses, and for each hop the true pitch at a given age."""
    contour = synthesis.vibrato_f0(f0_hz, NOTE_S, 5.5, cents)
    pause = synthesis.silence(SILENCE_S)
    samples = np.concatenate((pause, synthesis.sing(name, contour, -20.0, voice), pause))
    samples += synthesis.noise(samples.size / 48_000, -20.0 - snr_db, seed=int(f0_hz))
    truth = np.concatenate((np.zeros(pause.size), contour, np.zeros(pause.size)))
    rows = FeatureExtractor().extract(samples)
    ends = (np.arange(len(rows)) + 1) * 400

    def true_hz(age_samples):
        return truth[np.clip(ends - age_samples, 0, truth.size - 1)]

    return rows, true_hz


@pytest.mark.parametrize(("voice", "f0_hz", "name", "cents"), CASES)
def test_sung_vibrato_at_20_db_is_within_5_cents_and_2_percent(voice, f0_hz, name, cents):
    rows, true_hz = sung(voice, f0_hz, name, cents, snr_db=20.0)
    f0, truth = rows[:, Feature.F0_HZ], true_hz(PITCH_LAG_SAMPLES)
    both = (f0 > 0) & (truth > 0)
    error_cents = 1200 * np.log2(f0[both] / truth[both])
    assert np.median(np.abs(error_cents)) < 5.0
    assert np.mean(np.abs(error_cents) > 50.0) < 0.01
    wrong = rows[:, Feature.VOICED].astype(bool) != (true_hz(VOICING_LAG_SAMPLES) > 0)
    assert wrong.mean() < 0.02


def test_f0_and_voiced_agree():
    rows, _ = sung("female", 330, "e", 50.0, snr_db=20.0)
    assert np.array_equal(rows[:, Feature.F0_HZ] > 0, rows[:, Feature.VOICED] > 0)
    voiced = rows[rows[:, Feature.VOICED] > 0]
    assert (voiced[:, Feature.PERIODICITY] > 0.5).all()


def stepped(samples):
    tracker, history, seen = PitchTracker(), np.zeros(HISTORY_SAMPLES, np.float32), []
    for start in range(0, samples.size - 399, 400):
        hop = samples[start : start + 400]
        history = np.concatenate((history[400:], hop))
        seen.append((tracker.step(hop, history), tracker.periodicity))
    return np.array(seen)


def test_sine_is_read_to_a_cent():
    for f0_hz in (100.0, 261.63, 440.0, 987.77):
        seen = stepped(synthesis.tone(f0_hz, 0.3))[10:30, 0]
        assert np.abs(1200 * np.log2(seen / f0_hz)).max() < 1.0


def test_silence_has_no_pitch():
    assert not stepped(synthesis.silence(0.5)).any()


@pytest.mark.parametrize("loudness_dbfs", [-45.0, -10.0])
def test_white_noise_is_not_periodic(loudness_dbfs):
    assert stepped(synthesis.noise(3.0, loudness_dbfs))[:, 1].max() < 0.6


def test_candidates_stay_in_range():
    seen = stepped(synthesis.noise(3.0, -20.0))[:, 0]
    assert ((seen == 0) | ((seen > 0.9 * MIN_F0_HZ) & (seen < 1.1 * MAX_F0_HZ))).all()


def test_tracker_forgets():
    samples = synthesis.vowel("a", 220.0, 0.3)
    tracker = PitchTracker()
    history = samples[:HISTORY_SAMPLES]
    first = tracker.step(samples[1648:2048], history)
    tracker.step(samples[2048:2448], samples[400:2448])
    tracker.reset()
    assert tracker.periodicity == 0.0
    assert tracker.step(samples[1648:2048], history) == first


@pytest.mark.parametrize(
    ("first_midi", "then_midi", "first", "then", "stop", "period"),
    [
        (58, 53, "o", "i", 3200, 280.649),
        (52, 65, "a", "o", 2800, 135.706),
        (64, 53, "i", "u", 4700, 149.829),
    ],
)
def test_the_search_for_the_lag_ends_between_two_notes(first_midi, then_midi, first, then, stop, period):
    """At these samples of two joined notes neighbouring searches point at each other for ever."""
    notes = ((first, first_midi), (then, then_midi))
    parts = [
        synthesis.sing(v, np.full(2400, 440 * 2 ** ((m - 69) / 12)), voice="male") for v, m in notes
    ]
    history = np.ascontiguousarray(np.concatenate(parts)[stop - HISTORY_SAMPLES : stop])
    assert 0.89 * period < _refined(history, period) < 1.11 * period


def test_a_tone_that_sinks_below_all_voices_is_let_go():
    """A trusted period is followed from hop to hop, and a band's bass may take it too far."""
    tracker = PitchTracker()
    history = np.zeros(HISTORY_SAMPLES, np.float32)
    f0_hz = 80.0 * 2.0 ** (-np.arange(SAMPLE_RATE_HZ * 4) / SAMPLE_RATE_HZ / 2.0)
    phase = np.cumsum(2.0 * np.pi * f0_hz / SAMPLE_RATE_HZ)
    tone = sum(np.sin(k * phase) / k for k in range(1, 12)).astype(np.float32) * np.float32(0.1)
    for hop in tone[: len(tone) // HOP_SAMPLES * HOP_SAMPLES].reshape(-1, HOP_SAMPLES):
        history[:-HOP_SAMPLES] = history[HOP_SAMPLES:]
        history[-HOP_SAMPLES:] = hop
        heard_hz = tracker.step(hop, history)
        assert heard_hz == 0.0 or heard_hz > 0.8 * MIN_F0_HZ
