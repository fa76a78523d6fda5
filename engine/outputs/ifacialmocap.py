"""iFacialMocap (UDP text): this engine plays the phone.

A receiver asks with one datagram and gets text from then on. Asking is not authenticated, so a forged
question could aim the stream at somebody else. Hence: only this machine may ask, or one address that the
user named; one asker at a time; nothing but the exact question is ever answered; an asker that refuses
is dropped.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from dataclasses import dataclass, replace
from typing import Final

from engine.clock import NS_PER_S
from engine.outputs.base import OutputState, OutputStatus, Pace, Tally
from engine.outputs.datagrams import DatagramSender
from t2s_rt.errors import ConfigError
from t2s_rt.face.mapping import NO_CHANGE, Mapping
from t2s_rt.face.phones import IFACIALMOCAP
from t2s_rt.face.retarget import Retargeter, Table
from t2s_rt.face.signals import Signals

PORT: Final = 49983
QUESTION: Final = b"iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719"
QUESTION_V2: Final = QUESTION + b"|sendDataVersion=v2"
STOP: Final = b"StopStreaming_FACEMOTION3D"
MAX_QUESTION_BYTES: Final = 128
QUESTIONS_PER_S: Final = 4
"""More changes of the asker in a second are not heard."""
SHAPES: Final = 52

Peer = tuple[str | int, ...]


class Text:
    """Writes a frame as iFacialMocap's text: percent as whole numbers, angles in degrees.

    Args:
        mapping: The user's changes.
    """

    def __init__(self, mapping: Mapping = NO_CHANGE) -> None:
        table = _rounding(mapping.apply(IFACIALMOCAP))
        self.retargeter = Retargeter(table)
        shapes = [name for name in table.names if _is_shape(name)]
        angles = {name: "%.4f" if name in table.names else "0" for name in IFACIALMOCAP.names[SHAPES:]}
        tail = "=head#{head.x},{head.y},{head.z},0,0,0|rightEye#{rightEye.x},{rightEye.y},0|"
        tail += "leftEye#{leftEye.x},{leftEye.y},0|"
        for name, place in angles.items():
            tail = tail.replace(f"{{{name}}}", place)
        self._formats = {
            version: ("".join(f"{name}{mark}%d|" for name in shapes) + tail).encode()
            for version, mark in ((1, "-"), (2, "&"))
        }

    def write(self, signals: Signals, *, version: int) -> bytes:
        """One datagram."""
        return self._formats[version] % tuple(self.retargeter.read(signals))


def _is_shape(name: str) -> bool:
    return "." not in name  # head.x and the like are angles


def _rounding(table: Table) -> Table:
    """The table with all percents half a percent higher, because ``%d`` cuts off."""
    raised = [
        replace(t, offset=t.offset + 0.5, minimum=t.minimum + 0.5, maximum=t.maximum + 0.5)
        if _is_shape(t.name)
        else t
        for t in table.targets
    ]
    return replace(table, targets=tuple(raised))


@dataclass(slots=True)
class Asker:
    """Who gets the stream.

    Attributes:
        peer: Address and port that asked.
        version: Which text it wants, 1 or 2.
        line: A connected socket where it is on this machine: only such a socket is told that nobody
            listens any more. Another machine's firewall wants answers from the port it asked.
    """

    peer: Peer
    version: int
    line: socket.socket | None


class IFacialMocapOutput(asyncio.DatagramProtocol):
    """Listens for the question and streams to the asker.

    Args:
        name: Unique among the outputs of a run.
        host: Address to listen on.
        port: UDP port to listen on.
        allow: Beyond this machine, the one address that may ask; empty for this machine only.
        rate_hz: Frames a second.
        mapping: The user's changes.

    Raises:
        ConfigError: Open to the network without an address in ``allow``, or that is no address.
    """

    def __init__(
        self,
        name: str,
        host: str = "127.0.0.1",
        port: int = PORT,
        *,
        allow: str = "",
        rate_hz: int = 60,
        mapping: Mapping = NO_CHANGE,
    ) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._allow = _address(allow) if allow else None
        if self._allow is None and not _is_loopback(host):
            raise ConfigError(
                f"{name}: {host} is open to the network, so it must be said who may ask.",
                "Add allow=ADDRESS of the machine that receives, or listen on 127.0.0.1.",
            )
        self._text = Text(mapping)
        self.retargeters: tuple[Retargeter, ...] = (self._text.retargeter,)
        self._pace = Pace(rate_hz)
        self._tally = Tally()
        self._transport: asyncio.DatagramTransport | None = None
        self._asker: Asker | None = None
        self._now_ns = 0
        self._heard_ns = -NS_PER_S
        self._heard = 0
        self._ignored = 0
        self._trouble = ""

    @property
    def port(self) -> int:
        """The port listened on."""
        if self._transport is None:
            return self._port
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: The port is taken or the address is not this machine's.
        """
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: self, local_addr=(self._host, self._port)
            )
        except OSError as problem:
            raise _cannot_listen(self.name, self._host, self._port, problem) from problem

    # typing.override is new in Python 3.12.
    def datagram_received(self, data: bytes, addr: Peer) -> None:  # type: ignore[explicit-override]
        """Hear a question; anything else is counted and left unanswered."""
        question = data.strip() if len(data) <= MAX_QUESTION_BYTES else b""
        if not self._may_ask(addr) or question not in (QUESTION, QUESTION_V2, STOP):
            self._ignored += 1
            return
        if question == STOP:
            if self._asker is not None and self._asker.peer == addr:
                self._drop("")
            return
        if self._asker is not None and self._asker.peer == addr:
            self._asker.version = 2 if question == QUESTION_V2 else 1
            return
        if self._now_ns - self._heard_ns >= NS_PER_S:
            self._heard_ns, self._heard = self._now_ns, 0
        self._heard += 1
        if self._heard > QUESTIONS_PER_S:
            self._ignored += 1
            return
        self._drop("")
        try:
            self._asker = Asker(addr, 2 if question == QUESTION_V2 else 1, _line(addr))
        except OSError as problem:
            self._tally.failures += 1
            self._trouble = f"{_spell(addr)} cannot be reached: {problem.strerror}."

    def error_received(self, exc: Exception) -> None:  # type: ignore[explicit-override]
        """The asker refuses: it is dropped until it asks again."""
        if self._asker is not None:
            self._tally.failures += 1
            self._drop(f"{_spell(self._asker.peer)} stopped listening ({exc}).")

    def connection_lost(  # type: ignore[explicit-override]
        self, exc: Exception | None
    ) -> None:
        """The socket is gone; nothing is sent any more."""
        if exc is not None:
            self._tally.failures += 1
        self._drop(f"The socket broke: {exc}." if exc is not None else "")

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame to the asker, if there is one and it keeps up."""
        self._now_ns = now_ns
        asker, transport = self._asker, self._transport
        if asker is None or transport is None or signals.frame is None:
            return
        if not self._pace.due(signals.frame.seq):
            return
        data = self._text.write(signals, version=asker.version)
        if self._answer(asker, transport, data):
            self._tally.send(now_ns)

    def _answer(self, asker: Asker, transport: asyncio.DatagramTransport, data: bytes) -> bool:
        """Send to the asker; never waits.

        Returns:
            Whether it went to the operating system.
        """
        if asker.line is None:
            if transport.get_write_buffer_size():  # type: ignore[attr-defined] # both loops have it
                self._tally.skipped += 1  # asyncio would queue without bound
                return False
            transport.sendto(data, asker.peer)
            return True
        try:
            asker.line.send(data)
        except BlockingIOError:
            self._tally.skipped += 1
            return False
        except OSError as problem:
            self.error_received(problem)
            return False
        return True

    def _drop(self, trouble: str) -> None:
        """Send to nobody until somebody asks."""
        if self._asker is not None and self._asker.line is not None:
            self._asker.line.close()
        self._asker = None
        self._trouble = trouble

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        asker = self._asker
        where = f"{self._host}:{self.port}"
        waits = f"Waits at {where} for a program to ask."
        return OutputStatus(
            self.name,
            OutputState.WAITING if asker is None else OutputState.RUNNING,
            f"Sends to {_spell(asker.peer)}." if asker else f"{self._trouble} {waits}".strip(),
            asker is not None,
            self._tally.rate_hz(now_ns),
            self._tally.sent,
            self._tally.skipped,
            self._tally.failures,
        )

    async def close(self) -> None:
        """Stop listening."""
        self._drop("")
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
            await asyncio.sleep(0)  # the transport closes its socket on the loop's next turn

    def _may_ask(self, peer: Peer) -> bool:
        try:
            address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        except ValueError:
            return False
        return address.is_loopback or address == self._allow


class IFacialMocapPush:
    """Sends the text to a receiver that was told by hand, without being asked.

    For a receiver on the same machine, which holds port 49983 itself.

    Args:
        name: Unique among the outputs of a run.
        host: The receiver.
        port: Its UDP port.
        version: Which text to send, 1 or 2.
        rate_hz: Frames a second.
        mapping: The user's changes.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int = PORT,
        *,
        version: int = 1,
        rate_hz: int = 60,
        mapping: Mapping = NO_CHANGE,
    ) -> None:
        self.name = name
        self._version = version
        self._text = Text(mapping)
        self.retargeters: tuple[Retargeter, ...] = (self._text.retargeter,)
        self._pace = Pace(rate_hz)
        self._sender = DatagramSender(name, host, port)

    async def start(self) -> None:
        """Find the receiver and open the socket."""
        await self._sender.start()

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame unless the receiver refuses or the frame is not due."""
        assert signals.frame is not None
        if self._pace.due(signals.frame.seq) and self._sender.ready(now_ns):
            self._sender.send([self._text.write(signals, version=self._version)], now_ns)

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        return self._sender.status(now_ns)

    async def close(self) -> None:
        """Close the socket."""
        self._sender.close()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError as problem:
        raise ConfigError(
            f"allow={text} is not an IP address.", "Give one such as allow=192.168.1.20."
        ) from problem


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _line(peer: Peer) -> socket.socket | None:
    """A socket connected to an asker on this machine; None for another machine's."""
    if not _is_loopback(str(peer[0])):
        return None
    line = socket.socket(socket.AF_INET6 if ":" in str(peer[0]) else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        line.connect(peer)
    except BaseException:
        line.close()
        raise
    return line


def _spell(peer: Peer) -> str:
    return f"{peer[0]}:{peer[1]}"


def _cannot_listen(name: str, host: str, port: int, problem: OSError) -> ConfigError:
    if problem.errno == errno.EADDRINUSE:
        return ConfigError(
            f"{name}: UDP port {port} is taken, perhaps by the receiving program itself.",
            f"On one machine use {name}:to=127.0.0.1:{port}, or choose another port.",
        )
    return ConfigError(f"{name}: cannot listen on {host}:{port}: {problem.strerror}.")
