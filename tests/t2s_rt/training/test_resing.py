import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture
from t2s_rt.training.resing import RATE_HZ, STEP_S, Analysis, analyse, sing

JAW = ACTION_NAMES.index("jaw_open")


@pytest.fixture(scope="module")
def capture() -> Capture:
    note = synthesis.vowel("a", 200.0, 1.5, sample_rate_hz=RATE_HZ)
    note *= np.linspace(0.5, 1.0, len(note), dtype=np.float32)
    rest = np.zeros(RATE_HZ // 2, np.float32)
    samples = np.concatenate([rest, note, rest, note, rest])
    targets = np.zeros((round(len(samples) / RATE_HZ * 30), len(ACTION_NAMES)), np.float32)
    targets[15:60, JAW] = targets[75:120, JAW] = 0.5
    return Capture("made up", samples, RATE_HZ, targets, 30.0)


@pytest.fixture(scope="module")
def analysis(capture: Capture) -> Analysis:
    return analyse(capture.samples)


def test_taking_apart_finds_pitch_and_silence(analysis: Analysis) -> None:
    rows_s = np.arange(len(analysis.f0_hz)) * STEP_S
    inside = (rows_s > 0.8) & (rows_s < 1.8)
    silent = (rows_s < 0.4) | ((rows_s > 2.1) & (rows_s < 2.4))
    assert np.median(analysis.f0_hz[inside]) == pytest.approx(200.0, rel=0.01)
    assert analysis.voiced[inside].mean() > 0.95
    assert analysis.voiced[silent].max() == 0.0


def test_a_song_sounds_where_the_capture_did(capture: Capture, analysis: Analysis) -> None:
    songs = [sing(capture, analysis, 4.0, np.random.default_rng(seed)) for seed in range(5)]
    samples = np.concatenate([song.samples for song in songs])
    assert len(samples) == 5 * 4 * RATE_HZ
    assert np.isfinite(samples).all()
    level = np.sqrt((samples.reshape(-1, round(RATE_HZ * STEP_S)) ** 2).mean(axis=1))
    shown = np.concatenate([capture.targets_at(song.source_s)[:, JAW] for song in songs])
    assert np.median(level[shown > 0.49]) > 0.03
    assert np.median(level[shown < 0.01]) < 1e-3


def test_vowels_are_held_longer_than_they_were_spoken(capture: Capture, analysis: Analysis) -> None:
    songs = [sing(capture, analysis, 6.0, np.random.default_rng(seed)) for seed in range(6)]
    slowest = min(np.ptp(song.source_s[i : i + 50]) for song in songs for i in range(0, 1150, 10))
    assert slowest < 0.05  # a quarter second of song shows less than 50 ms of the capture


def test_a_seed_repeats_its_song(capture: Capture, analysis: Analysis) -> None:
    one, same, other = (
        sing(capture, analysis, 1.0, np.random.default_rng(s)).samples for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
