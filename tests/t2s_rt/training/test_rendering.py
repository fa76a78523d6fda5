from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.timebase import HOP_SAMPLES, HOPS_PER_FRAME
from t2s_rt.training.prepare.facegood import ACTION_NAMES
from t2s_rt.training.rendering import UNKNOWN, Rendering, kept, unlabelled
from t2s_rt.types import FEATURE_COUNT, Feature


def ramp(hops: int = 21) -> Rendering:
    """Targets that tell the hop they stand at."""
    features = np.zeros((hops, FEATURE_COUNT), np.float32)
    features[:, Feature.LOUDNESS_DBFS] = np.arange(hops)
    targets = np.repeat(np.arange(hops, dtype=np.float32)[:, None], len(ACTION_NAMES), axis=1)
    return unlabelled("", "plain", features, targets, np.ones(len(ACTION_NAMES), np.float32))


def test_a_frame_shows_the_face_at_its_last_sample() -> None:
    features, targets, _, _ = ramp().frames(lookahead_samples=0)
    assert features.shape == (10, HOPS_PER_FRAME, FEATURE_COUNT)
    np.testing.assert_array_equal(targets[:, 0], features[:, -1, Feature.LOUDNESS_DBFS])


@pytest.mark.parametrize("lookahead_samples", [400, 600, 960])
def test_looking_ahead_shows_the_face_that_much_earlier(lookahead_samples: int) -> None:
    _, now, _, _ = ramp().frames(0)
    _, earlier, _, _ = ramp().frames(lookahead_samples)
    np.testing.assert_allclose((now - earlier)[1:], lookahead_samples / HOP_SAMPLES, atol=1e-5)


def test_a_voice_is_there_from_when_it_is_heard_until_its_end_is_depicted() -> None:
    sings = np.zeros(21, np.int8)
    sings[8:13] = 1  # frames end with hops 9 and 11 in it; the one that ends with 13 depicts 11
    _, _, at_once, _ = replace(ramp(), voice=sings).frames(0)
    _, _, ahead, _ = replace(ramp(), voice=sings).frames(HOP_SAMPLES * HOPS_PER_FRAME)
    np.testing.assert_array_equal(np.flatnonzero(at_once), [4, 5])
    np.testing.assert_array_equal(np.flatnonzero(ahead), [4, 5, 6])


def test_frames_may_begin_at_the_second_hop() -> None:
    features, targets, _, _ = ramp().frames(0, first_hop=1)
    assert features[0, 0, Feature.LOUDNESS_DBFS] == 1
    assert targets[0, 0] == 2


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    made = []

    def make() -> Rendering:
        made.append(1)
        return ramp()

    first, again = kept(tmp_path / "a.npz", make), kept(tmp_path / "a.npz", make)
    assert len(made) == 1
    assert again.kind == "plain"
    np.testing.assert_array_equal(first.features, again.features)
    assert (again.voice == UNKNOWN).all()
