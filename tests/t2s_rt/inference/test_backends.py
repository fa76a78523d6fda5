from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends import Device, Network, Port
from t2s_rt.inference.manifest import bundled_model_path


def test_cuda_that_is_not_there_is_an_error_not_a_silent_fallback() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(ModelError, match="no CUDAExecutionProvider"):
        Network(bundled_model_path() / "model.onnx", Device.CUDA)


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_a_file_that_is_no_network_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot load"):
        Network(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        Network(tmp_path / "model.onnx")


def test_a_binding_needs_every_tensor() -> None:
    network = Network(bundled_model_path() / "model.onnx")
    with pytest.raises(ModelError, match="its manifest says"):
        network.bind((Port("frame", np.zeros((1, 106), np.float32)),), ())
