"""The one shape every stage of the stream has."""

from __future__ import annotations

from typing import Protocol

from t2s_rt.types import FloatArray


class StreamingStage(Protocol):
    """A stage that takes one step of input and writes one step of output.

    Memory is taken in the constructor; the caller owns ``out``. Stepping through a signal gives what
    processing it whole would give, and a step never depends on what comes after it. One contract test
    (`tests/contract/test_streaming.py`) holds every stage to that.
    """

    @property
    def latency_samples(self) -> int:
        """How far, in samples at 48 kHz, the output lies behind the newest input sample."""
        ...

    def step(self, x: FloatArray, out: FloatArray) -> None:
        """Take one step of input ``x`` and write the output into ``out``; shapes as documented."""
        ...

    def reset(self) -> None:
        """Forget everything heard so far, as if newly made."""
        ...
