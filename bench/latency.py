"""Sample in to frame at a client's socket, measured live from outside the engine's process.

The engine runs as `t2s live` in a process of its own; a client here reads frames and compares its
clock with the frame's `captured_ns` (both read the same machine-wide monotonic clock). Where the machine
has a loop-back device (a default input that hears the default output, such as a PulseAudio null sink),
bursts are also played out and timed from the output callback to the frame that shows them.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import miniaudio
import msgpack
import numpy as np
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

from bench.memory import resident_bytes
from bench.report import Row, Table, judge, latency_row
from engine.metrics import LatencyRecorder
from engine.server.protocol import Encoding, Stream
from engine.sources.quiet import quieten_drivers
from t2s_rt.audio.synthesis import tone
from t2s_rt.timebase import SAMPLE_RATE_HZ

START_TIMEOUT_S = 20.0
SETTLE_FRAMES = 60
"""Frames not counted: the first second, in which caches and the scheduler settle."""
BURST_S = 0.2
BURST_PERIOD_S = 0.7
HEARD_DBFS = -45.0
LOOP_TIMEOUT_S = 6.0


@dataclass(slots=True)
class Engine:
    """A running `t2s live`.

    Attributes:
        url: WebSocket address.
        process: Its process.
        resident_mb: Largest resident memory seen, 0 where the system does not tell.
        table: What it printed at its end.
    """

    url: str
    process: subprocess.Popen[str]
    resident_mb: float = 0.0
    table: str = ""


@contextmanager
def engine(source: str, seconds: float) -> Generator[Engine]:
    """Start `t2s live` on a free port, and wait for its end."""
    command = [sys.executable, "-m", "engine", "live", "--source", source, "--port", "0"]
    command += ["--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        if address is None:
            _, complaint = process.communicate(timeout=START_TIMEOUT_S)
            raise RuntimeError(f"`{' '.join(command)}` did not start: {line}{complaint}")
        running = Engine(address.group().replace("http", "ws"), process)
        try:
            yield running
        finally:
            running.table, _ = process.communicate(timeout=seconds + START_TIMEOUT_S)


@contextmanager
def client(url: str) -> Generator[tuple[int, Iterator[list[Any]]]]:
    """A client of a running engine: its look-ahead in samples, and frames until the server ends.

    Frames are positional arrays (docs/protocol.md).
    """

    def frames(connection: ClientConnection) -> Iterator[list[Any]]:
        for message in connection:
            decoded = msgpack.unpackb(message)
            if isinstance(decoded, list):
                yield decoded

    with connect(url, subprotocols=[Subprotocol(Encoding.MSGPACK)], compression=None) as connection:
        hello = msgpack.unpackb(connection.recv())
        connection.send(msgpack.packb({"type": "subscribe", "streams": [str(s) for s in Stream]}))
        yield hello["look_ahead_samples"], frames(connection)


def measure(duration_s: float) -> list[Table]:
    """All tables of this bench.

    Args:
        duration_s: Seconds of each live run.
    """
    tables = [capture_to_client("synthetic:vowels", duration_s)]
    if loops_back():
        tables.append(capture_to_client("mic", duration_s))
        tables.append(sound_to_client(duration_s))
    return tables


def capture_to_client(source: str, duration_s: float) -> Table:
    """From the newest sample that a frame needed to the frame in a client's hands."""
    latency, offset = LatencyRecorder(), LatencyRecorder()
    with engine(source, duration_s) as running, client(running.url) as (look_ahead_samples, frames):
        for seen, (_, _, _, captured_ns, *_) in enumerate(frames):
            late_ns = time.perf_counter_ns() - captured_ns
            if seen >= SETTLE_FRAMES and captured_ns:
                latency.add_ns(late_ns)
                offset.add_ms(late_ns / 1e6 + 1e3 * look_ahead_samples / SAMPLE_RATE_HZ)
            if seen % SETTLE_FRAMES == 0:
                running.resident_mb = max(
                    running.resident_mb, resident_bytes(running.process.pid) / 2**20
                )
    summary = latency.summary()
    p50 = judge(summary.p50_ms, "capture_to_wire", "p50_ms")
    p99 = judge(summary.p99_ms, "capture_to_wire", "p99_ms")
    rows = [
        latency_row("capture to client", summary, f"{p50}; {p99}"),
        latency_row("offset, sound ahead (+)", offset.summary()),
    ]
    if running.resident_mb:
        verdict = judge(running.resident_mb, "memory", "resident_mb")
        rows.append(Row("resident memory, MB", {"max": running.resident_mb}, verdict))
    return Table(
        f"Capture to a client's socket, source {source}",
        f"t2s bench latency --seconds {duration_s:g}",
        tuple(rows),
        "The offset adds the look-ahead and carries the sign of ITU-R BT.1359 figures: positive, the "
        "sound is ahead, the mouth is late. The engine's own table of that run:\n\n```\n"
        + running.table.strip()
        + "\n```",
    )


