"""The Python client against golden bytes and against the engine's own server."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import time
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from engine.server.protocol import Encoding
from engine.song_clock import SongClock
from tests.engine.server.serving import Engine, serving

REPOSITORY = Path(__file__).parents[2]
CLIENT_PATH = REPOSITORY / "clients/python/t2s_client.py"
VECTORS = json.loads((REPOSITORY / "tests/golden/protocol_v1.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def client():
    spec = importlib.util.spec_from_file_location("t2s_client", CLIENT_PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Replay:
    """Stands for a socket: gives recorded messages."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = list(messages)

    def recv(self) -> bytes:
        return self.messages.pop(0)


def test_golden_frames_are_decoded(client):
    golden = {v["name"]: v for v in VECTORS if v["encoding"] == Encoding.MSGPACK}
    face = object.__new__(client.Face)
    face._socket = Replay(*(bytes.fromhex(golden[n]["hex"]) for n in ("status", "frame", "frame voice")))
    frame, little = face._next_frame(), face._next_frame()
    value = golden["frame"]["value"]
    assert face.status["dropped_frames"] == 3
    assert frame[:4] == (value["seq"], value["pts_samples"], value["captured_ns"], value["song_s"])
    for stream in ("actions", "arkit", "flame"):
        assert list(getattr(frame, stream)) == value[stream]
        assert getattr(little, stream) is None
    assert frame.voice == little.voice == (440.0, True, -20.5, 1.0)


def during(engine: Engine, work):
    """Run ``work`` in a thread while frames come."""

    async def scene():
        task = asyncio.create_task(asyncio.to_thread(work))
        while not task.done():
            await engine.publish()
            await asyncio.sleep(0.01)
        return await task

    return scene()


def test_it_receives_named_values_and_nothing_it_did_not_ask_for(client):
    async def scene():
        async with serving() as engine:

            def listen():
                with client.Face(engine.server.websocket_url, streams=["arkit", "voice"]) as face:
                    assert face.hello["type"] == "hello"
                    frames = []
                    for frame in face:
                        frames.append(frame)
                        if len(frames) == 5:
                            return frames, face.weight(frame, "jawOpen")
                raise AssertionError("the stream ended by itself")

            frames, jaw = await during(engine, listen)
            assert jaw == 0.5
            assert [f.seq for f in frames] == sorted({f.seq for f in frames})
            assert frames[0].flame is None
            assert frames[0].voice == (220.0, True, -20.0, 1.0)

    asyncio.run(scene())


def test_a_loop_that_pauses_reads_a_fresh_frame_next(client):
    async def scene():
        async with serving() as engine:

            def listen():
                with client.Face(engine.server.websocket_url) as face:
                    frames = iter(face)
                    next(frames)
                    time.sleep(1.0)
                    newest = engine.seq
                    return newest, next(frames).seq

            newest, seen = await during(engine, listen)
            assert newest > 20
            assert newest - seen <= 2

    asyncio.run(scene())


def test_a_program_that_plays_the_song_says_where_it_is(client):
    clock = SongClock(lambda _pts_samples: -1.0)

    async def scene():
        async with serving(transport_sink=clock) as engine:

            def play():
                with (
                    client.Face(engine.server.websocket_url) as face,
                    client.Face(engine.server.websocket_url) as other,
                ):
                    assert face.hello["takes_transport"] is True
                    face.transport("playing", 12.5, rate=1.5)
                    frames = iter(face)
                    while face.status.get("song_state") != "playing":
                        next(frames)
                    other.transport("playing", 99.0)
                    others = iter(other)
                    while not other.error:
                        next(others)
                    assert other.error["code"] == "transport_busy"
                    face.transport("stopped")
                    while face.status.get("song_state") != "stopped":
                        next(frames)
                return True

            assert await during(engine, play)

    asyncio.run(scene())


def test_the_loop_ends_when_the_engine_stops(client):
    async def scene():
        async with serving() as engine:

            def listen():
                with client.Face(engine.server.websocket_url) as face:
                    return [frame.seq for frame in face]

            listening = asyncio.create_task(asyncio.to_thread(listen))
            await engine.until(lambda: engine.count("t2s_clients") == 1, "connected")
            await asyncio.sleep(0.05)
            await engine.publish()
            await asyncio.sleep(0.05)
            await engine.server.close()
            assert await asyncio.wait_for(listening, 5) == [0]

    asyncio.run(scene())


def test_a_token_opens_the_door(client):
    async def scene():
        async with serving(token="s3cret") as engine:

            def knock():
                with pytest.raises(InvalidStatus):
                    client.Face(engine.server.websocket_url)
                with client.Face(engine.server.websocket_url, token="s3cret") as face:
                    return face.hello["server"]

            assert await asyncio.to_thread(knock) == "test"

    asyncio.run(scene())


def test_it_is_one_small_mit_file_that_needs_two_packages():
    source = CLIENT_PATH.read_text(encoding="utf-8")
    assert "SPDX-License-Identifier: MIT" in source.splitlines()[0]
    imported = set(re.findall(r"^(?:from|import) (\w+)", source, re.MULTILINE))
    standard = {"struct", "time", "collections", "contextlib", "typing"}
    assert imported - standard == {"msgpack", "websockets"}
    assert len(source.splitlines()) < 130


def test_the_readme_example_runs(client):
    readme = CLIENT_PATH.with_name("README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    example = example.replace("from t2s_client import Face\n", "").replace("> 300", "> 3")

    async def scene():
        async with serving() as engine:
            source = example.replace("ws://127.0.0.1:8760/ws", engine.server.websocket_url)
            said: list[tuple] = []

            def show():
                exec(source, {"Face": client.Face, "print": lambda *words: said.append(words)})

            await during(engine, show)
            assert said[0][0] == "test"
            assert said[-1][1] == 0.5

    asyncio.run(scene())
