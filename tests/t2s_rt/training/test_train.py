import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.timebase import HOPS_PER_FRAME  # noqa: E402
from t2s_rt.training.dataset import Kind, Rendering  # noqa: E402
from t2s_rt.training.evaluate import correlations, predict  # noqa: E402
from t2s_rt.training.prepare.facegood import ACTION_NAMES  # noqa: E402
from t2s_rt.training.train import Config, fit  # noqa: E402
from t2s_rt.types import FEATURE_COUNT, Feature  # noqa: E402

pytestmark = pytest.mark.torch

JAW = ACTION_NAMES.index("jaw_open")


def swelling(kind: Kind, seed: int, hops: int = 1200) -> Rendering:
    """A voice whose loudness opens the jaw: what any network must be able to learn."""
    rng = np.random.default_rng(seed)
    level = np.interp(np.arange(hops), np.arange(0, hops + 40, 40), rng.uniform(0, 1, hops // 40 + 1))
    features = np.zeros((hops, FEATURE_COUNT), np.float32)
    features[:, Feature.LOUDNESS_DBFS] = -60 + 40 * level
    features[:, Feature.MEL] = features[:, [Feature.LOUDNESS_DBFS]] + rng.normal(0, 2, (hops, 48))
    features[:, Feature.REFERENCE_DBFS] = -20
    targets = np.zeros((hops, len(ACTION_NAMES)), np.float32)
    targets[:, JAW] = 0.6 * level
    return Rendering(kind, kind, features, targets, np.ones(len(ACTION_NAMES), np.float32))


CONFIG = Config(steps=40, batch=6, clip_frames=70, learning_rate=1e-2, average=0.8)


@pytest.fixture(scope="module", autouse=True)
def _one_core() -> None:
    torch.set_num_threads(1)  # two would wait for each other while other tests run


@pytest.fixture(scope="module")
def renderings() -> list[Rendering]:
    return [swelling("plain", 1), swelling("spoken", 2), swelling("sung", 3), swelling("still", 4)]


def test_training_learns_what_was_not_heard(renderings: list[Rendering]) -> None:
    network = fit(renderings, CONFIG)
    features, captured = swelling("plain", 9).frames(0)
    assert features.shape[1] == HOPS_PER_FRAME
    r = correlations(predict(network, features), captured)
    assert r[JAW] > 0.9
    assert np.isnan(np.delete(r, JAW)).all()


def test_a_seed_repeats_its_training(renderings: list[Rendering]) -> None:
    short = Config(steps=3, batch=2, clip_frames=40)
    one, same = fit(renderings, short), fit(renderings, short)
    for a, b in zip(one.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=0, rtol=0)


def test_correlation_of_what_stands_still() -> None:
    wave = np.sin(np.arange(100, dtype=np.float32))[:, None]
    flat = np.zeros_like(wave)
    assert correlations(wave, 3 * wave + 1) == pytest.approx(1.0, abs=1e-5)
    assert correlations(flat, wave) == 0.0
    assert np.isnan(correlations(wave, flat)).all()