def sound_to_client(duration_s: float) -> Table:
    """From the output callback that begins a burst of tone to the frame that hears it, at a client."""
    heard = LatencyRecorder()
    with (
        engine("mic", duration_s + LOOP_TIMEOUT_S) as running,
        client(running.url) as (_, frames),
        bursts() as begun_ns,
    ):
        quiet, seen = True, 0
        for *_, voice in frames:
            now_ns, loud = time.perf_counter_ns(), voice[2] > HEARD_DBFS
            if loud and quiet and begun_ns and begun_ns[-1] > seen:
                seen = begun_ns[-1]
                heard.add_ns(now_ns - seen)
            quiet = not loud
    return Table(
        "Sound out of the loop-back device to a client's socket",
        f"t2s bench latency --seconds {duration_s:g}",
        (latency_row("burst played to frame", heard.summary()),),
        f"{len(heard)} bursts, timed from the output callback that carries a burst's first sample: "
        "output buffer, loop-back, input buffer, engine and wire together.",
    )


def loops_back() -> bool:
    """Whether the default input hears the default output: plays a burst and listens."""
    captured: list[float] = []
    audible = 10 ** (HEARD_DBFS / 20)

    def listen() -> Generator[None, bytes, None]:
        while True:
            block = yield
            captured.append(float(np.abs(np.frombuffer(block, np.float32)).max(initial=0.0)))

    quieten_drivers()
    listener = listen()
    next(listener)
    try:
        with miniaudio.CaptureDevice(
            input_format=miniaudio.SampleFormat.FLOAT32, nchannels=1, sample_rate=SAMPLE_RATE_HZ
        ) as device:
            device.start(listener)
            with bursts():
                deadline_s = time.perf_counter() + LOOP_TIMEOUT_S
                while max(captured, default=0.0) < audible and time.perf_counter() < deadline_s:
                    time.sleep(BURST_PERIOD_S)
    except miniaudio.MiniaudioError:
        return False
    return max(captured, default=0.0) >= audible


@contextmanager
def bursts() -> Generator[list[int]]:
    """Play a burst of tone every `BURST_PERIOD_S`; yields the times at which bursts began, in ns."""
    burst = tone(440.0, BURST_S, sample_rate_hz=SAMPLE_RATE_HZ)
    period = np.zeros(round(BURST_PERIOD_S * SAMPLE_RATE_HZ), np.float32)
    period[-len(burst) :] = burst
    first = len(period) - len(burst)
    begun_ns: list[int] = []
    lock = threading.Lock()

    def play() -> Generator[bytes, int, None]:
        position = 0
        wanted = yield b""
        while True:
            index = np.arange(position, position + wanted) % len(period)
            starts = np.flatnonzero(index == first)
            if len(starts):
                with lock:
                    begun_ns.append(time.perf_counter_ns())
            position += wanted
            wanted = yield period[index].tobytes()

    player = play()
    next(player)
    with miniaudio.PlaybackDevice(
        output_format=miniaudio.SampleFormat.FLOAT32,
        nchannels=1,
        sample_rate=SAMPLE_RATE_HZ,
        buffersize_msec=20,
    ) as device:
        device.start(player)
        yield begun_ns
