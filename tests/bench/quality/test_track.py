"""Curves and their comparison."""

from __future__ import annotations

import numpy as np

from bench.quality.track import MouthTrack, correlation, ranks
from tests.bench.quality.made import track_of


def test_the_middle_of_a_sound_is_its_middle_third() -> None:
    track = track_of(opening=np.repeat([0.1, 0.7, 0.3], 20))  # thirds of a second
    opening, rounding, width = track.middle(0.0, 1.0)
    assert abs(opening - 0.7) < 0.05
    assert rounding == width == 0.0


def test_a_sound_shorter_than_a_frame_still_has_a_middle() -> None:
    track = track_of(opening=np.arange(60) / 60)
    assert abs(track.middle(0.5, 0.505)[0] - 0.5) < 0.03


def test_to_stand_still_is_no_agreement_and_a_still_truth_says_nothing() -> None:
    moving, still = np.sin(np.arange(50.0)), np.ones(50)
    assert correlation(still, moving) == 0.0
    assert np.isnan(correlation(moving, still))
    assert correlation(2.0 * moving + 1.0, moving) > 0.999
    assert correlation(-moving, moving) < -0.999


def test_equal_values_share_their_rank() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 9.0])).tolist() == [1.5, 0.0, 1.5, 3.0]


def test_a_track_without_a_face_has_a_shape() -> None:
    track: MouthTrack = track_of(opening=[0.5], rounding=[0.2], width=[0.1])
    assert track.face is None
    assert track.shape.tolist() == [[0.5, 0.2, 0.1]]
