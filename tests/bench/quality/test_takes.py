"""Captured takes against mouths whose agreement is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.quality.takes import JUDGED, predicted, take_correlation
from bench.quality.track import Face, MouthTrack
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture
from t2s_rt.types import ARKIT_COUNT
from tests.bench.quality.made import track_of

FRAMES = 600
WAVE = 0.3 + 0.2 * np.sin(np.arange(FRAMES) / 9)


def capture_of(**curves: np.ndarray) -> Capture:
    """A take at 60 fps."""
    targets = np.zeros((FRAMES, len(ACTION_NAMES)), np.float32)
    for name, curve in curves.items():
        targets[:, ACTION_NAMES.index(name)] = curve
    return Capture("made", np.zeros(1, np.float32), 16_000, targets, 60.0)


def ours(**curves: np.ndarray) -> MouthTrack:
    actions = np.zeros((FRAMES, ACTION_COUNT), np.float32)
    for name, curve in curves.items():
        actions[:, ACTION_INDEX[name]] = curve
    still = np.zeros(FRAMES, np.float32)
    face = Face(actions, np.zeros((FRAMES, ARKIT_COUNT), np.float32), still, still)
    return replace(track_of(WAVE), face=face)


def test_a_jaw_that_follows_correlates_and_a_late_one_less() -> None:
    take = capture_of(jaw_open=WAVE)
    assert take_correlation(ours(jaw_open=WAVE), take, ("jaw_open",)) == pytest.approx(1.0, abs=1e-3)
    late = np.roll(WAVE, 9)
    assert take_correlation(ours(jaw_open=late), take, ("jaw_open",)) == pytest.approx(
        np.cos(1.0), abs=0.05
    )


def test_round_does_not_mind_which_of_the_two_a_take_was_written_in() -> None:
    take = capture_of(lip_pucker=WAVE)
    track = ours(lip_rounding=WAVE)
    assert np.isnan(take_correlation(track, take, JUDGED["oh"]))
    assert take_correlation(track, take, JUDGED["round"]) == pytest.approx(1.0, abs=1e-3)


def test_what_a_take_does_not_move_says_nothing() -> None:
    assert np.isnan(
        take_correlation(ours(jaw_open=WAVE), capture_of(jaw_open=0.1 * WAVE), ("jaw_open",))
    )


def test_a_peer_is_judged_by_its_opening_and_rounding_only() -> None:
    peer = track_of(WAVE, rounding=1.0 - WAVE)
    assert predicted(peer, JUDGED["jaw"]) is peer.opening
    assert predicted(peer, JUDGED["oh"]) is peer.rounding
    with pytest.raises(KeyError):
        predicted(peer, JUDGED["lower_lip"])
