"""Every stage of the stream keeps the promises of `StreamingStage`."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.synthesis import vowel
from t2s_rt.face.rig import Rig
from t2s_rt.inference.motion import BaselineMotion, MotionModel
from t2s_rt.intensity.actions import ACTION_COUNT, Region
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.perform import Performer
from t2s_rt.streaming import StreamingStage
from t2s_rt.subtitles.cue import Cue, SubtitleTrack
from t2s_rt.subtitles.cursor import Cursor
from t2s_rt.timebase import HOP_SAMPLES, HOPS_PER_FRAME, SAMPLE_RATE_HZ
from t2s_rt.types import ARKIT_COUNT, FEATURE_COUNT, FloatArray

SECONDS = 2.0


def voice() -> FloatArray:
    """A sung vowel between silences, in noise, as hops."""
    rng = np.random.default_rng(1)
    rest = np.zeros(SAMPLE_RATE_HZ // 2, np.float32)
    sung = vowel("a", 262.0, 1.0, sample_rate_hz=SAMPLE_RATE_HZ)
    signal = np.concatenate([rest, sung, rest])
    signal = signal + rng.normal(0, 1e-3, len(signal)).astype(np.float32)
    return signal[: len(signal) // HOP_SAMPLES * HOP_SAMPLES].reshape(-1, HOP_SAMPLES)


def feature_frames() -> FloatArray:
    hops = voice()
    stage, rows = FeatureExtractor(), np.empty((len(hops), FEATURE_COUNT), np.float32)
    for hop, row in zip(hops, rows, strict=True):
        stage.step(hop, row)
    whole = len(rows) // HOPS_PER_FRAME * HOPS_PER_FRAME
    return rows[:whole].reshape(-1, HOPS_PER_FRAME, FEATURE_COUNT)


def positions() -> FloatArray:
    """A song played, paused and sought."""
    frame_s = HOP_SAMPLES * HOPS_PER_FRAME / SAMPLE_RATE_HZ
    played = np.concatenate([np.arange(120) * frame_s, np.full(20, 2.0), 0.6 + np.arange(60) * frame_s])
    return played.astype(np.float32)[:, None]


def action_rows() -> FloatArray:
    rng = np.random.default_rng(2)
    return rng.uniform(0, 1, (120, ACTION_COUNT)).astype(np.float32)


class StillPerformer(Performer):
    """The performer with a mouth at rest, so that it takes one input like every other stage."""

    def step(self, x: FloatArray, out: FloatArray) -> None:  # type: ignore[override]
        super().step(x, np.zeros(ACTION_COUNT, np.float32), out)


class PlayedCursor(Cursor):
    """The cursor with its two results in one array."""

    def __init__(self) -> None:
        rows = (
            (0.5, 1.5, Region.BROWS, "raise", 0.7),
            (0.8, 1.8, Region.NECK, "nod", 0.5),
            (1.5, 2.0, Region.BROWS, "raise_inner", 0.2),
        )
        super().__init__(SubtitleTrack(tuple(Cue(*row) for row in rows)))
        self._out = Condition()

    def step(self, x: FloatArray, out: FloatArray) -> None:  # type: ignore[override]
        super().step(float(x[0]), self._out)
        out[:ACTION_COUNT], out[ACTION_COUNT:] = self._out.authority, self._out.target


class CuedPerformer(StillPerformer):
    """The performer under a cue for every action."""

    def step(self, x: FloatArray, out: FloatArray) -> None:  # type: ignore[override]
        condition = Condition()
        condition.target[:], condition.authority[:] = 0.4, 0.7
        Performer.step(self, x, np.zeros(ACTION_COUNT, np.float32), out, condition)


@dataclass(frozen=True)
class Case:
    make: Callable[[], StreamingStage]
    inputs: Callable[[], FloatArray]
    outputs: int


CASES = {
    "features": Case(FeatureExtractor, voice, FEATURE_COUNT),
    "baseline": Case(BaselineMotion, feature_frames, ACTION_COUNT),
    "model": Case(lambda: MotionModel.load().stream(), feature_frames, ACTION_COUNT),
    "performer": Case(lambda: StillPerformer(seed=3), feature_frames, ACTION_COUNT),
    "wild performer": Case(lambda: StillPerformer(seed=3, style=1.0), feature_frames, ACTION_COUNT),
    "performer under cues": Case(lambda: CuedPerformer(seed=3), feature_frames, ACTION_COUNT),
    "cursor": Case(PlayedCursor, positions, 2 * ACTION_COUNT),
    "rig": Case(Rig, action_rows, ARKIT_COUNT),
}


@pytest.fixture(params=CASES, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def run(stage: StreamingStage, inputs: FloatArray, outputs: int) -> FloatArray:
    out = np.full((len(inputs), outputs), np.nan, np.float32)
    for x, row in zip(inputs, out, strict=True):
        stage.step(x, row)
    return out


def test_every_output_is_written_and_finite(case: Case) -> None:
    assert np.isfinite(run(case.make(), case.inputs(), case.outputs)).all()


def test_reset_forgets_everything(case: Case) -> None:
    stage, inputs = case.make(), case.inputs()
    first = run(stage, inputs, case.outputs)
    stage.reset()
    np.testing.assert_array_equal(run(stage, inputs, case.outputs), first)


def test_two_streams_do_not_share_memory(case: Case) -> None:
    inputs = case.inputs()
    alone = run(case.make(), inputs, case.outputs)
    one, other = case.make(), case.make()
    interleaved = np.empty_like(alone)
    scratch = np.empty(case.outputs, np.float32)
    for i, x in enumerate(inputs):
        one.step(x, interleaved[i])
        other.step(np.zeros_like(x), scratch)
    np.testing.assert_array_equal(interleaved, alone)


def test_the_future_never_matters(case: Case) -> None:
    inputs = case.inputs()
    cut = len(inputs) // 2
    changed = inputs.copy()
    changed[cut:] = np.random.default_rng(5).uniform(-1, 1, changed[cut:].shape)
    before = run(case.make(), inputs, case.outputs)[:cut]
    np.testing.assert_array_equal(run(case.make(), changed, case.outputs)[:cut], before)


def test_a_step_leaves_its_input_alone(case: Case) -> None:
    inputs = case.inputs()
    kept = inputs.copy()
    run(case.make(), inputs, case.outputs)
    np.testing.assert_array_equal(inputs, kept)


def test_latency_is_a_whole_number_of_samples_and_not_negative(case: Case) -> None:
    latency_samples = case.make().latency_samples
    assert latency_samples == int(latency_samples) >= 0


def test_memory_does_not_grow(case: Case) -> None:
    stage, inputs = case.make(), case.inputs()
    out = np.empty(case.outputs, np.float32)
    for x in inputs:
        stage.step(x, out)
    tracemalloc.start()
    try:
        for x in inputs[:50]:
            stage.step(x, out)
        settled, _ = tracemalloc.get_traced_memory()
        for i in range(1000):
            stage.step(inputs[i % len(inputs)], out)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown - settled < 20_000, "bytes held after 1,000 more steps"
