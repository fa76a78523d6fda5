import math

import numpy as np
import pytest

from t2s_rt.intensity.measure import (
    blinks_per_minute,
    clip_intensity,
    energy_share_below,
    flicker,
    measure_reach,
    opening_delay_s,
    reach_intensity,
    release_delay_s,
    rest_share,
)

NEUTRAL = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
DEPTHS = np.array([0.0, 1.0, 3.0, 4.0])


@pytest.fixture
def landmarks():
    """Two landmarks over four frames: one moves 0, 1, 3, 4 away from neutral, one never moves."""
    out = np.repeat(NEUTRAL[None], 4, axis=0)
    out[:, 0, 2] = -DEPTHS
    return out


def test_the_papers_intensity_spans_each_clip(landmarks):
    assert clip_intensity(landmarks, NEUTRAL)[:, 0] == pytest.approx([-1.0, -0.5, 0.5, 1.0])
    quiet = NEUTRAL + 0.01 * (landmarks - NEUTRAL)
    assert clip_intensity(quiet, NEUTRAL)[:, 0] == pytest.approx([-1.0, -0.5, 0.5, 1.0])


def test_a_landmark_that_never_moves_is_at_its_least_and_not_nan(landmarks):
    assert clip_intensity(landmarks, NEUTRAL)[:, 1] == pytest.approx([-1.0] * 4)
    assert reach_intensity(landmarks, NEUTRAL, np.array([4.0, 0.0]))[:, 1] == pytest.approx([0.0] * 4)


def test_our_intensity_is_causal_and_keeps_the_amplitude(landmarks):
    reach = np.array([4.0, 1.0])
    whole = reach_intensity(landmarks, NEUTRAL, reach)
    assert whole[:, 0] == pytest.approx([0.0, 0.25, 0.75, 1.0])
    assert reach_intensity(landmarks[1], NEUTRAL, reach) == pytest.approx(whole[1])
    quiet = NEUTRAL + 0.5 * (landmarks - NEUTRAL)
    assert reach_intensity(quiet, NEUTRAL, reach)[:, 0] == pytest.approx([0.0, 0.125, 0.375, 0.5])


def test_reach_ignores_one_bad_frame():
    rng = np.random.default_rng(0)
    recording = np.zeros((1000, 1, 3))
    recording[:, 0, 1] = rng.uniform(0.0, 1.0, 1000)
    recording[500, 0, 1] = 50.0
    assert measure_reach(recording, np.zeros((1, 3)))[0] == pytest.approx(1.0, abs=0.02)


AVAILABLE_S = (np.arange(120) + 1) / 60


def test_opening_is_timed_when_the_frame_leaves():
    jaw = np.where(AVAILABLE_S < 0.52, 0.0, np.where(AVAILABLE_S < 0.56, 0.2, 0.6))
    assert opening_delay_s(AVAILABLE_S, jaw, 0.5) == pytest.approx(34 / 60 - 0.5)
    assert opening_delay_s(AVAILABLE_S, jaw, 0.5, share=0.3) == pytest.approx(32 / 60 - 0.5)


def test_a_mouth_that_opens_early_has_a_negative_delay_and_one_that_stays_shut_has_none():
    early = np.where(AVAILABLE_S < 0.4, 0.0, 0.5)
    assert opening_delay_s(AVAILABLE_S, early, 0.5) == pytest.approx(0.4 - 0.5)
    assert math.isnan(opening_delay_s(AVAILABLE_S, np.zeros(120), 0.5))
    assert math.isnan(opening_delay_s(AVAILABLE_S, early, 7.0))


def test_release_is_timed_to_the_frame_that_stays_closed():
    jaw = np.where(AVAILABLE_S <= 1.0, 0.5, 0.0)
    jaw[60:63] = [0.3, 0.04, 0.06]
    assert release_delay_s(AVAILABLE_S, jaw, 1.0) == pytest.approx(4 / 60)
    assert math.isnan(release_delay_s(AVAILABLE_S, np.full(120, 0.5), 1.0))
    assert math.isnan(release_delay_s(AVAILABLE_S, np.zeros(120), 1.0))


def test_flicker_leaves_the_onset_out():
    jaw = np.where(AVAILABLE_S < 0.4, 0.0, 0.5)
    assert flicker(AVAILABLE_S, jaw, 0.0, 2.0) == 0.0
    assert flicker(AVAILABLE_S, jaw + 0.1 * (np.arange(120) % 2), 0.0, 2.0) == pytest.approx(0.05)
    assert math.isnan(flicker(AVAILABLE_S, jaw, 0.0, 0.3))


def test_rest_share_counts_silent_frames_in_which_nothing_moves():
    mouth = np.array([[0.0, 0.0], [0.0, -0.2], [0.005, 0.0], [0.9, 0.9]])
    assert rest_share(mouth, np.array([True, True, True, False])) == pytest.approx(2 / 3)
    assert math.isnan(rest_share(mouth, np.zeros(4, bool)))


def test_blinks_are_counted_by_their_beginnings():
    openness = np.zeros(600)
    openness[100:105] = openness[300:420] = -1.0
    assert blinks_per_minute(openness) == pytest.approx(12.0)


def test_energy_is_shared_by_frequency():
    time_s = np.arange(600) / 60
    slow, fast = np.sin(2 * np.pi * 1.0 * time_s), np.sin(2 * np.pi * 6.0 * time_s)
    assert energy_share_below(slow + 0.5 * fast, 2.5) == pytest.approx(0.8, abs=0.01)
    assert energy_share_below(np.stack((slow, fast), axis=1), 2.5) == pytest.approx(0.5, abs=0.01)
    assert math.isnan(energy_share_below(np.ones(100), 2.5))
