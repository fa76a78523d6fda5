"""`t2s listen` against a real server."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket

import pytest

from engine.commands import listen
from engine.commands.listen import Watch, websocket_url
from t2s_rt.errors import ConfigError
from tests.engine.server.serving import Engine, make_frame, serving


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    listen.register(parser.add_subparsers())
    return parser.parse_args(["listen", *arguments])


async def run_beside(engine: Engine, *arguments: str) -> int:
    """The exit code of `t2s listen` while frames come."""
    chosen = options(engine.server.websocket_url, *arguments)
    running = asyncio.create_task(asyncio.to_thread(chosen.run, chosen))
    clock_ns = engine.server._clock_ns
    while not running.done():
        engine.seq += 1
        engine.mailbox.put(make_frame(engine.seq, captured_ns=clock_ns() - 5_000_000))
        await asyncio.sleep(0.01)
    return await running


def test_a_line_shows_the_face_and_the_end_says_what_came(capsys):
    async def scene():
        async with serving() as engine:
            assert await run_beside(engine, "--seconds", "0.6") == 0

    asyncio.run(scene())
    out = capsys.readouterr().out
    assert "jaw #####      0.50" in out
    assert "220.0 Hz" in out
    assert " 0 missing, 0 dropped" in out
    assert "capture to here p50" in out
    assert "Listened for 0.6 s." in out


def test_json_lines_hold_named_values(capsys):
    async def scene():
        async with serving() as engine:
            arguments = ("--streams", "flame", "arkit", "--rate", "30", "--seconds", "0.5", "--json")
            assert await run_beside(engine, *arguments) == 0

    asyncio.run(scene())
    frames = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(frames) > 5
    assert {f["seq"] % 2 for f in frames} == {0}
    assert frames[0]["arkit"]["jawOpen"] == 0.5
    assert frames[0]["flame"]["jaw_pose"] == [0.5] * 3
    assert "actions" not in frames[0]
    assert all(4 < f["latency_ms"] < 1000 for f in frames if f["latency_ms"] is not None)
    assert frames[-1]["latency_ms"] is not None


def test_the_end_of_the_engine_is_an_end_not_an_error(capsys):
    async def scene():
        async with serving() as engine:
            chosen = options(engine.server.websocket_url)
            running = asyncio.create_task(asyncio.to_thread(chosen.run, chosen))
            await engine.until(lambda: engine.count("t2s_clients") == 1, "connected")
            await asyncio.sleep(0.1)
            await engine.server.close()
            assert await asyncio.wait_for(running, 5) == 0

    asyncio.run(scene())
    assert "(1001): The engine stops." in capsys.readouterr().out


def test_nobody_there_is_a_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chosen = options(f"127.0.0.1:{port}")
    with pytest.raises(ConfigError, match=r"Nothing that speaks t2s answers at .*t2s live"):
        chosen.run(chosen)


def test_a_refusal_is_repeated_in_the_servers_words():
    async def scene():
        async with serving(token="s3cret") as engine:
            wrong = options(engine.server.websocket_url, "--token", "wrong")
            with pytest.raises(ConfigError, match=r"refused \(401\): A token is needed"):
                await asyncio.to_thread(wrong.run, wrong)
            right = options(engine.server.websocket_url, "--token", "s3cret", "--seconds", "0.1")
            assert await asyncio.to_thread(right.run, right) == 0

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("localhost", "ws://localhost:8760/ws"),
        ("studio.lan:9000", "ws://studio.lan:9000/ws"),
        ("http://127.0.0.1:8760/", "ws://127.0.0.1:8760/ws"),
        ("https://face.example:443/?token=t", "wss://face.example:443/ws?token=t"),
        ("ws://[::1]:8760", "ws://[::1]:8760/ws"),
    ],
)
def test_addresses_as_people_type_them(typed, url):
    assert websocket_url(typed) == url


@pytest.mark.parametrize("typed", ["ftp://x", "ws://", "ws://x:port", "ws://x:99999"])
def test_what_is_no_address(typed):
    with pytest.raises(ConfigError, match="is no address"):
        websocket_url(typed)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan"])
def test_no_length_of_time(seconds):
    chosen = options("--seconds", seconds)
    with pytest.raises(ConfigError, match="length of time"):
        chosen.run(chosen)


def test_gaps_are_counted_at_the_rate_asked_for():
    watch = Watch(hello={"sample_rate_hz": 48000})
    for seq in (0, 4, 16, 20):
        watch.take_frame(["frame", seq, 0, 0, -1.0, None, None, None, None], 0, step=4)
    assert (watch.frames, watch.gaps) == (4, 2)


def test_the_quickest_round_trip_tells_the_clock():
    watch = Watch()
    watch.take_pong({"client_ns": 0, "server_ns": 1_000_500}, now_ns=1000)
    watch.take_pong({"client_ns": 10_000, "server_ns": 0}, now_ns=90_000)
    assert watch.offset_ns == 1_000_000
