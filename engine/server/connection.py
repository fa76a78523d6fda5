"""One TCP connection: its kernel buffer, its place in the registry, the short way to its transport."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

SEND_BUFFER_BYTES: Final = 16_384
"""Kernel send buffer of one client: what it holds is stale once a client stalls."""


def tracked_connection(registry: set[ServerConnection], most: int) -> type[ServerConnection]:
    """A connection class whose instances can be cut off at any stage, before the handshake too.

    Args:
        registry: Holds every connection from its first to its last moment.
        most: Connections beyond this many are cut off at once.
    """

    class TrackedConnection(ServerConnection):
        """A connection that keeps little in the kernel."""

        # typing.override is new in Python 3.12.
        def connection_made(  # type: ignore[explicit-override]
            self, transport: asyncio.BaseTransport
        ) -> None:
            super().connection_made(transport)
            registry.add(self)
            if len(registry) > most:
                self.transport.abort()
                return
            raw: socket.socket = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

        def connection_lost(  # type: ignore[explicit-override]
            self, exc: Exception | None
        ) -> None:
            registry.discard(self)
            super().connection_lost(exc)

    return TrackedConnection


class DirectPipe:
    """Writes ready-made WebSocket messages past the library's per-message work.

    That is sound because the server sends unfragmented, uncompressed messages only, and because the
    library too writes each of its own frames (pings, pongs, close) to the transport in one piece on the
    same thread, so messages never interleave.

    Args:
        connection: An open connection.
    """

    def __init__(self, connection: ServerConnection) -> None:
        self._protocol = connection.protocol
        transport = connection.transport
        self._waiting_bytes = transport.get_write_buffer_size
        self._write = transport.write
        # With TLS, encrypted bytes wait in a transport of its own, whose 64 KiB would hold stale frames.
        below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
        self._encrypted_bytes = below.get_write_buffer_size if below is not None else _none

    def try_write(self, message: bytes) -> bool:
        """Send a whole WebSocket message if that needs no waiting.

        Returns:
            Whether it was written: the connection is open, and all that was written before has gone to
            the operating system.
        """
        if self._protocol.state is not State.OPEN or self._waiting_bytes() or self._encrypted_bytes():
            return False
        self._write(message)
        return True


def _none() -> int:
    return 0
