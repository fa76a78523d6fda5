import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.inference.inputs import INPUT_COUNT  # noqa: E402
from t2s_rt.timebase import HOP_SAMPLES  # noqa: E402
from t2s_rt.training.dataset import Clips  # noqa: E402
from t2s_rt.training.prepare.facegood import ACTION_NAMES  # noqa: E402
from t2s_rt.training.rendering import Kind, Rendering  # noqa: E402
from t2s_rt.types import FEATURE_COUNT, Feature  # noqa: E402

pytestmark = pytest.mark.torch


def counted(kind: Kind, hops: int = 400) -> Rendering:
    """Loudness, mouth, voice and sound all tell which hop it is."""
    features = np.zeros((hops, FEATURE_COUNT), np.float16)
    features[:, Feature.LOUDNESS_DBFS] = 20.0 * np.arange(hops) / hops - 20.0
    targets = np.repeat(np.arange(hops)[:, None] / hops, len(ACTION_NAMES), axis=1)
    phase = (np.arange(hops) // 4 % 2).astype(np.int8)
    weights = np.ones(len(ACTION_NAMES), np.float32)
    return Rendering(kind, kind, features, targets.astype(np.float16), weights, phase, phase)


def test_kinds_are_drawn_as_often_as_wanted() -> None:
    clips = Clips([counted("read"), counted("band")], {"read": 0.75, "band": 0.25, "song": 5.0}, 0, 30)
    batch = clips.draw(400, np.random.default_rng(0))
    assert batch.frames.shape == (400, 30, INPUT_COUNT)
    drawn = [clips._shares[i] for i in range(2)]
    assert drawn == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("lookahead_samples", [0, 400, 960])
def test_targets_voice_and_sound_stay_with_their_frame(lookahead_samples: int) -> None:
    clips = Clips([counted("read")], {"read": 1.0}, lookahead_samples, 30)
    batch = clips.draw(20, np.random.default_rng(1))
    hop = batch.actions[..., 0].numpy() * 400
    assert np.diff(hop, axis=1) == pytest.approx(2.0, abs=0.3)
    newest = hop + lookahead_samples / HOP_SAMPLES
    whole = np.all([np.abs(at % 4 - 2) < 1.5 for at in (hop, newest)], axis=0)  # not between two phases
    depicted, heard = (np.round(at) // 4 % 2 for at in (hop, newest))
    assert (depicted == batch.sound.numpy())[whole].mean() > 0.95
    assert (np.maximum(depicted, heard) == batch.voice.numpy())[whole].mean() > 0.95


def test_no_two_draws_are_alike() -> None:
    clips = Clips([counted("read", 62)], {"read": 1.0}, 0, 30)
    rng = np.random.default_rng(0)
    one, other = clips.draw(2, rng), clips.draw(2, rng)
    assert (one.frames - other.frames).abs().max() > 0.01


def test_what_is_shorter_than_a_clip_is_left_out() -> None:
    clips = Clips([counted("read"), counted("read", 40)], {"read": 1.0}, 0, 30)
    assert len(clips._shares) == 1
