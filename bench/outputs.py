"""Every output at once: what a frame costs the engine and the outputs' process, whoever receives."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Generator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.memory import resident_bytes
from bench.report import Row, Table, judge, latency_row
from engine.clock import NS_PER_S, SystemClock
from engine.metrics import OUTPUT_TIME_BUCKETS_S, Buckets, LatencyRecorder, Metrics
from engine.outputs.ifacialmocap import QUESTION
from engine.outputs.line import Line
from engine.outputs.proxy import Outputs
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.timebase import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from t2s_rt.types import Frame

SCENES = {
    "a frame, all listen": "listening",
    "a frame, none listens": "refusing",
    "a frame, all stall": "stalled",
}
BACK_TO_BACK = 20_000
"""Frames without pauses, about a second."""
FRAME_NS = NS_PER_S // FRAME_RATE_HZ
COUNT_EVERY = FRAME_RATE_HZ // 4
"""The engine counts, and looks for warnings, four times a second."""
TIMED = ("Outputs.", "Worker.", "count_and_warn")
"""Tasks of the event loop that there are because of outputs."""
SETTLE_S = 0.5
STARTS = 5


@dataclass(frozen=True, slots=True)
class Peers:
    """Receivers of one scene.

    Attributes:
        ports: UDP ports by output.
        vts: TCP port that answers VTube Studio's API, or does not.
    """

    ports: dict[str, int]
    vts: int


class Costs:
    """What one scene costs.

    Attributes:
        engine_ms: CPU time of hot thread and event loop, by frame.
        handover_ms: The hot thread's part of it.
        loop_ms: The event loop's part of it.
        turn_ms: How late the event loop's alarm rang, wall time; empty where frames never pause.
        process_ms: Work for a frame in the outputs' process, wall time.
        process_cpu_ms: CPU time of that process a frame that it took, all it does.
        lost: Share of the frames that it did not take.
    """

    def __init__(self) -> None:
        self.engine_ms = LatencyRecorder()
        self.handover_ms = LatencyRecorder()
        self.loop_ms = LatencyRecorder()
        self.turn_ms = LatencyRecorder()
        self.process_ms = LatencyRecorder()
        self.process_cpu_ms = 0.0
        self.lost = 0.0

    def row(self, title: str) -> Row:
        """The scene's row."""
        cost, process = self.engine_ms.summary(), self.process_ms.summary()
        turn = self.turn_ms.summary()
        row = latency_row(title, cost, judge(cost.p99_ms, "outputs", "p99_ms"))
        figures = row.figures | {
            "hand p50": self.handover_ms.summary().p50_ms,
            "hand p99": self.handover_ms.summary().p99_ms,
            "loop p99": self.loop_ms.summary().p99_ms,
            **({"turn p99": turn.p99_ms} if turn.count else {}),
            "there p50": process.p50_ms,
            "there p99": process.p99_ms,
            "there cpu": self.process_cpu_ms,
            "lost": self.lost,
        }
        return Row(row.name, figures, row.verdict)


class Kept(Buckets):
    """A histogram that also keeps what it is told, once it shall.

    Attributes:
        values_ms: Where it is kept; None where it is not.
    """

    values_ms: LatencyRecorder | None = None

    def observe(self, amount: float) -> None:  # type: ignore[explicit-override]
        """Count one value, in s."""
        super().observe(amount)
        if self.values_ms is not None:
            self.values_ms.add_ms(amount * 1e3)


