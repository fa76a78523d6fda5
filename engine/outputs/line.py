"""What the engine and the outputs' process say to each other: maps in MessagePack, over loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import msgpack

from engine.outputs.base import OutputStatus

Message: TypeAlias = dict[str, Any]

Row: TypeAlias = tuple[str, str, str, bool | None, float, int, int, int]
"""The fields of an `OutputStatus`, in their order: cheaper to read than names and values."""

MOST_BYTES: Final = 2**20
"""Who sends a larger message is not the other half of this program."""


def row_of(status: OutputStatus) -> Row:
    """How an output fares, as a report has it."""
    counts = status.sent, status.skipped, status.failures
    return status.name, status.state, status.detail, status.listening, status.rate_hz, *counts


class Line(asyncio.Protocol):
    """One end of the connection. MessagePack rather than JSON, because the engine reads it sooner.

    Args:
        hear: Called with this end and each message.
        lost: Called once the connection is gone.
    """

    def __init__(self, hear: Callable[[Line, Message], None], lost: Callable[[Line], None]) -> None:
        self._hear = hear
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._unpacker = msgpack.Unpacker(max_buffer_size=MOST_BYTES)

    # typing.override is new in Python 3.12.
    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]
        """It stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]
        """Hear every message that is complete."""
        try:
            self._unpacker.feed(data)
            messages = list(self._unpacker)
        except (ValueError, msgpack.UnpackException):
            messages = [None]
        for message in messages:
            if not isinstance(message, dict):
                self.close()
                return
            self._hear(self, message)

    def connection_lost(self, exc: Exception | None) -> None:  # type: ignore[explicit-override]
        """It is gone."""
        self._transport = None
        self._lost(self)

    def send(self, message: Message) -> None:
        """Say something; nothing happens where the connection is gone."""
        if self._transport is not None:
            self._transport.write(msgpack.packb(message))

    @property
    def waiting_bytes(self) -> int:
        """How much was said that the system has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def close(self) -> None:
        """End the connection when all is sent; harmless when it is gone."""
        if self._transport is not None:
            self._transport.close()
