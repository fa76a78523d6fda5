"""How many singers one core moves: the model in batches, and a whole engine for comparison."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from bench.report import Row, Table
from bench.stages import song
from engine.pipeline import Pipeline
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.inference.motion import MotionModel
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_SAMPLES, HOPS_PER_FRAME, SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, FloatArray

BATCHES: Final = (1, 2, 4, 8, 16, 32, 64)
RUNS: Final = 600
"""Ten seconds of singing for each size."""
WARM_UP_RUNS: Final = 60
SUNG_S: Final = 10.0

Clock = Callable[[], int]


def measure(backend: Backend = Backend.CPU) -> list[Table]:
    """The table of this bench.

    Args:
        backend: Where the model runs. On the CPU time is what the core computed, so that other programs
            do not count; on a GPU it is time on the clock, copies included.
    """
    clock = time.thread_time_ns if backend is Backend.CPU else time.perf_counter_ns
    model = MotionModel.load(backend=backend)
    frames = sung_features()
    rows = [batch_row(model, frames, singers, clock) for singers in BATCHES]
    if backend is Backend.CPU:
        rows.append(engine_row())
    return [
        Table(
            f"Singers at {FRAME_RATE_HZ} frames a second",
            "t2s bench singers" + ("" if backend is Backend.CPU else f" --backend {backend}"),
            tuple(rows),
            f"{model.manifest.name}, {model.network.running_on}; us: median of {RUNS} runs. The whole "
            "engine is everything from samples to ARKit and FLAME; of it only the model is batched.",
        )
    ]


def sung_features() -> FloatArray:
    """Features of sung vowels, ``(frames, HOPS_PER_FRAME, FEATURE_COUNT)``."""
    rows = FeatureExtractor().extract(song(SUNG_S))
    count = len(rows) // HOPS_PER_FRAME
    return rows[: count * HOPS_PER_FRAME].reshape(count, HOPS_PER_FRAME, FEATURE_COUNT)


def batch_row(model: MotionModel, frames: FloatArray, singers: int, clock: Clock) -> Row:
    """One size of batch; each singer is at another place of the song."""
    batch = model.batch(singers)
    for _ in range(singers):
        batch.join()
    at = np.arange(singers) * len(frames) // singers
    out = np.zeros((singers, ACTION_COUNT), np.float32)
    spent_ns = []
    for run in range(WARM_UP_RUNS + RUNS):
        x = frames[(at + run) % len(frames)]
        begun_ns = clock()
        batch.step(x, out)
        spent_ns.append(clock() - begun_ns)
    return row(f"model, {singers} in one run", singers, float(np.median(spent_ns[WARM_UP_RUNS:])))


def engine_row() -> Row:
    """One whole engine on this core."""
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    pipeline.warm_up()
    samples = song(SUNG_S)
    spent_ns = []
    for first in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        begun_ns = time.thread_time_ns()
        pipeline.push(samples[first : first + FRAME_SAMPLES])
        spent_ns.append(time.thread_time_ns() - begun_ns)
    return row("whole engine, 1", 1, float(np.median(spent_ns)))


def row(name: str, singers: int, run_ns: float) -> Row:
    """Cost of a run, of one singer in it, and how many singers a core has time for."""
    run_us = run_ns / 1e3
    figures = {
        "us a run": run_us,
        "us a singer": run_us / singers,
        "singers": float(int(singers * 1e6 / FRAME_RATE_HZ / run_us)),
    }
    return Row(name, figures)
