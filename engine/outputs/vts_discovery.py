"""Hears VTube Studio's broadcast, which tells its port even where its plug-in API is switched off."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass
from typing import Final

DISCOVERY_PORT: Final = 47779
PATIENCE_S: Final = 2.5
"""VTube Studio broadcasts every two seconds."""
MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """A running VTube Studio.

    Attributes:
        active: Whether its plug-in API is on.
        port: Its plug-in API port.
    """

    active: bool
    port: int


def read_broadcast(data: bytes) -> Found | None:
    """What a datagram says; None where it is no broadcast of VTube Studio."""
    if len(data) > MAX_BYTES:
        return None
    try:
        message = json.loads(data)
        facts = message["data"]
        known = (message["apiName"], message["messageType"])
        active, port = facts["active"], facts["port"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if known != ("VTubeStudioPublicAPI", "VTubeStudioAPIStateBroadcast"):
        return None
    if not isinstance(active, bool) or isinstance(port, bool) or not isinstance(port, int):
        return None
    return Found(active, port) if 0 < port < 65536 else None


class _Ear(asyncio.DatagramProtocol):
    """Keeps the first broadcast; never answers anybody.

    Anyone on the network can broadcast. A forged one can only name a port of this machine, where the
    token is shown to nobody that does not first speak VTube Studio's API.
    """

    def __init__(self) -> None:
        self.found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()

    # typing.override is new in Python 3.12.
    def datagram_received(  # type: ignore[explicit-override]
        self, data: bytes, addr: tuple[str | int, ...]
    ) -> None:
        found = read_broadcast(data)
        if found is not None and not self.found.done():
            self.found.set_result(found)


async def discover(patience_s: float = PATIENCE_S, port: int = DISCOVERY_PORT) -> Found | None:
    """Listen for a while.

    Args:
        patience_s: How long to listen.
        port: UDP port of the broadcast.

    Returns:
        What was heard; None where nothing was, or the port cannot be shared.
    """
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ear.setblocking(False)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ear.bind(("", port))
    except OSError:
        ear.close()
        return None
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(_Ear, sock=ear)
    try:
        async with asyncio.timeout(patience_s):
            return await protocol.found
    except TimeoutError:
        return None
    finally:
        transport.abort()
        await asyncio.sleep(0)
