"""Brows, head and seeds."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.prosody import BROWS, HEAD, brow_rank, head_share, likeness, seed_figures, speed
from bench.quality.track import Face
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, MOUTH_NAMES
from t2s_rt.types import ARKIT_COUNT

TIME_S = np.arange(1200) / 60


def face_of(f0_hz: np.ndarray, **curves: np.ndarray) -> Face:
    actions = np.zeros((len(f0_hz), ACTION_COUNT), np.float32)
    for name, curve in curves.items():
        actions[:, ACTION_INDEX[name]] = curve
    still = np.zeros((len(f0_hz), ARKIT_COUNT), np.float32)
    return Face(actions, still, f0_hz.astype(np.float32), np.zeros(len(f0_hz), np.float32))


def test_brows_that_rise_with_pitch_in_any_curve_rank_alike() -> None:
    f0_hz = 200.0 + 100.0 * np.sin(TIME_S)
    rising = face_of(f0_hz, brow_raise_inner=np.log(f0_hz), brow_raise_outer_left=f0_hz**2 * 1e-5)
    assert brow_rank(rising) == pytest.approx(1.0)
    assert brow_rank(face_of(f0_hz, brow_raise_inner=-f0_hz)) == pytest.approx(-1.0)
    assert brow_rank(face_of(f0_hz)) == 0.0


def test_unvoiced_frames_do_not_count_and_a_mute_has_no_rank() -> None:
    f0_hz = np.where(TIME_S < 10, 200.0 + 10 * TIME_S, 0.0)
    assert brow_rank(face_of(f0_hz, brow_raise_inner=np.where(TIME_S < 10, TIME_S, 99.0))) > 0.99
    assert np.isnan(brow_rank(face_of(np.zeros(1200), brow_raise_inner=TIME_S)))


@pytest.mark.parametrize(("hz", "expected"), [(1.5, 1.0), (0.4, 0.0), (4.0, 0.0)])
def test_head_energy_is_found_where_it_is(hz: float, expected: float) -> None:
    head = np.zeros((1200, 3))
    head[:, 1] = 0.1 * np.sin(2 * np.pi * hz * TIME_S)
    assert head_share(head.astype(np.float32)) == pytest.approx(expected, abs=0.03)


def test_a_slow_turn_does_not_hide_the_nods() -> None:
    head = np.zeros((1200, 3))
    head[:, 0] = 0.3 * np.sin(2 * np.pi * 0.05 * TIME_S)
    head[:, 1] = 0.03 * np.sin(2 * np.pi * 1.5 * TIME_S)
    assert head_share(head.astype(np.float32)) > 0.8


def test_speed_is_per_second_and_likeness_skips_what_stands() -> None:
    line = np.stack([TIME_S, np.zeros(1200)], axis=1).astype(np.float32)
    assert speed(line) == pytest.approx(1.0, rel=1e-3)
    assert likeness(line, line) == pytest.approx(1.0)
    assert np.isnan(likeness(np.zeros((9, 2), np.float32), np.zeros((9, 2), np.float32)))


def test_seeds_are_judged_by_their_most_alike_pair_and_their_least_alike_mouth() -> None:
    rng = np.random.default_rng(0)
    jaw = 0.4 + 0.2 * np.sin(TIME_S)
    twin = rng.standard_normal(1200)
    curves = [twin, twin, rng.standard_normal(1200)]
    faces = [
        face_of(np.full(1200, 200.0), jaw_open=jaw, **dict.fromkeys((*BROWS, *HEAD), c)) for c in curves
    ]
    values = {figure.key: figure.value for figure in seed_figures(faces)}
    assert values["seeds.brows"] == pytest.approx(1.0)
    assert values["seeds.head"] == pytest.approx(1.0)
    assert values["seeds.mouth"] == pytest.approx(1.0)
    assert "jaw_open" in MOUTH_NAMES
