"""The bundled model, without torch. Run this file itself to make its golden motion anew."""

from pathlib import Path

import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.errors import ModelError
from t2s_rt.inference.baseline import BaselineMotion
from t2s_rt.inference.manifest import bundled_model_path
from t2s_rt.inference.motion import Motion, MotionModel, MotionStream
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.timebase import FRAME_RATE_HZ, HOPS_PER_FRAME, SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, Feature

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "motion.npz"
JAW = ACTION_INDEX["jaw_open"]


def made_up_features(frames: int, seed: int = 0) -> np.ndarray:
    """A restless voice out of the same numbers on every machine; no extractor in it."""
    rng = np.random.default_rng(seed)
    features = np.zeros((frames, HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
    features[..., Feature.MEL] = rng.uniform(-80, -20, (frames, HOPS_PER_FRAME, Feature.MEL.stop))
    features[..., Feature.LOUDNESS_DBFS] = rng.uniform(-60, -15, (frames, HOPS_PER_FRAME))
    features[..., Feature.REFERENCE_DBFS] = -22.0
    features[..., Feature.F0_HZ] = rng.uniform(100, 600, (frames, HOPS_PER_FRAME))
    features[..., Feature.PERIODICITY] = features[..., Feature.VOICED] = features[..., Feature.VOICE] = (
        1.0
    )
    return features


def run(motion: Motion, features: np.ndarray) -> np.ndarray:
    out = np.full((len(features), ACTION_COUNT), np.nan, np.float32)
    for frame, row in zip(features, out, strict=True):
        motion.step(frame, row)
    return out


def heard(samples: np.ndarray) -> np.ndarray:
    rows = FeatureExtractor().extract(samples)
    count = len(rows) // HOPS_PER_FRAME
    return rows[: count * HOPS_PER_FRAME].reshape(count, HOPS_PER_FRAME, FEATURE_COUNT)


@pytest.fixture(scope="module")
def model() -> MotionModel:
    return MotionModel.load()


@pytest.fixture
def stream(model: MotionModel) -> MotionStream:
    return model.stream()


def test_the_bundled_model_gives_its_golden_motion(stream: MotionStream) -> None:
    with np.load(GOLDEN) as golden:
        np.testing.assert_allclose(run(stream, made_up_features(120)), golden["actions"], atol=2e-5)


def test_reset_and_replay_gives_the_same(stream: MotionStream) -> None:
    features = made_up_features(90)
    first = run(stream, features)
    stream.reset()
    np.testing.assert_array_equal(run(stream, features), first)


def test_the_future_never_matters(stream: MotionStream) -> None:
    features = made_up_features(90)
    before = run(stream, features)
    features[60:] = made_up_features(30, seed=9)
    stream.reset()
    after = run(stream, features)
    np.testing.assert_array_equal(after[:60], before[:60])
    assert not np.allclose(after[60:], before[60:], atol=1e-3)


def test_singers_do_not_hear_each_other(model: MotionModel) -> None:
    one, other = made_up_features(40, seed=1), made_up_features(40, seed=2)
    alone = run(model.stream(), one)
    first, second = model.stream(), model.stream()
    out, ignored = np.zeros((40, ACTION_COUNT), np.float32), np.zeros(ACTION_COUNT, np.float32)
    for i in range(40):
        first.step(one[i], out[i])
        second.step(other[i], ignored)
    np.testing.assert_array_equal(out, alone)


def test_only_known_actions_move_within_their_range(stream: MotionStream) -> None:
    out = run(stream, made_up_features(60))
    known = [ACTION_INDEX[name] for name in stream.knows]
    assert (out[:, known] >= 0).all()
    assert (out <= 1).all()
    np.testing.assert_array_equal(np.delete(out, known, axis=1), 0.0)
    assert 0 <= stream.latency_samples <= 960


def test_a_missing_model_is_an_error_and_the_baseline_has_the_same_shape(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        MotionModel.load(tmp_path)
    motion: Motion = BaselineMotion()
    assert np.isfinite(run(motion, made_up_features(5))).all()


@pytest.mark.parametrize(
    "samples",
    [synthesis.silence(3.0), synthesis.noise(3.0, -60.0), synthesis.noise(3.0, -50.0, seed=3)],
    ids=["silence", "hiss -60 dBFS", "hiss -50 dBFS"],
)
def test_silence_and_hiss_leave_the_mouth_at_rest(stream: MotionStream, samples: np.ndarray) -> None:
    out = run(stream, heard(samples))
    assert out[:6].max() < 0.08  # a sound begins
    assert out[6:].max() < 0.03


@pytest.mark.parametrize(
    ("vowel", "f0_hz"), [("a", 110.0), ("u", 165.0), ("e", 262.0), ("i", 440.0), ("a", 700.0)]
)
def test_a_held_vowel_stays_open_and_still(
    stream: MotionStream, vowel: synthesis.Vowel, f0_hz: float
) -> None:
    note = synthesis.vowel(
        vowel, f0_hz, 8.0, vibrato_cents=40.0, voice="male" if f0_hz < 200 else "female"
    )
    opening = run(stream, heard(note))[FRAME_RATE_HZ // 2 : -2, JAW]
    assert opening.std() < 0.05
    assert opening.min() > 0.08
    assert abs(opening[-60:].mean() - opening[:60].mean()) < 0.08


@pytest.mark.parametrize("f0_hz", [110.0, 262.0, 523.0])
def test_open_vowels_open_more_than_close_ones(stream: MotionStream, f0_hz: float) -> None:
    opening = {}
    for vowel in ("a", "i", "u"):
        stream.reset()
        note = synthesis.vowel(vowel, f0_hz, 1.0, voice="male" if f0_hz < 200 else "female")
        opening[vowel] = run(stream, heard(note))[30:-2, JAW].mean()
    assert opening["a"] > opening["i"] + 0.1
    assert opening["a"] > opening["u"] + 0.1


def test_the_mouth_follows_a_voice_in_and_out(stream: MotionStream) -> None:
    note = synthesis.vowel("a", 220.0, 1.0)
    samples = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
    samples[SAMPLE_RATE_HZ : SAMPLE_RATE_HZ + len(note)] = note
    opening = run(stream, heard(samples))[:, JAW]
    full = float(np.median(opening[80:118]))
    assert opening[:60].max() < 0.05
    assert opening[63] > 0.5 * full  # 50 ms of sound heard at most; the report measures it finely
    assert opening[126:].max() < 0.1 * full


def main() -> None:
    """Write the golden file from the bundled model."""
    stream = MotionModel.load(bundled_model_path()).stream()
    np.savez_compressed(GOLDEN, actions=run(stream, made_up_features(120)))


if __name__ == "__main__":
    main()
