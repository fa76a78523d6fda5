import numpy as np
import pytest

from t2s_rt.intensity.smoothing import Follower, OneEuro, Spring, clamp, ramp, soft_limit


def test_clamp_and_ramp_stay_within_their_ends():
    assert [clamp(v, -1.0, 2.0) for v in (-3.0, 0.5, 9.0)] == [-1.0, 0.5, 2.0]
    assert [ramp(v, 2.0, 4.0) for v in (1.0, 3.0, 7.0)] == [0.0, 0.5, 1.0]


def test_a_soft_limit_leaves_what_is_below_it_and_never_reaches_one():
    values = np.linspace(-1.0, 3.0, 401)
    limited = np.array([soft_limit(float(v), 0.6) for v in values])
    assert np.array_equal(limited[values <= 0.6], values[values <= 0.6])
    assert (np.diff(limited) > 0.0).all()
    assert limited.max() < 1.0
    assert np.abs(np.diff(limited, n=2)).max() < 0.001  # no corner


def test_a_follower_rises_by_its_attack_and_falls_by_its_release():
    follower = Follower(attack_s=0.05, release_s=0.5)
    for _ in range(3):  # 50 ms
        follower.step(1.0)
    assert follower.value == pytest.approx(1.0 - np.exp(-1.0), abs=1e-6)
    for _ in range(30):  # 500 ms
        follower.step(0.0)
    assert follower.value == pytest.approx((1.0 - np.exp(-1.0)) * np.exp(-1.0), abs=1e-6)


def test_a_spring_settles_on_its_target_and_a_damped_one_does_not_overshoot():
    swinging, damped = Spring(1.3, 0.5), Spring(1.3, 1.0)
    paths = np.array([(swinging.step(1.0), damped.step(1.0)) for _ in range(240)])
    assert paths[:, 0].max() > 1.05
    assert paths[:, 1].max() < 1.001
    assert paths[-1] == pytest.approx([1.0, 1.0], abs=0.01)


def test_one_euro_quiets_noise_and_hardly_delays_a_jump():
    rng = np.random.default_rng(0)
    noise = 0.5 + 0.02 * rng.standard_normal(600)
    smooth = OneEuro(4.0, 3.0)
    smooth.jump(0.5)
    quiet = np.array([smooth.step(v) for v in noise])
    assert quiet[60:].std() < 0.7 * noise.std()

    smooth.jump(0.0)
    jump = [smooth.step(1.0) for _ in range(3)]
    assert jump[0] > 0.8
    assert jump[1] > 0.95
