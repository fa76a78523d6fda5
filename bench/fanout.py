"""One server, 1,000 clients, some of them stalled: how late frames are and what that costs.

    python -m bench.fanout --clients 1000 --seconds 10 --stalled 50

The server runs in a process of its own, with the engine's mailbox between a thread that makes 60 frames
a second and the event loop. This process is all the clients: raw sockets, no WebSocket library. Every
frame carries the moment it was made (`captured_ns`; both processes read the same monotonic clock), so
lateness is known where it matters: when a client's bytes were handed to its socket, and when the client
read them.

Half of the stalled clients push-subscribe and stop reading; the other half acknowledge each frame
(``window`` 1) and stop asking. ``--design`` compares other ways to send.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import gc
import importlib
import itertools
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Final, Protocol

import msgpack
import numpy as np
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

from bench.memory import resident_bytes
from bench.report import Row, Table, judge, latency_row, machine, text
from engine.mailbox import FrameMailbox
from engine.metrics import LatencyRecorder, LatencySummary, Metrics
from engine.server.connection import DirectPipe
from engine.server.http import Site
from engine.server.protocol import Encoding, Hello, Stream, encode_frame
from engine.server.websocket import Server, ServerConfig
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_S, FRAME_SAMPLES
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, Frame, VoiceReading

DESIGNS: Final = ("direct", "websockets", "picows")
WARM_UP_S: Final = 1.0
ASKED_S: Final = 0.1
"""Time for a frame that a client asked for to arrive before it stalls."""
DRAIN_S: Final = 1.5
"""How long woken clients are watched."""
READ_BYTES: Final = 65_536
FRAME_NS: Final = round(FRAME_S * 1e9)
HOST: Final = "127.0.0.1"
MEGABYTE: Final = 1e6
BINARY: Final = 0x82
PING: Final = 0x89
PONG: Final = 0x8A
ARRAY_OF_9: Final = 0x99
TIMED_EVERY: Final = 10
"""The writes of one client in ten are timed: timing all of them takes 6 % of a core."""
STALL_MOST_S: Final = 8.0
"""Longer than this, and the server's keep-alive would rightly close a client that does not answer."""


# --- the serving process --------------------------------------------------------------------------


class FrameSource(threading.Thread):
    """The hot thread's place: a frame every 1/60 s, timed when it is made."""

    def __init__(self, mailbox: FrameMailbox) -> None:
        super().__init__(name="frames", daemon=True)
        self._mailbox = mailbox
        self._ended = threading.Event()
        self.made = 0

    def run(self) -> None:  # type: ignore[explicit-override] # typing.override is new in Python 3.12
        """Make frames until told to end."""
        noise = np.random.default_rng(0)
        due_ns = time.perf_counter_ns()
        while not self._ended.is_set():
            due_ns += FRAME_NS
            time.sleep(max(0.0, (due_ns - time.perf_counter_ns()) * 1e-9))
            self._mailbox.put(make_frame(self.made, time.perf_counter_ns(), noise))
            self.made += 1

    def end(self) -> None:
        """Make no more frames."""
        self._ended.set()
        self.join()


