from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from pathlib import Path

import pytest

from engine.outputs import vtube_studio as module
from engine.outputs.base import OutputState
from engine.outputs.vts_discovery import Found, discover, read_broadcast
from engine.outputs.vtube_studio import VtsOptions, VtsOutput
from tests.engine.outputs.receiving import free_port, until
from tests.engine.outputs.vtube_studio import vtube_studio


def broadcast(**changes) -> bytes:
    data = {"active": True, "port": 8005, "instanceID": "x", "windowTitle": "VTube Studio"} | changes
    message = {
        "apiName": "VTubeStudioPublicAPI",
        "apiVersion": "1.0",
        "messageType": "VTubeStudioAPIStateBroadcast",
        "data": data,
    }
    return json.dumps(message).encode()


def test_a_broadcast_tells_port_and_state() -> None:
    assert read_broadcast(broadcast()) == Found(True, 8005)
    assert read_broadcast(broadcast(active=False)) == Found(False, 8005)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"null", b"[1]", b"\xff\xff", b'{"data": 3}', broadcast(port=0),
        broadcast(port=70000), broadcast(port=True), broadcast(port="8001"), broadcast(active=1),
        broadcast(windowTitle="x" * 5000),
        b"[" * 4000,
    ],
)  # fmt: skip
def test_anything_else_is_nothing(data: bytes) -> None:
    assert read_broadcast(data) is None


def test_no_datagram_whatever_raises() -> None:
    chance = random.Random(9)
    good = broadcast()
    for _ in range(5000):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        found = read_broadcast(bytes(data))
        assert found is None or 0 < found.port < 65536


def test_a_broadcast_is_heard_between_rubbish_and_nothing_is_ever_answered() -> None:
    async def run() -> None:
        port = free_port()
        listening = asyncio.ensure_future(discover(5.0, port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            for data in (b"rubbish", b"", b"x" * 60_000, broadcast(port=-1), broadcast(port=8123)):
                await asyncio.sleep(0.05)
                sender.sendto(data, ("127.0.0.1", port))
            assert await listening == Found(True, 8123)
            with pytest.raises(BlockingIOError):
                sender.recv(10)

    asyncio.run(run())


def test_silence_is_nobody_and_a_port_that_cannot_be_shared_too() -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("", 0))
            assert await discover(0.05, other.getsockname()[1]) is None
        assert await discover(0.05, free_port()) is None

    asyncio.run(run())


def test_a_program_at_another_port_is_found_by_its_broadcast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            announced = Found(False, program.port)

            async def hear() -> Found:
                await asyncio.sleep(0)
                return announced

            monkeypatch.setattr(module, "discover", hear)
            options = VtsOptions(token_path=tmp_path / "token")
            closed = free_port(socket.SOCK_STREAM)
            given = VtsOutput("vts", "127.0.0.1", closed, options, now_ns=time.perf_counter_ns)
            await given.start()
            await until(lambda: "API is off" in given.status(0).detail, "the advice")
            announced = Found(True, program.port)
            await until(lambda: given.status(0).state is OutputState.RUNNING, "running")
            await given.close()

    asyncio.run(run())
