"""Who plans a catalogue's songs: this process, a pool of processes, or a Ray cluster."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from t2s_rt.errors import ConfigError, SetupError
from t2s_rt.pregen.entry import Entry, Outcome, Result, Settings, plan_entry

LOCAL: Final = "local"
"""The Ray address that starts a cluster on this machine."""
CONNECT_S: Final = 5.0
AHEAD: Final = 2
"""Songs handed out per worker: the next is there when one is done, and memory stays small."""

PlanEntry = Callable[[Entry, Settings], Result]


def here(entries: Iterable[Entry | Result], settings: Settings) -> Iterator[Result]:
    """Results in order, planned in this process."""
    for entry in entries:
        yield entry if isinstance(entry, Result) else plan_entry(entry, settings)


def in_processes(
    entries: Iterable[Entry | Result], settings: Settings, jobs: int, work: PlanEntry = plan_entry
) -> Iterator[Result]:
    """Results as they come. A song that takes its process down is tried once more, alone.

    Args:
        entries: Songs, and results of those that could not even be read, which are passed on.
        settings: For all.
        jobs: Songs at a time.
        work: What is done with each; a function that another process can import.
    """
    waiting = iter(entries)
    suspects: list[Entry] = []
    while True:
        lost = yield from _one_pool(waiting, settings, jobs, work)
        if lost is None:
            break
        suspects += lost
    for entry in suspects:
        yield _alone(entry, settings, work)


def _one_pool(
    waiting: Iterator[Entry | Result], settings: Settings, jobs: int, work: PlanEntry
) -> Generator[Result, None, list[Entry] | None]:
    """Results of one pool; what it was planning when it broke, None where it did not."""
    running: dict[Future[Result], Entry] = {}
    with _pool(jobs) as pool:
        for entry in waiting:
            if isinstance(entry, Result):
                yield entry
                continue
            try:
                running[pool.submit(work, entry, settings)] = entry
            except BrokenProcessPool:
                return [entry, *running.values()]
            while len(running) >= AHEAD * jobs:
                lost = yield from _collect(running)
                if lost:
                    return lost
        while running:
            lost = yield from _collect(running)
            if lost:
                return lost
    return None


def _collect(running: dict[Future[Result], Entry]) -> Generator[Result, None, list[Entry]]:
    """Results that are ready, at least one; all that is lost where the pool broke."""
    for done in wait(running, return_when=FIRST_COMPLETED).done:
        entry = running.pop(done)
        try:
            result = done.result()
        except BrokenProcessPool:
            return [entry, *running.values()]
        yield result
    return []


def _alone(entry: Entry, settings: Settings, work: PlanEntry) -> Result:
    with _pool(1) as pool:
        try:
            return pool.submit(work, entry, settings).result()
        except BrokenProcessPool:
            problem = "The process that planned it died (out of memory, or a broken library)."
            return Result(entry.name, Outcome.FAILED, problem=problem)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Fresh interpreters: a forked one would inherit threads of libraries that do not survive it.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def on_ray(entries: Iterable[Entry | Result], settings: Settings, address: str) -> Iterator[Result]:
    """Results from a Ray cluster as they come; its machines need t2s-rt, and no shared disk."""
    try:
        import ray
    except ImportError:
        raise SetupError("Ray is not installed.", 'Run: pip install "t2s-rt[ray]"') from None
    ours = not ray.is_initialized()
    if ours:
        _check_reachable(address)
        try:
            ray.init(address=None if address == LOCAL else address, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as problem:
            raise ConfigError(
                f"No Ray cluster answers at {address} ({problem}).", "Give HOST:PORT, or local."
            ) from None
    try:
        yield from _gather(ray, entries, settings)
    finally:
        if ours:
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Ray itself tries for minutes before it says that nobody answers.

    Raises:
        ConfigError: The address is none, or nobody answers there.
    """
    if address in (LOCAL, "auto"):
        return
    hint = "Give HOST:PORT of a Ray cluster, or local."
    try:
        place = urlsplit(address if "://" in address else f"//{address}")
        host, port = place.hostname, place.port
    except ValueError:
        host, port = None, None
    if host is None or port is None:
        raise ConfigError(f"{address!r} is no address of a Ray cluster.", hint)
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError as problem:
        raise ConfigError(f"No Ray cluster answers at {address} ({problem}).", hint) from None


def _gather(ray: ModuleType, entries: Iterable[Entry | Result], settings: Settings) -> Iterator[Result]:
    remote = ray.remote(max_retries=1)(plan_entry)
    most = max(4, 2 * int(ray.cluster_resources().get("CPU", 1)))
    running: dict[Any, str] = {}
    waiting = iter(entries)
    exhausted = False
    while running or not exhausted:
        while len(running) < most and not exhausted:
            entry = next(waiting, None)
            if entry is None:
                exhausted = True
            elif isinstance(entry, Result):
                yield entry
            else:
                running[remote.remote(entry, settings)] = entry.name
        if not running:
            break
        done, _ = ray.wait(list(running), num_returns=1)
        name = running.pop(done[0])
        try:
            yield ray.get(done[0])
        except ray.exceptions.RayError as problem:
            first = str(problem).strip().splitlines()[0]
            yield Result(name, Outcome.FAILED, problem=f"The cluster lost it ({first}).")
