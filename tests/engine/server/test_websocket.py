"""The server over real sockets: what clients get, and what bad clients get."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import socket
import struct
import subprocess
import time

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from engine.server import websocket
from engine.server.protocol import Encoding, SourceState, Status
from engine.server.websocket import MESSAGE_BURST, ServerConfig
from t2s_rt.errors import ConfigError
from tests.engine.server.serving import (
    PATIENCE_S,
    exchange,
    make_frame,
    masked,
    peer,
    serving,
    upgrade_request,
)

# --- the ordinary way -----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", Encoding)
def test_hello_then_status_then_frames(alone, encoding):
    async def scene():
        async with serving() as engine:
            engine.server.set_status(Status("demo", SourceState.RUNNING, "mouth", ("quiet",)))
            async with peer(engine, encoding) as client:
                hello = await client.hear()
                assert (hello["type"], hello["protocol"], hello["server"]) == ("hello", 1, "test")
                status = await client.hear()
                assert (status["type"], status["source"], status["warnings"]) == (
                    "status", "demo", ["quiet"],
                )  # fmt: skip
                await client.subscribe("arkit")
                await engine.publish()
                frame = await client.hear_frame()
                arkit = frame["arkit"] if encoding is Encoding.JSON else frame[6]
                assert len(arkit) == (52 if encoding is Encoding.JSON else 208)

    alone(scene())


def test_nothing_is_sent_before_a_client_subscribes_and_after_it_unsubscribes(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await engine.publish(3)
            await client.subscribe("voice")
            await engine.publish()
            assert (await client.hear_frame())[1] == 3
            await client.subscribe()
            await engine.publish(2)
            await client.subscribe("voice")
            await engine.publish()
            assert (await client.hear_frame())[1] == 6

    alone(scene())


@pytest.mark.parametrize(("rate_hz", "step"), [(60, 1), (30, 2), (15, 4)])
def test_rates_are_every_frame_every_second_every_fourth(alone, rate_hz, step):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("voice", rate_hz=rate_hz)
            seen = []
            for _ in range(9):
                await engine.publish()
                if engine.seq % step == 0:
                    seen.append((await client.hear_frame())[1])
            assert seen == list(range(0, 9, step))

    alone(scene())


def test_a_pong_tells_the_server_clock(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            before_ns = time.perf_counter_ns()
            await client.say({"type": "ping", "client_ns": 2**62 + 1})
            pong = await client.hear_type("pong")
            assert pong["client_ns"] == 2**62 + 1
            assert before_ns < pong["server_ns"] < time.perf_counter_ns()

    alone(scene())


def test_a_type_from_the_future_is_answered_and_the_connection_stays(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.say({"type": "lights", "position_s": 3.5})
            error = await client.hear_type("error")
            assert error["code"] == "unknown"
            assert "lights" in error["message"]
            await client.settle()

    alone(scene())


def test_a_status_comes_when_it_changes_and_only_then(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.hear_type("status")
            for name in ("a", "a", "b"):
                engine.server.set_status(Status(name))
            heard = [(await client.hear_type("status"))["source"] for _ in range(2)]
            assert heard == ["a", "b"]

    alone(scene())


def test_capture_to_wire_is_measured_when_there_is_a_clock(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("voice")
            engine.mailbox.put(make_frame(0, captured_ns=time.perf_counter_ns() - 5_000_000))
            await client.hear_frame()
            summary = engine.metrics.capture_to_wire_ms.summary()
            assert summary.count == 1
            assert 5 < summary.p50_ms < 1000

    alone(scene())


def test_a_frame_that_is_not_finite_is_left_out_and_the_show_goes_on(alone, caplog):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("arkit")
            broken = make_frame(0)
            broken.arkit[0] = float("nan")
            for _ in range(2):
                engine.mailbox.put(broken)
                await asyncio.sleep(0.01)
            engine.seq = 1
            await engine.publish()
            assert (await client.hear_frame())[1] == 2
            assert engine.count("t2s_frames_refused_total") == 2

    with caplog.at_level(logging.ERROR):
        alone(scene())
    assert len(caplog.records) == 1


# --- slow clients ---------------------------------------------------------------------------------


def test_a_window_holds_frames_back_and_then_gives_the_newest(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("voice", window=1)
            await engine.publish()
            assert (await client.hear_frame())[1] == 0
            newest = await engine.publish(50)
            await client.say({"type": "ack", "seq": 0})
            assert (await client.hear_frame())[1] == newest
            assert engine.count("t2s_client_drops_total") == 49
            status = await client.hear_type("status")
            assert status["dropped_frames"] == 49

    alone(scene())


def test_a_wider_window_lets_that_many_frames_travel(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("voice", window=3)
            await engine.publish(10)
            seen = [(await client.hear_frame())[1] for _ in range(3)]
            assert seen == [0, 1, 2]
            await client.say({"type": "ack", "seq": 2})
            assert (await client.hear_frame())[1] == 9

    alone(scene())


def test_acknowledging_what_was_never_sent_is_a_violation(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("voice", window=1)
            await client.say({"type": "ack", "seq": 5})
            assert await client.closed() == (1008, "ack: frame 5 was never sent.")
            assert engine.count("t2s_violations_total", code="1008") == 1

    alone(scene())


def stalled_socket(port: int, window: int) -> socket.socket:
    """A raw client that subscribes and then never reads."""
    raw = socket.create_connection(("127.0.0.1", port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.sendall(upgrade_request(port))
    streams = ["actions", "arkit", "flame", "voice"]
    raw.sendall(masked(msgpack.packb({"type": "subscribe", "streams": streams, "window": window})))
    return raw


def test_a_client_that_never_reads_costs_one_frame_and_starves_nobody(alone):
    async def scene():
        async with serving() as engine, peer(engine) as reader:
            await reader.subscribe("voice")
            raw = stalled_socket(engine.server.port, window=0)
            try:
                await engine.until(lambda: engine.count("t2s_clients") == 2, "second client")
                for _ in range(1500):
                    engine.mailbox.put(make_frame(engine.seq + 1))
                    engine.seq += 1
                    assert (await reader.hear_frame())[1] == engine.seq
                waiting = [c.transport.get_write_buffer_size() for c in engine.server._connections]
                assert max(waiting) < 2000  # at most one frame partly written
                assert engine.count("t2s_client_drops_total") > 1000
                clients = engine.server._broadcaster._clients
                assert sum(len(c._unacknowledged) for c in clients) == 0
            finally:
                raw.close()

    alone(scene())


def frame_numbers(data: bytes) -> list[int]:
    """The numbers of all whole frames in what a raw client read."""
    data = data.partition(b"\r\n\r\n")[2] if data.startswith(b"HTTP") else data
    seen = []
    while len(data) >= 4:
        size, head = (struct.unpack(">H", data[2:4])[0], 4) if data[1] == 126 else (data[1], 2)
        if len(data) < head + size:
            break
        body = data[head : head + size]
        if body[:1] == b"\x99":
            seen.append(msgpack.unpackb(body)[1])
        data = data[head + size :]
    return seen


def read_frames(raw: socket.socket, beyond: int) -> list[int]:
    """The numbers of all frames up to the first that is newer than ``beyond``."""
    data, seen = b"", []
    raw.settimeout(PATIENCE_S)
    while not seen or seen[-1] <= beyond:
        data += raw.recv(65536)
        seen = frame_numbers(data)
    return seen


def test_a_client_that_asks_for_each_frame_wakes_to_a_fresh_one(alone):
    async def scene():
        async with serving() as engine:
            raw = stalled_socket(engine.server.port, window=1)
            try:
                await engine.until(lambda: engine.count("t2s_clients") == 1, "the client")
                await asyncio.sleep(0.05)
                await engine.publish()
                assert await asyncio.to_thread(read_frames, raw, -1) == [0]
                newest = await engine.publish(600)
                raw.sendall(masked(msgpack.packb({"type": "ack", "seq": 0})))
                first = await asyncio.to_thread(read_frames, raw, -1)
                assert newest - first[0] <= 2
            finally:
                raw.close()

    alone(scene())


def test_a_client_that_is_pushed_at_wakes_to_what_its_kernel_held_then_to_the_newest(alone):
    async def scene():
        async with serving() as engine:
            raw = stalled_socket(engine.server.port, window=0)
            try:
                await engine.until(lambda: engine.count("t2s_clients") == 1, "the client")
                await asyncio.sleep(0.05)
                stalled_at = await engine.publish(600)
                reading = asyncio.create_task(asyncio.to_thread(read_frames, raw, stalled_at))
                while not reading.done():
                    await engine.publish()
                    await asyncio.sleep(0.01)
                seen = await reading
                assert seen == sorted(set(seen))
                assert len(seen) < 100  # bounded by socket buffers, not by the length of the stall
            finally:
                raw.close()

    alone(scene())


# --- bad clients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", Encoding)
def test_a_message_of_one_megabyte_is_too_big(alone, encoding):
    async def scene():
        async with serving() as engine, peer(engine, encoding) as client:
            with contextlib.suppress(ConnectionClosed):
                await client.socket.send("x" * 2**20 if encoding is Encoding.JSON else bytes(2**20))
            code, _ = await client.closed()
            assert code == 1009
            await engine.until(lambda: engine.count("t2s_violations_total", code="1009") == 1, "counted")

    alone(scene())


@pytest.mark.parametrize(
    ("encoding", "message", "code"),
    [
        (Encoding.MSGPACK, b"\xc1\xc1\xc1", 1007),
        (Encoding.MSGPACK, b"\xdf\xff\xff\xff\xff", 1007),
        (Encoding.MSGPACK, "text", 1003),
        (Encoding.JSON, "{broken", 1007),
        (Encoding.JSON, b"\0\0", 1003),
        (Encoding.JSON, '{"type":"subscribe","streams":["face"]}', 1008),
        (Encoding.JSON, '{"type":"subscribe","streams":[],"surplus":1}', 1008),
        (Encoding.JSON, " " * 5000, 1009),
    ],
)
def test_a_message_that_breaks_the_protocol_closes_with_the_right_code(alone, encoding, message, code):
    async def scene():
        async with serving() as engine, peer(engine, encoding) as client:
            await client.socket.send(message)
            closed_with, reason = await client.closed()
            assert closed_with == code
            assert reason.endswith(".")
            await engine.until(
                lambda: engine.count("t2s_violations_total", code=str(code)) == 1, "counted"
            )
            await engine.until(lambda: engine.count("t2s_clients") == 0, "removed")

    alone(scene())


def test_text_that_is_not_utf8_is_malformed(alone):
    async def scene():
        async with serving() as engine:
            reader, writer = await asyncio.open_connection("127.0.0.1", engine.server.port)
            port = engine.server.port
            writer.write(upgrade_request(port, Sec_WebSocket_Protocol=str(Encoding.JSON)))
            await reader.readuntil(b"\r\n\r\n")
            writer.write(masked(b"\xff\xfe", opcode=1))
            data = await asyncio.wait_for(reader.read(), PATIENCE_S)
            assert struct.pack(">H", 1007) in data
            writer.close()
            await writer.wait_closed()

    alone(scene())


def test_a_flood_of_messages_is_a_violation(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(MESSAGE_BURST * 4):
                    await client.say({"type": "subscribe", "streams": []})
            code, reason = await client.closed()
            assert (code, "messages a second" in reason) == (1008, True)

    alone(scene())


def test_bytes_that_are_no_http_and_silence_are_survived(alone):
    async def scene():
        async with serving() as engine:
            port = engine.server.port
            for junk in (
                b"\x16\x03\x01\x02\x00",
                b"GET\r\n\r\n",
                b"GET / HTTP/9\r\n\r\n",
                b"A" * 100_000,
            ):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(junk)
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
            async with peer(engine) as client:
                await client.settle()

    alone(scene())


# --- who may connect ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"Origin": "http://localhost:5173"}, 101),
        ({"Origin": "https://127.0.0.1"}, 101),
        ({"Origin": "http://[::1]:8000"}, 101),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1.evil.example:8760"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "file://"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({"Host": "rebound.example:8760"}, 403),
        ({"Host": "localhost:8760"}, 101),
        ({"Host": "[::1]:8760"}, 101),
        ({"Sec_WebSocket_Protocol": ""}, 400),
        ({"Sec_WebSocket_Protocol": "obswebsocket.json"}, 400),
        ({"Sec_WebSocket_Protocol": "other, t2s.v1.json"}, 101),
        ({"Sec_WebSocket_Version": "8"}, 400),
    ],
)
def test_origin_host_and_subprotocol_decide_who_may_connect(alone, headers, status):
    async def scene():
        async with serving() as engine:
            port = engine.server.port
            got, _, body = await exchange(port, upgrade_request(port, **headers))
            assert got == status, body
            if status == 403:
                refused = sum(engine.count("t2s_refusals_total", reason=r) for r in ("origin", "host"))
                assert refused == 1

    alone(scene())


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/ws", {}, 401),
        ("/ws?token=wrong", {}, 401),
        ("/ws?token=", {}, 401),
        ("/ws?token=s3cret", {}, 101),
        ("/ws", {"Authorization": "Bearer s3cret"}, 101),
        ("/ws", {"Authorization": "Bearer wrong"}, 401),
        ("/ws?token=s3cret", {"Authorization": "Bearer wrong"}, 401),
        ("/ws", {"Authorization": "Basic s3cret"}, 401),
        ("/ws?token=s3cret", {"Host": "studio.lan:8760", "Origin": "http://studio.lan:8760"}, 101),
        ("/ws?token=s3cret", {"Host": "studio.lan:8760", "Origin": "http://other.lan:8760"}, 403),
    ],
)
def test_open_to_the_network_a_token_decides(alone, path, headers, status):
    async def scene():
        async with serving(host="0.0.0.0", token="s3cret") as engine:
            port = engine.server.port
            assert (await exchange(port, upgrade_request(port, path, **headers)))[0] == status

    alone(scene())


def test_the_websocket_has_two_addresses_and_no_more(alone):
    async def scene():
        async with serving() as engine:
            port = engine.server.port
            found = [(await exchange(port, upgrade_request(port, p)))[0] for p in ("/ws", "/", "/song")]
            assert found == [101, 101, 404]

    alone(scene())


def test_no_extension_is_agreed_on_because_messages_are_made_once_for_all(alone):
    async def scene():
        async with serving() as engine:
            port = engine.server.port
            offer = upgrade_request(port, Sec_WebSocket_Extensions="permessage-deflate")
            status, headers, _ = await exchange(port, offer)
            assert status == 101
            assert "sec-websocket-extensions" not in headers

    alone(scene())


def test_a_refusal_reaches_a_websocket_library_with_its_sentence(alone):
    async def scene():
        async with serving(token="s3cret") as engine:
            with pytest.raises(InvalidStatus) as refused:
                async with peer(engine):
                    pass
            assert refused.value.response.status_code == 401
            assert b"token" in refused.value.response.body

    alone(scene())


def test_no_more_clients_than_places(alone):
    async def scene():
        async with serving(max_clients=2) as engine, peer(engine) as one, peer(engine) as two:
            await one.settle()
            await two.settle()
            with pytest.raises(InvalidStatus) as refused:
                async with peer(engine):
                    pass
            assert refused.value.response.status_code == 503
            await two.socket.close()
            await engine.until(lambda: engine.count("t2s_clients") == 1, "a free place")
            async with peer(engine) as third:
                await third.settle()

    alone(scene())


def test_two_hundred_clients_at_once_all_get_the_frame(alone):
    async def scene():
        async with serving() as engine:
            ready = asyncio.Semaphore(0)

            async def one(place: int):
                encoding = Encoding.JSON if place % 10 == 0 else Encoding.MSGPACK
                async with peer(engine, encoding, open_timeout=20) as client:
                    await client.subscribe("voice")
                    ready.release()
                    frame = await client.hear_frame()
                    return frame[1] if isinstance(frame, list) else frame["seq"]

            crowd = [asyncio.create_task(one(i)) for i in range(200)]
            async with asyncio.timeout(40):
                for _ in crowd:
                    await ready.acquire()
                await engine.publish()
                assert await asyncio.gather(*crowd) == [0] * 200
            await engine.until(lambda: engine.count("t2s_clients") == 0, "all gone")

    alone(scene())


# --- audio from a client --------------------------------------------------------------------------


class Tape:
    """An audio sink that writes down what happens."""

    def __init__(self) -> None:
        self.events: list = []

    def start(self, rate_hz: int, channels: int, sample_format: str) -> None:
        self.events.append(("start", rate_hz, channels, sample_format))

    def write(self, data: bytes) -> None:
        self.events.append(data)

    def stop(self) -> None:
        self.events.append("stop")


START = {"type": "audio_start", "rate_hz": 48000, "channels": 2, "format": "s16"}


@pytest.mark.parametrize("encoding", Encoding)
def test_a_client_can_be_the_microphone(alone, encoding):
    tape = Tape()
    pcm = bytes(range(256)) * 64  # larger than a control message may be

    async def scene():
        async with serving(audio_sink=tape) as engine, peer(engine, encoding) as client:
            await client.say(START)
            await client.socket.send(
                pcm if encoding is Encoding.JSON else msgpack.packb({"type": "audio", "pcm": pcm})
            )
            await client.say({"type": "audio_stop"})
            await client.settle()
            assert tape.events == [("start", 48000, 2, "s16"), pcm, "stop"]
            assert engine.count("t2s_audio_received_samples_total") == len(pcm) // 4

    alone(scene())


def test_a_second_microphone_is_refused_and_its_audio_discarded(alone):
    tape = Tape()

    async def scene():
        async with serving(audio_sink=tape) as engine, peer(engine) as one, peer(engine) as two:
            await one.say(START)
            await one.settle()
            await two.say(START)
            assert (await two.hear_type("error"))["code"] == "audio_busy"
            await two.say({"type": "audio", "pcm": b"\1\2\3\4"})
            await two.settle()
            assert tape.events == [("start", 48000, 2, "s16")]

    alone(scene())


def test_a_microphone_that_goes_away_is_stopped_and_its_place_is_free(alone):
    tape = Tape()

    async def scene():
        async with serving(audio_sink=tape) as engine:
            async with peer(engine) as one:
                await one.say(START)
                await one.settle()
            await engine.until(lambda: tape.events[-1] == "stop", "stopped")
            async with peer(engine) as two:
                await two.say(START)
                await two.settle()
                assert tape.events[-1] == ("start", 48000, 2, "s16")

    alone(scene())


def test_audio_is_refused_where_the_engine_listens_elsewhere(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.say(START)
            assert (await client.hear_type("error"))["code"] == "audio_unavailable"

    alone(scene())


# --- starting and ending --------------------------------------------------------------------------


def test_closing_says_goodbye_and_takes_no_time(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.settle()
            began_s = time.perf_counter()
            await engine.server.close()
            assert await client.closed() == (1001, "The engine stops.")
            assert time.perf_counter() - began_s < 1

    alone(scene())


def test_closing_does_not_wait_for_clients_that_do_not_answer(alone, monkeypatch):
    monkeypatch.setattr(websocket, "CLOSE_GRACE_S", 0.3)

    async def scene():
        async with serving() as engine:
            raw = stalled_socket(engine.server.port, window=0)
            silent = socket.create_connection(("127.0.0.1", engine.server.port))
            try:
                await engine.until(lambda: engine.count("t2s_clients") == 1, "the stalled client")
                await asyncio.sleep(0.05)
                await engine.publish(300)
                async with asyncio.timeout(3):
                    await engine.server.close()
                assert engine.server._connections == set()
            finally:
                raw.close()
                silent.close()

    alone(scene())


def test_closing_twice_and_before_starting_is_harmless(alone):
    async def scene():
        async with serving() as engine:
            await engine.server.close()
            await engine.server.close()

    alone(scene())


def test_a_port_in_use_is_a_sentence_that_names_it_and_the_option(alone):
    async def scene():
        async with serving() as engine:
            with pytest.raises(ConfigError, match=rf"{engine.server.port}.*in use.*--port"):
                async with serving(port=engine.server.port):
                    pass

    alone(scene())


def test_an_address_of_another_machine_is_a_sentence(alone):
    async def scene():
        with pytest.raises(ConfigError, match=r"203\.0\.113\.1.*--host"):
            async with serving(host="203.0.113.1", token="t"):
                pass

    alone(scene())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "studio.lan"])
def test_beyond_loopback_a_token_is_required(host):
    with pytest.raises(ConfigError, match="--token"):
        ServerConfig(host=host)
    assert ServerConfig(host=host, token="t").token == "t"


@pytest.mark.parametrize("settings", [{"port": -1}, {"port": 65536}, {"max_clients": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError):
        ServerConfig(**settings)


def test_addresses(alone):
    async def scene():
        async with serving() as engine:
            port = engine.server.port
            assert port > 0
            assert engine.server.url == f"http://127.0.0.1:{port}/"
            assert engine.server.websocket_url == f"ws://127.0.0.1:{port}/ws"

    alone(scene())


# --- a second implementation ----------------------------------------------------------------------

NODE_CLIENT = """
const net = process.argv[1];
const socket = new WebSocket(net, ['t2s.v1.json']);
socket.onmessage = ({data}) => {
  const message = JSON.parse(data);
  if (message.type === 'hello') {
    socket.send(JSON.stringify({type: 'subscribe', streams: ['arkit', 'voice'], rate_hz: 60}));
    socket.send(JSON.stringify({type: 'ping', client_ns: 7}));
  }
  if (message.type === 'pong') console.log(JSON.stringify({protocol: socket.protocol}));
  if (message.type === 'frame') { console.log(data); socket.close(1000); }
};
socket.onclose = ({code}) => process.exit(code === 1000 ? 0 : 1);
socket.onerror = () => process.exit(3);
"""


def node_command() -> list[str] | None:
    node = shutil.which("node")
    if node is None:
        return None
    for flags in ([], ["--experimental-websocket"]):
        probe = [node, *flags, "-e", "process.exit(typeof WebSocket === 'function' ? 0 : 1)"]
        if subprocess.run(probe, check=False, capture_output=True).returncode == 0:
            return [node, *flags]
    return None


def test_the_websocket_of_node_understands_the_server(alone):
    command = node_command()
    if command is None:
        pytest.skip("needs a node whose WebSocket is built in")

    async def scene():
        async with serving() as engine:
            process = await asyncio.create_subprocess_exec(
                *command, "-e", NODE_CLIENT, engine.server.websocket_url,
                stdout=subprocess.PIPE,
            )  # fmt: skip
            async with asyncio.timeout(20):
                assert json.loads(await process.stdout.readline()) == {"protocol": "t2s.v1.json"}
                await engine.publish()
                frame = json.loads(await process.stdout.readline())
                assert await process.wait() == 0
            assert (frame["type"], frame["seq"], len(frame["arkit"])) == ("frame", 0, 52)

    alone(scene())
