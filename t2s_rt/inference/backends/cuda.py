"""As much of the CUDA driver as running a compiled network needs.

The library comes with every NVIDIA driver (``libcuda.so.1``, ``nvcuda.dll``), so no package is needed.
Names, argument types and constants: CUDA Driver API reference.
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass
from typing import Final

import numpy as np

from t2s_rt.errors import ModelError
from t2s_rt.types import FloatArray

_MAJOR: Final = 75
_MINOR: Final = 76
"""Attributes of a device: CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR."""
_STREAM_NON_BLOCKING: Final = 1
_LIBRARY: Final = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_SIGNATURES: Final = {
    "cuInit": (c_uint,),
    "cuGetErrorString": (c_int, POINTER(c_char_p)),
    "cuDeviceGetCount": (POINTER(c_int),),
    "cuDeviceGet": (POINTER(c_int), c_int),
    "cuDeviceGetName": (c_char_p, c_int, c_int),
    "cuDeviceGetAttribute": (POINTER(c_int), c_int, c_int),
    "cuDevicePrimaryCtxRetain": (POINTER(c_void_p), c_int),
    "cuCtxSetCurrent": (c_void_p,),
    "cuStreamCreate": (POINTER(c_void_p), c_uint),
    "cuStreamSynchronize": (c_void_p,),
    "cuStreamDestroy_v2": (c_void_p,),
    "cuMemAlloc_v2": (POINTER(c_uint64), c_size_t),
    "cuMemFree_v2": (c_uint64,),
    "cuMemHostAlloc": (POINTER(c_void_p), c_size_t, c_uint),
    "cuMemFreeHost": (c_void_p,),
    "cuMemcpyHtoDAsync_v2": (c_uint64, c_void_p, c_size_t, c_void_p),
    "cuMemcpyDtoHAsync_v2": (c_void_p, c_uint64, c_size_t, c_void_p),
}
_NO_GPU_HINT: Final = "Run on the CPU: --backend cpu"


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card.

    Attributes:
        name: As its driver calls it.
        capability: Compute capability, major and minor.
    """

    name: str
    capability: tuple[int, int]


class Cuda:
    """The first GPU of this machine.

    Args:
        library: File name of the driver's library; None for the installed one.

    Attributes:
        gpu: Which card it is.

    Raises:
        ModelError: There is no NVIDIA driver or no GPU, or the driver fails.
    """

    def __init__(self, library: str | None = None) -> None:
        library = library or _LIBRARY
        try:
            self._driver = ctypes.CDLL(library)
        except OSError as problem:
            raise ModelError(
                f"This machine has no NVIDIA driver ({library} cannot be loaded).", _NO_GPU_HINT
            ) from problem
        for name, arguments in _SIGNATURES.items():
            function = getattr(self._driver, name)
            function.argtypes, function.restype = arguments, c_int
        self.call("cuInit", 0)
        count = c_int()
        self.call("cuDeviceGetCount", byref(count))
        if count.value == 0:
            raise ModelError("The NVIDIA driver finds no GPU.", _NO_GPU_HINT)
        device = c_int()
        self.call("cuDeviceGet", byref(device), 0)
        self.gpu: Final = self._describe(device.value)
        self._context = c_void_p()
        self.call("cuDevicePrimaryCtxRetain", byref(self._context), device.value)
        self.use()

    def call(self, name: str, *arguments: object) -> None:
        """Call a function of the driver.

        Raises:
            ModelError: It says that it failed.
        """
        code = getattr(self._driver, name)(*arguments)
        if code:
            said = c_char_p()
            self._driver.cuGetErrorString(code, byref(said))
            words = said.value.decode() if said.value else "unknown error"
            raise ModelError(f"The NVIDIA driver failed in {name}: {words} ({code}).", _NO_GPU_HINT)

    def use(self) -> None:
        """Make the GPU the calling thread's; memory and streams belong to a thread that did this."""
        self.call("cuCtxSetCurrent", self._context)

    def release_with(self, owner: object, name: str, handle: object) -> None:
        """Give a handle back to the driver once its owner is gone, on whatever thread that is.

        Args:
            owner: What the handle lives as long as.
            name: The driver's function that takes it back.
            handle: The handle.
        """
        driver, context = self._driver, self._context

        def release() -> None:
            driver.cuCtxSetCurrent(context)
            getattr(driver, name)(handle)  # at worst memory is lost: nobody is left to tell

        weakref.finalize(owner, release).atexit = False  # the driver may be gone by then

    def _describe(self, device: int) -> Gpu:
        name = ctypes.create_string_buffer(256)
        self.call("cuDeviceGetName", name, len(name), device)
        version = []
        for attribute in (_MAJOR, _MINOR):
            value = c_int()
            self.call("cuDeviceGetAttribute", byref(value), attribute, device)
            version.append(value.value)
        return Gpu(name.value.decode(errors="replace"), (version[0], version[1]))


class Stream:
    """Work that a GPU does in order.

    Args:
        cuda: The GPU.

    Attributes:
        handle: The driver's handle, for libraries that take one.
    """

    def __init__(self, cuda: Cuda) -> None:
        self._cuda = cuda
        handle = c_void_p()
        cuda.call("cuStreamCreate", byref(handle), _STREAM_NON_BLOCKING)
        self.handle: Final = handle.value or 0
        cuda.release_with(self, "cuStreamDestroy_v2", handle)

    def upload(self, host: HostArray, device: DeviceArray) -> None:
        """Copy to the GPU, in order with the stream's other work."""
        self._cuda.call("cuMemcpyHtoDAsync_v2", device.address, host.address, host.size, self.handle)

    def download(self, device: DeviceArray, host: HostArray) -> None:
        """Copy from the GPU; the array holds it after `wait`."""
        self._cuda.call("cuMemcpyDtoHAsync_v2", host.address, device.address, host.size, self.handle)

    def wait(self) -> None:
        """Wait until all of it is done."""
        self._cuda.call("cuStreamSynchronize", self.handle)


class HostArray:
    """Pinned memory of this machine, zero at first: copies to and from the GPU need no third place.

    Args:
        cuda: The GPU.
        shape: Shape of the float32 array.

    Attributes:
        array: The memory; it lasts as long as the array or a view of it.
        address: Where it begins.
        size: Its bytes.
    """

    def __init__(self, cuda: Cuda, shape: tuple[int, ...]) -> None:
        count = int(np.prod(shape))
        self.size: Final = 4 * count
        pointer = c_void_p()
        cuda.call("cuMemHostAlloc", byref(pointer), self.size, 0)
        self.address: Final = pointer.value or 0
        memory = (ctypes.c_float * count).from_address(self.address)
        cuda.release_with(memory, "cuMemFreeHost", pointer)
        self.array: Final[FloatArray] = np.ctypeslib.as_array(memory).reshape(shape)
        self.array.fill(0.0)


class DeviceArray:
    """Memory of the GPU for a float32 array.

    Args:
        cuda: The GPU.
        shape: Its shape.

    Attributes:
        address: Where it begins, on the GPU.
    """

    def __init__(self, cuda: Cuda, shape: tuple[int, ...]) -> None:
        address = c_uint64()
        cuda.call("cuMemAlloc_v2", byref(address), 4 * int(np.prod(shape)))
        self.address: Final = address.value
        cuda.release_with(self, "cuMemFree_v2", address)
