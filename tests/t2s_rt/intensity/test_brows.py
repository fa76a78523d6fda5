import numpy as np

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.intensity.brows import Brows
from t2s_rt.types import Feature
from tests.t2s_rt.intensity.conftest import hear, rank_correlation

INNER = ACTION_INDEX["brow_raise_inner"]


def move(features, seed=0, style=0.5):
    brows, face, out = Brows(np.random.default_rng(seed), style), [0.0] * ACTION_COUNT, []
    for heard in hear(features):
        brows.step(heard, face)
        out.append(list(face))
    return np.array(out)


def test_brows_follow_the_sung_pitch_but_not_slavishly(song):
    f0_hz = song[:, -1, Feature.F0_HZ]
    voiced = f0_hz > 0.0
    follows = [rank_correlation(move(song, seed)[voiced, INNER], f0_hz[voiced]) for seed in range(8)]
    assert 0.3 < np.mean(follows) < 0.7


def test_they_move_smoothly_and_differ_a_little_left_and_right(song):
    out = move(song)
    assert np.abs(np.diff(out[:, INNER])).max() < 0.1
    left, right = (out[:, ACTION_INDEX[f"brow_raise_outer_{side}"]] for side in ("left", "right"))
    assert 0.0 < np.abs(left - right).max() < 0.3
    assert np.corrcoef(left, right)[0, 1] > 0.9


def test_they_come_to_rest_in_silence(score):
    out = move(score.note(3.0, 400.0).silence(3.0).features)
    assert out[120:180, INNER].max() > 0.03
    assert np.abs(out[-30:]).max() < 0.01


def test_a_breath_lifts_them_before_the_phrase(score):
    out = move(score.silence(0.5).silence(0.5, breath=0.9).features)
    assert out[29, INNER] == 0.0
    assert out[-1, INNER] > 0.03


def test_another_seed_raises_them_elsewhere(song):
    curves = np.array([move(song, seed)[:, INNER] for seed in range(6)])
    alike = np.corrcoef(curves)[np.triu_indices(len(curves), 1)]
    assert np.mean(alike) < 0.4
    assert np.max(alike) < 0.58  # of 15 pairs; the bar of `t2s evaluate` is 0.6


def test_inner_and_outer_brows_go_their_own_ways_a_little(song):
    out = move(song)
    inner, outer = out[:, INNER], out[:, ACTION_INDEX["brow_raise_outer_left"]]
    assert 0.4 < np.corrcoef(inner, outer)[0, 1] < 0.95


def test_after_some_phrases_they_move_once_more_and_then_rest(score):
    for _ in range(20):
        score.note(1.0).silence(2.5)
    out = move(score.features)[:, INNER].reshape(20, -1)
    moved = out[:, 105] > 0.09  # 0.75 s after the voice; what is left of the phrase is below that
    assert 0.2 < moved.mean() < 0.8
    assert out[:, -15:].max() < 0.01


def test_no_brow_runs_into_its_end(song):
    for seed in range(8):
        assert move(song, seed)[:, INNER].max() < 0.99


def test_a_wilder_style_raises_them_further_and_lets_phrases_differ_more(song):
    heights = [
        np.concatenate([move(song, seed, style)[:, INNER] for seed in range(4)])
        for style in (0.0, 0.5, 1.0)
    ]
    assert [h.mean() for h in heights] == sorted(h.mean() for h in heights)
    assert heights[0].std() < 0.8 * heights[1].std() < 0.9 * heights[2].std()


def test_a_wild_style_follows_the_pitch_more_often(song):
    f0_hz = song[:, -1, Feature.F0_HZ]
    voiced = f0_hz > 0.0
    calm, wild = (
        np.mean(
            [
                rank_correlation(move(song, seed, style)[voiced, INNER], f0_hz[voiced])
                for seed in range(8)
            ]
        )
        for style in (0.0, 1.0)
    )
    assert 0.2 < calm < wild < 0.75
