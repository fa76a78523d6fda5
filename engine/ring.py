"""The audio ring: how samples travel from the audio callback to the hot thread.

One thread writes (the audio callback, or a pacing thread), one thread reads (the hot thread). Neither
holds a lock: positions are integers that only grow, the writer announces what it is about to overwrite
before it does, and the reader checks afterwards whether what it copied was still whole. The writer
therefore never waits; when the reader is late the oldest samples are overwritten and counted.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.clock import NS_PER_S
from t2s_rt.types import FloatArray

STAMP_COUNT: Final = 1024
"""Blocks whose capture time is remembered: 5 s of 5 ms blocks, more than a ring holds."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A run of samples of one rate. Replaced whole, so that the reader never sees half a change."""

    generation: int
    rate_hz: int
    first_position: int


class AudioRing:
    """Mono float32 samples from one writing thread to one reading thread.

    Memory is taken once, here. `start` begins a new generation (a device was opened or reopened, perhaps
    at another rate); samples of an older generation that were not read yet are dropped and counted, so
    one `read` never mixes rates.

    Args:
        capacity_samples: How many unread samples the ring holds; the oldest are overwritten beyond that.

    Raises:
        ValueError: The capacity is not positive.
    """

    def __init__(self, capacity_samples: int) -> None:
        if capacity_samples < 1:
            raise ValueError(f"a ring holds at least one sample, not {capacity_samples}")
        self._capacity = capacity_samples
        self._samples: FloatArray = np.zeros(capacity_samples, np.float32)
        self._stamp_positions = np.zeros(STAMP_COUNT, np.int64)
        self._stamp_ns = np.zeros(STAMP_COUNT, np.int64)
        # Written by the writer only.
        self._segment = _Segment(generation=0, rate_hz=0, first_position=0)
        self._claimed = 0  # everything before this may already be overwritten by the next lap
        self._written = 0
        self._stamped = 0
        # Written by the reader only.
        self._reading = self._segment
        self._position = 0
        self._dropped = 0
        self._stamp_cursor = 0
        self._captured_ns = 0
        # Binary semaphores. Only the writer releases _news and only the reader releases _space.
        self._news = threading.Lock()
        self._space = threading.Lock()
        self._news.acquire()
        self._space.acquire()

    # ---- writer

    def start(self, rate_hz: int) -> None:
        """Begin a new generation of samples at ``rate_hz``; unread older samples are dropped.

        Args:
            rate_hz: Sample rate of what will be written, in Hz.

        Raises:
            ValueError: The rate is not positive.
        """
        if rate_hz < 1:
            raise ValueError(f"a sample rate is at least 1 Hz, not {rate_hz}")
        self._segment = _Segment(self._segment.generation + 1, rate_hz, self._written)

    def write(self, samples: FloatArray, captured_ns: int) -> None:
        """Append a block; never waits. What does not fit overwrites the oldest samples.

        Args:
            samples: ``(N,)`` mono in [-1, 1], any N.
            captured_ns: `engine.clock.Clock` time at which the block's first sample was captured.
        """
        count = len(samples)
        if count == 0:
            return
        first = self._written
        self._claimed = first + count
        kept = samples[-self._capacity :]
        start = (first + count - len(kept)) % self._capacity
        head = min(len(kept), self._capacity - start)
        self._samples[start : start + head] = kept[:head]
        self._samples[: len(kept) - head] = kept[head:]
        slot = self._stamped % STAMP_COUNT
        self._stamp_positions[slot] = first
        self._stamp_ns[slot] = captured_ns
        self._stamped += 1
        self._written = first + count
        self._tell(self._news)

    def wait_for_space(self, samples: int, timeout_s: float) -> bool:
        """Wait until ``samples`` fit without overwriting; for writers faster than real time.

        Args:
            samples: How many samples are to be written.
            timeout_s: How long to wait at most, in s.

        Returns:
            Whether they fit now. Never true for more than the ring's capacity.
        """
        self._space.acquire(blocking=False)  # drop old news first: what comes after the check counts
        if self._capacity - self.unread_samples < samples:
            self._space.acquire(timeout=timeout_s)
        return self._capacity - self.unread_samples >= samples

    # ---- reader

    def read(self, out: FloatArray) -> int:
        """Copy the oldest unread samples of one generation into ``out``.

        Args:
            out: ``(M,)`` float32; the first samples are overwritten.

        Returns:
            How many samples were copied, 0 where none wait. They belong to `generation` and `rate_hz` as
            these are after this call.
        """
        while True:
            segment = self._adopt_segment()
            self._skip_to(self._written - self._capacity)
            first = self._position
            count = min(len(out), self._written - first)
            if count <= 0:
                return 0
            start = first % self._capacity
            head = min(count, self._capacity - start)
            out[:head] = self._samples[start : start + head]
            out[head:count] = self._samples[: count - head]
            whole = self._claimed - self._capacity <= first
            if whole and self._segment is segment:
                break
            self._skip_to(self._claimed - self._capacity)
        self._position = first + count
        self._captured_ns = self._time_of(self._position - 1)
        self._tell(self._space)
        return count

    def wait(self, timeout_s: float) -> bool:
        """Wait for unread samples.

        Args:
            timeout_s: How long to wait at most, in s.

        Returns:
            Whether samples wait to be read.
        """
        self._news.acquire(blocking=False)  # drop old news first: what comes after the check counts
        if self.unread_samples == 0:
            self._news.acquire(timeout=timeout_s)
        return self.unread_samples > 0

    @property
    def generation(self) -> int:
        """Which `start` the samples of the last `read` belong to; 0 before the first."""
        return self._reading.generation

    @property
    def rate_hz(self) -> int:
        """Sample rate of the samples of the last `read`, in Hz; 0 before the first `start` was seen."""
        return self._reading.rate_hz

    @property
    def captured_ns(self) -> int:
        """Clock time at which the newest sample of the last `read` was captured; 0 before the first.

        Interpolated from its block's time by the sample's position in the block.
        """
        return self._captured_ns

    # ---- any thread

    @property
    def capacity_samples(self) -> int:
        """How many unread samples the ring holds."""
        return self._capacity

    @property
    def unread_samples(self) -> int:
        """How many samples of the newest generation wait to be read, at most the capacity."""
        first = max(self._position, self._segment.first_position)
        return min(max(0, self._written - first), self._capacity)

    @property
    def written_samples(self) -> int:
        """How many samples were ever written, over all generations."""
        return self._written

    @property
    def dropped_samples(self) -> int:
        """How many samples were overwritten or left behind without having been read."""
        dropped, position, segment = self._dropped, self._position, self._segment
        left = max(0, segment.first_position - position)
        return dropped + left + max(0, self._written - self._capacity - position - left)

    # ---- inside

    @staticmethod
    def _tell(semaphore: threading.Lock) -> None:
        """Release a binary semaphore that only the calling side ever releases."""
        if semaphore.locked():
            semaphore.release()

    def _adopt_segment(self) -> _Segment:
        segment = self._segment
        if segment is not self._reading:
            self._skip_to(segment.first_position)
            self._reading = segment
        return segment

    def _skip_to(self, position: int) -> None:
        if position > self._position:
            self._dropped += position - self._position
            self._position = position

    def _time_of(self, position: int) -> int:
        """Capture time of the sample at ``position``, from the block that it came in."""
        while True:
            stamped = self._stamped
            cursor = max(self._stamp_cursor, stamped - STAMP_COUNT + 1)
            while cursor + 1 < stamped and self._stamp_positions[(cursor + 1) % STAMP_COUNT] <= position:
                cursor += 1
            slot = cursor % STAMP_COUNT
            samples = position - int(self._stamp_positions[slot])
            block_ns = int(self._stamp_ns[slot])
            if self._stamped - STAMP_COUNT < cursor:  # else the writer came round while we looked
                break
        self._stamp_cursor = cursor
        return block_ns + samples * NS_PER_S // self._reading.rate_hz