class Spent:
    """CPU time that the event loop takes for outputs: reports, the process's keeper, counting.

    Attributes:
        ns: Total so far.
    """

    def __init__(self) -> None:
        self.ns = 0

    def task(self, loop: asyncio.AbstractEventLoop, coroutine: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        """The loop's task factory."""
        if getattr(coroutine, "__qualname__", "").startswith(TIMED):
            coroutine = Timed(coroutine, self)
        return asyncio.Task(coroutine, loop=loop)

    @contextlib.contextmanager
    def hearing(self) -> Generator[None]:
        """Count what it takes to hear the process."""
        hear = Line.data_received

        def timed(line: Line, data: bytes) -> None:
            begun_ns = time.thread_time_ns()
            hear(line, data)
            self.ns += time.thread_time_ns() - begun_ns

        Line.data_received = timed  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            Line.data_received = hear  # type: ignore[method-assign]


class Timed(Coroutine[Any, Any, Any]):
    """A coroutine whose steps are timed.

    Args:
        inner: The coroutine.
        spent: Where its time is added.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], spent: Spent) -> None:
        self._inner = inner
        self._spent = spent

    # typing.override is new in Python 3.12.
    def send(self, value: Any) -> Any:  # type: ignore[explicit-override] # noqa: ANN401
        """One step."""
        begun_ns = time.thread_time_ns()
        try:
            return self._inner.send(value)
        finally:
            self._spent.ns += time.thread_time_ns() - begun_ns

    def throw(self, *raised: Any) -> Any:  # type: ignore[explicit-override] # noqa: ANN401
        """A step that begins with an exception, such as being cancelled."""
        return self._inner.throw(*raised)

    def close(self) -> None:  # type: ignore[explicit-override]
        """Give it up."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:  # type: ignore[explicit-override]
        return self._inner.__await__()


def measure(duration_s: float) -> list[Table]:
    """The table of this bench.

    Args:
        duration_s: Seconds of each scene.
    """
    frames = sung_frames()
    gc.freeze()  # as the engine does
    count = round(duration_s * FRAME_RATE_HZ)
    rows = [
        asyncio.run(run(frames, scene, count, FRAME_NS)).row(title) for title, scene in SCENES.items()
    ]
    rows.append(asyncio.run(run(frames, "listening", BACK_TO_BACK, 0)).row("a frame, without pauses"))
    note = (
        "ms. p50 to max is what a frame costs the engine, CPU time of its two threads: handing it over "
        "to the outputs' process (`hand`, on the hot thread), and what the event loop did for outputs "
        "since the frame before: reading that process's reports, counting, looking for warnings, four "
        "times a second each (`loop`). `turn` is how late the event loop's own alarm rings meanwhile, "
        "wall time: what a WebSocket client would wait at most. `there` is the outputs' process: "
        "reading a frame and offering it to all outputs, wall time; `there cpu` is CPU time of that "
        "whole process a frame that it took, VTube Studio's answers and reports included, on average. "
        "`lost` is the share of frames that it did not take. "
        "On is one output of every kind: VMC with Perfect Sync and bones, Live Link Face, VTube "
        "Studio with a parameter for each ARKit shape, iFacialMocap, OpenSeeFace, a recorder. "
        "None listens: every port is closed. All stall: receivers are there and never read or "
        "answer. Without pauses: frames are handed over as fast as it goes, far faster than they can be "
        "sent; the newest is taken. Receivers run in a process of their own, as they do in life."
    )
    return [
        Table("Outputs, all at once", "t2s bench outputs", tuple(rows), note),
        asyncio.run(starts()),
    ]


async def starts() -> Table:
    """What it takes until outputs are ready, and what their process keeps in memory."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, receivers("listening") as there:
        every = specs(there, Path(folder))
        for title, chosen in (("VMC alone", every[:1]), ("one of every kind", every)):
            tries = [await start(chosen) for _ in range(STARTS)]
            columns = ("engine ms", "ready ms", "resident MB")
            medians = [statistics.median(each) for each in zip(*tries, strict=True)]
            rows.append(Row(title, dict(zip(columns, medians, strict=True))))
    note = (
        f"Medians of {STARTS} starts. Engine: how long starting the process takes the engine. Ready: "
        "from the same moment until all outputs run; the engine may do something else meanwhile."
    )
    return Table("The outputs' process", "t2s bench outputs", tuple(rows), note)


async def start(chosen: list[str]) -> tuple[float, float, float]:
    """Start outputs: ms of the engine, ms until all run, MB resident in their process."""
    outputs = Outputs(Metrics(), SystemClock())
    begun_ns = time.perf_counter_ns()
    await outputs.start()
    launched_ns = time.perf_counter_ns()
    for spec in chosen:
        await outputs.add(spec)
    ready_ns = time.perf_counter_ns()
    resident_mb = resident_bytes(outputs.pid) * 1e-6
    await outputs.close()
    return (launched_ns - begun_ns) * 1e-6, (ready_ns - begun_ns) * 1e-6, resident_mb


def sung_frames() -> list[Frame]:
    """A few seconds of a sung vowel."""
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    return pipeline.push(vowel("a", 262.0, 4.0, sample_rate_hz=SAMPLE_RATE_HZ))


async def run(frames: list[Frame], scene: str, count: int, step_ns: int) -> Costs:
    """One scene: frames every ``step_ns`` from a thread beside the event loop, as in the engine."""
    costs, spent, metrics = Costs(), Spent(), Metrics()
    kept = Kept("bench_output_seconds", "As the engine's", OUTPUT_TIME_BUCKETS_S, metrics.registry)
    metrics.output_time = kept
    asyncio.get_running_loop().set_task_factory(spent.task)
    with tempfile.TemporaryDirectory() as folder, spent.hearing(), receivers(scene) as there:
        outputs = Outputs(metrics, SystemClock())
        for spec in specs(there, Path(folder)):
            await outputs.add(spec)
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.sendto(QUESTION, ("127.0.0.1", there.ports["phone"]))
        if scene == "refusing":
            asker.close()
        await asyncio.sleep(SETTLE_S)
        kept.values_ms, cpu_s = costs.process_ms, outputs.cpu_s
        helpers = [asyncio.create_task(count_and_warn(outputs))]
        if step_ns:
            helpers.append(asyncio.create_task(ring(costs.turn_ms)))
        await asyncio.to_thread(play, outputs, frames, spent, costs, count, step_ns)
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        await asyncio.sleep(SETTLE_S)  # its last report
        taken = costs.process_ms.summary().count
        costs.process_cpu_ms = (outputs.cpu_s - cpu_s) * 1e3 / max(1, taken)
        costs.lost = (metrics.registry.get_sample_value("t2s_output_handover_drops_total") or 0) / count
        kept.values_ms = None
        await outputs.close()
        asker.close()
    return costs


def play(
    outputs: Outputs, frames: list[Frame], spent: Spent, costs: Costs, count: int, step_ns: int
) -> None:
    """On a thread of its own: hand frames over, and write down what each and the time before it cost."""
    begun_ns, before_ns = time.perf_counter_ns(), spent.ns
    for i in range(count):
        wait_ns = begun_ns + i * step_ns - time.perf_counter_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / NS_PER_S)
        cpu_ns = time.thread_time_ns()
        outputs.put(frames[i % len(frames)])
        handover_ns = time.thread_time_ns() - cpu_ns
        loop_ns, before_ns = spent.ns - before_ns, spent.ns
        costs.handover_ms.add_ns(handover_ns)
        costs.loop_ms.add_ns(loop_ns)
        costs.engine_ms.add_ns(handover_ns + loop_ns)


async def count_and_warn(outputs: Outputs) -> None:
    """What the engine's status asks of outputs."""
    while True:
        await asyncio.sleep(COUNT_EVERY / FRAME_RATE_HZ)
        outputs.count()
        outputs.warnings()


def specs(there: Peers, folder: Path) -> list[str]:
    """One output of every kind, with the most it can send."""
    ports = there.ports
    return [
        f"vmc:127.0.0.1:{ports['vmc']},names=perfect",
        f"livelink:127.0.0.1:{ports['livelink']}",
        f"vts:{there.vts},arkit,discover=off,token={folder}/token",
        f"ifacialmocap:127.0.0.1:{ports['phone']}",
        f"openseeface:127.0.0.1:{ports['openseeface']}",
        f"record:{folder}/take.npz",
    ]


async def ring(turn_ms: LatencyRecorder) -> None:
    """How late an alarm of 5 ms rings."""
    while True:
        due_ns = time.perf_counter_ns() + 5_000_000
        await asyncio.sleep(0.005)
        turn_ms.add_ns(max(0, time.perf_counter_ns() - due_ns))


@contextlib.contextmanager
def receivers(scene: str) -> Generator[Peers]:
    """The receivers of a scene, in a process of their own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=receive, args=(scene, there))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join()
        here.close()
        there.close()


def receive(scene: str, engine: Connection) -> None:
    """In that process: say where receivers are, and keep them until told."""

    async def stay() -> None:
        async with peers(scene) as there:
            engine.send(there)
            await asyncio.to_thread(engine.recv)

    asyncio.run(stay())


@contextlib.asynccontextmanager
async def peers(scene: str) -> AsyncIterator[Peers]:
    """Receivers of a scene; in the scene where none listens, their ports are closed."""
    names = ("vmc", "livelink", "openseeface")
    sockets = {name: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for name in (*names, "phone")}
    for each in sockets.values():
        each.bind(("127.0.0.1", 0))
        each.setblocking(False)
    ports = {name: int(each.getsockname()[1]) for name, each in sockets.items()}
    sockets["phone"].close()
    if scene == "refusing":
        for each in sockets.values():
            each.close()
    draining = asyncio.create_task(drain(sockets, reads=scene == "listening"), name="bench receivers")
    silent = asyncio.Event()

    async def answer(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                if scene == "stalled" and "InjectParameterData" in str(text):
                    await silent.wait()
                await connection.send(reply(str(text)))

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        vts = int(server.sockets[0].getsockname()[1])
        if scene == "refusing":
            server.close()
        try:
            yield Peers(ports, vts)
        finally:
            silent.set()
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)
            for each in sockets.values():
                each.close()


async def drain(sockets: dict[str, socket.socket], *, reads: bool) -> None:
    """Empty the receivers' sockets now and then, if they read at all."""
    while reads:
        await asyncio.sleep(0.02)
        for each in sockets.values():
            with contextlib.suppress(BlockingIOError, OSError):
                while True:
                    each.recv(4096)


def reply(text: str) -> str:
    """VTube Studio's yes to everything."""
    number, kind = (text.partition(f'"{key}"')[2].split('"')[1] for key in ("requestID", "messageType"))
    data = "{}" if kind.startswith("Inject") else '{"currentSessionAuthenticated":true}'
    return (
        '{"apiName":"VTubeStudioPublicAPI","apiVersion":"1.0","timestamp":1700000000000,'
        f'"messageType":"{kind.replace("Request", "Response")}","requestID":"{number}","data":{data}}}'
    )
