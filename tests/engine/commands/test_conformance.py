"""`t2s conformance` passes our server and finds what is wrong with broken ones."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
import struct
from pathlib import Path

import msgpack
import pytest
from websockets.asyncio.server import serve

from engine.clock import SystemClock
from engine.commands import conformance
from engine.commands.conformance_checks import CHECKS
from engine.outputs.livelink import LiveLinkOutput
from engine.outputs.runner import OutputRunner
from engine.server.protocol import Encoding
from t2s_rt.errors import ConfigError
from tests.engine.server.serving import serving

PAGE = (Path(__file__).parents[3] / "docs/protocol.md").read_text(encoding="utf-8")


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("promise", [check.promise for check in CHECKS])
def test_every_promise_is_in_the_words_of_the_page(promise):
    assert words(promise) in words(PAGE)


def conform(url: str) -> int:
    parser = argparse.ArgumentParser()
    conformance.register(parser.add_subparsers())
    options = parser.parse_args(["conformance", url, "--json"])
    return options.run(options)


async def judge(url: str, capsys, publish=None) -> tuple[int, dict[str, dict]]:
    """The exit code and each check's finding, while frames are published."""
    task = asyncio.create_task(asyncio.to_thread(conform, url))
    while not task.done():
        if publish:
            await publish()
        await asyncio.sleep(1 / 60)
    code = await task
    return code, {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_our_server_keeps_every_promise(capsys):
    async def scene():
        outputs = OutputRunner(SystemClock())
        await outputs.add(LiveLinkOutput("unreal", "127.0.0.1"), on=False)
        async with serving(output_desk=outputs) as engine:
            return await judge(engine.server.websocket_url, capsys, engine.publish)

    code, findings = asyncio.run(scene())
    assert {name: f["detail"] for name, f in findings.items() if f["verdict"] != "pass"} == {}
    assert code == 0


class Careless:
    """A server by someone who read half of the page."""

    def __init__(self) -> None:
        self.port = 0

    async def handle(self, connection) -> None:
        hello = {
            "type": "hello", "protocol": 1, "server": "careless", "sample_rate_hz": 44100,
            "hop_samples": 400, "frame_samples": 800, "look_ahead_samples": 0, "rates_hz": [60, 30, 15],
            "streams": ["actions", "arkit", "flame", "voice"], "actions": [], "arkit": ["jawOpen"] * 52,
            "flame": {"size": 115, "parts": [{"name": "expression", "offset": 0, "size": 100}]},
            "voice": ["f0_hz", "voiced", "loudness_dbfs", "voice"], "takes_audio": False,
        }  # fmt: skip
        text = connection.subprotocol == Encoding.JSON
        await connection.send(json.dumps(hello) if text else msgpack.packb(hello))
        sender = asyncio.create_task(self.send(connection, text))
        try:
            async for data in connection:
                message = json.loads(data) if text else msgpack.unpackb(data)
                if message.get("type") == "ping":
                    pong = {"type": "pong", "client_ns": message["client_ns"] % 2**53, "server_ns": 1}
                    await connection.send(json.dumps(pong) if text else msgpack.packb(pong))
        except (ValueError, KeyError, AttributeError, msgpack.UnpackException):
            await connection.close(1011)
        finally:
            sender.cancel()

    async def send(self, connection, text: bool) -> None:
        """Frames to all at once: big-endian, float64, NaN, every stream, whether wanted or not."""
        for seq in range(10**6):
            arkit = [float("nan"), *([2.0] * 51)]
            packed = [struct.pack(f">{n}f", *([0.5] * n)) for n in (22, 52, 115)]
            frame = ["frame", seq, seq * 735, 0, 0.5, *packed, [1.0, True, 2.0, 3.0]]
            lists = {"arkit": arkit, "actions": [], "flame": [], "voice": {}}
            named = {"type": "frame", "seq": seq, "pts_samples": seq * 735, "captured_ns": 0} | lists
            await connection.send(json.dumps(named) if text else msgpack.packb(frame))
            await asyncio.sleep(1 / 60)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_careless_server_is_told_what_it_does_wrong(capsys):
    async def scene():
        spoken = [Encoding.MSGPACK, Encoding.JSON]
        async with serve(Careless().handle, "127.0.0.1", 0, subprotocols=spoken) as server:
            port = server.sockets[0].getsockname()[1]
            return await judge(f"ws://127.0.0.1:{port}/ws", capsys)

    code, findings = asyncio.run(scene())
    assert code == 1
    details = {name: f["detail"] for name, f in findings.items() if f["verdict"] == "FAIL"}
    said = {
        "sub-protocols": "took t2s.v1.msgpack",
        "other paths": "answered 101 at /nowhere, not 404",
        "no compression": "permessage-deflate",
        "foreign sites": "answered 101",
        "hello: the time base": "sample_rate_hz is 44100, not 48000",
        "hello: ARKit names": "52 names, 1 different",
        "hello: FLAME parts": "parts hold 100, size says 115",
        "hello: actions and voice": "names no action",
        "ping": "sent 9223372036854775807",
        "silence before subscribe": "frames that nobody asked for",
        "integers and floats": "song_s has the tag 0xcb, not 0xca",
        "streams": "asked for ['arkit'], got",
        "finite values in range": "holds NaN",
        "numbers and times": "pts_samples rose by 735",
        "rates": "at 30 Hz came frame",
        "window": "window 1,",
        "violations": "an unknown key in t2s.v1.msgpack: stayed open",
        "unknown message types": "sent no error",
        "the wrong WebSocket type": "closed with 1011, not 1003",
        "too many messages": "stayed open",
        "health": "/health",
    }
    for name, words_said in said.items():
        assert words_said in details.get(name, "passed"), name


def test_an_address_where_nothing_listens_is_said_and_judged_not():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConfigError, match="Nothing listens"):
        conform(f"ws://127.0.0.1:{port}/ws")
