"""UDP to one receiver: a socket that never blocks and says when nobody is there."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Sequence
from typing import Final

from engine.outputs.base import Backoff, OutputState, OutputStatus, Tally
from t2s_rt.errors import ConfigError

SETTLED: Final = 30
"""After so many datagrams without a refusal, somebody on this machine is taken to listen."""


class DatagramSender:
    """Sends datagrams to one address.

    The socket is connected, so a machine where no program has the port says so (ICMP port unreachable).
    Then, and after any other failure, sending pauses, each time longer, and tries with a new socket.

    Args:
        name: The output's name, for its status.
        host: Name or address of the receiver.
        port: Its UDP port.

    Attributes:
        tally: What was sent.
    """

    def __init__(self, name: str, host: str, port: int) -> None:
        self.tally = Tally()
        self._name = name
        self._host = host
        self._port = port
        self._family = socket.AF_INET
        self._address: tuple[object, ...] = ()
        self._local = False
        self._socket: socket.socket | None = None
        self._backoff = Backoff()
        self._unrefused = 0
        self._trouble = ""

    @property
    def where(self) -> str:
        """The receiver, for sentences."""
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    async def start(self) -> None:
        """Find the receiver's address and open the socket.

        Raises:
            ConfigError: There is no such host.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        except OSError as problem:
            raise ConfigError(
                f"{self._name}: there is no host {self._host!r} ({problem.strerror}).",
                "Give an address such as 127.0.0.1 or 192.168.1.20.",
            ) from problem
        self._family, _, _, _, self._address = found[0]
        self._local = ipaddress.ip_address(str(self._address[0]).partition("%")[0]).is_loopback
        self._open()

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ready(self, now_ns: int) -> bool:
        """Whether sending is worth while now; a frame is counted as skipped where not."""
        if self._backoff.pausing(now_ns):
            self.tally.skipped += 1
            return False
        # A new socket is asked before a frame is made for nothing; later the next sending tells.
        if self._socket is not None and self._unrefused < SETTLED:
            error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                self._fail(now_ns, self._sentence(OSError(error, os.strerror(error))))
                return False
        return True

    def send(self, datagrams: Sequence[bytes | bytearray | memoryview], now_ns: int) -> bool:
        """Send one frame's datagrams; never waits.

        Returns:
            Whether all of them went to the operating system.
        """
        if self._socket is None and not self._reopen(now_ns):
            return False
        assert self._socket is not None
        try:
            for datagram in datagrams:
                self._socket.send(datagram)
        except BlockingIOError:
            self.tally.skipped += 1
            return False
        except OSError as problem:
            self._fail(now_ns, self._sentence(problem))
            return False
        self._unrefused += 1
        if self._unrefused == SETTLED:
            self._trouble = ""
        self.tally.send(now_ns)
        return True

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares; on this machine a port that refuses nothing has a listener."""
        settled = self._unrefused >= SETTLED
        listening = True if settled and self._local else (False if self._trouble else None)
        return OutputStatus(
            self._name,
            OutputState.RETRYING if self._trouble else OutputState.RUNNING,
            self._trouble or f"Sends to {self.where}.",
            listening,
            self.tally.rate_hz(now_ns),
            self.tally.sent,
            self.tally.skipped,
            self.tally.failures,
        )

    def _fail(self, now_ns: int, trouble: str) -> None:
        self._trouble = trouble
        self._unrefused = 0
        self.tally.failures += 1
        self.tally.skipped += 1
        self._backoff.fail(now_ns)
        self.close()

    def _reopen(self, now_ns: int) -> bool:
        try:
            self._open()
        except OSError as problem:
            self._fail(now_ns, self._sentence(problem))
            return False
        return True

    def _sentence(self, problem: OSError) -> str:
        """What is wrong; Python makes a refusal a ConnectionError by its number."""
        if isinstance(problem, ConnectionError):
            return f"Nobody listens at {self.where}. Is the program running, with this port?"
        return f"{self.where} cannot be reached: {problem.strerror}."

    def _open(self) -> None:
        self.close()
        opened = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            opened.setblocking(False)
            opened.connect(self._address)
        except BaseException:
            opened.close()
            raise
        self._socket = opened
