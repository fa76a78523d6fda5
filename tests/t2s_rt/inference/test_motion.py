"""The bundled model, without torch. Run this file itself to make its golden motion anew."""

from pathlib import Path

import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.errors import ModelError
from t2s_rt.inference.baseline import BaselineMotion
from t2s_rt.inference.inputs import INPUT_COUNT
from t2s_rt.inference.manifest import (
    FORMAT,
    RUNNING_LAYOUT,
    Manifest,
    Tensor,
    bundled_model_path,
    dump_manifest,
    sha256_of,
)
from t2s_rt.inference.motion import REST_LEVEL, Motion, MotionModel, MotionStream
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.timebase import FRAME_RATE_HZ, HOPS_PER_FRAME, SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS, Feature

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


def test_a_batch_moves_each_mouth_as_a_stream_of_its_own_does(model: MotionModel) -> None:
    heard_by_all = np.stack([made_up_features(60, seed=seed) for seed in range(5)], axis=1)
    batch = model.batch(5)
    assert [batch.join() for _ in range(5)] == [0, 1, 2, 3, 4]
    together = np.full((60, 5, ACTION_COUNT), np.nan, np.float32)
    for frame, out in zip(heard_by_all, together, strict=True):
        batch.step(frame, out)
    for singer in range(5):
        alone = run(model.stream(), heard_by_all[:, singer])
        np.testing.assert_allclose(together[:, singer], alone, atol=1e-5)


def test_singers_join_and_leave_a_batch_and_the_others_never_notice(model: MotionModel) -> None:
    first, second, third = (made_up_features(60, seed=seed) for seed in (1, 2, 3))
    batch, out = model.batch(2), np.empty((60, 2, ACTION_COUNT), np.float32)
    place = batch.join()
    for i in range(60):
        if i == 20:
            assert batch.join() == 1
        if i == 40:
            batch.leave(1)
            assert batch.join() == 1  # another singer
        batch.step(np.stack([first[i], second[i] if i < 40 else third[i]]), out[i])
    np.testing.assert_allclose(out[:, place], run(model.stream(), first), atol=1e-5)
    np.testing.assert_array_equal(out[:20, 1], 0.0)
    np.testing.assert_allclose(out[20:40, 1], run(model.stream(), second[20:40]), atol=1e-5)
    np.testing.assert_allclose(out[40:, 1], run(model.stream(), third[40:]), atol=1e-5)


def test_a_batch_knows_who_is_there(model: MotionModel) -> None:
    batch = model.batch(2)
    assert batch.singers == ()
    with pytest.raises(ModelError, match=r"Nobody sings at place 0; taken are \[\]"):
        batch.leave(0)
    batch.join()
    batch.join()
    with pytest.raises(ModelError, match="All 2 places"):
        batch.join()
    batch.leave(0)
    assert batch.singers == (1,)
    for act in (batch.reset, batch.leave, lambda p: batch.calibrate(p, np.zeros(48, np.float32))):
        with pytest.raises(ModelError, match=r"place 0; taken are \[1\]"):
            act(0)
        with pytest.raises(ModelError, match="place 2"):
            act(2)


def test_a_microphones_colour_is_taken_off_by_calibration(model: MotionModel) -> None:
    features = made_up_features(60)
    colour = np.linspace(-6, 9, MEL_BANDS, dtype=np.float32)
    coloured = features.copy()
    coloured[..., Feature.MEL] += colour
    plain, stream = run(model.stream(), features), model.stream()
    assert np.abs(run(stream, coloured) - plain).max() > 0.05
    stream.reset()
    stream.calibrate(colour)
    np.testing.assert_allclose(run(stream, coloured), plain, atol=1e-4)
    stream.reset()  # the calibration outlives it
    np.testing.assert_allclose(run(stream, coloured), plain, atol=1e-4)
    for wrong in (np.zeros(47, np.float32), np.full(MEL_BANDS, np.nan, np.float32)):
        with pytest.raises(ModelError, match="48 finite dB"):
            stream.calibrate(wrong)