def make_frame(seq: int, now_ns: int, noise: np.random.Generator) -> Frame:
    """A frame of ordinary size with every stream in it."""

    def values(count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return noise.random(count, np.float32)

    return Frame(
        seq=seq,
        pts_samples=seq * FRAME_SAMPLES,
        available_samples=seq * FRAME_SAMPLES,
        captured_ns=now_ns,
        song_s=-1.0,
        actions=values(ACTION_COUNT),
        arkit=values(ARKIT_COUNT),
        flame=FlamePose(values(EXPRESSION_COUNT), values(3), values(3), values(6), values(3)),
        voice=VoiceReading(220.0, True, -20.0, 1.0),
    )


class Sender(Protocol):
    """One way to serve frames."""

    port: int

    async def start(self) -> None:
        """Listen."""
        ...

    async def close(self) -> None:
        """End."""
        ...


class DirectSender:
    """The engine's own server, each write timed."""

    def __init__(
        self, mailbox: FrameMailbox, clients: int, written: LatencyRecorder, begun: LatencyRecorder
    ) -> None:
        newest_ns = 0

        class TimedPipe(DirectPipe):
            def try_write(self, message: bytes) -> bool:  # type: ignore[explicit-override]
                went = super().try_write(message)
                if went and newest_ns:
                    written.add_ns(time.perf_counter_ns() - newest_ns)
                return went

        class WatchedMailbox(FrameMailbox):
            async def get(self) -> Frame:  # type: ignore[explicit-override]
                nonlocal newest_ns
                frame = await mailbox.get()
                newest_ns = frame.captured_ns
                begun.add_ns(time.perf_counter_ns() - newest_ns)
                return frame

        places = itertools.count()

        class SampledServer(Server):
            @staticmethod
            def pipe(  # type: ignore[explicit-override]
                connection: ServerConnection,
            ) -> DirectPipe:
                timed = next(places) % TIMED_EVERY == 0
                return TimedPipe(connection) if timed else DirectPipe(connection)

        self._server = SampledServer(
            ServerConfig(host=HOST, port=0, max_clients=clients + 8),
            Hello("bench", 0, "none"),
            WatchedMailbox(),
            Metrics(),
            Site(),
        )
        self.port = 0

    async def start(self) -> None:
        """Listen."""
        await self._server.start()
        self.port = self._server.port

    async def close(self) -> None:
        """End."""
        await self._server.close()


class BroadcastSender:
    """Plain `websockets`: its `broadcast` to every connection."""

    def __init__(self, mailbox: FrameMailbox, written: LatencyRecorder, begun: LatencyRecorder) -> None:
        self._mailbox = mailbox
        self._recorders = (written, begun)
        self.port = 0

    async def start(self) -> None:
        """Listen."""
        connections: set[ServerConnection] = set()

        async def handle(connection: ServerConnection) -> None:
            connections.add(connection)
            try:
                await connection.wait_closed()
            finally:
                connections.discard(connection)

        def send(frame: Frame) -> None:
            broadcast(connections, encode_frame(Encoding.MSGPACK, frame, tuple(Stream)))

        self._server = await serve(
            handle, HOST, 0, subprotocols=[Subprotocol(Encoding.MSGPACK)], compression=None, backlog=2048
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._task = asyncio.create_task(_pump(self._mailbox, send, *self._recorders))

    async def close(self) -> None:
        """End."""
        self._task.cancel()
        for connection in tuple(self._server.connections):
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()


class PicowsSender:
    """The `picows` library (Cython), one message built once and sent to every transport."""

    def __init__(self, mailbox: FrameMailbox, written: LatencyRecorder, begun: LatencyRecorder) -> None:
        self._mailbox = mailbox
        self._recorders = (written, begun)
        self.port = 0

    async def start(self) -> None:
        """Listen. The library is only needed here: ``pip install picows``."""
        picows: Any = importlib.import_module("picows")
        transports: set[Any] = set()

        class Peer(picows.WSListener):  # type: ignore[misc]
            def on_ws_connected(self, transport: Any) -> None:  # noqa: ANN401 - an optional library's
                transports.add(transport)

            def on_ws_disconnected(self, transport: Any) -> None:  # noqa: ANN401 - an optional library's
                transports.discard(transport)

        def accept(_request: object) -> object:
            chosen = {"Sec-WebSocket-Protocol": str(Encoding.MSGPACK)}
            response = picows.WSUpgradeResponse.create_101_response(extra_headers=chosen)
            return picows.WSUpgradeResponseWithListener(response, Peer())

        def send(frame: Frame) -> None:
            payload = encode_frame(Encoding.MSGPACK, frame, tuple(Stream))
            for transport in transports:
                if transport.underlying_transport.get_write_buffer_size() == 0:
                    transport.send(picows.WSMsgType.BINARY, payload)

        self._server = await picows.ws_create_server(accept, HOST, 0, backlog=2048)
        self.port = self._server.sockets[0].getsockname()[1]
        self._task = asyncio.create_task(_pump(self._mailbox, send, *self._recorders))
        self._transports = transports

    async def close(self) -> None:
        """End."""
        self._task.cancel()
        for transport in tuple(self._transports):
            transport.disconnect()
        self._server.close()


async def _pump(
    mailbox: FrameMailbox,
    send: Callable[[Frame], None],
    written: LatencyRecorder,
    begun: LatencyRecorder,
) -> None:
    """Frames from the mailbox to a design that sends one whole frame at a time."""
    while True:
        frame = await mailbox.get()
        begun.add_ns(time.perf_counter_ns() - frame.captured_ns)
        send(frame)
        written.add_ns(time.perf_counter_ns() - frame.captured_ns)
        await asyncio.sleep(0)


async def serve_process(design: str, clients: int) -> None:
    """Serve until told to stop on stdin; talk JSON lines on stdout."""
    mailbox = FrameMailbox()
    written = LatencyRecorder(2**21)
    begun, turns = LatencyRecorder(), LatencyRecorder()
    makers: dict[str, Callable[[], Sender]] = {
        "direct": lambda: DirectSender(mailbox, clients, written, begun),
        "websockets": lambda: BroadcastSender(mailbox, written, begun),
        "picows": lambda: PicowsSender(mailbox, written, begun),
    }
    sender = makers[design]()
    begun_s = begun_cpu_s = 0.0
    begun_made = 0
    gc.freeze()  # as the engine does
    await sender.start()
    source = FrameSource(mailbox)
    ticker = asyncio.create_task(_loop_lateness(turns))
    print(json.dumps({"port": sender.port}), flush=True)
    while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
        match command:
            case "go":
                source.start()
            case "measure":
                for recorder in (written, begun, turns):
                    recorder.clear()
                begun_s, begun_cpu_s, begun_made = time.perf_counter(), time.process_time(), source.made
            case "report":
                passed_s = time.perf_counter() - begun_s
                report = {
                    "cpu": (time.process_time() - begun_cpu_s) / passed_s,
                    "made_hz": (source.made - begun_made) / passed_s,
                    "begun": _as_dict(begun.summary()),
                    "written": _as_dict(written.summary()),
                    "turns": _as_dict(turns.summary()),
                }
                print(json.dumps(report), flush=True)
            case "stop":
                source.end()
            case "memory":
                print(json.dumps({"bytes": resident_bytes()}), flush=True)
    ticker.cancel()
    await sender.close()


async def _loop_lateness(turns: LatencyRecorder) -> None:
    """How much later than asked for the event loop gives a turn: what a ping or a handshake waits."""
    while True:
        asked_ns = time.perf_counter_ns() + 10_000_000
        await asyncio.sleep(0.01)
        turns.add_ns(max(0, time.perf_counter_ns() - asked_ns))


def _as_dict(summary: LatencySummary) -> dict[str, float]:
    return {name: getattr(summary, name) for name in LatencySummary.__slots__}


# --- the clients ----------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class LoadClient:
    """One raw connection.

    Attributes:
        sock: Its socket.
        window: 1 where it acknowledges each frame before it takes the next, 0 where frames are pushed.
        frames: How many frames it read.
        newest_seq: Of the frame read last.
        rest: Bytes of a message that is not complete yet.
        woke_ns: When it woke from a stall; 0 while it has not.
        first_age_ns: Age of the first frame read after it woke.
        fresh_after_ns: How long after it woke it first read a frame at most two frames old.
        stale: Frames older than that, read after it woke.
        asking: Whether it asks for more (window only).
    """

    sock: socket.socket
    window: int = 0
    frames: int = 0
    newest_seq: int = -1
    rest: bytes = b""
    woke_ns: int = 0
    first_age_ns: int = -1
    fresh_after_ns: int = -1
    stale: int = 0
    asking: bool = True

    def take(self, now_ns: int, received: LatencyRecorder | None) -> bool:
        """Read what came; False where the server is gone."""
        try:
            data = self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        for seq, captured_ns in self._frames(data):
            self.frames += 1
            self.newest_seq = seq
            if received is not None:
                received.add_ns(now_ns - captured_ns)
            if self.woke_ns:
                self._judge(now_ns, captured_ns)
            if self.window and self.asking:
                self.acknowledge()
        return True

    def _frames(self, data: bytes) -> Iterator[tuple[int, int]]:
        """``seq`` and ``captured_ns`` of each whole frame in what came."""
        if self.rest:
            data = self.rest + data
        at, end = 0, len(data)
        while end - at >= 4:
            size, head = data[at + 1], 2
            if size == 126:
                size, head = (data[at + 2] << 8) | data[at + 3], 4
            body = at + head
            if end < body + size:
                break
            if data[at] == BINARY and data[body] == ARRAY_OF_9:
                yield frame_head(data, body)
            elif data[at] == PING:
                self.sock.send(struct.pack(">BBI", PONG, 0x80 | size, 0) + data[body : body + size])
            at = body + size
        self.rest = data[at:]

    def _judge(self, now_ns: int, captured_ns: int) -> None:
        """Note how old a frame is that came after a stall."""
        age_ns = now_ns - captured_ns
        if self.first_age_ns < 0:
            self.first_age_ns = age_ns
        if age_ns > 2 * FRAME_NS + FRAME_NS // 2:
            self.stale += 1
        elif self.fresh_after_ns < 0:
            self.fresh_after_ns = now_ns - self.woke_ns

    def acknowledge(self) -> None:
        """Ask for the next frame."""
        self.sock.send(masked({"type": "ack", "seq": self.newest_seq}))


def frame_head(data: bytes, at: int) -> tuple[int, int]:
    """``seq`` and ``captured_ns`` of a msgpack frame that starts at ``at``."""
    at += 7  # array header and the string "frame"
    numbers = []
    for _ in range(3):
        kind = data[at]
        width = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}.get(kind, 0)
        numbers.append(int.from_bytes(data[at + 1 : at + 1 + width], "big") if width else kind)
        at += 1 + width
    return numbers[0], numbers[2]


def masked(message: dict[str, Any]) -> bytes:
    """A client's WebSocket message; the mask is zero, so the payload stays as it is."""
    payload: bytes = msgpack.packb(message)
    return struct.pack(">BBI", 0x82, 0x80 | len(payload), 0) + payload


def open_client(port: int, window: int) -> LoadClient:
    """Connect, shake hands and subscribe to everything at 60 Hz."""
    sock = socket.create_connection((HOST, port), timeout=20)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /ws HTTP/1.1\r\nHost: {HOST}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {Encoding.MSGPACK}\r\n\r\n"
    )
    sock.sendall(request.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        chunk = sock.recv(READ_BYTES)
        if not chunk:
            raise ConnectionError("the server closed during the handshake")
        answer += chunk
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise ConnectionError(head.decode(errors="replace"))
    streams = [str(stream) for stream in Stream]
    sock.sendall(masked({"type": "subscribe", "streams": streams, "rate_hz": 60, "window": window}))
    sock.setblocking(False)
    return LoadClient(sock, window, rest=rest)


@dataclass(slots=True)
class Crowd:
    """All clients of one measurement.

    Attributes:
        clients: Every client.
        selector: Those that read.
        received: Frame made to client read, for clients that never stalled.
        lost: Clients that the server closed.
    """

    clients: list[LoadClient]
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    received: LatencyRecorder = field(default_factory=lambda: LatencyRecorder(2**21))
    lost: int = 0

    def read(self, seconds: float, *, record: bool) -> None:
        """Read for this long."""
        ends_s = time.perf_counter() + seconds
        recorder = self.received if record else None
        while (left_s := ends_s - time.perf_counter()) > 0:
            for key, _ in self.selector.select(left_s):
                client: LoadClient = key.data
                now_ns = time.perf_counter_ns()
                if not client.take(now_ns, None if client.woke_ns or client.window else recorder):
                    self.selector.unregister(client.sock)
                    self.lost += 1

    def add(self, client: LoadClient) -> None:
        """Read this client from now on."""
        self.selector.register(client.sock, selectors.EVENT_READ, client)

    def close(self) -> None:
        """Close every socket."""
        self.selector.close()
        for client in self.clients:
            client.sock.close()


@dataclass(frozen=True, slots=True)
class Result:
    """What one design did."""

    design: str
    server: dict[str, Any]
    received: LatencySummary
    delivered_hz: float
    growth_mb: float
    push: list[LoadClient]
    pull: list[LoadClient]
    lost: int


class ServerProcess:
    """The serving process and the conversation with it."""

    def __init__(self, design: str, clients: int) -> None:
        options = ("--design", design, "--clients", str(clients))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.fanout", "--serve", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port: int = self._hear()["port"]

    def tell(self, command: str) -> None:
        """Send one command."""
        _pipe(self._process.stdin).write(f"{command}\n")
        _pipe(self._process.stdin).flush()

    def ask(self, command: str) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self.tell(command)
        return self._hear()

    def close(self) -> None:
        """End the process."""
        _pipe(self._process.stdin).close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _pipe(self._process.stdout).close()

    def _hear(self) -> dict[str, Any]:
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"the server process ended with code {self._process.wait()}")
        heard: dict[str, Any] = json.loads(line)
        return heard


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise RuntimeError("the process was started without a pipe")
    return stream


