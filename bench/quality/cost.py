"""What one step costs, and how big the model is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality.engine_subject import EngineSubject
from bench.quality.figures import Figure
from bench.quality.track import Subject
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.synthesis import vowel
from t2s_rt.errors import SetupError
from t2s_rt.inference.manifest import bundled_model_path
from t2s_rt.inference.motion import MotionModel
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.timebase import HOPS_PER_FRAME

STEPS: Final = 3000
WARM_UP: Final = 200


def step_ms(model: MotionModel) -> np.ndarray:
    """``(STEPS,)`` CPU milliseconds of the model's steps on one core, without waiting for others."""
    rows = FeatureExtractor().extract(vowel("a", 330.0, 4.0, vibrato_cents=40.0))
    count = len(rows) // HOPS_PER_FRAME
    frames = rows[: count * HOPS_PER_FRAME].reshape(count, HOPS_PER_FRAME, -1)
    stream, out = model.stream(), np.zeros(ACTION_COUNT, np.float32)
    spent_ns = np.zeros(STEPS + WARM_UP)
    for i in range(len(spent_ns)):
        begun_ns = time.thread_time_ns()
        stream.step(frames[i % count], out)
        spent_ns[i] = time.thread_time_ns() - begun_ns
    return spent_ns[WARM_UP:] / 1e6


def parameters(path: Path) -> int:
    """Numbers in the network's weights.

    Raises:
        SetupError: The package ``onnx`` is not installed; the engine runs without it.
    """
    try:
        import onnx
    except ImportError as problem:
        raise SetupError("Counting needs onnx.", 'Add it: pip install "t2s-rt[train]"') from problem

    graph = onnx.load(str(path)).graph
    return sum(int(np.prod(t.dims)) for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT)


def measure(subject: Subject) -> list[Figure]:
    """Step time, parameters and file size; nothing for a peer.

    Raises:
        SetupError: The package ``onnx`` is not installed.
        ModelError: The model cannot be used.
    """
    if not isinstance(subject, EngineSubject):
        return []
    folder = subject.model or bundled_model_path()
    model = MotionModel.load(folder)
    file = folder / model.manifest.file
    spent_ms = step_ms(model)
    return [
        Figure(
            "cost.step",
            float(np.percentile(spent_ms, 99)),
            f"p50 {np.median(spent_ms):.3f} ms, CPU time",
        ),
        Figure("cost.parameters", parameters(file) / 1e6),
        Figure("cost.file", file.stat().st_size / 1e6),
        Figure("cost.lookahead", model.manifest.lookahead_samples / 48.0),
    ]
