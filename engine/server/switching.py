"""Outputs that clients switch: the page's list with its switches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from engine.server.protocol import (
    Encoding,
    ErrorCode,
    OutputRow,
    SwitchOutput,
    encode_error,
    encode_outputs,
)
from t2s_rt.errors import T2SError


class OutputDesk(Protocol):
    """Who knows the outputs: `engine.outputs.proxy.Outputs`."""

    def statuses(self) -> Sequence[OutputRow]:
        """How each output fares."""
        ...

    async def switch(self, name: str, *, on: bool) -> None:
        """Switch one; raises a T2SError where there is none of that name or it cannot start."""
        ...


class Switchboard:
    """Answers clients who ask about outputs and switch them.

    They can switch what the user has set up, and nothing else: no client names an address or a file.

    Args:
        desk: Who knows the outputs; None where there is nothing to switch.
    """

    def __init__(self, desk: OutputDesk | None = None) -> None:
        self._desk = desk
        self._switching = asyncio.Lock()

    def tell(self, encoding: Encoding) -> bytes:
        """The list, or a refusal."""
        if self._desk is None:
            return encode_error(
                encoding, ErrorCode.OUTPUTS_UNAVAILABLE, "This server has no outputs to switch."
            )
        return encode_outputs(encoding, self._desk.statuses())

    async def switch(self, encoding: Encoding, message: SwitchOutput) -> bytes:
        """Switch one, one client after the other; the new list, or a refusal."""
        if self._desk is not None:
            try:
                async with self._switching:
                    await self._desk.switch(message.name, on=message.on)
            except T2SError as problem:
                return encode_error(encoding, ErrorCode.OUTPUT_REFUSED, str(problem))
        return self.tell(encoding)
