"""Held vowels: every fault that a mouth can have is found, and a right one is not blamed."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.held import (
    HELD_S,
    POSTURES,
    drift_of,
    shape_changes,
    swell,
    swell_correlation,
    winners,
)
from bench.quality.vowels import WOMAN
from t2s_rt.timebase import SAMPLE_RATE_HZ
from tests.bench.quality.made import track_of

FRAMES = round(60 * (HELD_S + 1.0))


def steady(vowel: str) -> np.ndarray:
    return np.repeat(np.array([POSTURES[vowel]]), FRAMES, axis=0)


def changes(shape: np.ndarray) -> int:
    track = track_of(shape[:, 0], shape[:, 1], shape[:, 2])
    return shape_changes(track, 1.0, HELD_S)


@pytest.mark.parametrize("vowel", list(POSTURES))
def test_a_steady_mouth_changes_nothing_even_if_it_trembles(vowel: str) -> None:
    tremble = 0.02 * np.sin(np.arange(FRAMES))[:, None]
    assert changes(np.clip(steady(vowel) + tremble, 0.0, 1.0)) == 0


def test_each_switch_of_vowel_is_counted_once() -> None:
    shape = steady("o")
    shape[200:260] = POSTURES["a"]
    assert changes(shape) == 2


def test_a_flick_of_the_jaw_is_counted_once_though_the_vowel_stays() -> None:
    shape = steady("a")
    shape[300:303, 0] -= 0.1
    assert changes(shape) == 1


def test_a_jaw_that_sinks_slowly_is_no_flicker_but_drifts() -> None:
    shape = steady("a")
    shape[:, 0] = np.linspace(0.7, 0.5, FRAMES)
    assert changes(shape) == 0
    drift, _ = drift_of(track_of(shape[:, 0]), 0.5)
    assert drift == pytest.approx((0.7 - 0.2 * 4.975 / 9) / (0.7 - 0.2 * 1.1 / 9) - 1, abs=0.005)


def test_the_winner_stays_between_two_vowels() -> None:
    between = 0.5 * (np.array(POSTURES["a"]) + np.array(POSTURES["o"]))
    toward = 0.03 * (np.array(POSTURES["o"]) - np.array(POSTURES["a"]))
    shape = np.stack([between + toward * (-1.0) ** t for t in range(50)])
    assert len(set(winners(shape).tolist())) == 1


def test_a_vowel_that_is_not_shown_has_no_drift() -> None:
    drift, opening = drift_of(track_of(np.full(FRAMES, 0.01)), 0.5)
    assert np.isnan(drift)
    assert opening == pytest.approx(0.01)


def test_a_mouth_that_goes_with_the_swell_correlates_and_one_that_stands_does_not() -> None:
    note, level_db = swell(WOMAN, "a", 330.0)
    assert len(note) == len(level_db) == round(HELD_S * SAMPLE_RATE_HZ)
    soft, full = (note[round(t * SAMPLE_RATE_HZ) :][:4800].std() for t in (4.0, 6.0))
    assert 20 * np.log10(full / soft) == pytest.approx(12.0, abs=1.5)
    at = np.clip(((np.arange(FRAMES) / 60 - 0.5) * SAMPLE_RATE_HZ).astype(int), 0, len(level_db) - 1)
    assert swell_correlation(track_of(0.4 + 0.02 * level_db[at]), level_db, 0.5) > 0.99
    assert swell_correlation(track_of(np.full(FRAMES, 0.4)), level_db, 0.5) == 0.0
    assert swell_correlation(track_of(0.4 - 0.02 * level_db[at]), level_db, 0.5) < -0.9
