"""A GPU that is none: a CUDA driver on ordinary memory, and a TensorRT whose engines ONNX Runtime runs.

What our code has to get right is all there: addresses, shapes, streams, whose turn it is to remember.
What only a GPU can show (kernels, speed, precision) is not.
"""

from __future__ import annotations

import ctypes
import enum
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest

from t2s_rt.inference.backends import cuda as cuda_module

SOURCE = Path(__file__).parent / "t2s_rt/inference/backends/fake_cuda.c"
ADDRESS_MASK = (1 << 60) - 1
MAGIC = b"fake engine "


def build_driver(folder: Path) -> Path:
    """Compile the driver; skips where no C compiler is."""
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("the driver without a GPU needs a C compiler")
    library = folder / "libfakecuda.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", str(SOURCE), "-o", str(library)]
    subprocess.run(command, check=True)
    return library


class FakeDriver:
    """The driver's knobs; installed as the machine's driver for the length of a test."""

    def __init__(self, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.library = ctypes.CDLL(str(library))
        for knob, value in (("devices", 1), ("major", 8), ("minor", 9), ("broken", 0)):
            self.set(knob, value)
        monkeypatch.setattr(cuda_module, "_LIBRARY", str(library))

    def set(self, knob: str, value: int) -> None:
        ctypes.c_int.in_dll(self.library, f"fake_{knob}").value = value

    @property
    def live(self) -> int:
        """Allocations and streams not given back."""
        return ctypes.c_int.in_dll(self.library, "fake_live").value


class Severity(enum.Enum):
    INTERNAL_ERROR = 0
    ERROR = 1
    WARNING = 2


class ILogger:
    Severity = Severity


class TensorIOMode(enum.Enum):
    INPUT = 1
    OUTPUT = 2


class Context:
    def __init__(self, session: onnxruntime.InferenceSession, driver: FakeDriver) -> None:
        self.session, self.driver = session, driver
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self.shapes[name] = shape
        return 1 <= shape[0] <= 64

    def set_tensor_address(self, name: str, address: int) -> bool:
        self.addresses[name] = address
        return address > ADDRESS_MASK

    def execute_async_v3(self, stream: int) -> bool:
        if self.driver.library.fake_flush(ctypes.c_void_p(stream)):
            return False
        inputs = [port.name for port in self.session.get_inputs()]
        outputs = [port.name for port in self.session.get_outputs()]
        given = {name: self.memory(name, self.shapes[name]).copy() for name in inputs}
        for name, got in zip(outputs, self.session.run(outputs, given), strict=True):
            self.memory(name, got.shape)[...] = got
        return True

    def memory(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        floats = ctypes.c_float * int(np.prod(shape))
        return np.ctypeslib.as_array(floats.from_address(self.addresses[name] & ADDRESS_MASK)).reshape(
            shape
        )


class Engine:
    def __init__(self, onnx: bytes, driver: FakeDriver) -> None:
        self.driver = driver
        self.session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        self.ports = {port.name: port for port in self.session.get_inputs()}
        self.inputs = set(self.ports)
        self.ports |= {port.name: port for port in self.session.get_outputs()}
        self.num_io_tensors = len(self.ports)

    def get_tensor_name(self, index: int) -> str:
        return list(self.ports)[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return TensorIOMode.INPUT if name in self.inputs else TensorIOMode.OUTPUT

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return (-1, *self.ports[name].shape[1:])

    def create_execution_context(self) -> Context:
        return Context(self.session, self.driver)


class Network:
    def __init__(self) -> None:
        self.onnx = b""
        self.inputs: list[SimpleNamespace] = []

    @property
    def num_inputs(self) -> int:
        return len(self.inputs)

    def get_input(self, index: int) -> SimpleNamespace:
        return self.inputs[index]


class OnnxParser:
    num_errors = 1

    def __init__(self, network: Network, _logger: ILogger) -> None:
        self.network = network

    def parse(self, onnx: bytes) -> bool:
        try:
            session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        except Exception:  # noqa: BLE001 - whatever it is, the real parser says False too
            return False
        self.network.onnx = onnx
        self.network.inputs = [
            SimpleNamespace(name=port.name, shape=(-1, *port.shape[1:])) for port in session.get_inputs()
        ]
        return True

    def get_error(self, _index: int) -> SimpleNamespace:
        return SimpleNamespace(desc=lambda: "that is no network")


class Profile:
    def __init__(self) -> None:
        self.shapes: dict[str, tuple[tuple[int, ...], ...]] = {}

    def set_shape(self, name: str, *shapes: tuple[int, ...]) -> None:
        self.shapes[name] = shapes


class Config:
    def __init__(self) -> None:
        self.profiles: list[Profile] = []

    def add_optimization_profile(self, profile: Profile) -> None:
        self.profiles.append(profile)


def fake_tensorrt(driver: FakeDriver) -> SimpleNamespace:
    """A module like `tensorrt`; ``built`` counts what it compiled."""
    module = SimpleNamespace(
        __version__="99.1",
        ILogger=ILogger,
        TensorIOMode=TensorIOMode,
        OnnxParser=OnnxParser,
        BuilderFlag=SimpleNamespace(),
        NetworkDefinitionCreationFlag=SimpleNamespace(),
        built=0,
    )

    class Builder:
        def __init__(self, logger: ILogger) -> None:
            self.logger = logger

        def create_network(self, _flags: int) -> Network:
            return Network()

        def create_builder_config(self) -> Config:
            return Config()

        def create_optimization_profile(self) -> Profile:
            return Profile()

        def build_serialized_network(self, network: Network, config: Config) -> bytes | None:
            (profile,) = config.profiles
            if set(profile.shapes) != {tensor.name for tensor in network.inputs}:
                self.logger.log(Severity.ERROR, "an input has no profile")
                return None
            module.built += 1
            return MAGIC + network.onnx

    class Runtime:
        def __init__(self, logger: ILogger) -> None:
            self.logger = logger

        def deserialize_cuda_engine(self, engine: bytes) -> Engine | None:
            if not engine.startswith(MAGIC):
                self.logger.log(Severity.WARNING, "not worth a word")
                self.logger.log(Severity.ERROR, "made by\n  another version")
                return None
            return Engine(engine[len(MAGIC) :], driver)

    module.Builder, module.Runtime = Builder, Runtime
    return module
