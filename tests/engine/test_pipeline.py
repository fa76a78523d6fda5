"""The hot loop: it goes on whatever happens, starts warm, and holds its memory."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.memory import resident_bytes
from engine.pipeline import Pipeline, own_song
from t2s_rt.audio.synthesis import vowel
from t2s_rt.errors import ModelError, T2SError
from t2s_rt.face.flame import FlameHead
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.timebase import NO_SONG_S, SAMPLE_RATE_HZ, seconds
from t2s_rt.types import FloatArray, Frame

JAW = ACTION_INDEX["jaw_open"]
TEN_MINUTES_S = 600
GROWTH_LIMIT_BLOCKS = 500
GROWTH_LIMIT_KB = 3_000


def sung(duration_s: float = 1.0) -> FloatArray:
    return vowel("a", 262.0, duration_s, sample_rate_hz=SAMPLE_RATE_HZ)


def started(**options: int) -> Pipeline:
    pipeline = Pipeline(**options)
    pipeline.start(SAMPLE_RATE_HZ)
    return pipeline


class BrokenMotion:
    """A model whose runtime fails at its third frame."""

    knows = ("jaw_open",)
    latency_samples = 0
    presence = None

    def __init__(self) -> None:
        self.frames = 0

    def step(self, x: FloatArray, out: FloatArray) -> None:
        self.frames += 1
        if self.frames > 2:
            raise ModelError("The session died.", "Restart.")
        out.fill(0.0)

    def reset(self) -> None:
        self.frames = 0


def test_a_model_that_fails_while_running_is_replaced_and_the_show_goes_on() -> None:
    pipeline = started()
    pipeline._motion = BrokenMotion()
    frames = pipeline.push(sung())
    assert len(frames) == 60
    assert "The session died." in pipeline.fallback
    assert pipeline.motion_name == "baseline"
    assert frames[-10].actions[JAW] > 0.05


def test_a_missing_bundled_model_means_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ModelError("The bundled model is missing.")

    monkeypatch.setattr("t2s_rt.inference.motion.bundled_model_path", missing)
    pipeline = Pipeline()
    assert pipeline.motion_name == "baseline"
    assert "missing" in pipeline.fallback


def test_a_model_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Pipeline(tmp_path)


def test_warming_up_leaves_no_trace() -> None:
    warmed = Pipeline()
    warmed.start(SAMPLE_RATE_HZ)
    warmed.warm_up()
    cold = started()
    for one, other in zip(warmed.push(sung()), cold.push(sung()), strict=True):
        np.testing.assert_array_equal(one.actions, other.actions)
        assert one.seq == other.seq
        assert one.pts_samples == other.pts_samples


def test_a_device_that_comes_back_at_another_rate_does_not_restart_the_face() -> None:
    pipeline = started()
    before = pipeline.push(sung())
    pipeline.start(16_000)
    after = pipeline.push(vowel("a", 262.0, 1.0, sample_rate_hz=16_000))
    assert after[0].seq == before[-1].seq + 1
    assert after[0].pts_samples == before[-1].pts_samples + 800


def test_capture_times_are_those_of_each_frames_newest_sample() -> None:
    pipeline = started()
    frames: list[Frame] = []
    for first in range(0, 48_000, 240):
        captured_ns = round(seconds(first + 240) * 1e9) + 5_000_000_000
        frames += pipeline.push(np.zeros(240, np.float32), captured_ns)
    for frame in frames:
        exact_ns = round(seconds(frame.available_samples) * 1e9) + 5_000_000_000
        assert abs(frame.captured_ns - exact_ns) < 1000


def test_song_time_is_that_of_the_depicted_moment() -> None:
    frames = started().push(sung(), song_s=own_song)
    assert all(frame.song_s == seconds(frame.pts_samples) for frame in frames)
    assert started().push(sung())[0].song_s == NO_SONG_S


def test_finish_gives_the_frames_that_depict_the_end() -> None:
    samples = sung()[:47_777]
    pipeline = started()
    frames = pipeline.push(samples) + pipeline.finish()
    assert frames[-1].pts_samples >= len(samples)


def test_not_a_number_does_no_lasting_harm() -> None:
    samples = np.concatenate([sung(), np.full(4000, np.nan, np.float32), sung()])
    frames = started().push(samples)
    for frame in frames:
        assert np.isfinite(frame.actions).all()
        assert np.isfinite(frame.flame.expression).all()
    assert frames[-10].actions[JAW] > 0.05


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_ten_minutes_of_singing_do_not_grow_memory() -> None:
    """Ten minutes of simulated time, pushed as fast as the machine can."""
    phrase = np.concatenate([sung(4.0), np.zeros(SAMPLE_RATE_HZ, np.float32)])
    pipeline = started()
    for _ in range(24):
        pipeline.push(phrase)
    blocks, resident = sys.getallocatedblocks(), resident_bytes()
    for _ in range(TEN_MINUTES_S // 5):
        pipeline.push(phrase)
    assert sys.getallocatedblocks() - blocks < GROWTH_LIMIT_BLOCKS
    assert resident_bytes() - resident < GROWTH_LIMIT_KB * 1024


def test_a_calibrated_head_gives_its_own_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = FlameHead.load()
    weaker = replace(theirs.arkit_map, matrix=0.5 * theirs.arkit_map.matrix)
    monkeypatch.setattr(theirs, "arkit_map", weaker)
    monkeypatch.setattr("t2s_rt.face.flame_store.calibrated_head", lambda path: (theirs, None))
    own, other = Pipeline(), Pipeline(flame=Path("flame.npz"))
    for pipeline in (own, other):
        pipeline.start(48_000)
    mine, given = own.push(sung())[-1], other.push(sung())[-1]
    np.testing.assert_array_equal(mine.arkit, given.arkit)
    np.testing.assert_allclose(given.flame.expression, 0.5 * mine.flame.expression, atol=1e-6)
    assert abs(mine.flame.expression).max() > 0.01


def test_a_flame_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(T2SError, match=r"absent\.npz"):
        Pipeline(flame=Path("absent.npz"))
