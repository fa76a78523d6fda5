"""Records the face to a file: npz, FLAME npz, Live Link CSV, animated GLB or VRMA, by its ending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.outputs.base import OutputState, OutputStatus, Tally
from t2s_rt.errors import ConfigError, T2SError
from t2s_rt.face.clip import ROW, Rows, arrays, flame_arrays, live_link_csv, packed_row
from t2s_rt.face.clip_glb import animate_head
from t2s_rt.face.clip_vrma import encode_vrma
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.head import HEAD_GLB
from t2s_rt.face.retarget import Retargeter
from t2s_rt.face.signals import Signals
from t2s_rt.timebase import FRAME_RATE_HZ

LONGEST_S: Final = 1800
"""A take's end by itself: half an hour is 85 MB in memory."""
BLOCK_FRAMES: Final = 60 * FRAME_RATE_HZ


def write_npz(path: Path, rows: Rows) -> None:
    """The arrays of `t2s render`."""
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays(rows))


def write_flame(path: Path, rows: Rows) -> None:
    """FLAME parameters and the hash of the embedded head's basis."""
    with path.open("wb") as file:
        named = flame_arrays(rows, FlameHead.load().basis_hash)
        np.savez_compressed(file, allow_pickle=False, **named)


def write_csv(path: Path, rows: Rows) -> None:
    """A take of Live Link Face."""
    path.write_text(live_link_csv(rows), encoding="utf-8", newline="\n")


def write_glb(path: Path, rows: Rows) -> None:
    """The embedded head, animated."""
    path.write_bytes(animate_head(HEAD_GLB.read_bytes(), rows))


def write_vrma(path: Path, rows: Rows) -> None:
    """For VRM avatars, with VRM's presets."""
    path.write_bytes(encode_vrma(rows))


def write_perfect_vrma(path: Path, rows: Rows) -> None:
    """For VRM avatars that have the 52 ARKit expressions."""
    path.write_bytes(encode_vrma(rows, perfect_sync=True))


WRITERS: Final[dict[str, Callable[[Path, Rows], None]]] = {
    ".flame.npz": write_flame,
    ".npz": write_npz,
    ".csv": write_csv,
    ".glb": write_glb,
    ".perfect.vrma": write_perfect_vrma,
    ".vrma": write_vrma,
}


def writer_of(path: Path) -> Callable[[Path, Rows], None]:
    """What writes a file of this name.

    Raises:
        ConfigError: The ending is none that can be written, or the folder does not exist.
    """
    if not path.parent.is_dir():
        raise ConfigError(f"There is no folder {path.parent} to record into.", "Make it first.")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder.", "Give a file name.")
    for ending, writer in WRITERS.items():
        if path.name.lower().endswith(ending):
            return writer
    raise ConfigError(
        f"{path.name} has no ending that can be recorded.", f"Use one of {', '.join(WRITERS)}."
    )


def write_whole(path: Path, rows: Rows) -> None:
    """Write a clip; a reader sees the old file or the whole new one, never half.

    Raises:
        ConfigError: The file cannot be written.
    """
    writer = writer_of(path)
    try:
        part = path.with_name(f".{path.name}.part")
        try:
            writer(part, rows)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as problem:
        raise ConfigError(f"{path} cannot be written: {problem.strerror}.") from problem


def touched_block() -> memoryview:
    """Memory for `BLOCK_FRAMES`, written to once.

    The system gives memory page by page when it is first written to. That costs more than keeping a
    frame, so it is done in another thread, a while before the block is needed.
    """
    return np.full(BLOCK_FRAMES * ROW.itemsize, 0, np.uint8).data


def rows_in(blocks: Sequence[memoryview], count: int) -> Rows:
    """The first rows of what blocks hold."""
    return np.frombuffer(b"".join(blocks), ROW, count)


class RecorderOutput:
    """Keeps frames while it is on, writes the file when it is switched off or the run ends.

    Args:
        name: Unique among the outputs of a run.
        path: Where to; the ending says what.

    Raises:
        ConfigError: The ending is unknown or the folder does not exist.
    """

    retargeters: tuple[Retargeter, ...] = ()

    def __init__(self, name: str, path: Path) -> None:
        writer_of(path)
        self.name = name
        self._path = path
        self._blocks: list[memoryview] = []
        self._spare: asyncio.Future[memoryview] | None = None
        self._count = 0
        self._tally = Tally()
        self._trouble = ""

    async def start(self) -> None:
        """Begin a take, over the file of the one before."""
        self._blocks, self._count, self._trouble = [await asyncio.to_thread(touched_block)], 0, ""

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Keep a frame, until the take is full."""
        assert signals.frame is not None
        if self._count >= LONGEST_S * FRAME_RATE_HZ:
            self._tally.skipped += 1
            return
        place = self._count % BLOCK_FRAMES
        if place == BLOCK_FRAMES // 2:
            self._spare = asyncio.get_running_loop().run_in_executor(None, touched_block)
        elif place == 0 and self._count:
            self._blocks.append(self._next_block())
        begin = place * ROW.itemsize
        self._blocks[-1][begin : begin + ROW.itemsize] = packed_row(signals.frame)
        self._count += 1
        self._tally.send(now_ns)

    def _next_block(self) -> memoryview:
        spare = self._spare
        return spare.result() if spare is not None and spare.done() else touched_block()

    def status(self, now_ns: int) -> OutputStatus:
        """How long the take is."""
        full = self._count >= LONGEST_S * FRAME_RATE_HZ
        what = f"Has {self._count / FRAME_RATE_HZ:.0f} s for {self._path.name}."
        if full:
            what += " The take is full: switch it off to write it."
        return OutputStatus(
            self.name,
            OutputState.STOPPED if full or self._trouble else OutputState.RUNNING,
            self._trouble or what,
            None,
            self._tally.rate_hz(now_ns),
            self._tally.sent,
            self._tally.skipped,
            self._tally.failures,
        )

    async def close(self) -> None:
        """Write the file, away from the event loop."""
        blocks, count = self._blocks, self._count
        self._blocks, self._spare, self._count = [], None, 0
        if not count:
            return
        try:
            await asyncio.to_thread(lambda: write_whole(self._path, rows_in(blocks, count)))
        except T2SError as problem:
            self._trouble = str(problem)
            self._tally.failures += 1
            raise
