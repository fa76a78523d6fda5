"""A file of outputs, one specification a line: saving it switches outputs while the engine runs."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.clock import Clock
from engine.outputs.proxy import Outputs
from engine.outputs.spec import open_output
from engine.watch import Watcher
from t2s_rt.errors import ConfigError, T2SError

logger = logging.getLogger(__name__)

MAX_FILE_BYTES: Final = 2**16


@dataclass(frozen=True, slots=True)
class Listing:
    """What a file asks for.

    Attributes:
        outputs: Specifications, in the file's order.
    """

    outputs: tuple[str, ...]


def read_listing(path: Path, *, clock: Clock, mapping: Path | None = None) -> Listing:
    """Read a file of outputs: a specification a line, ``#`` begins a remark, empty lines are nothing.

    Raises:
        T2SError: The file cannot be read, or a line of it is wrong; says which.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        text = data.decode()
    except OSError as problem:
        raise ConfigError(f"{path} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from problem
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_FILE_BYTES // 2**10} KiB.")
    outputs: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        spec = line.strip()
        if not spec or spec.startswith("#"):
            continue
        try:
            open_output(spec, clock=clock, mapping=mapping)  # built only to see that it can be
        except T2SError as problem:
            raise ConfigError(f"{path}, line {number}: {problem.problem}", problem.hint) from problem
        outputs[spec] = None
    return Listing(tuple(outputs))


class OutputsFile:
    """Keeps the running outputs as a file says.

    Args:
        path: The file.
        outputs: Where outputs are added and removed.
        clock: The run's clock.
        mapping: A mapping file for outputs that name none of their own.

    Attributes:
        problem: Why not all is as the file says, as a sentence; empty while it is.

    Raises:
        T2SError: The file cannot be read, or a line of it is wrong.
    """

    def __init__(self, path: Path, outputs: Outputs, clock: Clock, mapping: Path | None = None) -> None:
        def load(file: Path) -> Listing:
            return read_listing(file, clock=clock, mapping=mapping)

        self._outputs = outputs
        self._mapping = mapping
        self._wanted = load(path)
        self._watcher = Watcher(path, load, self._hear)
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._names: dict[str, str] = {}
        self._refused = ""

    @property
    def problem(self) -> str:
        """Why not all is as the file says, as a sentence; empty while it is."""
        return self._watcher.problem or self._refused

    async def start(self) -> None:
        """Add the file's outputs and watch the file.

        Raises:
            ConfigError: An output cannot start.
        """
        self._loop = asyncio.get_running_loop()
        await self._arrange()
        if self._refused:
            raise ConfigError(self._refused)
        self._task = asyncio.create_task(self._run(), name="t2s outputs file")
        self._watcher.start()

    async def stop(self) -> None:
        """Watch no longer; the outputs stay."""
        await asyncio.to_thread(self._watcher.stop)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _hear(self, listing: Listing) -> None:
        """On the watcher's thread: hand a new version to the event loop."""
        assert self._loop is not None
        self._wanted = listing
        self._loop.call_soon_threadsafe(self._changed.set)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._arrange()

    async def _arrange(self) -> None:
        """Remove what is no longer there, add what is new, leave alone what stayed."""
        wanted = self._wanted.outputs
        for spec in [spec for spec in self._names if spec not in wanted]:
            await self._outputs.remove(self._names.pop(spec))
        problems = []
        for spec in wanted:
            if spec in self._names:
                continue
            try:
                self._names[spec] = await self._outputs.add(spec, mapping=self._mapping)
            except T2SError as problem:
                problems.append(f"{spec} does not run: {problem}")
        self._refused = " ".join(problems)
