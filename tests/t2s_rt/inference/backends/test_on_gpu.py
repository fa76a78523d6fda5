"""What only a GPU can show, skipped with the reason where none is; and what can be checked before."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.inference.backends.cuda import Cuda
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.inference.motion import MotionModel
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import FEATURE_COUNT
from tests import fake_gpu

FRAMES, SINGERS = 300, 8
LACKING = ("is not installed", "This ONNX Runtime has no", "has no engine for")
"""Reasons for which a machine with a GPU still cannot run a backend; any other is a failure."""


def moved(model: MotionModel) -> np.ndarray:
    rng = np.random.default_rng(4)
    batch = model.batch(SINGERS)
    for _ in range(SINGERS):
        batch.join()
    out = np.zeros((FRAMES, SINGERS, ACTION_COUNT), np.float32)
    for i, row in enumerate(out):
        if i == FRAMES // 2:
            batch.reset(3)
        batch.step(rng.uniform(-60, -10, (SINGERS, 2, FEATURE_COUNT)).astype(np.float32), row)
    return out


@pytest.mark.parametrize("backend", [b for b in Backend if b is not Backend.CPU])
def test_a_gpu_moves_the_mouth_as_the_cpu_does(backend: Backend, cache: Path) -> None:
    try:
        Cuda()
    except ModelError as problem:
        pytest.skip(str(problem))
    try:
        model = MotionModel.load(backend=backend)
    except (ModelError, SetupError) as problem:
        if any(lack in str(problem) for lack in LACKING):
            pytest.skip(str(problem))
        raise
    np.testing.assert_allclose(moved(model), moved(MotionModel.load()), atol=1e-3)


@pytest.mark.skipif(
    importlib.util.find_spec("tensorrt_rtx") is None, reason='needs pip install "t2s-rt[rtx]"'
)
def test_the_real_library_has_all_that_its_stand_in_has() -> None:
    """Else the tests on the stand-in would prove nothing."""
    import tensorrt_rtx as real

    pairs = (
        (fake_gpu.Context, real.IExecutionContext),
        (fake_gpu.Engine, real.ICudaEngine),
        (fake_gpu.Network, real.INetworkDefinition),
        (fake_gpu.OnnxParser, real.OnnxParser),
        (fake_gpu.Profile, real.IOptimizationProfile),
        (fake_gpu.Config, real.IBuilderConfig),
        (fake_gpu.TensorIOMode, real.TensorIOMode),
        (fake_gpu.Severity, real.ILogger.Severity),
    )
    own_business = {"memory"}
    for stand_in, kind in pairs:
        names = {name for name in vars(stand_in) if not name.startswith("_")} - own_business
        assert names
        assert names <= set(dir(kind)), kind
    assert {"num_io_tensors"} <= set(dir(real.ICudaEngine))
    assert {"deserialize_cuda_engine"} <= set(dir(real.Runtime))
