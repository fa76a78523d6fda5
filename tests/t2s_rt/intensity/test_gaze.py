import numpy as np

from t2s_rt.intensity.gaze import Gaze
from tests.t2s_rt.intensity.conftest import hear


def look(features, seed=0, head_yaw=0.0, style=0.5):
    gaze = Gaze(np.random.default_rng(seed), style)
    path = np.array([(*gaze.step(heard, head_yaw, 0.0), gaze.shifted) for heard in hear(features)])
    return path[:, :2], path[:, 2] > 0.0


def test_the_singer_looks_at_the_audience_most_of_the_time(song):
    path, _ = look(song)
    away = np.hypot(*path.T) > 0.15
    assert 0.02 < away.mean() < 0.4
    assert np.abs(path).max() <= 0.5


def test_eyes_jump_and_then_stay(song):
    path, shifted = look(song)
    speed = np.hypot(*np.diff(path, axis=0).T)
    assert (speed < 0.01).mean() > 0.8
    jumps = np.flatnonzero(shifted)
    assert jumps.size > 3
    for k in jumps[jumps < len(path) - 5]:
        assert speed[k - 1] > 0.5 * np.hypot(*(path[k + 3] - path[k - 1]))


def test_in_silence_they_stay_near(score):
    path, _ = look(score.silence(60.0).features)
    assert np.abs(path).max() < 0.2


def test_eyes_turn_back_when_the_head_turns(score):
    features = score.silence(0.1).features
    ahead, _ = look(features)
    turned, _ = look(features, head_yaw=0.5)
    assert np.allclose(ahead[:, 0] - turned[:, 0], 0.5 * Gaze.HEAD_COUNTER)


def test_a_wilder_style_looks_away_more_often_and_further(song):
    paths = [
        np.concatenate([np.hypot(*look(song, seed, style=style)[0].T) for seed in range(6)])
        for style in (0.0, 0.5, 1.0)
    ]
    away = [(path > 0.15).mean() for path in paths]
    assert away == sorted(away)
    assert away[2] < 0.5
    far = [np.quantile(path, 0.98) for path in paths]
    assert far == sorted(far)
    assert max(path.max() for path in paths) < np.hypot(0.5, 0.35)  # no further than ever


def test_in_silence_every_style_stays_near(score):
    path, _ = look(score.silence(60.0).features, style=1.0)
    assert np.abs(path).max() < 0.2
