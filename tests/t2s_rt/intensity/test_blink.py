import numpy as np

from t2s_rt.intensity.blink import Blink
from t2s_rt.intensity.measure import blinks_per_minute
from tests.t2s_rt.intensity.conftest import hear


def lids(features, seed=0, style=0.5):
    blink = Blink(np.random.default_rng(seed), style)
    return np.array([blink.step(heard, gaze_shifted=False) for heard in hear(features)])


def test_blinks_come_at_a_natural_rate_in_silence_and_in_song(score, song):
    silent = score.silence(120.0).features
    for features in (silent, song):
        rates = [blinks_per_minute(-lids(features, seed)) for seed in range(6)]
        assert 12.0 < np.mean(rates) < 22.0
        assert all(6.0 < rate < 30.0 for rate in rates)


def test_a_blink_shuts_fast_and_opens_slower_in_100_to_150_ms(score):
    shut = lids(score.silence(60.0).features)
    starts = np.flatnonzero((shut[1:] > 0.0) & (shut[:-1] == 0.0)) + 1
    assert starts.size > 5
    for start in starts:
        blink = shut[start : start + 20]
        length = int(np.flatnonzero(blink == 0.0)[0])
        assert blink.max() == 1.0
        assert 6 <= length <= 9
        assert blink[:length].argmax() < length / 2


def test_intervals_differ(score):
    shut = lids(score.silence(300.0).features)
    starts = np.flatnonzero((shut[1:] > 0.0) & (shut[:-1] == 0.0)) / 60
    intervals_s = np.diff(starts)
    assert intervals_s.min() >= Blink.REFRACTORY_S
    assert 0.3 < np.std(np.log(intervals_s)) < 0.8


def test_ends_of_phrases_attract_blinks(score):
    for _ in range(40):
        score.silence(0.6).note(2.0)
    features = score.features
    ended = np.array([heard.phrase_ended for heard in hear(features)])
    after = np.convolve(ended, np.ones(6))[: len(ended)] > 0
    shut = lids(features)
    starts = np.r_[False, (shut[1:] > 0.0) & (shut[:-1] == 0.0)]
    assert starts[after].mean() > 3.0 * starts[~after].mean()


def test_a_climax_is_held_with_open_eyes(score):
    for _ in range(10):
        score.note(6.0, 500.0, -14.0).silence(0.2)
    climax = [blinks_per_minute(-lids(score.features, seed)) for seed in range(4)]
    assert np.mean(climax) < 8.0


def test_some_soft_held_notes_are_sung_with_long_closed_eyes(score):
    for _ in range(12):
        score.silence(0.5).note(2.5, 300.0, -28.0)
    shut = lids(score.features) > 0.9
    runs = np.diff(np.flatnonzero(np.diff(np.r_[0, shut, 0])))[::2]
    assert (runs > 45).any()
    assert runs.max() < 2.7 * 60


def test_a_wilder_style_blinks_a_little_more_often(score):
    silent = score.silence(240.0).features
    calm, usual, wild = (
        np.mean([blinks_per_minute(-lids(silent, seed, style)) for seed in range(4)])
        for style in (0.0, 0.5, 1.0)
    )
    assert 12.0 < calm < usual < wild < 22.0
