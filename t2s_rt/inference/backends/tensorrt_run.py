"""TensorRT and TensorRT-RTX as runtimes: engines on the first GPU, memory of singers kept there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends.cuda import Cuda, DeviceArray, HostArray, Stream
from t2s_rt.inference.backends.seam import check_names, check_singers
from t2s_rt.inference.backends.tensorrt_build import Library
from t2s_rt.inference.manifest import NEXT_PREFIX, Signature, Tensor
from t2s_rt.types import FloatArray


class TensorRTNetwork:
    """An engine, loaded; its weights are shared by every session.

    Args:
        engine: The engine's bytes.
        library: The library that made it.
        cuda: The GPU that shall run it.

    Attributes:
        running_on: Library, version and GPU. Neither library has anything to fall back to.

    Raises:
        ModelError: The library does not take the engine on this GPU.
    """

    def __init__(self, engine: bytes, library: Library, cuda: Cuda) -> None:
        self._library = library
        self._cuda = cuda
        cuda.use()
        self._runtime = library.module.Runtime(library.logger)
        self._engine = self._runtime.deserialize_cuda_engine(engine)
        if self._engine is None:
            raise library.refusal(f"does not take the engine on {cuda.gpu.name}")
        self.running_on: Final = f"{library.title} on {cuda.gpu.name}"

    def session(self, signature: Signature, singers: int) -> TensorRTSession:
        """Room for a number of singers, with zero memory (see `Network.session`).

        Raises:
            ModelError: The network has other tensors than its signature says, or the number of singers
                is out of range.
        """
        check_singers(singers)
        engine, module = self._engine, self._library.module
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        going_in = [n for n in names if engine.get_tensor_mode(n) == module.TensorIOMode.INPUT]
        check_names(signature, going_in, [name for name in names if name not in going_in])
        for tensor in (*signature.inputs, *signature.outputs, *signature.state):
            found = tuple(engine.get_tensor_shape(tensor.name))[1:]
            if found != tensor.shape:
                raise ModelError(
                    f"The network's {tensor.name} has shape {found}, its manifest says {tensor.shape}."
                )
        return TensorRTSession(signature, singers, self._cuda, self._context)

    def _context(self, shapes: Mapping[str, tuple[int, ...]], addresses: Mapping[str, int]) -> Any:  # noqa: ANN401
        """An execution context with every tensor tied to memory of the GPU."""
        context = self._engine.create_execution_context()
        if context is None:
            raise self._library.refusal("cannot run the engine")
        for name, shape in shapes.items():
            if not context.set_input_shape(name, shape):
                raise self._library.refusal(f"does not take {name} of shape {shape}")
        for name, address in addresses.items():
            if not context.set_tensor_address(name, address):
                raise self._library.refusal(f"does not take memory for {name}")
        return context


class TensorRTSession:
    """Room for some singers, their memory on the GPU (see `seam.Session`).

    Two sets of memory take turns, so that a run reads one and writes the other.

    Args:
        signature: The network's tensors.
        singers: How many there is room for.
        cuda: The GPU.
        context: Makes an execution context from shapes of inputs and addresses of all tensors.

    Attributes:
        feeds: What the next run reads, ``(singers, *shape)``.
        results: What the last run gave, ``(singers, *shape)``.
    """

    def __init__(
        self,
        signature: Signature,
        singers: int,
        cuda: Cuda,
        context: Callable[[Mapping[str, tuple[int, ...]], Mapping[str, int]], Any],
    ) -> None:
        self._cuda = cuda
        self._singers = singers
        cuda.use()
        self._stream = Stream(cuda)
        self._inputs = self._pairs(signature.inputs)
        self._outputs = self._pairs(signature.outputs)
        self._state = tuple(signature.state)
        self._turns = tuple(
            {t.name: DeviceArray(cuda, (singers, *t.shape)) for t in self._state} for _ in range(2)
        )
        self._staging = {t.name: HostArray(cuda, (singers, *t.shape)) for t in self._state}
        self.feeds: Final = {name: host.array for name, (host, _) in self._inputs.items()}
        self.results: Final = {name: host.array for name, (host, _) in self._outputs.items()}
        shapes = {t.name: (singers, *t.shape) for t in (*signature.inputs, *self._state)}
        self._contexts = tuple(
            context(shapes, self._addresses(old, new)) for old, new in (self._turns, self._turns[::-1])
        )
        self._turn = 0
        for _ in self._contexts:  # TensorRT-RTX finishes compiling in the first run
            self._clear()
            self.run()
        self._clear()

    def run(self) -> None:
        """One frame for all singers.

        Raises:
            ModelError: The GPU or the library failed.
        """
        self._cuda.use()
        for host, device in self._inputs.values():
            self._stream.upload(host, device)
        if not self._contexts[self._turn].execute_async_v3(self._stream.handle):
            raise ModelError("The model failed while running: TensorRT refused the frame.")
        for host, device in self._outputs.values():
            self._stream.download(device, host)
        self._stream.wait()
        self._turn = 1 - self._turn

    def memory(self, singer: int) -> tuple[FloatArray, ...]:
        """A copy of what one singer carries."""
        self._fetch()
        return tuple(self._staging[t.name].array[singer].copy() for t in self._state)

    def set_memory(self, singer: int, tensors: Sequence[FloatArray]) -> None:
        """Replace what one singer carries."""
        self._fetch()
        for t, given in zip(self._state, tensors, strict=True):
            self._staging[t.name].array[singer] = given
        self._store()

    def _fetch(self) -> None:
        self._cuda.use()
        for name, device in self._turns[self._turn].items():
            self._stream.download(device, self._staging[name])
        self._stream.wait()

    def _store(self) -> None:
        for name, device in self._turns[self._turn].items():
            self._stream.upload(self._staging[name], device)
        self._stream.wait()

    def _clear(self) -> None:
        for host in self._staging.values():
            host.array.fill(0.0)
        self._store()

    def _pairs(self, tensors: Sequence[Tensor]) -> dict[str, tuple[HostArray, DeviceArray]]:
        shapes = {tensor.name: (self._singers, *tensor.shape) for tensor in tensors}
        return {
            name: (HostArray(self._cuda, shape), DeviceArray(self._cuda, shape))
            for name, shape in shapes.items()
        }

    def _addresses(
        self, old: Mapping[str, DeviceArray], new: Mapping[str, DeviceArray]
    ) -> dict[str, int]:
        pairs = {**self._inputs, **self._outputs}
        return {
            **{name: device.address for name, (_, device) in pairs.items()},
            **{name: device.address for name, device in old.items()},
            **{NEXT_PREFIX + name: device.address for name, device in new.items()},
        }
