"""Receivers on this machine for the tests of this folder."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

PATIENCE_S = 10.0
FRAME_NS = 16_666_667


class Receiver:
    """A UDP socket that keeps what it gets."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
        self.socket.bind((host, 0))
        self.socket.settimeout(PATIENCE_S)
        self.port = self.socket.getsockname()[1]

    def get(self) -> bytes:
        return self.socket.recv(65536)

    def drain(self) -> list[bytes]:
        """All that is there by now."""
        got = []
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                got.append(self.socket.recv(65536))
        self.socket.settimeout(PATIENCE_S)
        return got


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.socket.close()


def free_port(kind: int = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(int(PATIENCE_S / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"did not happen: {what}")
