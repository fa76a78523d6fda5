"""TensorRT and TensorRT-RTX as compilers: from an ONNX file to an engine.

Both libraries have nearly the same Python interface. TensorRT times kernels on the GPU that will run
them, so it needs that GPU; TensorRT-RTX builds for named GPUs without having one and finishes on theirs.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.inference.backends.cuda import Cuda, Gpu
from t2s_rt.inference.backends.engine_cache import EngineKey, engine_folder, obtain_engine
from t2s_rt.inference.backends.seam import MOST_SINGERS, Backend
from t2s_rt.inference.manifest import Manifest
from t2s_rt.interrupts import interrupts_held

PORTABLE: Final = "portable"
"""One TensorRT-RTX engine for every generation of RTX cards it can be portable to."""
_LEAST_PORTABLE: Final = (8, 0)
"""NVIDIA's support matrix: cards before that want engines of their own."""
_PROFILE: Final = f"fp32-1to{MOST_SINGERS}"
_MODULES: Final = {Backend.TENSORRT: "tensorrt", Backend.TENSORRT_RTX: "tensorrt_rtx"}
_TITLES: Final = {Backend.TENSORRT: "TensorRT", Backend.TENSORRT_RTX: "TensorRT-RTX"}
_INSTALL: Final = {
    Backend.TENSORRT: (
        "It is not on PyPI as a whole: pip install tensorrt with NVIDIA's package index, "
        "or use --backend tensorrt-rtx"
    ),
    Backend.TENSORRT_RTX: 'Add it: pip install "t2s-rt[rtx]"',
}


class Library:
    """TensorRT or TensorRT-RTX, loaded.

    Args:
        backend: Which of the two.

    Attributes:
        module: The library's Python module, foreign and untyped.
        backend: Which of the two it is.
        version: Its version.
        title: Its name and version, for people.
        logger: What the library reports its failures to.

    Raises:
        SetupError: It is not installed, or not whole.
    """

    def __init__(self, backend: Backend) -> None:
        try:
            with interrupts_held():
                self.module: Final[Any] = importlib.import_module(_MODULES[backend])
        except (ImportError, OSError, RuntimeError) as problem:
            raise SetupError(
                f"{_TITLES[backend]} is not installed ({problem}).", _INSTALL[backend]
            ) from problem
        self.backend: Final = backend
        self.version: Final = str(self.module.__version__)
        self.title: Final = f"{_TITLES[backend]} {self.version}"
        self._said: list[str] = []
        self.logger: Final = self._make_logger()

    def refusal(self, what: str, hint: str = "") -> ModelError:
        """An error with the last thing that the library complained of.

        Args:
            what: What failed, as a clause that follows the library's name.
            hint: What to do about it.
        """
        reason = re.sub(r"\s+", " ", self._said[-1]) if self._said else "it gives no reason"
        self._said.clear()
        return ModelError(f"{self.title} {what}: {reason}.", hint)

    def targets(self) -> tuple[tuple[int, int], ...]:
        """The compute capabilities that TensorRT-RTX can be asked to build for."""
        names = [re.fullmatch(r"SM(\d+)(\d)", name) for name in dir(self.module.ComputeCapability)]
        return tuple(sorted((int(name[1]), int(name[2])) for name in names if name))

    def _make_logger(self) -> Any:  # noqa: ANN401 - of a foreign, untyped class
        said = self._said
        severity = self.module.ILogger.Severity
        worth_keeping = (severity.INTERNAL_ERROR, severity.ERROR)

        class Complaints(self.module.ILogger):  # type: ignore[name-defined, misc]  # foreign, untyped
            """Keeps what the library says that failed; the rest is nobody's business."""

            def log(self, level: object, message: str) -> None:
                """Take a message."""
                if level in worth_keeping:
                    said.append(message)

        return Complaints()


@dataclass(frozen=True, slots=True)
class Compiled:
    """An engine in the cache.

    Attributes:
        path: Its file.
        engine: Its bytes.
        made: Whether it was made now, not found.
        target: The GPUs it is for.
    """

    path: Path
    engine: bytes
    made: bool
    target: str


def compile_model(
    onnx: Path,
    manifest: Manifest,
    library: Library,
    target: str,
    *,
    folder: Path | None = None,
    again: bool = False,
) -> Compiled:
    """Compile a model, or find it compiled.

    Args:
        onnx: The ``.onnx`` file.
        manifest: What it promises.
        library: What compiles it.
        target: As `target_for` or `check_target` gives it.
        folder: Where engines are kept; None for the user's cache.
        again: Whether to make it even if it is there.

    Raises:
        ModelError: The library cannot compile it for that target.
        ConfigError: The engine cannot be kept.
    """
    path = engine_path(manifest, library, target, folder)
    if again:
        path.unlink(missing_ok=True)
    engine, made = obtain_engine(path, lambda: build(onnx.read_bytes(), library, target))
    return Compiled(path, engine, made, target)