def run_design(design: str, clients: int, stalled: int, seconds: float) -> Result:
    """Measure one way to serve.

    Args:
        design: One of `DESIGNS`.
        clients: How many clients in all.
        stalled: How many of them stop reading (every other one stops asking first) for the second half.
        seconds: Measured time.
    """
    allow_sockets(clients + 64)
    server = ServerProcess(design, clients)
    crowd = Crowd([])
    try:
        for i in range(clients):
            window = 1 if design == "direct" and i < stalled and i % 2 else 0
            crowd.clients.append(open_client(server.port, window))
            crowd.add(crowd.clients[-1])
        server.tell("go")
        crowd.read(WARM_UP_S, record=False)
        sleepers, awake = crowd.clients[:stalled], crowd.clients[stalled:]
        stall_s = min(seconds / 2, STALL_MOST_S)
        before = sum(client.frames for client in awake)
        server.tell("measure")
        begun_s = time.perf_counter()
        crowd.read(seconds - stall_s, record=True)
        for client in sleepers:
            client.asking = False  # a frame that was asked for is still read; then it asks no more
        crowd.read(ASKED_S, record=True)
        for client in sleepers:
            crowd.selector.unregister(client.sock)
        memory_before = server.ask("memory")["bytes"]
        crowd.read(stall_s - ASKED_S, record=True)
        growth = server.ask("memory")["bytes"] - memory_before
        passed_s = time.perf_counter() - begun_s
        report = server.ask("report")
        delivered = sum(client.frames for client in awake) - before
        _wake(crowd, sleepers)
        crowd.read(DRAIN_S, record=False)
        server.tell("stop")
    finally:
        crowd.close()
        server.close()
    return Result(
        design,
        report,
        crowd.received.summary(),
        delivered / max(1, len(awake)) / passed_s,
        growth / MEGABYTE,
        [c for c in sleepers if not c.window],
        [c for c in sleepers if c.window],
        crowd.lost,
    )


