from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends import onnx_runtime
from t2s_rt.inference.backends.onnx_runtime import OnnxNetwork, Port, describe_placement
from t2s_rt.inference.backends.seam import MOST_SINGERS, Backend, Network
from t2s_rt.inference.manifest import Signature, Tensor, bundled_model_path, load_manifest

MODEL = bundled_model_path() / "model.onnx"


@pytest.fixture(scope="module")
def network() -> OnnxNetwork:
    return OnnxNetwork(MODEL)


@pytest.fixture(scope="module")
def signature() -> Signature:
    return load_manifest(bundled_model_path()).signature


@pytest.mark.parametrize("backend", [Backend.CUDA, Backend.TENSORRT_PROVIDER])
def test_a_gpu_that_is_not_there_is_an_error_not_a_silent_fallback(backend: Backend) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(ModelError, match=r"has no (CUDA|Tensorrt)ExecutionProvider.*--backend cpu"):
        OnnxNetwork(MODEL, backend)


def test_a_provider_that_loads_and_runs_no_node_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What onnxruntime-gpu does without CUDA's libraries: it has the provider, and the CPU runs all."""
    import onnxruntime as installed

    has = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(installed, "get_available_providers", lambda: has)
    monkeypatch.setattr(onnx_runtime, "_providers", lambda *_: ["CPUExecutionProvider"])
    with pytest.raises(ModelError, match=r"to run on CUDAEx.*ran on .* nodes on CPUExecutionProvider"):
        OnnxNetwork(MODEL, Backend.CUDA)


def test_the_profiler_says_which_provider_runs_each_node() -> None:
    import onnxruntime as installed

    session, nodes = onnx_runtime._profiled(installed, MODEL, ["CPUExecutionProvider"])
    assert set(nodes) == {"CPUExecutionProvider"}
    assert nodes["CPUExecutionProvider"] > 10  # seven matrix products, and what lies between them
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert describe_placement({"A": 9, "B": 1}) == "9 of 10 nodes on A, 1 of 10 nodes on B"


def test_it_says_what_runs_it(network: OnnxNetwork) -> None:
    loaded: Network = network
    assert loaded.running_on.startswith("ONNX Runtime 1.")
    assert loaded.running_on.endswith("on the CPU")


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_a_file_that_is_no_network_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot load"):
        OnnxNetwork(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        OnnxNetwork(tmp_path / "model.onnx")


def test_a_binding_needs_every_tensor(network: OnnxNetwork) -> None:
    with pytest.raises(ModelError, match="bound are"):
        network.bind((Port("frame", np.zeros((1, 106), np.float32)),), ())


def test_a_session_refuses_a_signature_that_is_not_the_networks(
    network: OnnxNetwork, signature: Signature
) -> None:
    words = Signature((*signature.inputs, Tensor("weather", (9,))), signature.outputs, signature.state)
    with pytest.raises(ModelError, match=r"'memory'.* its manifest says .*'weather'"):
        network.session(words, 1)
    wider = [Tensor("frame", (107,)) if t.name == "frame" else t for t in signature.inputs]
    wide = Signature(tuple(wider), signature.outputs, signature.state)
    with pytest.raises(ModelError, match=r"107"):
        network.session(wide, 1)


@pytest.mark.parametrize("singers", [0, MOST_SINGERS + 1])
def test_a_session_has_room_for_some(network: OnnxNetwork, signature: Signature, singers: int) -> None:
    with pytest.raises(ModelError, match=f"1 to {MOST_SINGERS} singers"):
        network.session(signature, singers)


def test_a_new_session_remembers_nothing_and_takes_memory_by_singer(
    network: OnnxNetwork, signature: Signature
) -> None:
    session = network.session(signature, 3)
    assert all(not tensor.any() for singer in range(3) for tensor in session.memory(singer))
    given = tuple(np.full(t.shape, i, np.float32) for i, t in enumerate(signature.state, start=1))
    session.set_memory(1, given)
    for singer, factor in ((0, 0), (1, 1), (2, 0)):
        for got, tensor in zip(session.memory(singer), given, strict=True):
            np.testing.assert_array_equal(got, factor * tensor)


def test_a_run_reads_the_memory_and_replaces_it(network: OnnxNetwork, signature: Signature) -> None:
    session, alone = network.session(signature, 2), network.session(signature, 1)
    frames = np.random.default_rng(0).standard_normal((20, 106)).astype(np.float32)
    for frame in frames[:10]:
        alone.feeds["frame"][0] = frame
        alone.run()
    session.set_memory(1, alone.memory(0))
    for frame in frames[10:]:
        alone.feeds["frame"][0] = session.feeds["frame"][1] = frame
        alone.run()
        session.run()
    np.testing.assert_allclose(session.results["actions"][1], alone.results["actions"][0], atol=1e-5)
    for got, wanted in zip(session.memory(1), alone.memory(0), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)
