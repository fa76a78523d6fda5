"""One door to all backends."""

from __future__ import annotations

from pathlib import Path

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends.cuda import Cuda
from t2s_rt.inference.backends.engine_cache import engine_folder
from t2s_rt.inference.backends.onnx_runtime import OnnxNetwork
from t2s_rt.inference.backends.seam import Backend, Network
from t2s_rt.inference.backends.tensorrt_build import Library, compile_model, engine_path, target_for
from t2s_rt.inference.backends.tensorrt_run import TensorRTNetwork
from t2s_rt.inference.manifest import Manifest


def open_network(path: Path, manifest: Manifest, backend: Backend = Backend.CPU) -> Network:
    """Load a network so that it runs where it was asked to run, or not at all.

    Args:
        path: The ``.onnx`` file.
        manifest: What it promises.
        backend: Where it shall run. What is compiled for it comes from the user's cache, or is made.

    Raises:
        ModelError: The file cannot be loaded, or the backend cannot run it.
        SetupError: What the backend needs is not installed.
        ConfigError: What was compiled cannot be kept.
    """
    if backend in (Backend.TENSORRT, Backend.TENSORRT_RTX):
        return _open_engine(path, manifest, Library(backend), Cuda())
    engines = None
    if backend is Backend.TENSORRT_PROVIDER:
        engines = engine_folder() / f"{manifest.name}_{manifest.sha256[:16]}_{backend}"
        engines.mkdir(parents=True, exist_ok=True)
    return OnnxNetwork(path, backend, engines)


def _open_engine(path: Path, manifest: Manifest, library: Library, cuda: Cuda) -> Network:
    """The engine for this GPU: one made for it alone where there is one, else the portable one."""
    target = target_for(library, cuda.gpu)
    own = ".".join(map(str, cuda.gpu.capability))
    if engine_path(manifest, library, own).is_file():
        target = own
    compiled = compile_model(path, manifest, library, target)
    try:
        return TensorRTNetwork(compiled.engine, library, cuda)
    except ModelError:
        if compiled.made:
            raise
    compiled = compile_model(path, manifest, library, target, again=True)
    return TensorRTNetwork(compiled.engine, library, cuda)