def test_a_model_without_words_or_presence_looks_at_none_and_says_none(tmp_path: Path) -> None:
    stream = MotionModel.load(made_up_model(tmp_path, inputs=(), signals=())).stream()
    out = np.zeros(ACTION_COUNT, np.float32)
    stream.step(made_up_features(1)[0], out, words=np.ones(9, np.float32))
    assert np.isfinite(out).all()
    assert stream.presence is None
    assert dict(stream.inputs) == dict(stream.signals) == {}


def test_words_presence_and_whatever_else_a_manifest_names_pass_through(tmp_path: Path) -> None:
    stream = MotionModel.load(made_up_model(tmp_path)).stream()
    out, silence = np.zeros(ACTION_COUNT, np.float32), made_up_features(1)[0]
    words = np.zeros(9, np.float32)
    words[3] = 0.5
    stream.inputs["style"][:] = 0.25
    stream.step(silence, out, words)
    assert stream.presence == pytest.approx(0.5)
    assert out[JAW] == pytest.approx((0.25 - REST_LEVEL) / (1 - REST_LEVEL), abs=1e-6)
    np.testing.assert_allclose(stream.signals["style_heard"], [[0.25, 0.25]])
    stream.step(silence, out)  # without words the row is zero again
    assert stream.presence == 0.0


WORDS_AND_STYLE = (Tensor("words", (9,)), Tensor("style", (2,)))
PRESENCE_AND_STYLE = (Tensor("presence", (1,)), Tensor("style_heard", (2,)))


def made_up_model(
    folder: Path,
    inputs: tuple[Tensor, ...] = WORDS_AND_STYLE,
    signals: tuple[Tensor, ...] = PRESENCE_AND_STYLE,
) -> Path:
    """A network that gives back what it was given: words as presence, style as jaw and as a signal.

    Without these inputs the jaw is what it counts of the frames.
    """
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    def value(tensor: Tensor) -> object:
        return helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, ["singers", *tensor.shape])

    jaw = "style" if inputs else "next_count"
    nodes = [
        helper.make_node("ReduceSum", ["frame", "axis"], ["frame_sum"], keepdims=1),
        helper.make_node("Add", ["count", "frame_sum"], ["next_count"]),
        helper.make_node("ReduceMean", [jaw, "axis"], ["actions"], keepdims=1),
    ]
    if signals:
        nodes += [
            helper.make_node("ReduceSum", ["words", "axis"], ["presence"], keepdims=1),
            helper.make_node("Identity", ["style"], ["style_heard"]),
        ]
    frame, count = Tensor("frame", (INPUT_COUNT,)), Tensor("count", (1,))
    graph = helper.make_graph(
        nodes,
        "mirror",
        [value(tensor) for tensor in (frame, *inputs, count)],
        [value(t) for t in (Tensor("actions", (1,)), *signals, Tensor("next_count", (1,)))],
        [helper.make_tensor("axis", TensorProto.INT64, [1], [1])],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(network, folder / "model.onnx")
    manifest = Manifest(
        format=FORMAT,
        name="mirror-v1",
        version=1,
        file="model.onnx",
        sha256=sha256_of(folder / "model.onnx"),
        features=RUNNING_LAYOUT,
        outputs=("jaw_open",),
        lookahead_samples=0,
        state=(count,),
        trained_on=("nothing",),
        inputs=(frame, *inputs),
        signals=signals,
    )
    (folder / "manifest.json").write_text(dump_manifest(manifest), encoding="utf-8")
    return folder


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
def test_silence_and_hiss_are_no_voice(stream: MotionStream, samples: np.ndarray) -> None:
    """The performer shuts the mouth where presence is low; by itself it may stand a little open."""
    out = np.zeros(ACTION_COUNT, np.float32)
    presence, opening = [], []
    for frame in heard(samples):
        stream.step(frame, out)
        assert stream.presence is not None
        presence.append(stream.presence)
        opening.append(out[JAW])
    assert max(presence) < 0.5
    assert max(opening[6:]) < 0.15


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
