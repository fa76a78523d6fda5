"""The player: plays blocks into a ring as a device would, at real speed or as fast as they are taken."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

import numpy as np

from engine.clock import NS_PER_S, Clock
from engine.ring import AudioRing
from engine.sources.base import BLOCK_S, SourceCounters, SourceState
from t2s_rt.errors import AudioError
from t2s_rt.types import FloatArray

LATE_NS: Final = NS_PER_S // 2
"""A player that is later than this (the machine slept) goes on from now instead of catching up."""
SPACE_WAIT_S: Final = 0.1
"""How often a player that runs as fast as possible looks whether it was stopped."""


class Player:
    """One thread that plays blocks, then silence until it is stopped.

    A block is written when its last sample is due, counted from one start time, so that nothing drifts
    and a late block is followed by the next ones at once. Its capture time is that of its first sample,
    as a device would have it: the player is a device with 5 ms buffers.

    Args:
        blocks: What to play, ``(N,)`` each, any N; may raise `AudioError`.
        rate_hz: Its sample rate.
        clock: Whose real time.
        paced: Whether to play at real speed; else as fast as the ring is read, with no silence after.
        name: Name of the thread.
    """

    def __init__(
        self, blocks: Iterable[FloatArray], rate_hz: int, clock: Clock, *, paced: bool, name: str
    ) -> None:
        self._blocks = blocks
        self._rate_hz = rate_hz
        self._clock = clock
        self._paced = paced
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._name = name
        self._played_samples = 0
        self._silence_samples = 0
        self._block_count = 0
        self._began_ns = 0
        self._written = 0
        self.state = SourceState.WAITING
        self.problem = ""

    @property
    def counters(self) -> SourceCounters:
        """Blocks played and silence after them."""
        return SourceCounters(blocks=self._block_count, silence_samples=self._silence_samples)

    @property
    def played_samples(self) -> int:
        """How many samples were played so far, without the silence after them."""
        return self._played_samples

    def start(self, ring: AudioRing) -> None:
        """Begin now."""
        ring.start(self._rate_hz)
        self.state = SourceState.RUNNING
        self._began_ns = self._clock.now_ns()
        self._thread = threading.Thread(target=self._run, args=(ring,), name=self._name)
        self._thread.start()

    def stop(self) -> None:
        """Stop and join; harmless when not started."""
        self._stopped.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()  # one that Ctrl-C met while it started sees the flag and ends by itself
        if self.state is not SourceState.FAILED:
            self.state = SourceState.ENDED

    def _run(self, ring: AudioRing) -> None:
        try:
            for block in self._blocks:
                if not self._put(ring, block):
                    return
                self._block_count += 1
                self._played_samples += len(block)
            self.state = SourceState.ENDED
        except AudioError as problem:
            self.problem = str(problem)
            self.state = SourceState.FAILED
        silence = np.zeros(round(self._rate_hz * BLOCK_S), np.float32)
        while self._paced and self._put(ring, silence):
            self._silence_samples += len(silence)

    def _put(self, ring: AudioRing, block: FloatArray) -> bool:
        """Write one block when it is due; false where the player was stopped instead."""
        captured_ns = self._began_ns + self._written * NS_PER_S // self._rate_hz
        if self._paced:
            due_ns = captured_ns + len(block) * NS_PER_S // self._rate_hz
            if not self._clock.sleep_until_ns(due_ns, self._stopped):
                return False
            late_ns = self._clock.now_ns() - due_ns
            if late_ns > LATE_NS:
                self._began_ns += late_ns
                captured_ns += late_ns
        else:
            while not ring.wait_for_space(len(block), SPACE_WAIT_S):
                if self._stopped.is_set():
                    return False
            captured_ns = self._clock.now_ns()
        ring.write(block, captured_ns)
        self._written += len(block)
        return not self._stopped.is_set()
