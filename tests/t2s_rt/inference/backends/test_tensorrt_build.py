"""TensorRT-RTX compiles for real where it is installed: it needs no GPU. TensorRT as far as it goes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.inference.backends.cuda import Gpu
from t2s_rt.inference.backends.engine_cache import read_engine
from t2s_rt.inference.backends.opening import open_network
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.inference.backends.tensorrt_build import (
    PORTABLE,
    Library,
    build,
    check_target,
    compile_model,
    target_for,
)
from t2s_rt.inference.manifest import bundled_model_path, load_manifest
from tests.fake_gpu import FakeDriver

FOLDER = bundled_model_path()
ONNX = FOLDER / "model.onnx"
needs_rtx = pytest.mark.skipif(
    importlib.util.find_spec("tensorrt_rtx") is None, reason='needs pip install "t2s-rt[rtx]"'
)


@pytest.fixture(scope="module")
def rtx() -> Library:
    return Library(Backend.TENSORRT_RTX)


@needs_rtx
@pytest.mark.parametrize("target", [PORTABLE, "8.9", "12.0"])
def test_rtx_engines_are_really_built_without_a_gpu(rtx: Library, target: str, tmp_path: Path) -> None:
    compiled = compile_model(ONNX, load_manifest(FOLDER), rtx, target, folder=tmp_path)
    assert compiled.made
    assert len(compiled.engine) > ONNX.stat().st_size  # the weights are in it
    assert read_engine(compiled.path) == compiled.engine
    again = compile_model(ONNX, load_manifest(FOLDER), rtx, target, folder=tmp_path)
    assert (again.made, again.engine) == (False, compiled.engine)
    forced = compile_model(ONNX, load_manifest(FOLDER), rtx, target, folder=tmp_path, again=True)
    assert forced.made


@needs_rtx
def test_rtx_refuses_what_it_cannot_compile_and_says_why(rtx: Library) -> None:
    with pytest.raises(
        ModelError, match=r"for 7\.5: .*Turing .*FP32 GEMM is not supported.*--backend cuda"
    ):
        build(ONNX.read_bytes(), rtx, "7.5")
    with pytest.raises(ModelError, match=r"TensorRT-RTX .* cannot read the network: ."):
        build(b"not a network", rtx, PORTABLE)


@needs_rtx
def test_rtx_knows_its_targets(rtx: Library) -> None:
    assert {(8, 6), (8, 9), (12, 0)} <= set(rtx.targets())
    assert check_target(rtx, "") == check_target(rtx, PORTABLE) == PORTABLE
    assert check_target(rtx, "8.6") == "8.6"
    for wrong in ("9.0", "SM89", "8.9.1"):
        with pytest.raises(ModelError, match=rf"cannot compile for '{wrong}'; it knows 7\.5, 8\.0"):
            check_target(rtx, wrong)


@needs_rtx
def test_rtx_runs_on_rtx_cards_and_says_where_not(rtx: Library) -> None:
    assert target_for(rtx, Gpu("RTX 4090", (8, 9))) == PORTABLE
    assert target_for(rtx, Gpu("of a coming year", (14, 0))) == PORTABLE
    assert target_for(rtx, Gpu("RTX 2080", (7, 5))) == "7.5"
    with pytest.raises(
        ModelError, match=r"no engine for NVIDIA H200 \(.* 9\.0\).*--backend tensorrt or"
    ):
        target_for(rtx, Gpu("NVIDIA H200", (9, 0)))


@needs_rtx
def test_running_an_rtx_engine_without_a_driver_is_refused() -> None:
    try:
        import ctypes

        ctypes.CDLL("libcuda.so.1")
    except OSError:
        pass
    else:
        pytest.skip("this machine has a driver")
    with pytest.raises(ModelError, match="no NVIDIA driver"):
        open_network(ONNX, load_manifest(FOLDER), Backend.TENSORRT_RTX)


@needs_rtx
def test_rtx_itself_refuses_to_run_where_no_gpu_is(rtx: Library, driver: FakeDriver) -> None:
    from t2s_rt.inference.backends.cuda import Cuda
    from t2s_rt.inference.backends.tensorrt_run import TensorRTNetwork

    engine = build(ONNX.read_bytes(), rtx, PORTABLE)
    with pytest.raises(ModelError, match=r"does not take the engine on Test Card 9000: .*[Cc]uda"):
        TensorRTNetwork(engine, rtx, Cuda())


def test_tensorrt_compiles_for_the_gpu_of_this_machine_alone(
    tensorrt: SimpleNamespace, driver: FakeDriver
) -> None:
    library = Library(Backend.TENSORRT)
    assert check_target(library, "") == "Test Card 9000-8.9"
    with pytest.raises(ModelError, match=r"for the GPU it runs on alone, not for '9\.0'"):
        check_target(library, "9.0")
    driver.set("devices", 0)
    with pytest.raises(ModelError, match="finds no GPU"):
        check_target(library, "")


def test_what_is_not_a_network_is_refused_with_the_parsers_reason(tensorrt: SimpleNamespace) -> None:
    with pytest.raises(ModelError, match=r"TensorRT 99\.1 cannot read the network: that is no network"):
        build(b"", Library(Backend.TENSORRT), "here")


@pytest.mark.parametrize(
    ("backend", "module", "said"),
    [
        (Backend.TENSORRT, "tensorrt", "NVIDIA's package index"),
        (Backend.TENSORRT_RTX, "tensorrt_rtx", r"pip install .t2s-rt\[rtx\]"),
    ],
)
def test_a_library_that_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, backend: Backend, module: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SetupError, match=said):
        Library(backend)
