from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.vowels import FEATURE_MATRIX, VISEMES, VOWEL_RECIPES, VOWELS, VisemeFit, VowelFit
from tests.t2s_rt.face.frames import arkit, both


def vowels(weights: np.ndarray) -> dict[str, float]:
    out = np.empty(len(VOWELS), np.float32)
    VowelFit().step(weights, out)
    return dict(zip(VOWELS, out.tolist(), strict=True))


def visemes(weights: np.ndarray) -> dict[str, float]:
    out = np.empty(len(VISEMES), np.float32)
    VisemeFit().step(weights, out)
    return dict(zip(VISEMES, out.tolist(), strict=True))


@pytest.mark.parametrize("i", range(len(VOWELS)), ids=VOWELS)
def test_a_vowels_recipe_is_that_vowel_and_no_other(i: int) -> None:
    found = vowels(arkit(**VOWEL_RECIPES[i]))
    assert found[VOWELS[i]] == pytest.approx(1.0, abs=1e-3)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-3)


def test_half_an_a_is_half_an_a() -> None:
    assert vowels(0.5 * arkit(**VOWEL_RECIPES[0]))["A"] == pytest.approx(0.5, abs=1e-3)


def test_a_face_at_rest_and_a_shut_smile_say_nothing() -> None:
    assert set(vowels(arkit()).values()) == {0.0}
    assert max(vowels(arkit(**both("mouthSmile", 0.9), **both("mouthStretch", 0.5))).values()) < 0.01


def test_pressed_lips_over_an_open_jaw_are_no_open_vowel() -> None:
    assert vowels(arkit(jawOpen=0.6, mouthClose=0.6))["A"] < 0.01


def test_weights_are_never_negative_and_never_sum_above_one() -> None:
    fit, out = VowelFit(), np.empty(len(VOWELS), np.float32)
    chance = np.random.default_rng(3)
    for _ in range(2000):
        fit.step(chance.random(52).astype(np.float32), out)
        assert out.min() >= 0.0
        assert out.sum() <= 1.0 + 1e-5


def test_the_fit_is_as_good_as_a_slow_exact_one() -> None:
    """Projected gradient to convergence is the reference; what counts is the remaining distance."""
    basis = (FEATURE_MATRIX @ np.stack([arkit(**r) for r in VOWEL_RECIPES]).T).astype(np.float64)
    rate = 1.0 / np.linalg.eigvalsh(basis.T @ basis).max()
    chance = np.random.default_rng(4)
    for _ in range(50):
        face = arkit(**VOWEL_RECIPES[0]) * 0.3 + 0.2 * chance.random(52).astype(np.float32)
        face *= 0.5 / max(0.5, float(face.max()))
        wanted = FEATURE_MATRIX @ face
        slow = np.zeros(len(VOWELS))
        for _ in range(4000):
            slow = np.maximum(0.0, slow - rate * (basis.T @ (basis @ slow - wanted)))
        found = np.array(list(vowels(face).values()))
        if slow.sum() >= 0.99 or face[17] - face[18] < 0.11:
            continue  # where the cap or the lips' rule acts, ours is meant to differ
        assert np.linalg.norm(basis @ found - wanted) <= np.linalg.norm(basis @ slow - wanted) + 1e-3


@pytest.mark.parametrize(
    ("face", "name"),
    [
        (arkit(**VOWEL_RECIPES[0]), "aa"),
        (arkit(**VOWEL_RECIPES[2]), "ou"),
        (arkit(**VOWEL_RECIPES[4]), "oh"),
        (arkit(**VOWEL_RECIPES[1]), "ih"),
        (arkit(**VOWEL_RECIPES[3]), "E"),
        (arkit(**both("mouthPress", 0.4), mouthRollLower=0.25), "PP"),
        (arkit(mouthRollLower=0.7, **both("mouthUpperUp", 0.35)), "FF"),
        (arkit(tongueOut=0.4, jawOpen=0.15), "TH"),
        (arkit(mouthFunnel=0.75, jawOpen=0.06), "CH"),
    ],
)
def test_a_mouth_shape_is_its_viseme(face: np.ndarray, name: str) -> None:
    found = visemes(face)
    assert max(found, key=lambda each: found[each]) == name


def test_a_face_at_rest_is_silence_and_all_visemes_sum_to_one() -> None:
    assert visemes(arkit())["sil"] == 1.0
    chance = np.random.default_rng(5)
    for _ in range(100):
        found = visemes(chance.random(52).astype(np.float32))
        assert min(found.values()) >= 0.0
        assert sum(found.values()) == pytest.approx(1.0, abs=1e-4)


def test_the_fit_does_not_depend_on_the_face_before() -> None:
    fit, out, fresh = VowelFit(), np.empty(len(VOWELS), np.float32), np.empty(len(VOWELS), np.float32)
    chance = np.random.default_rng(5)
    for _ in range(500):
        face = chance.random(52).astype(np.float32) * (chance.random(52) < 0.3)
        fit.step(face.astype(np.float32), out)
        VowelFit().step(face.astype(np.float32), fresh)
        np.testing.assert_allclose(out, fresh, atol=1e-6)
