import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.timebase import HOP_SAMPLES, HOPS_PER_FRAME
from t2s_rt.training import dataset
from t2s_rt.training.dataset import Rendering
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture
from t2s_rt.types import FEATURE_COUNT, Feature

JAW = ACTION_NAMES.index("jaw_open")
RATE_HZ = 16_000


def speaking() -> Capture:
    """Three vowels with pauses; the jaw opens exactly with them."""
    note, rest = (
        synthesis.vowel("a", 220.0, 0.8, sample_rate_hz=RATE_HZ),
        np.zeros(RATE_HZ // 5, np.float32),
    )
    samples = np.concatenate([rest, note, rest, note, rest, note, rest])
    times_s = np.arange(round(len(samples) / RATE_HZ * 30)) / 30
    targets = np.zeros((len(times_s), len(ACTION_NAMES)), np.float32)
    targets[:, JAW] = 0.6 * (times_s % 1.0 > 0.2)
    return Capture("made up", samples, RATE_HZ, targets, 30.0)


def ramp(hops: int = 21) -> Rendering:
    """Targets that tell the hop they stand at."""
    features = np.zeros((hops, FEATURE_COUNT), np.float32)
    features[:, Feature.LOUDNESS_DBFS] = np.arange(hops)
    targets = np.repeat(np.arange(hops, dtype=np.float32)[:, None], len(ACTION_NAMES), axis=1)
    return Rendering("", "plain", features, targets, np.ones(len(ACTION_NAMES), np.float32))


def test_a_frame_shows_the_face_at_its_last_sample() -> None:
    features, targets = ramp().frames(lookahead_samples=0)
    assert features.shape == (10, HOPS_PER_FRAME, FEATURE_COUNT)
    np.testing.assert_array_equal(targets[:, 0], features[:, -1, Feature.LOUDNESS_DBFS])


@pytest.mark.parametrize("lookahead_samples", [400, 600, 960])
def test_looking_ahead_shows_the_face_that_much_earlier(lookahead_samples: int) -> None:
    _, now = ramp().frames(0)
    _, earlier = ramp().frames(lookahead_samples)
    np.testing.assert_allclose((now - earlier)[1:], lookahead_samples / HOP_SAMPLES, atol=1e-5)


def test_frames_may_begin_at_the_second_hop() -> None:
    features, targets = ramp().frames(0, first_hop=1)
    assert features[0, 0, Feature.LOUDNESS_DBFS] == 1
    assert targets[0, 0] == 2


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_face_and_voice_stay_together_at_any_pace(speed: float) -> None:
    rendering = dataset._spoken(speaking(), speed, np.random.default_rng(0))
    voice, jaw = rendering.features[:, Feature.VOICED], rendering.targets[:, JAW]
    assert np.corrcoef(voice, jaw)[0, 1] > 0.8


def test_an_action_that_a_take_never_makes_is_not_believed() -> None:
    weights = dataset._plain(speaking()).weights
    assert weights[JAW] == 1.0
    assert weights[ACTION_NAMES.index("lip_pucker")] == 0.0


def test_noise_has_a_resting_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "STILL_S", 3.0)
    rendering = dataset._still(np.random.default_rng(0))
    assert rendering.targets.max() == 0.0
    assert np.ptp(rendering.features[:, Feature.LOUDNESS_DBFS]) > 1.0


def test_made_up_vowels_open_the_mouth_while_they_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "VOWEL_S", 8.0)
    rendering = dataset._vowels(np.random.default_rng(2))
    moving = rendering.targets.max(axis=1)
    assert moving.max() <= 1.0
    assert moving[rendering.features[:, Feature.VOICED] > 0].mean() > 5 * moving[:50].max() + 0.1


def test_the_hash_follows_data_and_seed() -> None:
    capture = speaking()
    changed = Capture(capture.name, capture.samples * 0.5, RATE_HZ, capture.targets, 30.0)
    hashes = {
        dataset.data_hash([capture], 0),
        dataset.data_hash([changed], 0),
        dataset.data_hash([capture], 1),
    }
    assert len(hashes) == 3
    assert dataset.data_hash([speaking()], 0) in hashes