def engine_path(manifest: Manifest, library: Library, target: str, folder: Path | None = None) -> Path:
    """Where the engine of a model is kept."""
    key = EngineKey(
        manifest.name, manifest.sha256, library.backend.value, library.version, target, _PROFILE
    )
    return (folder or engine_folder()) / key.file_name


def target_for(library: Library, gpu: Gpu) -> str:
    """What to compile for so that it runs on a GPU that is here.

    Raises:
        ModelError: The library does not know such GPUs.
    """
    capability = ".".join(map(str, gpu.capability))
    if library.backend is Backend.TENSORRT:
        return f"{gpu.name}-{capability}"
    targets = library.targets()
    if gpu.capability not in targets and gpu.capability < targets[-1]:
        raise ModelError(
            f"{library.title} has no engine for {gpu.name} (compute capability {capability}); it knows "
            f"{_listed(library)}.",
            "Use --backend tensorrt or --backend cuda there.",
        )
    return PORTABLE if gpu.capability >= _LEAST_PORTABLE else capability


def check_target(library: Library, wanted: str) -> str:
    """A target that somebody named, checked.

    Args:
        library: What shall compile for it.
        wanted: `PORTABLE` or a compute capability such as ``8.9``; empty for what the library compiles
            for by itself: `PORTABLE`, or for TensorRT the GPU of this machine.

    Raises:
        ModelError: TensorRT is to compile for another GPU than this machine's, or there is none; or
            TensorRT-RTX does not know the target.
    """
    if library.backend is Backend.TENSORRT:
        if wanted:
            raise ModelError(
                f"{library.title} compiles for the GPU it runs on alone, not for {wanted!r}.",
                "Leave --target out, or use --backend tensorrt-rtx.",
            )
        return target_for(library, Cuda().gpu)
    if wanted in ("", PORTABLE):
        return PORTABLE
    if wanted not in [f"{major}.{minor}" for major, minor in library.targets()]:
        raise ModelError(
            f"{library.title} cannot compile for {wanted!r}; it knows {_listed(library)}.",
            f"Give one of them, or {PORTABLE}.",
        )
    return wanted


def build(onnx: bytes, library: Library, target: str) -> bytes:
    """Compile a network.

    Args:
        onnx: Content of the ``.onnx`` file.
        library: What compiles it.
        target: As `target_for` or `check_target` gives it.

    Returns:
        The engine, good for 1 to `MOST_SINGERS` singers.

    Raises:
        ModelError: The library refuses the network or the target.
    """
    module = library.module
    builder = module.Builder(library.logger)
    if builder is None:
        raise library.refusal("cannot compile here", "Check the GPU driver.")
    network = builder.create_network(_network_flags(module))
    parser = module.OnnxParser(network, library.logger)
    if not parser.parse(onnx):
        reasons = "; ".join(parser.get_error(i).desc() for i in range(parser.num_errors))
        raise ModelError(f"{library.title} cannot read the network: {reasons}.")
    config = builder.create_builder_config()
    if hasattr(module.BuilderFlag, "TF32"):
        config.clear_flag(module.BuilderFlag.TF32)  # ten bits of mantissa would drift from the CPU's
    profile = builder.create_optimization_profile()
    for i in range(network.num_inputs):
        tensor = network.get_input(i)
        row = tuple(tensor.shape)[1:]
        profile.set_shape(tensor.name, (1, *row), (1, *row), (MOST_SINGERS, *row))
    config.add_optimization_profile(profile)
    if library.backend is Backend.TENSORRT_RTX and target != PORTABLE:
        config.num_compute_capabilities = 1
        capability = getattr(module.ComputeCapability, f"SM{target.replace('.', '')}")
        config.set_compute_capability(capability, 0)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise library.refusal(
            f"cannot compile the network for {target}", "Cards that it refuses may run --backend cuda."
        )
    return bytes(engine)


def _network_flags(module: Any) -> int:  # noqa: ANN401 - foreign and untyped
    """Types as the ONNX file has them; from TensorRT 11 on there is nothing else to ask for."""
    flag = getattr(module.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _listed(library: Library) -> str:
    return ", ".join(f"{major}.{minor}" for major, minor in library.targets())