def _wake(crowd: Crowd, sleepers: list[LoadClient]) -> None:
    for client in sleepers:
        client.asking = True
        client.woke_ns = time.perf_counter_ns()
        if client.window:
            with contextlib.suppress(OSError):
                client.acknowledge()
        crowd.add(client)


def allow_sockets(count: int) -> None:
    """Let this process and its children open so many files, where the system has such a limit."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


# --- what is shown --------------------------------------------------------------------------------


def measure(clients: int, stalled: int, seconds: float) -> list[Table]:
    """The engine's own server with this many clients."""
    command = f"python -m bench.fanout --clients {clients} --stalled {stalled} --seconds {seconds:g}"
    return tables(run_design("direct", clients, stalled, seconds), clients, command)


def tables(result: Result, clients: int, command: str) -> list[Table]:
    """What one design did, as tables."""
    begun, written, turns = (_summary(result.server[key]) for key in ("begun", "written", "turns"))
    lateness = Table(
        f"Fan-out, {result.design}: {clients} clients at {FRAME_RATE_HZ} frames a second",
        command,
        (
            latency_row(
                "made to sending begun", begun, judge(begun.p99_ms, "fanout", "lateness_p99_ms")
            ),
            latency_row(
                "made to socket written", written, judge(written.p99_ms, "fanout", "lateness_p99_ms")
            ),
            latency_row("made to client read", result.received),
            latency_row("event loop turn", turns),
            Row("server, % of a core", {"mean": 100 * result.server["cpu"]}),
            Row("frames made, Hz", {"mean": result.server["made_hz"]}),
            Row("delivered a client, Hz", {"mean": result.delivered_hz}),
            Row("clients lost", {"mean": result.lost}),
        ),
        "`made to sending begun` is how late the server gets to a frame at all, `made to socket written`"
        " is over every client's write (for other designs: the last client's), `made to client read`"
        " includes the one process that is all the clients, `event loop turn` is what a ping or a"
        " handshake waits for.",
    )
    return [lateness, _stall_table(result, clients, command)] if result.push else [lateness]


