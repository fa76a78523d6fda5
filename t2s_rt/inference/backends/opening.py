"""One door to all backends."""

from __future__ import annotations

from pathlib import Path

from t2s_rt.inference.backends.onnx_runtime import OnnxNetwork
from t2s_rt.inference.backends.seam import Backend, Network
from t2s_rt.inference.manifest import Manifest


def open_network(path: Path, manifest: Manifest, backend: Backend = Backend.CPU) -> Network:
    """Load a network so that it runs where it was asked to run, or not at all.

    Args:
        path: The ``.onnx`` file.
        manifest: What it promises.
        backend: Where it shall run.

    Raises:
        ModelError: The file cannot be loaded, or the backend cannot run it.
        SetupError: What the backend needs is not installed.
    """
    return OnnxNetwork(path, backend)
