"""Live and offline are one path: any chunking, any rate, and never the future."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.inference.motion import MotionModel
from t2s_rt.intensity.actions import ACTION_NAMES, ACTION_REGIONS
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray, Frame

MOUTH = np.array([region == "mouth" for region in ACTION_REGIONS])


def sung(rate_hz: int = SAMPLE_RATE_HZ) -> FloatArray:
    """A short phrase: rest, three vowels, rest; made at 96 kHz, band-limited to the rate asked for."""
    master_hz = 96_000
    rest = np.zeros(master_hz // 2, np.float32)
    notes = [
        vowel(v, f0, 0.8, sample_rate_hz=master_hz)
        for v, f0 in (("a", 220.0), ("o", 262.0), ("i", 330.0))
    ]
    master = np.concatenate([rest, *notes, rest])
    return (
        master if rate_hz == master_hz else soxr.resample(master, master_hz, rate_hz).astype(np.float32)
    )


def frames_of(
    samples: FloatArray, sizes: list[int], rate_hz: int = SAMPLE_RATE_HZ, style: float = 0.5
) -> list[Frame]:
    pipeline = Pipeline(seed=7, style=style)
    pipeline.start(rate_hz)
    frames: list[Frame] = []
    first, turn = 0, 0
    while first < len(samples):
        size = sizes[turn % len(sizes)]
        frames += pipeline.push(samples[first : first + size])
        first, turn = first + size, turn + 1
    return frames + pipeline.finish()


def everything(frames: list[Frame]) -> FloatArray:
    return np.stack([row(frame) for frame in frames])


def row(frame: Frame) -> FloatArray:
    flame, voice = frame.flame, frame.voice
    pose = (flame.expression, flame.jaw_pose, flame.neck_pose, flame.eyes_pose, flame.global_pose)
    heard = (voice.f0_hz, voice.loudness_dbfs, voice.voice)
    when = (frame.pts_samples, frame.available_samples)
    return np.concatenate([frame.actions, frame.arkit, *pose, heard, when])


@pytest.mark.parametrize("sizes", [[1], [7, 240, 1024], [400], [480], [4801], [10**6]], ids=str)
@pytest.mark.parametrize("rate_hz", [48_000, 44_100])
def test_any_chunking_gives_the_same_frames(sizes: list[int], rate_hz: int) -> None:
    samples = sung(rate_hz)[: rate_hz if sizes == [1] else None]
    offline = everything(frames_of(samples, [4800], rate_hz))
    chunked = everything(frames_of(samples, sizes, rate_hz))
    np.testing.assert_allclose(chunked, offline, atol=1e-5)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_no_frame_depends_on_audio_after_it_is_available(rate_hz: int) -> None:
    samples = sung(rate_hz)
    cut = len(samples) // 2
    changed = samples.copy()
    changed[cut:] = np.random.default_rng(3).uniform(-0.5, 0.5, len(samples) - cut)
    known_until = cut * SAMPLE_RATE_HZ / rate_hz
    before = [f for f in frames_of(samples, [999], rate_hz) if f.available_samples <= known_until]
    after = [f for f in frames_of(changed, [999], rate_hz) if f.available_samples <= known_until]
    assert len(before) > 50
    np.testing.assert_array_equal(everything(after), everything(before))


def test_a_frame_uses_all_audio_up_to_when_it_is_available() -> None:
    samples = sung()
    frames = frames_of(samples, [400])
    heard = {frame.seq: frame.available_samples for frame in frames}
    steps = np.diff(list(heard.values()))
    assert (steps == 800).all()
    assert all(0 <= f.available_samples - f.pts_samples <= 960 for f in frames)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 96_000])
def test_the_sample_rate_changes_mean_action_values_by_at_most_one_percent(rate_hz: int) -> None:
    reference = np.stack([f.actions for f in frames_of(sung(), [4800])])
    resampled = np.stack([f.actions for f in frames_of(sung(rate_hz), [4800], rate_hz)])
    mean_reference = np.abs(reference[:, MOUTH]).mean()
    mean_resampled = np.abs(resampled[:, MOUTH]).mean()
    assert mean_resampled == pytest.approx(mean_reference, rel=0.01)


def test_the_seed_changes_brows_and_head_but_not_the_mouth() -> None:
    samples = np.tile(sung(), 2)
    pipelines = [Pipeline(seed=seed) for seed in (1, 2)]
    results = []
    for pipeline in pipelines:
        pipeline.start(SAMPLE_RATE_HZ)
        results.append(np.stack([f.actions for f in pipeline.push(samples)]))
    np.testing.assert_array_equal(results[0][:, MOUTH], results[1][:, MOUTH])
    assert not np.allclose(results[0][:, ~MOUTH], results[1][:, ~MOUTH])


@pytest.mark.parametrize("style", [0.0, 1.0])
def test_any_chunking_gives_the_same_frames_in_any_style(style: float) -> None:
    offline, chunked = (
        everything(frames_of(sung(), sizes, style=style)) for sizes in ([4800], [7, 240, 1024])
    )
    np.testing.assert_allclose(chunked, offline, atol=1e-5)


def test_the_style_changes_brows_and_head_but_not_what_the_model_says_of_the_mouth() -> None:
    calm, usual, wild = (
        np.stack([f.actions for f in frames_of(sung(), [4800], style=style)])
        for style in (0.0, 0.5, 1.0)
    )
    modelled = np.isin(ACTION_NAMES, MotionModel.load().manifest.outputs)
    for other in (calm, wild):
        np.testing.assert_array_equal(other[:, modelled], usual[:, modelled])
        assert not np.allclose(other[:, ~MOUTH], usual[:, ~MOUTH])
