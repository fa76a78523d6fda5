"""The outputs of a run as the engine sees them: a process that gets each frame as one datagram.

What outputs do for a frame happens there (`engine.outputs.process`), so that they take nothing from the
event loop that serves the WebSocket but the reading of a report four times a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from prometheus_client import Counter, Gauge

from engine.clock import Clock
from engine.metrics import Metrics
from engine.outputs.base import HOME, OFF, Backoff, OutputState, OutputStatus, find
from engine.outputs.frame_bytes import pack
from engine.outputs.line import Message, Row
from engine.outputs.worker import Worker
from t2s_rt.errors import ConfigError, T2SError
from t2s_rt.types import Frame

logger = logging.getLogger(__name__)

Totals: TypeAlias = tuple[int, int, int]
"""Frames sent, frames skipped, failures."""


@dataclass(slots=True)
class _Seat:
    """One output as the engine knows it.

    Attributes:
        spec: Its specification.
        mapping: The mapping file for outputs that name none of their own.
        on: Whether it shall be on.
        row: What the present process last said of it; its totals are 0 until that reports.
        counters: Where its totals are counted.
        gauge: Where it stands whether it runs.
        before: Totals of the processes before.
        counted: Totals as already counted.
        running: Whether it runs, as the gauge says.
        trouble: Why the present process does not have it; empty where it does.
    """

    spec: str
    mapping: Path | None
    on: bool
    row: Row
    counters: tuple[Counter, Counter, Counter]
    gauge: Gauge
    before: Totals = (0, 0, 0)
    counted: Totals = (0, 0, 0)
    running: bool = False
    trouble: str = ""

    @property
    def totals(self) -> Totals:
        """Frames sent, frames skipped and failures so far."""
        sent, skipped, failures = self.before
        row = self.row
        return sent + row[5], skipped + row[6], failures + row[7]


class Outputs:
    """Starts the outputs' process where there are outputs, hands frames over and keeps count.

    A process that dies or hangs is replaced, after longer and longer pauses, and gets the outputs as
    they were switched. Everything but `put` is called on the event loop's thread.

    Args:
        metrics: Where sending is counted and timed.
        clock: The monotonic clock.

    Attributes:
        cpu_s: CPU time that the present process had used when it last reported, in s.
    """

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._now_ns = clock.now_ns
        self._socket: socket.socket | None = None
        self._address: tuple[str, int] | None = None
        self._handed = 0
        self._next = 0
        self._lost = 0
        self._seats: dict[str, _Seat] = {}
        self._worker: Worker | None = None
        self._launched = asyncio.Event()
        self._restoring = asyncio.Lock()
        self._ready: asyncio.Future[Worker] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._backoff = Backoff()
        self._ending = ""
        self.cpu_s = 0.0

    @property
    def pid(self) -> int:
        """The number of the outputs' process; 0 while there is none."""
        return self._worker.pid if self._worker is not None else 0

    def put(self, frame: Frame) -> None:
        """Hand a frame over; never waits, from one thread at a time."""
        handing = self._socket
        if self._address is None or handing is None:
            return
        begun_ns = time.perf_counter_ns()
        data = pack(frame, self._handed)
        self._handed += 1
        with contextlib.suppress(OSError):  # the gap in the numbers counts it
            handing.send(data)
        self._metrics.output_handover.observe((time.perf_counter_ns() - begun_ns) * 1e-9)

    async def start(self) -> None:
        """Start the process, unless it runs already. It loads while the caller goes on.

        `add` does it where nobody did; earlier is better, since loading takes it half a second.
        """
        if self._keeper is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.bind((HOME, 0))
            self._ready = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(), name="t2s outputs")
        await self._launched.wait()

    async def close(self) -> None:
        """Close every output, so that recordings are written, and end the process."""
        if self._keeper is None:
            return
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        self._keeper = None
        self._address = None
        if self._worker is not None:
            with contextlib.suppress(T2SError):
                await self._worker.ask("close")
            await self._worker.stop()
            self._worker = None
        self.count()
        self._seats.clear()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def add(self, spec: str, *, mapping: Path | None = None) -> str:
        """Include the output that a specification names, switched on unless that says otherwise.

        Args:
            spec: As docs/outputs.md has it.
            mapping: A mapping file for outputs that name none of their own.

        Returns:
            The output's name.

        Raises:
            ConfigError: There is no such output, one of that name is there, or it cannot start.
            SetupError: There is no process for outputs.
        """
        await self.start()
        assert self._ready is not None
        worker = await asyncio.shield(self._ready)
        answer = await worker.ask("add", **_terms(spec, mapping, None))
        name = str(answer["name"])
        own = self._metrics
        self._seats[name] = _Seat(
            spec,
            mapping,
            bool(answer["on"]),
            _unheard(name),
            counters=(
                own.output_frames.labels(name),
                own.output_skips.labels(name),
                own.output_failures.labels(name),
            ),
            gauge=own.outputs.labels(name),
        )
        self._hear(answer)
        self._aim()
        return name

    async def remove(self, name: str) -> None:
        """Close an output and forget it.

        Raises:
            ConfigError: There is none of that name.
        """
        await self.switch(name, on=False)
        self.count()
        worker = await self._present()
        if worker is not None and not self._seats[name].trouble:
            with contextlib.suppress(ConfigError):  # one that ended has forgotten it too
                await worker.ask("remove", name=name)
        self._seats.pop(name, None)

    async def switch(self, name: str, *, on: bool) -> None:
        """Switch an output on or off while the run goes on; harmless where it is so already.

        Raises:
            ConfigError: There is none of that name, or it cannot start.
        """
        seat = find(self._seats, name)
        worker = await self._present()
        if worker is not None:  # else the next process gets it so
            await self._switch(worker, seat, on=on)
        seat.on = on
        self._aim()

    def statuses(self) -> tuple[OutputStatus, ...]:
        """How each output fares, in the order they were added; a quarter of a second old at most."""
        return tuple(self._status(seat) for seat in self._seats.values())

    def warnings(self) -> list[str]:
        """What a person should read: outputs that are on and do not reach anybody, and why."""
        troubled = (OutputState.RETRYING, OutputState.STOPPED)
        fares = ((seat.row[0], *self._fare(seat)) for seat in self._seats.values())
        return [f"{name}: {detail}" for name, state, detail in fares if state in troubled]

    def count(self) -> None:
        """Bring the metrics up to date with what the outputs counted."""
        for seat in self._seats.values():
            totals = seat.totals
            for counter, total, counted in zip(seat.counters, totals, seat.counted, strict=True):
                if total > counted:
                    counter.inc(total - counted)
            seat.counted = totals
            running = self._fare(seat)[0] == OutputState.RUNNING
            if running != seat.running:
                seat.running = running
                seat.gauge.set(running)

    async def _keep(self) -> None:
        """Keep a process running."""
        while True:
            try:
                worker = await self._begin()
                await self._complete(worker)
                await worker.ended.wait()
                await worker.stop()
                self._end(f"The process for outputs {worker.end_in_words}.")
            except T2SError as problem:
                self._refuse(problem)
                self._end(str(problem))
            logger.error("%s It starts again.", self._ending)
            await asyncio.sleep(self._backoff.fail(self._now_ns()))

    async def _begin(self) -> Worker:
        """A process that has all outputs."""
        assert self._socket is not None
        assert self._ready is not None
        worker = Worker(self._socket.getsockname()[1], self._handed, self._hear)
        self._next, self._lost = self._handed, 0
        try:
            try:
                await worker.launch()
            finally:
                self._launched.set()
            await worker.greet()
            async with self._restoring:
                for seat in self._seats.values():
                    await self._restore(worker, seat)
                self._worker = worker
        except BaseException:
            await worker.stop()
            raise
        self._aim()
        self._ready.set_result(worker)
        return worker

    async def _complete(self, worker: Worker) -> None:
        """Try again what a new process could not start, after longer and longer pauses."""
        pauses = Backoff()
        while any(seat.on and seat.trouble for seat in self._seats.values()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(worker.ended.wait(), pauses.fail(self._now_ns()))
                return
            async with self._restoring:
                for seat in self._seats.values():
                    if seat.on and seat.trouble:
                        with contextlib.suppress(ConfigError):  # the process ended meanwhile
                            await self._restore(worker, seat)
                        sent, skipped, failures = seat.before
                        seat.before = sent, skipped, failures + bool(seat.trouble)
            self._aim()

    async def _restore(self, worker: Worker, seat: _Seat) -> None:
        try:
            await worker.ask("add", **_terms(seat.spec, seat.mapping, seat.on))
            seat.trouble = ""
        except ConfigError as problem:
            if worker.ended.is_set():
                raise
            seat.trouble = str(problem)

    async def _switch(self, worker: Worker, seat: _Seat, *, on: bool) -> None:
        try:
            if not seat.trouble:
                await worker.ask("switch", name=seat.row[0], on=on)
            elif on:
                async with self._restoring:
                    if seat.trouble:
                        await worker.ask("add", **_terms(seat.spec, seat.mapping, on))
                        seat.trouble = ""
        except ConfigError:
            if on or not worker.ended.is_set():
                raise

    def _refuse(self, problem: T2SError) -> None:
        """Tell those who wait for a process why there is none."""
        assert self._ready is not None
        if not self._ready.done():
            self._ready.set_exception(problem)
            self._ready.exception()  # it is no mistake where nobody waited

    def _end(self, ending: str) -> None:
        """Settle what a process leaves behind."""
        self._worker = self._address = None
        self._ending = ending
        self._metrics.output_process_failures.inc()
        self._metrics.output_handover_drops.inc(self._handed - self._next)
        for seat in self._seats.values():
            sent, skipped, failures = seat.totals
            seat.before = sent, skipped, failures + seat.on
            seat.row = _unheard(seat.row[0])
        self._ready = asyncio.get_running_loop().create_future()

    def _hear(self, report: Message) -> None:
        """Take over how the outputs fare."""
        for row in report["statuses"]:
            seat = self._seats.get(row[0])
            if seat is not None:
                seat.row = row
        observe = self._metrics.output_time.observe
        for spent_us in report["spent_us"]:
            observe(spent_us * 1e-6)
        if report["lost"] > self._lost:
            self._metrics.output_handover_drops.inc(report["lost"] - self._lost)
        self._next, self._lost = report["next"], report["lost"]
        self.cpu_s = report["cpu_s"]

    def _aim(self) -> None:
        """Hand frames over only where somebody wants them."""
        wanted = any(seat.on and not seat.trouble for seat in self._seats.values())
        self._address = self._worker.address if self._worker is not None and wanted else None
        if self._address is not None and self._socket is not None:
            self._socket.connect(self._address)  # sending to an address anew costs a fifth more

    async def _present(self) -> Worker | None:
        """The process that has all outputs, if there is one now."""
        async with self._restoring:
            return self._worker

    def _fare(self, seat: _Seat) -> tuple[str, str]:
        """Its state and a sentence."""
        if seat.on and seat.trouble:
            return OutputState.RETRYING, seat.trouble
        if seat.on and self._worker is None:
            return OutputState.RETRYING, self._ending
        return seat.row[1], seat.row[2]

    def _status(self, seat: _Seat) -> OutputStatus:
        state, detail = self._fare(seat)
        name, _, _, listening, rate_hz, *_ = seat.row
        return OutputStatus(name, OutputState(state), detail, listening, rate_hz, *seat.totals)


def _terms(spec: str, mapping: Path | None, on: bool | None) -> dict[str, object]:  # noqa: FBT001
    """What the process is asked to add."""
    return {"spec": spec, "mapping": str(mapping) if mapping is not None else None, "on": on}


def _unheard(name: str) -> Row:
    """The row of an output of which no process has reported."""
    return name, OutputState.OFF, OFF, None, 0.0, 0, 0, 0
