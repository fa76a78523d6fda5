"""Every output at once: what a frame costs the event loop, and what a bad receiver changes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.report import Row, Table, judge, latency_row
from engine.clock import NS_PER_S, SystemClock
from engine.metrics import LatencyRecorder, Metrics
from engine.outputs.ifacialmocap import QUESTION
from engine.outputs.runner import Outputs
from engine.outputs.spec import open_output
from engine.outputs.vts_line import VtsLine
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.timebase import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from t2s_rt.types import Frame

SCENES = {
    "a frame, all listen": "listening",
    "a frame, none listens": "refusing",
    "a frame, all stall": "stalled",
}
BACK_TO_BACK_S = 20.0
FRAME_NS = NS_PER_S // FRAME_RATE_HZ


@dataclass(frozen=True, slots=True)
class Peers:
    """Receivers of one scene.

    Attributes:
        ports: UDP ports by output.
        vts: TCP port that answers VTube Studio's API, or does not.
    """

    ports: dict[str, int]
    vts: int


class Spent:
    """CPU time that outputs take apart from being offered frames: VTube Studio's answers and task.

    Attributes:
        ns: Total so far.
    """

    def __init__(self) -> None:
        self.ns = 0

    def task(self, loop: asyncio.AbstractEventLoop, coroutine: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        """The loop's task factory."""
        if getattr(coroutine, "__qualname__", "").startswith("VtsOutput."):
            coroutine = Timed(coroutine, self)
        return asyncio.Task(coroutine, loop=loop)

    @contextlib.contextmanager
    def hearing(self) -> Generator[None]:
        """Count what it takes to hear VTube Studio's answers."""
        hear = VtsLine.data_received

        def timed(line: VtsLine, data: bytes) -> None:
            begun_ns = time.thread_time_ns()
            hear(line, data)
            self.ns += time.thread_time_ns() - begun_ns

        VtsLine.data_received = timed  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            VtsLine.data_received = hear  # type: ignore[method-assign]


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
    rows = []
    gc.freeze()  # as the engine does
    for title, scene in SCENES.items():
        cost_ms, offer_ms, turn_ms = asyncio.run(run(frames, scene, duration_s))
        cost, offer = cost_ms.summary(), offer_ms.summary()
        row = latency_row(title, cost, judge(cost.p99_ms, "outputs", "p99_ms"))
        figures = row.figures | {
            "offer p50": offer.p50_ms,
            "offer p99": offer.p99_ms,
            "turn p99": turn_ms.summary().p99_ms,
        }
        rows.append(Row(row.name, figures, row.verdict))
    rows.append(back_to_back(frames))
    note = (
        "CPU time of the thread: other programs count only by what they push out of the caches. "
        "A frame is all that outputs do for it: offering it to them, which sends it, and hearing VTube "
        "Studio's answer; `offer` is the former alone. "
        "On is one output of every kind: VMC with Perfect Sync and bones, Live Link Face, VTube "
        "Studio with a parameter for each ARKit shape, iFacialMocap, OpenSeeFace, a recorder. "
        "None listens: every port is closed. All stall: receivers are there and never read or "
        "answer. Without pauses: one frame after the other, so the code alone, as if nothing else "
        "ran. `turn` is how late the loop's own alarm rings meanwhile, wall time: what a "
        "WebSocket client would wait at most."
    )
    return [Table("Outputs, all at once", "t2s bench outputs", tuple(rows), note)]


def sung_frames() -> list[Frame]:
    """A few seconds of a sung vowel."""
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    return pipeline.push(vowel("a", 262.0, 4.0, sample_rate_hz=SAMPLE_RATE_HZ))


def back_to_back(frames: list[Frame]) -> Row:
    """The cost of a frame while caches are warm."""
    cost_ms, _, _ = asyncio.run(run(frames, "listening", BACK_TO_BACK_S, paced=False))
    cost = cost_ms.summary()
    return latency_row("a frame, without pauses", cost, judge(cost.p99_ms, "outputs", "p99_ms"))


async def run(
    frames: list[Frame], scene: str, duration_s: float, *, paced: bool = True
) -> tuple[LatencyRecorder, LatencyRecorder, LatencyRecorder]:
    """One scene in real time: the cost of each frame, that of offering it, the lateness of the loop."""
    cost_ms, offer_ms, turn_ms = LatencyRecorder(), LatencyRecorder(), LatencyRecorder()
    spent = Spent()
    asyncio.get_running_loop().set_task_factory(spent.task)
    with tempfile.TemporaryDirectory() as folder, spent.hearing():
        async with peers(scene) as there:
            outputs = Outputs(Metrics(), SystemClock())
            await outputs.start()
            for spec in specs(there, Path(folder)):
                await outputs.add(open_output(spec, clock=SystemClock()).output)
            asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            asker.sendto(QUESTION, ("127.0.0.1", there.ports["phone"]))
            if scene == "refusing":
                asker.close()
            alarm = asyncio.create_task(ring(turn_ms), name="bench alarm")
            await asyncio.sleep(0.5)
            times = play(outputs, frames, spent, round(duration_s * FRAME_RATE_HZ), paced=paced)
            async for offered_ns, task_ns in times:
                offer_ms.add_ns(offered_ns)
                cost_ms.add_ns(offered_ns + task_ns)
            alarm.cancel()
            await asyncio.gather(alarm, return_exceptions=True)
            await outputs.close()
            asker.close()
    return cost_ms, offer_ms, turn_ms


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


async def play(
    outputs: Outputs, frames: list[Frame], spent: Spent, count: int, *, paced: bool
) -> AsyncIterator[tuple[int, int]]:
    """Publish frames, at 60 a second where paced: ns of offering each, of tasks since the one before."""
    begun_ns = time.perf_counter_ns()
    before_ns = spent.ns
    for i in range(count):
        wait_ns = begun_ns + i * FRAME_NS - time.perf_counter_ns()
        await asyncio.sleep(max(0.0, wait_ns / NS_PER_S) if paced else 0.0)
        cpu_ns = time.thread_time_ns()
        outputs.publish(frames[i % len(frames)])
        yield time.thread_time_ns() - cpu_ns, spent.ns - before_ns
        before_ns = spent.ns


async def ring(turn_ms: LatencyRecorder) -> None:
    """How late an alarm of 5 ms rings."""
    while True:
        due_ns = time.perf_counter_ns() + 5_000_000
        await asyncio.sleep(0.005)
        turn_ms.add_ns(max(0, time.perf_counter_ns() - due_ns))


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
