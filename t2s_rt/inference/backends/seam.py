"""What every backend offers: a network that is loaded, and sessions that run it for some singers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from t2s_rt.errors import ModelError
from t2s_rt.inference.manifest import NEXT_PREFIX, Signature
from t2s_rt.types import FloatArray

MOST_SINGERS: Final = 64
"""How many singers one session takes: compiled engines are made for 1 to so many."""


class Backend(StrEnum):
    """Where a network runs."""

    CPU = "cpu"
    """ONNX Runtime on one core; the only one that every machine has."""
    CUDA = "cuda"
    """ONNX Runtime on an NVIDIA GPU."""
    TENSORRT_PROVIDER = "tensorrt-provider"
    """ONNX Runtime that gives what it can to TensorRT, the rest to CUDA."""
    TENSORRT = "tensorrt"
    """TensorRT itself, compiled on the GPU it runs on: data-centre cards."""
    TENSORRT_RTX = "tensorrt-rtx"
    """TensorRT-RTX, compiled anywhere: the RTX cards of streamers."""


class Session(Protocol):
    """A network with the memory of a fixed number of singers. Nothing is allocated by `run`."""

    @property
    def feeds(self) -> Mapping[str, FloatArray]:
        """What the next run reads, by input: ``(singers, *shape)``, zero at first, the caller's."""
        ...

    @property
    def results(self) -> Mapping[str, FloatArray]:
        """What the last run gave, by output: ``(singers, *shape)``, overwritten by the next."""
        ...

    def run(self) -> None:
        """One frame for all singers: reads `feeds` and the memory, writes `results` and the memory.

        Raises:
            ModelError: The backend failed.
        """
        ...

    def memory(self, singer: int) -> tuple[FloatArray, ...]:
        """A copy of what one singer carries, a tensor each in the order of the signature's state."""
        ...

    def set_memory(self, singer: int, tensors: Sequence[FloatArray]) -> None:
        """Replace what one singer carries, with tensors as `memory` gives them."""
        ...


class Network(Protocol):
    """A loaded network, its weights shared by all its sessions."""

    @property
    def running_on(self) -> str:
        """What really runs it, found out after loading, such as ``ONNX Runtime 1.32.0 on the CPU``."""
        ...

    def session(self, signature: Signature, singers: int) -> Session:
        """Room for a number of singers, with zero memory.

        Raises:
            ModelError: The network has other tensors than its signature says, or the number is not 1 to
                `MOST_SINGERS`.
        """
        ...


def check_singers(singers: int) -> None:
    """Refuse a number of singers that no session takes.

    Raises:
        ModelError: It is not 1 to `MOST_SINGERS`.
    """
    if not 1 <= singers <= MOST_SINGERS:
        raise ModelError(
            f"A session takes 1 to {MOST_SINGERS} singers, got {singers}.",
            "Use several, one beside the other.",
        )


def check_names(signature: Signature, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Compare the tensors that a network has with what its manifest says.

    Args:
        signature: By the manifest.
        inputs: Names of the network's inputs.
        outputs: Names of its outputs.

    Raises:
        ModelError: They differ.
    """
    state = [tensor.name for tensor in signature.state]
    promised_in = [tensor.name for tensor in signature.inputs] + state
    promised_out = [tensor.name for tensor in signature.outputs] + [NEXT_PREFIX + n for n in state]
    for promised, found in ((promised_in, inputs), (promised_out, outputs)):
        if sorted(promised) != sorted(found):
            raise ModelError(
                f"The network has {sorted(found)}, its manifest says {sorted(promised)}.",
                "Export the model again: python -m t2s_rt.training.export",
            )
