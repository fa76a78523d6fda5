"""Sessions on a GPU, on one that is none: what is fed, what comes back, what is remembered where."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends.cuda import Cuda
from t2s_rt.inference.backends.seam import Backend, Network
from t2s_rt.inference.backends.tensorrt_build import Library, build
from t2s_rt.inference.backends.tensorrt_run import TensorRTNetwork
from t2s_rt.inference.manifest import Signature, Tensor, bundled_model_path, load_manifest
from t2s_rt.inference.motion import MotionModel
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import FEATURE_COUNT
from tests.fake_gpu import FakeDriver

FOLDER = bundled_model_path()


@pytest.fixture(scope="module")
def signature() -> Signature:
    return load_manifest(FOLDER).signature


@pytest.fixture
def network(tensorrt: SimpleNamespace) -> TensorRTNetwork:
    library = Library(Backend.TENSORRT)
    engine = build((FOLDER / "model.onnx").read_bytes(), library, "here")
    return TensorRTNetwork(engine, library, Cuda())


def moved(model: MotionModel, singers: int = 3, frames: int = 40) -> np.ndarray:
    rng = np.random.default_rng(1)
    batch = model.batch(singers)
    for _ in range(singers):
        batch.join()
    out = np.zeros((frames, singers, ACTION_COUNT), np.float32)
    for row in out:
        batch.step(rng.uniform(-60, -10, (singers, 2, FEATURE_COUNT)).astype(np.float32), row)
    return out


def test_it_moves_the_mouths_that_the_cpu_moves(network: TensorRTNetwork) -> None:
    loaded: Network = network
    assert loaded.running_on == "TensorRT 99.1 on Test Card 9000"
    on_cpu = moved(MotionModel.load())
    assert np.abs(np.diff(on_cpu, axis=0)).max() > 0.1
    np.testing.assert_allclose(moved(MotionModel(load_manifest(FOLDER), loaded)), on_cpu, atol=1e-5)


def test_a_new_session_remembers_nothing_and_takes_memory_by_singer(
    network: TensorRTNetwork, signature: Signature
) -> None:
    session = network.session(signature, 3)
    assert all(not tensor.any() for singer in range(3) for tensor in session.memory(singer))
    session.run()
    session.set_memory(1, [np.full(t.shape, 2.0, np.float32) for t in signature.state])
    assert all((tensor == 2.0).all() for tensor in session.memory(1))
    assert not any((tensor == 2.0).all() for tensor in session.memory(0))


def test_the_hot_thread_may_be_another_than_the_one_that_loaded(
    network: TensorRTNetwork, signature: Signature
) -> None:
    session, done = network.session(signature, 1), []

    def work() -> None:
        session.run()
        done.append(session.results["actions"].copy())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(done) == 1


def test_the_memory_of_a_session_goes_back(
    network: TensorRTNetwork, signature: Signature, driver: FakeDriver
) -> None:
    gc.collect()
    before = driver.live
    session = network.session(signature, 2)
    assert driver.live > before
    del session
    gc.collect()
    assert driver.live == before


def test_other_tensors_than_the_manifests_are_refused(
    network: TensorRTNetwork, signature: Signature
) -> None:
    more = Signature((*signature.inputs, Tensor("weather", (9,))), signature.outputs, signature.state)
    with pytest.raises(ModelError, match=r"its manifest says .*'weather'"):
        network.session(more, 1)
    wider = [Tensor("frame", (107,)) if t.name == "frame" else t for t in signature.inputs]
    wide = Signature(tuple(wider), signature.outputs, signature.state)
    with pytest.raises(ModelError, match=r"frame has shape \(106,\), its manifest says \(107,\)"):
        network.session(wide, 1)
    with pytest.raises(ModelError, match="1 to 64 singers"):
        network.session(signature, 65)


def test_an_engine_that_the_library_does_not_take_is_an_error(tensorrt: SimpleNamespace) -> None:
    library = Library(Backend.TENSORRT)
    with pytest.raises(ModelError, match=r"does not take the engine on Test Card 9000: made by another"):
        TensorRTNetwork(b"old engine", library, Cuda())


def test_a_gpu_that_fails_while_it_runs_is_an_error(
    network: TensorRTNetwork, signature: Signature, driver: FakeDriver
) -> None:
    session = network.session(signature, 1)
    driver.set("broken", 700)
    with pytest.raises(ModelError, match="cuStreamSynchronize"):
        session.run()


def test_opening_compiles_once_and_mends_what_is_damaged_or_refused(
    tensorrt: SimpleNamespace, cache: Path
) -> None:
    assert MotionModel.load(backend=Backend.TENSORRT).network.running_on.endswith("Test Card 9000")
    (kept,) = cache.iterdir()
    assert "_tensorrt_99.1_Test-Card-9000-8.9_" in kept.name
    MotionModel.load(backend=Backend.TENSORRT)
    assert tensorrt.built == 1
    kept.write_bytes(kept.read_bytes()[:-1])
    MotionModel.load(backend=Backend.TENSORRT)
    assert tensorrt.built == 2
    from t2s_rt.inference.backends.engine_cache import keep_engine

    keep_engine(kept, b"whole, but of a driver that has gone")
    MotionModel.load(backend=Backend.TENSORRT)
    assert tensorrt.built == 3
