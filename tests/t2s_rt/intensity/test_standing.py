import numpy as np
import pytest

from t2s_rt.intensity.standing import Standing
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_S

JAW, LIPS = 0, 1


def shown(shapes, levels_dbfs=-20.0):
    """One held note, frame by frame ``(T, 2)``: jaw and lips."""
    standing = Standing(2, JAW)
    shapes = np.asarray(shapes, float)
    levels = np.broadcast_to(levels_dbfs, len(shapes))
    rows = [
        standing.step(shape.tolist(), FRAME_S * k, float(level))
        for k, (shape, level) in enumerate(zip(shapes, levels, strict=True))
    ]
    return np.array(rows)


def seconds(count):
    return np.arange(round(count * FRAME_RATE_HZ)) / FRAME_RATE_HZ


def test_a_model_that_wanders_is_held():
    time_s = seconds(8.0)
    fall = np.interp(time_s, [0.0, 1.0, 8.0], [0.32, 0.30, 0.20])
    wobble = 0.2 + 0.04 * np.sin(2 * np.pi * 2.0 * time_s)
    out = shown(np.stack([fall, wobble], axis=1))
    assert np.ptp(fall[time_s > 1.0]) > 0.09
    assert np.ptp(out[time_s > 1.0], axis=0) == pytest.approx([0.0, 0.0], abs=1e-6)


def test_the_start_of_a_note_is_the_models():
    time_s = seconds(0.4)
    shapes = np.random.default_rng(0).random((len(time_s), 2))
    np.testing.assert_array_equal(shown(shapes), shapes)


def test_the_jaw_follows_the_level_of_a_model_that_does_not():
    time_s = seconds(8.0)
    level = -20.0 - 6.0 * np.cos(2 * np.pi * time_s / 4.0)
    out = shown(np.full((len(time_s), 2), 0.4), level)
    later = time_s > 1.0
    assert np.corrcoef(out[later, JAW], level[later])[0, 1] > 0.97
    assert np.ptp(out[later, JAW]) == pytest.approx(0.4 * 12.0 * Standing.JAW_PER_DB, rel=0.15)
    assert np.ptp(out[:, LIPS]) == pytest.approx(0.0, abs=1e-9)


def test_a_vibrato_of_the_level_does_not_shake_the_jaw():
    time_s = seconds(4.0)
    out = shown(np.full((len(time_s), 2), 0.5), -20.0 + 1.5 * np.sin(2 * np.pi * 5.8 * time_s))
    assert np.ptp(out[:, JAW]) < 0.02


def test_another_vowel_on_the_same_pitch_comes_through_at_once():
    """e to o: lips round, half of it in three frames; then that vowel stands."""
    time_s = seconds(6.0)
    shapes = np.where(time_s[:, None] < 3.0, [0.4, 0.0], [0.4, 0.6])
    out = shown(shapes)[:, LIPS]
    change = int(3.0 * FRAME_RATE_HZ)
    assert out[change - 1] == pytest.approx(0.0, abs=1e-6)
    assert out[change + 2] > 0.3
    assert out[change + 60 :] == pytest.approx(0.6, abs=1e-6)


def test_what_creeps_away_is_let_go_without_a_jump():
    time_s = seconds(10.0)
    creeping = np.interp(time_s, [0.0, 10.0], [0.1, 0.6])
    out = shown(np.stack([np.full_like(time_s, 0.4), creeping], axis=1))[:, LIPS]
    assert np.abs(out - creeping).max() < 1.5 * Standing.BAND
    assert np.abs(np.diff(out)).max() < 0.05


def test_the_next_note_begins_anew_and_without_a_jump():
    standing = Standing(1, JAW)
    for k in range(120):
        standing.step([0.5], FRAME_S * k, -20.0)
    assert standing.share == 1.0
    after = [standing.step([0.4], FRAME_S * k, -20.0)[0] for k in range(10)]
    assert after[0] == pytest.approx(0.44)
    assert after[3:] == pytest.approx([0.4] * 7, abs=0.003)
    assert after[-1] == 0.4
