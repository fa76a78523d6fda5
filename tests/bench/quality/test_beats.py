"""Beats and rests at known times."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.beats import alignment, beats_s, chance, onset_strength, rests_s
from t2s_rt.audio.synthesis import clicks


def test_beats_are_found_where_the_clicks_are() -> None:
    found = beats_s(onset_strength(clicks(12.0, interval_s=0.5, first_s=0.25)))
    away = np.abs((found - 0.25 + 0.25) % 0.5 - 0.25)
    assert len(found) >= 20
    assert np.diff(found).mean() == pytest.approx(0.5, abs=0.01)
    assert np.median(away) < 0.04


def test_rests_are_where_a_swaying_head_turns_round() -> None:
    time_s = np.arange(1200) / 60
    head = np.zeros((1200, 3), np.float32)
    head[:, 0] = np.sin(2 * np.pi * 0.5 * time_s)  # turns round each second, at .5, 1.5, ...
    inside = rests_s(head)[1:-1]
    assert np.abs(inside % 1.0 - 0.5).max() < 0.05
    assert np.diff(inside).mean() == pytest.approx(1.0, abs=0.02)


def test_alignment_is_one_on_the_beat_and_falls_with_the_distance() -> None:
    beats = np.arange(0.5, 20.0, 1.0)
    assert alignment(beats, beats) == pytest.approx(1.0)
    assert alignment(beats, beats + 0.1) == pytest.approx(np.exp(-0.5), abs=1e-6)
    assert alignment(beats, beats + 0.5) < 0.01
    assert alignment(beats, np.zeros(0)) == 0.0


def test_the_chance_level_does_not_depend_on_where_the_motion_stands() -> None:
    beats = np.arange(0.5, 20.0, 1.0)
    assert chance(beats, beats, 20.0) == pytest.approx(chance(beats, beats + 0.5, 20.0), abs=0.05)
    assert chance(beats, beats, 20.0) < 0.4
