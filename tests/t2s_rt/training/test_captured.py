import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.training import captured
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture
from t2s_rt.types import Feature

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


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_face_and_voice_stay_together_at_any_pace(speed: float) -> None:
    rendering = captured._spoken(speaking(), speed, np.random.default_rng(0))
    voice, jaw = rendering.features[:, Feature.VOICED], rendering.targets[:, JAW]
    assert np.corrcoef(voice, jaw)[0, 1] > 0.8


def test_an_action_that_a_take_never_makes_is_not_believed() -> None:
    weights = captured._plain(speaking()).weights
    assert weights[JAW] == 1.0
    assert weights[ACTION_NAMES.index("lip_pucker")] == 0.0


def test_the_hash_follows_data_and_seed() -> None:
    capture = speaking()
    changed = Capture(capture.name, capture.samples * 0.5, RATE_HZ, capture.targets, 30.0)
    hashes = {
        captured.data_hash([capture], 0),
        captured.data_hash([changed], 0),
        captured.data_hash([capture], 1),
    }
    assert len(hashes) == 3
    assert captured.data_hash([speaking()], 0) in hashes
