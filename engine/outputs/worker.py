"""One process of outputs, from its start to its end, as the engine holds it."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from engine.outputs.base import HOME
from engine.outputs.line import Line, Message
from t2s_rt.errors import ConfigError, SetupError

LOOK_INTERVAL_S: Final = 0.05
START_LOOKS: Final = 1200
"""After so many looks, about a minute, a process that did not report is given up."""
SILENCE_LOOK_S: Final = 0.5
SILENT_LOOKS: Final = 20
"""A process that said nothing for so many looks, about ten seconds, hangs. It reports twice a look.

Looks are counted and not time, so that an engine that was itself held up blames nobody.
"""
EXIT_PATIENCE_S: Final = 30.0
"""A process whose connection broke off may still be writing a recording."""


class Worker:
    """Starts the process, asks it, and notices its end.

    Args:
        frames_from: The UDP port that frames will come from.
        first: The number of the first frame it will get.
        hear: Called with each report and each answer.

    Attributes:
        address: Where frames go; None until it is greeted.
        ended: Set once the process has gone, or cannot be reached any more.
    """

    def __init__(self, frames_from: int, first: int, hear: Callable[[Message], None]) -> None:
        self._frames_from = frames_from
        self._first = first
        self._hear = hear
        self._key = secrets.token_hex(16)
        self._server: asyncio.Server | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._greeted = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._asked = 0
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._heard = False
        self.address: tuple[str, int] | None = None
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int:
        """The process's number; 0 before it was started."""
        return self._process.pid if self._process is not None else 0

    async def launch(self) -> None:
        """Start the process; it loads while others go on.

        Raises:
            SetupError: The system does not allow it.
        """
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Line(self._take, self._lose), HOME, 0
            )
            terms = {
                "port": self._server.sockets[0].getsockname()[1],
                "key": self._key,
                "frames_from": self._frames_from,
                "first": self._first,
                "level": logging.getLogger().getEffectiveLevel(),
            }
            spawning = asyncio.ensure_future(asyncio.to_thread(spawn, terms))
            try:
                self._process = await asyncio.shield(spawning)
            except asyncio.CancelledError:
                self._process = await spawning
                raise
        except OSError as problem:
            raise SetupError(f"The process for outputs cannot be started: {problem}.") from problem

    async def greet(self) -> None:
        """Wait until the process is there.

        Raises:
            SetupError: It ended before, or does not answer.
        """
        assert self._process is not None
        for _ in range(START_LOOKS):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._greeted.wait(), LOOK_INTERVAL_S)
                break
            if self._process.poll() is not None:
                raise SetupError(f"The process for outputs {self.end_in_words}.")
        else:
            raise SetupError("The process for outputs does not answer.")
        self._close_server()
        self._watch = asyncio.get_running_loop().create_task(self._look(), name="t2s outputs watch")

    async def ask(self, do: str, **terms: object) -> Message:
        """Have the process do something.

        Raises:
            ConfigError: It cannot be done, in the process's words; or the process ended meanwhile.
        """
        self._asked += 1
        number = self._asked
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            if self._line is None or self.ended.is_set():
                raise _gone()
            self._line.send({"do": do, "number": number} | terms)
            answer = await future
        finally:
            del self._waiting[number]
        if "problem" in answer:
            raise ConfigError(answer["problem"], answer["hint"])
        return answer

    async def stop(self) -> None:
        """Let the process go, by force where it stays; harmless at any time."""
        self._close_server()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            if self._line is None:
                self._process.kill()  # it never reported
            await asyncio.to_thread(_wait_for_end, self._process)

    @property
    def end_in_words(self) -> str:
        """How it ended, for a sentence."""
        code = self._process.poll() if self._process is not None else None
        return "hangs" if code is None else f"ended (exit code {code})"

    def _take(self, line: Line, message: Message) -> None:
        """Hear the process; whoever else finds the port does not know the key."""
        if self._line is None:
            if not hmac.compare_digest(str(message.get("key", "")).encode(), self._key.encode()):
                line.close()
                return
            self._line = line
            self.address = HOME, int(message["frames_to"])
            self._greeted.set()
            return
        if line is not self._line:
            line.close()
            return
        self._heard = True
        self._hear(message)
        future = self._waiting.get(message.get("answer", 0))
        if future is not None and not future.done():
            future.set_result(message)

    def _lose(self, line: Line) -> None:
        if line is self._line:
            self.ended.set()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(_gone())

    async def _look(self) -> None:
        """Kill a process that hangs; its connection ends then."""
        assert self._process is not None
        silent = 0
        while silent < SILENT_LOOKS:
            await asyncio.sleep(SILENCE_LOOK_S)
            silent = 0 if self._heard else silent + 1
            self._heard = False
        self._process.kill()

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def spawn(terms: Message) -> subprocess.Popen[bytes]:
    """Start the process and tell it the terms; raises OSError where that fails.

    It gets neither Ctrl-C nor the end of the terminal: the engine tells it when to end. It finds modules
    where this process finds them, and not in a folder that the user happens to be in (``-P``).
    """
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "engine.outputs.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
        **apart,
    )
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            stdin.write(json.dumps(terms).encode() + b"\n")
    except OSError:
        process.kill()
        process.wait()
        raise
    return process


def _wait_for_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(EXIT_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _gone() -> ConfigError:
    return ConfigError("The process for outputs ended before it answered.", "It starts again by itself.")
