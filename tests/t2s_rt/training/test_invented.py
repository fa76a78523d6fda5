import numpy as np
import pytest

from t2s_rt.training import invented
from t2s_rt.types import Feature


def test_noise_has_a_resting_face_and_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invented, "STILL_S", 3.0)
    rendering = invented.still(np.random.default_rng(0))
    assert rendering.targets.max() == 0.0
    assert rendering.voice.max() == 0
    assert np.ptp(rendering.features[:, Feature.LOUDNESS_DBFS]) > 1.0


def test_made_up_vowels_open_the_mouth_while_they_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invented, "VOWEL_S", 8.0)
    rendering = invented.vowels(np.random.default_rng(2))
    moving = rendering.targets.max(axis=1)
    assert moving.max() <= 1.0
    voiced = rendering.features[:, Feature.VOICED] > 0
    assert moving[voiced].mean() > 5 * moving[:50].max() + 0.1
    assert rendering.voice[voiced].mean() > 0.9
    assert rendering.voice[:50].max() == 0
