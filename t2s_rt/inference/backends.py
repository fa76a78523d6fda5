"""ONNX Runtime, opened so that one inference costs one core, never spins and never changes device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.types import FloatArray


class Device(StrEnum):
    """Where a model runs."""

    CPU = "cpu"
    CUDA = "cuda"


_PROVIDERS: Final = {Device.CPU: "CPUExecutionProvider", Device.CUDA: "CUDAExecutionProvider"}


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

    def run(self) -> None:
        """Read the inputs, write the outputs.

        Raises:
            ModelError: ONNX Runtime failed.
        """
        try:
            self._run(self._bound)
        except self._errors as problem:
            raise ModelError(f"The model failed while running: {problem}") from problem


class Network:
    """A loaded ``.onnx`` file; its weights are shared by every binding.

    Args:
        path: The ``.onnx`` file.
        device: Where it shall run. ONNX Runtime falls back to the CPU in silence where CUDA cannot be
            loaded; here that is an error.

    Raises:
        SetupError: ONNX Runtime is not installed.
        ModelError: The file cannot be loaded, or not on that device.
    """

    def __init__(self, path: Path, device: Device = Device.CPU) -> None:
        try:
            import onnxruntime
            from onnxruntime.capi import onnxruntime_pybind11_state as state
        except ImportError as problem:
            raise SetupError(
                "ONNX Runtime is not installed.", 'Add it: pip install "t2s-rt[cpu]"'
            ) from problem
        provider = _PROVIDERS[device]
        if provider not in onnxruntime.get_available_providers():
            raise ModelError(
                f"This ONNX Runtime has no {provider}.",
                'For a GPU: pip install "t2s-rt[gpu]", without [cpu].',
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._errors = (state.EPFail, state.Fail, state.InvalidArgument, state.RuntimeException)
        unloadable = (
            *self._errors,
            state.InvalidGraph,
            state.InvalidProtobuf,
            state.NoSuchFile,
            state.NotImplemented,
        )
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[provider])
        except unloadable as problem:
            raise ModelError(f"ONNX Runtime cannot load {path}: {problem}") from problem
        given = self._session.get_providers()
        if provider not in given:
            raise ModelError(
                f"{path} was to run on {provider}, ONNX Runtime gave {given}.",
                "Check the GPU driver and the CUDA libraries, or run on the CPU.",
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
        """Tie the network to memory.

        Args:
            inputs: One port for each of the network's inputs.
            outputs: One port for each of its outputs.

        Raises:
            ModelError: A name or a shape is not what the network has.
        """
        for ours, theirs in ((inputs, self.inputs), (outputs, self.outputs)):
            names = tuple(port.name for port in ours)
            if sorted(names) != sorted(theirs):
                raise ModelError(
                    f"The network has {sorted(theirs)}, its manifest says {sorted(names)}.",
                    "Export the model again: python -m t2s_rt.training.export",
                )
        binding = Binding(self._session, inputs, outputs, self._errors)
        binding.run()
        return binding
