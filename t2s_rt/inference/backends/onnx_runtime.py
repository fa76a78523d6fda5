"""ONNX Runtime, opened so that one inference costs one core, never spins and never changes device."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.inference.backends.seam import Backend, check_names, check_singers
from t2s_rt.inference.manifest import NEXT_PREFIX, Signature
from t2s_rt.interrupts import interrupts_held
from t2s_rt.types import FloatArray

_PROVIDERS: Final = {
    Backend.CPU: "CPUExecutionProvider",
    Backend.CUDA: "CUDAExecutionProvider",
    Backend.TENSORRT_PROVIDER: "TensorrtExecutionProvider",
}
_GPU_HINT: Final = (
    'Check the GPU driver and: pip uninstall onnxruntime; pip install "t2s-rt[gpu]". '
    "Or run on the CPU: --backend cpu"
)


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a network, tied to memory of ours.

    Attributes:
        name: The tensor's name in the network.
        array: C-contiguous float32 memory of the tensor's shape; it must outlive the binding.
    """

    name: str
    array: FloatArray


class Binding:
    """A network with all its inputs and outputs tied to arrays: a run copies and allocates nothing."""

    def __init__(
        self,
        session: Any,  # noqa: ANN401 - foreign and untyped
        inputs: Sequence[Port],
        outputs: Sequence[Port],
        errors: tuple[type[Exception], ...],
    ) -> None:
        self._run = session.run_with_iobinding
        self._errors = errors
        self._bound = session.io_binding()
        self._keep = (tuple(inputs), tuple(outputs))
        for port in inputs:
            self._bound.bind_input(
                port.name, "cpu", 0, port.array.dtype, port.array.shape, port.array.ctypes.data
            )
        for port in outputs:
            self._bound.bind_output(
                port.name, "cpu", 0, port.array.dtype, port.array.shape, port.array.ctypes.data
            )

    def carry(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Tie further tensors to values that lie where the network runs.

        Args:
            inputs: ``OrtValue`` by name; the binding keeps them.
            outputs: The same for what is written.
        """
        for name, value in inputs.items():
            self._bound.bind_ortvalue_input(name, value)
        for name, value in outputs.items():
            self._bound.bind_ortvalue_output(name, value)

    def run(self) -> None:
        """Read the inputs, write the outputs.

        Raises:
            ModelError: ONNX Runtime failed.
        """
        try:
            self._run(self._bound)
        except self._errors as problem:
            raise ModelError(f"The model failed while running: {problem}") from problem


class OnnxNetwork:
    """A loaded ``.onnx`` file; its weights are shared by every session.

    Args:
        path: The ``.onnx`` file.
        backend: Which of ONNX Runtime's providers shall run it. ONNX Runtime falls back to the CPU in
            silence where CUDA or TensorRT cannot be loaded; here that is an error. On a GPU the network
            is run once under ONNX Runtime's profiler to see which provider each node ran on.
        engines: Folder in which the TensorRT provider keeps what it compiles; None keeps nothing.

    Attributes:
        running_on: Version and provider that run it.

    Raises:
        SetupError: ONNX Runtime is not installed.
        ModelError: The file cannot be loaded, or not by that provider.
    """

    def __init__(self, path: Path, backend: Backend = Backend.CPU, engines: Path | None = None) -> None:
        try:
            with interrupts_held():
                import onnxruntime
                from onnxruntime.capi import onnxruntime_pybind11_state as state
        except ImportError as problem:
            raise SetupError(
                "ONNX Runtime is not installed.", 'Add it: pip install "t2s-rt[cpu]"'
            ) from problem
        provider = _PROVIDERS[backend]
        if provider not in onnxruntime.get_available_providers():
            raise ModelError(f"This ONNX Runtime has no {provider}.", _GPU_HINT)
        self._errors = (
            RuntimeError,  # what a run with bound memory raises
            state.EPFail,
            state.Fail,
            state.InvalidArgument,
            state.RuntimeException,
        )
        unloadable = (
            *self._errors,
            state.InvalidGraph,
            state.InvalidProtobuf,
            state.NoSuchFile,
            state.NotImplemented,
        )
        self._values = onnxruntime.OrtValue
        self._device = "cpu" if backend is Backend.CPU else "cuda"
        name = f"ONNX Runtime {onnxruntime.__version__}"
        try:
            if backend is Backend.CPU:
                self._session = onnxruntime.InferenceSession(
                    str(path), _options(onnxruntime), providers=[provider]
                )
                self.running_on = f"{name} on the CPU"
                return
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what our error will say
                onnxruntime.preload_dlls()
                self._session, nodes = _profiled(onnxruntime, path, _providers(backend, engines))
        except unloadable as problem:
            raise ModelError(f"ONNX Runtime cannot load {path}: {problem}") from problem
        self.running_on = f"{name} with {describe_placement(nodes)}"
        if provider not in self._session.get_providers() or not nodes[provider]:
            raise ModelError(
                f"{path} was to run on {provider}, but ran on {self.running_on}.", _GPU_HINT
            )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the network's inputs."""
        return tuple(port.name for port in self._session.get_inputs())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the network's outputs."""
        return tuple(port.name for port in self._session.get_outputs())

    def bind(self, inputs: Sequence[Port], outputs: Sequence[Port]) -> Binding:
        """Tie the network to arrays of ours, state included.

        Args:
            inputs: One port for each of the network's inputs.
            outputs: One port for each of its outputs.

        Raises:
            ModelError: A name or a shape is not what the network has.
        """
        for ours, theirs in ((inputs, self.inputs), (outputs, self.outputs)):
            names = tuple(port.name for port in ours)
            if sorted(names) != sorted(theirs):
                raise ModelError(f"The network has {sorted(theirs)}, bound are {sorted(names)}.")
        binding = Binding(self._session, inputs, outputs, self._errors)
        binding.run()
        return binding

    def session(self, signature: Signature, singers: int) -> OnnxSession:
        """Room for a number of singers, with zero memory (see `Network.session`).

        Raises:
            ModelError: The network has other tensors than its signature says, or the number of singers
                is out of range.
        """
        check_singers(singers)
        check_names(signature, self.inputs, self.outputs)
        feeds, results = (
            tuple(Port(t.name, np.zeros((singers, *t.shape), np.float32)) for t in tensors)
            for tensors in (signature.inputs, signature.outputs)
        )
        turns = tuple(
            {
                tensor.name: self._values.ortvalue_from_numpy(
                    np.zeros((singers, *tensor.shape), np.float32), self._device, 0
                )
                for tensor in signature.state
            }
            for _ in range(2)
        )
        bindings = []
        for old, new in (turns, turns[::-1]):
            binding = Binding(self._session, feeds, results, self._errors)
            binding.carry(old, {NEXT_PREFIX + name: value for name, value in new.items()})
            bindings.append(binding)
        return OnnxSession(feeds, results, turns, bindings)


class OnnxSession:
    """Room for some singers, their memory where the network runs (see `seam.Session`).

    Two sets of memory take turns, so that a run reads one and writes the other.

    Args:
        feeds: The inputs of a frame.
        results: What comes out.
        turns: ``OrtValue`` by state tensor, twice.
        bindings: From the first to the second, and back.

    Attributes:
        feeds: What the next run reads, ``(singers, *shape)``.
        results: What the last run gave, ``(singers, *shape)``.
    """

    def __init__(
        self,
        feeds: Sequence[Port],
        results: Sequence[Port],
        turns: Sequence[Mapping[str, Any]],
        bindings: Sequence[Binding],
    ) -> None:
        self.feeds: Final = {port.name: port.array for port in feeds}
        self.results: Final = {port.name: port.array for port in results}
        self._turns = tuple(turns)
        self._bindings = tuple(bindings)
        self._turn = 0
        self.run()
        for value in self._turns[1].values():
            value.update_inplace(np.zeros(value.shape(), np.float32))
        self._turn = 1

    def run(self) -> None:
        """One frame for all singers.

        Raises:
            ModelError: ONNX Runtime failed.
        """
        self._bindings[self._turn].run()
        self._turn = 1 - self._turn

    def memory(self, singer: int) -> tuple[FloatArray, ...]:
        """A copy of what one singer carries."""
        return tuple(value.numpy()[singer].copy() for value in self._turns[self._turn].values())

    def set_memory(self, singer: int, tensors: Sequence[FloatArray]) -> None:
        """Replace what one singer carries."""
        for value, tensor in zip(self._turns[self._turn].values(), tensors, strict=True):
            everyone = value.numpy().copy()
            everyone[singer] = tensor
            value.update_inplace(everyone)


def describe_placement(nodes: Mapping[str, int]) -> str:
    """How many of a network's nodes ran on which provider, as words."""
    whole = sum(nodes.values())
    return ", ".join(f"{count} of {whole} nodes on {name}" for name, count in nodes.items())


def _options(onnxruntime: Any) -> Any:  # noqa: ANN401 - foreign and untyped
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _providers(backend: Backend, engines: Path | None) -> list[Any]:
    """What ONNX Runtime is asked for, best first; it adds the CPU itself."""
    exact = {"use_tf32": 0}  # ten bits of mantissa would drift from the CPU's motion
    wanted: list[Any] = [(_PROVIDERS[Backend.CUDA], exact)]
    if backend is Backend.TENSORRT_PROVIDER:
        kept = {} if engines is None else {"trt_engine_cache_path": str(engines)}
        wanted.insert(0, (_PROVIDERS[backend], {"trt_engine_cache_enable": bool(kept), **kept}))
    return wanted


def _profiled(
    onnxruntime: Any,  # noqa: ANN401 - foreign and untyped
    path: Path,
    providers: Sequence[Any],
) -> tuple[Any, Counter[str]]:
    """Load a network and run it once under the profiler.

    Returns:
        The session, and how many nodes ran on each provider.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = _options(onnxruntime)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "nodes")
        session = onnxruntime.InferenceSession(str(path), options, providers=list(providers))
        zeros = {
            port.name: np.zeros([n if isinstance(n, int) else 1 for n in port.shape], np.float32)
            for port in session.get_inputs()
        }
        session.run(None, zeros)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    ran = {
        event["name"]: event["args"]["provider"]
        for event in events
        if event.get("cat") == "Node" and event.get("args", {}).get("provider")
    }
    return session, Counter(ran.values())