def _stall_table(result: Result, clients: int, command: str) -> Table:
    rows = [
        Row(
            "server memory, MB",
            {"growth": result.growth_mb},
            judge(result.growth_mb, "fanout", "stalled_growth_mb"),
        )
    ]
    for name, woken in (("asked (window 1)", result.pull), ("pushed (window 0)", result.push)):
        if not woken:
            continue
        ages = [c.first_age_ns / FRAME_NS for c in woken if c.first_age_ns >= 0]
        fresh = [c.fresh_after_ns * 1e-6 for c in woken if c.fresh_after_ns >= 0]
        oldest = max(ages, default=0.0)
        figures = {
            "woke": float(len(ages)),
            "first age": oldest,
            "stale frames": max(c.stale for c in woken),
            "fresh ms": max(fresh, default=0.0),
        }
        verdict = judge(oldest, "fanout", "stalled_wake_frames") if name.startswith("asked") else ""
        rows.append(Row(name, figures, verdict))
    return Table(
        f"Stalled clients among {clients}, {result.design}",
        command,
        tuple(rows),
        "`first age`: the oldest first frame that a woken client read, in frames. `stale frames`: the"
        " most that one had to read before a fresh one; they sat in kernel buffers. `fresh ms`: the"
        " longest from waking to a frame at most two frames old.",
    )


def _summary(values: dict[str, float]) -> LatencySummary:
    return LatencySummary(count=int(values.pop("count")), **values)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--stalled", type=int, default=50)
    parser.add_argument("--design", choices=[*DESIGNS, "all"], default="direct")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve_process(options.design, options.clients))
        return 0
    print(machine())
    for design in DESIGNS if options.design == "all" else (options.design,):
        result = run_design(design, options.clients, options.stalled, options.seconds)
        for table in tables(result, options.clients, ""):
            print("\n" + text(table), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
