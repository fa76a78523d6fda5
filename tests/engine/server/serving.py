"""A running server and raw clients for the tests of this folder."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import struct
from collections.abc import AsyncIterator

import msgpack
import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from engine.mailbox import FrameMailbox
from engine.metrics import Metrics
from engine.server.http import Site
from engine.server.protocol import Encoding, Hello
from engine.server.websocket import Server, ServerConfig
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, Frame, VoiceReading

PATIENCE_S = 10.0
"""No step of a test waits longer: a hang is a failure."""


def make_frame(seq: int, captured_ns: int = 0) -> Frame:
    def values(count: int) -> np.ndarray:
        return np.full(count, 0.5, np.float32)

    flame = FlamePose(values(EXPRESSION_COUNT), values(3), values(3), values(6), values(3))
    return Frame(
        seq=seq,
        pts_samples=seq * 800,
        available_samples=seq * 800 + 960,
        captured_ns=captured_ns,
        song_s=-1.0,
        actions=values(ACTION_COUNT),
        arkit=values(ARKIT_COUNT),
        flame=flame,
        voice=VoiceReading(220.0, True, -20.0, 1.0),
    )


class Engine:
    """A server with a mailbox that the test fills."""

    def __init__(self, server: Server, mailbox: FrameMailbox, metrics: Metrics) -> None:
        self.server = server
        self.mailbox = mailbox
        self.metrics = metrics
        self.seq = -1

    async def publish(self, count: int = 1) -> int:
        """Send frames one after the other; the last one's number."""
        for _ in range(count):
            self.seq += 1
            self.mailbox.put(make_frame(self.seq))
            await asyncio.sleep(0.002)
        return self.seq

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    async def until(self, condition, what: str) -> None:
        """Wait for something that the server does on its own."""
        for _ in range(int(PATIENCE_S / 0.005)):
            if condition():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"did not happen: {what}")


@contextlib.asynccontextmanager
async def serving(
    site: Site | None = None, audio_sink=None, transport_sink=None, output_desk=None, **settings
) -> AsyncIterator[Engine]:
    mailbox, metrics = FrameMailbox(), Metrics()
    config = ServerConfig(**({"port": 0} | settings))
    server = Server(config, Hello("test", 960, "none"), mailbox, metrics, site or Site(), audio_sink)
    if transport_sink is not None:
        server.accept_transport(transport_sink)
    if output_desk is not None:
        server.accept_switching(output_desk)
    await server.start()
    try:
        yield Engine(server, mailbox, metrics)
    finally:
        await server.close()


class Peer:
    """A client through the `websockets` library, with messages as values."""

    def __init__(self, socket: ClientConnection, encoding: Encoding) -> None:
        self.socket = socket
        self.encoding = encoding

    async def say(self, message: dict) -> None:
        text = self.encoding is Encoding.JSON
        await self.socket.send(json.dumps(message) if text else msgpack.packb(message))

    async def hear(self):
        async with asyncio.timeout(PATIENCE_S):
            data = await self.socket.recv()
        return json.loads(data) if self.encoding is Encoding.JSON else msgpack.unpackb(data)

    async def hear_frame(self):
        """The next frame, whatever comes before it."""
        while True:
            message = await self.hear()
            if isinstance(message, list) or message["type"] == "frame":
                return message

    async def hear_type(self, name: str) -> dict:
        """The next message of a type, whatever comes before it."""
        while True:
            message = await self.hear()
            if isinstance(message, dict) and message["type"] == name:
                return message

    async def subscribe(self, *streams: str, **options) -> None:
        """Subscribe, and wait until the server has understood."""
        await self.say({"type": "subscribe", "streams": list(streams)} | options)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the server has handled everything said so far."""
        await self.say({"type": "ping", "client_ns": 1})
        await self.hear_type("pong")

    async def closed(self) -> tuple[int, str]:
        """Wait for the end; its close code and reason."""
        async with asyncio.timeout(PATIENCE_S):
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason


@contextlib.asynccontextmanager
async def peer(engine: Engine, encoding: Encoding = Encoding.MSGPACK, **options) -> AsyncIterator[Peer]:
    url = options.pop("url", engine.server.websocket_url)
    settings = {"compression": None, "proxy": None, "close_timeout": 1} | options
    async with connect(url, subprotocols=[encoding], **settings) as socket:
        yield Peer(socket, encoding)


def masked(payload: bytes, opcode: int = 2) -> bytes:
    """A client's WebSocket message by hand; a mask of zeros leaves the payload as it is."""
    size = len(payload)
    if size < 126:
        return struct.pack(">BBI", 0x80 | opcode, 0x80 | size, 0) + payload
    if size < 65536:
        return struct.pack(">BBHI", 0x80 | opcode, 0xFE, size, 0) + payload
    return struct.pack(">BBQI", 0x80 | opcode, 0xFF, size, 0) + payload


def upgrade_request(port: int, path: str = "/ws", **headers: str) -> bytes:
    """A WebSocket handshake by hand; a header of an empty value is left out."""
    lines = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": str(Encoding.MSGPACK),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"GET {path} HTTP/1.1\r\n{text}\r\n".encode()


async def exchange(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes, read to the end of the answer: status, headers (lower case) and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            pairs = [line.partition(": ") for line in head.decode().split("\r\n")[1:] if line]
            body = b"" if status == 101 else await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return status, {name.lower(): value for name, _, value in pairs}, body


async def get(engine: Engine, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """A plain HTTP GET; the target goes out as it is."""
    port = engine.server.port
    lines = {"Host": f"127.0.0.1:{port}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return await exchange(port, f"GET {target} HTTP/1.1\r\n{text}\r\n".encode())
