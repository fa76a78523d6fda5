"""Onset and release of mouths whose delay is known."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.timing import response_ms, responses
from t2s_rt.audio.synthesis import tone
from tests.bench.quality.made import Puppet, loud, track_of


def test_onset_and_release_are_counted_on_the_time_of_availability() -> None:
    opening = np.zeros(120)
    opening[33:] = 0.6  # depicts .55 s on
    opening[92:] = 0.3
    opening[95:] = 0.05
    onset, release = response_ms(track_of(opening, late_s=0.02), 0.5, 1.5)
    assert onset == pytest.approx(50 + 20, abs=0.01)
    assert release == pytest.approx(1e3 * (95 / 60 + 0.02 - 1.5), abs=0.01)


def test_half_and_a_tenth_are_of_the_held_opening() -> None:
    opening = np.zeros(120)
    opening[30:33] = 0.29
    opening[33:90] = 0.6
    opening[90:93] = 0.07
    onset, release = response_ms(track_of(opening), 0.5, 1.5)
    assert onset == pytest.approx(50, abs=0.01)
    assert release == pytest.approx(50, abs=0.01)


def test_a_mouth_that_never_opens_or_never_shuts_has_no_time() -> None:
    assert np.isnan(response_ms(track_of(np.zeros(120)), 0.5, 1.5)).all()
    onset, release = response_ms(track_of(np.full(120, 0.5)), 0.5, 1.5)
    assert onset == pytest.approx(0.0, abs=1e-6)
    assert np.isnan(release)


def test_a_subject_that_opens_with_the_sound_is_as_late_as_it_says() -> None:
    found = responses(Puppet(loud, late_s=0.1), iter([tone(200.0, 0.8)] * 4))
    assert found.shape == (4, 2)
    assert (np.abs(found - 100.0) < 20.0).all()
