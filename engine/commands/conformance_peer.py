"""How `t2s conformance` speaks to the server that it checks, and how a check says what is wrong."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgpack
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from engine.server.protocol import Encoding

PATIENCE_S: Final = 4.0
"""How long a check waits for an answer."""
FRAME_PLACES: Final = (
    "seq",
    "pts_samples",
    "captured_ns",
    "song_s",
    "actions",
    "arkit",
    "flame",
    "voice",
)


class Broken(Exception):  # noqa: N818  (a promise is broken; no error of this program)
    """The server does not keep the promise; the text says what it did instead."""


class NotAsked(Exception):  # noqa: N818
    """The promise does not concern this server; the text says why."""


def expect(kept: object, what_it_did: str) -> None:
    """Go on where ``kept`` holds.

    Raises:
        Broken: It does not.
    """
    if not kept:
        raise Broken(what_it_did)


@dataclass(frozen=True, slots=True)
class Target:
    """The server to check.

    Attributes:
        url: Its WebSocket, with ``/ws``.
        token: Its token; empty for none.
    """

    url: str
    token: str = ""

    @contextlib.contextmanager
    def peer(self, encoding: Encoding = Encoding.MSGPACK) -> Iterator[Peer]:
        """Connect in one encoding; disconnects at the end.

        Raises:
            Broken: The server refused or ended the connection while a check still wanted it.
        """
        with self.dial([encoding]) as socket:
            try:
                yield Peer(socket, encoding)
            except ConnectionClosed as gone:
                code = gone.rcvd.code if gone.rcvd else 1006
                raise Broken(f"closed the connection ({code})") from None

    @contextlib.contextmanager
    def dial(
        self, encodings: list[Encoding], url: str = "", origin: str | None = None
    ) -> Iterator[ClientConnection]:
        """Connect, offering these sub-protocols.

        Raises:
            Broken: The handshake failed.
        """
        with contextlib.ExitStack() as stack:
            try:
                socket = stack.enter_context(self._connection(encodings, url, origin))
            except InvalidStatus as refused:
                raise Broken(f"refused the handshake with {refused.response.status_code}") from None
            except Exception as problem:  # noqa: BLE001  (whatever a broken server makes of a handshake)
                raise Broken(f"handshake failed: {problem}") from None
            yield socket

    def refusal(self, encodings: list[Encoding], url: str = "", origin: str | None = None) -> int:
        """The status with which a handshake is refused; 101 where it is not."""
        try:
            with self._connection(encodings, url, origin):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code
        except Exception as problem:  # noqa: BLE001
            raise Broken(f"handshake failed: {problem}") from None

    def _connection(self, encodings: list[Encoding], url: str, origin: str | None) -> ClientConnection:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else None
        return connect(
            url or self.url,
            subprotocols=[Subprotocol(e) for e in encodings] or None,
            origin=Origin(origin) if origin else None,
            additional_headers=headers,
            proxy=None,
            open_timeout=PATIENCE_S,
            close_timeout=1,
        )


class Peer:
    """A connection; messages are values.

    Args:
        socket: Where they come from.
        encoding: What was agreed on.
    """

    def __init__(self, socket: ClientConnection, encoding: Encoding) -> None:
        self.socket = socket
        self.encoding = encoding

    def say(self, message: object) -> None:
        """Send a value."""
        text = self.encoding is Encoding.JSON
        self.socket.send(json.dumps(message) if text else msgpack.packb(message))

    def raw(self, patience_s: float = PATIENCE_S) -> bytes:
        """The next message as it came.

        Raises:
            Broken: None came in time, or it has the wrong WebSocket type.
        """
        try:
            data = self.socket.recv(timeout=patience_s)
        except TimeoutError:
            raise Broken(f"said nothing for {patience_s:g} s") from None
        expect(
            isinstance(data, str) == (self.encoding is Encoding.JSON), "sent the wrong WebSocket type"
        )
        return data.encode() if isinstance(data, str) else data

    def hear(self, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next message as a map; a frame has the keys of the JSON form, values as they came.

        Raises:
            Broken: None came in time, or it is not the encoding.
        """
        return self.read(self.raw(patience_s))

    def read(self, data: bytes) -> dict[str, Any]:
        """A message as a map.

        Raises:
            Broken: It is not the encoding.
        """
        try:
            value = json.loads(data) if self.encoding is Encoding.JSON else msgpack.unpackb(data)
        except (ValueError, msgpack.UnpackException):
            raise Broken(f"sent what is not {self.encoding}") from None
        if isinstance(value, list) and len(value) > len(FRAME_PLACES):
            return dict(zip(("type", *FRAME_PLACES), value, strict=False))
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise Broken("sent a message that is neither a map with a type nor a frame")
        return value

    def hear_type(self, name: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next message of a type, whatever comes before it.

        Raises:
            Broken: None came in time.
        """
        deadline_s = time.monotonic() + patience_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            try:
                data = self.socket.recv(timeout=left_s)
            except TimeoutError:
                break
            message = self.read(data.encode() if isinstance(data, str) else data)
            if message["type"] == name:
                return message
        raise Broken(f"sent no {name} within {patience_s:g} s")

    def raw_frame(self) -> bytes:
        """The next frame as it came.

        Raises:
            Broken: None came in time.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            data = self.raw()
            if self.read(data)["type"] == "frame":
                return data
        raise Broken("sent no frame: has it a source, such as --source demo?")

    def frames(self, seconds: float) -> list[dict[str, Any]]:
        """Frames that come during so many seconds."""
        found = []
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            try:
                data = self.socket.recv(timeout=left_s)
            except TimeoutError:
                break
            message = self.read(data.encode() if isinstance(data, str) else data)
            if message["type"] == "frame":
                found.append(message)
        return found

    def subscribe(self, *streams: str, **options: int) -> None:
        """Ask for frames, and wait until the server has understood.

        Raises:
            Broken: It does not answer.
        """
        self.say({"type": "subscribe", "streams": list(streams)} | options)
        self.say({"type": "ping", "client_ns": 7})
        self.hear_type("pong")

    def close_code(self) -> int:
        """Wait for the server to end the connection; 0 where it does not."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            try:
                self.socket.recv(timeout=0.5)
            except TimeoutError:
                continue
            except ConnectionClosed as gone:
                return gone.rcvd.code if gone.rcvd else 1006
        return 0


def numbers_of(message: dict[str, Any]) -> list[float]:
    """All numbers of a decoded frame in either encoding, arrays unpacked."""
    found: list[float] = []
    for key in FRAME_PLACES:
        value = message.get(key)
        if isinstance(value, bytes):
            found += memoryview(value).cast("f").tolist()
        elif isinstance(value, dict):
            found += [float(number) for number in value.values()]
        elif isinstance(value, list):
            found += [float(number) for number in value]
        elif value is not None:
            found.append(float(value))
    return found


def all_finite(message: dict[str, Any]) -> bool:
    """Whether no number of a frame is NaN or infinite."""
    return all(math.isfinite(number) for number in numbers_of(message))
