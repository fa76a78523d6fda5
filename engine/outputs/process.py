"""The process that all outputs of a run live in: ``python -m engine.outputs.process``.

The engine starts it (`engine.outputs.worker`) and says on standard input where it listens. Frames come
as datagrams, the newest wins; requests come over a TCP connection, which carries back answers and, four
times a second, how the outputs fare. When that connection ends, so does the process, after closing the
outputs: a recording is finished even where the engine was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import signal
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Final

from engine.clock import SystemClock
from engine.outputs.base import HOME
from engine.outputs.frame_bytes import FRAME_BYTES, unpack
from engine.outputs.line import Line, Message, row_of
from engine.outputs.runner import OutputRunner
from engine.outputs.spec import open_output
from t2s_rt.errors import T2SError

logger = logging.getLogger(__name__)

REPORT_INTERVAL_S: Final = 0.25
PATIENCE_S: Final = 10.0
"""How long a request may still take when nobody waits for its answer any more."""
MOST_WAITING_BYTES: Final = 2**16
"""No report is sent while the engine has not taken as much as this."""


class Service:
    """Keeps an engine's outputs until the engine has gone.

    Args:
        terms: What the engine said at the start: ``port`` and ``key`` of its TCP server;
            ``frames_from``, the UDP port that frames come from; ``first``, the first one's number.
    """

    def __init__(self, terms: Message) -> None:
        self._terms = terms
        self._clock = SystemClock()
        self._runner = OutputRunner(self._clock)
        self._frames = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._next: int = terms["first"]
        self._lost = 0
        self._spent_us: deque[int] = deque(maxlen=1024)

    async def run(self) -> None:
        """Serve until the connection ends; raises OSError where there is no engine."""
        loop = asyncio.get_running_loop()
        with self._frames:
            self._frames.setblocking(False)
            self._frames.bind((HOME, 0))
            self._frames.connect((HOME, self._terms["frames_from"]))  # from nobody else
            _, line = await loop.create_connection(
                lambda: Line(self._hear, lambda _: self._ended.set()), HOME, self._terms["port"]
            )
            line.send({"key": self._terms["key"], "frames_to": self._frames.getsockname()[1]})
            loop.add_reader(self._frames, self._read)
            try:
                while not self._ended.is_set():
                    if line.waiting_bytes < MOST_WAITING_BYTES:
                        line.send(self._report())
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._ended.wait(), REPORT_INTERVAL_S)
            finally:
                loop.remove_reader(self._frames)
                if self._tasks:
                    await asyncio.wait(self._tasks, timeout=PATIENCE_S)
                await self._runner.close()

    def _read(self) -> None:
        """Take the newest frame of those that wait."""
        newest = b""
        with contextlib.suppress(OSError):
            while True:
                newest = self._frames.recv(FRAME_BYTES + 1)
        if len(newest) == FRAME_BYTES:
            self._publish(newest)

    def _publish(self, data: bytes) -> None:
        begun_ns = time.perf_counter_ns()
        number, frame = unpack(data)
        self._lost += max(0, number - self._next)
        self._next = number + 1
        self._runner.publish(frame)
        self._spent_us.append((time.perf_counter_ns() - begun_ns) // 1000)

    def _report(self) -> Message:
        """How the outputs fare, and what came since the report before."""
        report: Message = {
            "statuses": [row_of(status) for status in self._runner.statuses()],
            "next": self._next,
            "lost": self._lost,
            "spent_us": list(self._spent_us),
            "cpu_s": time.process_time(),
        }
        self._spent_us.clear()
        return report

    def _hear(self, line: Line, request: Message) -> None:
        """Begin to do what the engine asks; requests do not wait for each other."""
        task = asyncio.get_running_loop().create_task(self._answer(line, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, line: Line, request: Message) -> None:
        try:
            answer = await self._do(request)
        except T2SError as problem:
            answer = {"problem": problem.problem, "hint": problem.hint}
        except Exception as fault:
            logger.exception("output request %s failed", request["do"])
            answer = {"problem": f"Failed inside: {fault!r}.", "hint": ""}
        line.send({"answer": request["number"]} | answer | self._report())

    async def _do(self, request: Message) -> Message:
        """What the engine asks, and what there is to say about it besides the report."""
        match request["do"]:
            case "add":
                return await self._add(request["spec"], request["mapping"], request["on"])
            case "remove":
                await self._runner.remove(request["name"])
            case "switch":
                await self._runner.switch(request["name"], on=request["on"])
            case "close":
                self._read()
                for status in self._runner.statuses():
                    await self._runner.switch(status.name, on=False)  # recordings are written now
        return {}

    async def _add(self, spec: str, mapping: str | None, on: bool | None) -> Message:  # noqa: FBT001
        """Build and start an output; ``on`` overrules what ``spec`` says, unless it is None."""
        path = Path(mapping) if mapping is not None else None
        opened = await asyncio.to_thread(open_output, spec, clock=self._clock, mapping=path)
        on = opened.on if on is None else on
        await self._runner.add(opened.output, on=on)
        gc.freeze()  # what was loaded lives as long as the process: collections need not walk it
        return {"name": opened.output.name, "on": on}


def main() -> None:
    """Serve the engine that started this process; it alone decides when this ends."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # Ctrl-C is for the engine
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    terms = json.loads(sys.stdin.readline())
    logging.basicConfig(level=terms["level"], format="%(levelname)s %(name)s: %(message)s")
    # Of the loops of all systems this one can watch a socket that it does not own.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner, contextlib.suppress(OSError):
        runner.run(Service(terms).run())


if __name__ == "__main__":
    main()
