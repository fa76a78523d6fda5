"""What the engine and the outputs' process say to each other: JSON, a message a line, over loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

Message: TypeAlias = dict[str, Any]

MOST_BYTES: Final = 2**20
"""Who sends more without an end of line is not the other half of this program."""


class Line(asyncio.Protocol):
    """One end of the connection.

    Args:
        hear: Called with this end and each message.
        lost: Called once the connection is gone.
    """

    def __init__(self, hear: Callable[[Line, Message], None], lost: Callable[[Line], None]) -> None:
        self._hear = hear
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._rest = b""

    # typing.override is new in Python 3.12.
    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]
        """It stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]
        """Hear every message that is complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_BYTES:
            self.close()
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                message = None
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
            self._transport.write(json.dumps(message).encode() + b"\n")

    @property
    def waiting_bytes(self) -> int:
        """How much was said that the system has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def close(self) -> None:
        """End the connection when all is sent; harmless when it is gone."""
        if self._transport is not None:
            self._transport.close()
