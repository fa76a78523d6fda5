"""Lips that close, or do not."""

from __future__ import annotations

import numpy as np

from bench.quality.closures import closed, closes, is_bilabial
from tests.bench.quality.made import track_of


def with_dip(depth: float, at_frame: int = 30, frames: int = 3) -> np.ndarray:
    opening = np.full(60, 0.5)
    opening[at_frame : at_frame + frames] = depth
    return opening


def test_a_dip_under_a_fifth_for_two_frames_is_a_closure() -> None:
    assert closes(track_of(with_dip(0.05)), 0.5, 0.55)


def test_a_dip_of_one_frame_or_too_shallow_or_too_late_is_none() -> None:
    assert not closes(track_of(with_dip(0.05, frames=1)), 0.5, 0.55)
    assert not closes(track_of(with_dip(0.11)), 0.5, 0.55)  # a fifth of .5 is .10
    assert not closes(track_of(with_dip(0.05, at_frame=36)), 0.5, 0.55)  # .60 s is 50 ms late


def test_the_reach_around_the_label_is_40_ms() -> None:
    assert closes(track_of(with_dip(0.0, at_frame=28, frames=2)), 0.5, 0.55)  # 467 and 483 ms
    assert not closes(track_of(with_dip(0.0, at_frame=26, frames=2)), 0.5, 0.55)  # 433 and 450 ms


def test_a_mouth_that_is_always_shut_closes_nothing() -> None:
    assert not closes(track_of(np.zeros(60)), 0.5, 0.55)


def test_only_p_b_m_count() -> None:
    track = track_of(with_dip(0.05))
    sounds = [("p\u02b2", 0.5, 0.55), ("a", 0.6, 0.7), ("m", 0.75, 0.8)]
    assert closed(track, sounds) == (1, 2)
    assert not is_bilabial("f")
