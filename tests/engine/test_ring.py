"""The ring carries every sample once and in order, or counts it; time and rate travel with it."""

from __future__ import annotations

import itertools
import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest

from engine.clock import NS_PER_S
from engine.ring import STAMP_COUNT, AudioRing


def ramp(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.float32)


def drain(ring: AudioRing, size: int = 64) -> np.ndarray:
    out = np.zeros(size, np.float32)
    parts = []
    while count := ring.read(out):
        parts.append(out[:count].copy())
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def test_what_is_written_is_read_in_order_across_many_laps():
    ring = AudioRing(100)
    ring.start(48_000)
    read = []
    for lap in range(50):
        ring.write(ramp(37 * lap, 37), 0)
        read.append(drain(ring))
    np.testing.assert_array_equal(np.concatenate(read), ramp(0, 37 * 50))
    assert ring.dropped_samples == 0


def test_a_full_ring_loses_the_oldest_and_counts_them():
    ring = AudioRing(100)
    ring.start(48_000)
    for first in range(0, 250, 50):
        ring.write(ramp(first, 50), 0)
    assert ring.dropped_samples == 150
    assert ring.unread_samples == 100
    np.testing.assert_array_equal(drain(ring), ramp(150, 100))
    assert ring.dropped_samples == 150


def test_a_block_larger_than_the_ring_keeps_its_end():
    ring = AudioRing(100)
    ring.start(48_000)
    ring.write(ramp(0, 30), 0)
    ring.write(ramp(30, 1_000), 0)
    np.testing.assert_array_equal(drain(ring), ramp(930, 100))
    assert ring.dropped_samples == 930


def test_an_empty_block_changes_nothing():
    ring = AudioRing(10)
    ring.start(48_000)
    ring.write(np.zeros(0, np.float32), 5)
    assert ring.read(np.zeros(4, np.float32)) == 0
    assert ring.written_samples == 0


def test_a_new_generation_drops_what_was_left_and_tells_its_rate():
    ring = AudioRing(1_000)
    out = np.zeros(1_000, np.float32)
    assert (ring.generation, ring.rate_hz, ring.captured_ns) == (0, 0, 0)
    ring.start(48_000)
    ring.write(ramp(0, 10), 0)
    assert ring.read(out[:4]) == 4
    assert (ring.generation, ring.rate_hz) == (1, 48_000)
    ring.start(44_100)
    assert ring.rate_hz == 48_000, "the reader still holds samples of the old rate"
    ring.write(ramp(500, 20), 0)
    assert ring.read(out) == 20
    assert (ring.generation, ring.rate_hz) == (2, 44_100)
    np.testing.assert_array_equal(out[:20], ramp(500, 20))
    assert ring.dropped_samples == 6


def test_capture_time_is_that_of_the_newest_sample_read():
    ring = AudioRing(48_000)
    ring.start(48_000)
    ring.write(np.zeros(480, np.float32), 1_000_000_000)
    ring.write(np.zeros(480, np.float32), 5_000_000_000)  # the device stalled in between
    ring.read(np.zeros(1, np.float32))
    assert ring.captured_ns == 1_000_000_000
    ring.read(np.zeros(479, np.float32))
    assert ring.captured_ns == 1_000_000_000 + 479 * NS_PER_S // 48_000
    ring.read(np.zeros(48, np.float32))
    assert ring.captured_ns == 5_000_000_000 + 47 * NS_PER_S // 48_000


def test_capture_time_survives_more_blocks_than_stamps():
    ring = AudioRing(10 * STAMP_COUNT)
    ring.start(1_000)
    for position in range(3 * STAMP_COUNT):
        ring.write(np.zeros(1, np.float32), position * 1_000_000)
    out = np.zeros(1, np.float32)
    for position in range(3 * STAMP_COUNT):
        assert ring.read(out) == 1
        assert ring.captured_ns == position * 1_000_000


def test_waiting_ends_with_news_and_not_with_old_news():
    ring = AudioRing(100)
    ring.start(48_000)
    assert not ring.wait(0.0)
    ring.write(ramp(0, 10), 0)
    assert ring.wait(0.0)
    drain(ring)
    began = time.perf_counter()
    assert not ring.wait(0.05)
    assert time.perf_counter() - began > 0.04
    writer = threading.Timer(0.02, ring.write, (ramp(0, 1), 0))
    writer.start()
    assert ring.wait(5.0)
    writer.join()


def test_a_fast_writer_can_wait_for_the_reader():
    ring = AudioRing(100)
    ring.start(48_000)
    assert ring.wait_for_space(100, 0.0)
    assert not ring.wait_for_space(101, 0.0)
    ring.write(ramp(0, 80), 0)
    assert not ring.wait_for_space(40, 0.0)
    reader = threading.Timer(0.02, ring.read, (np.zeros(50, np.float32),))
    reader.start()
    assert ring.wait_for_space(40, 5.0)
    reader.join()


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_ring_without_room_is_refused(capacity):
    with pytest.raises(ValueError, match="at least one sample"):
        AudioRing(capacity)


def test_a_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match="at least 1 Hz"):
        AudioRing(1).start(0)


class Meddled(np.ndarray):
    """An output during whose first copy the writer does something."""

    meddle = None

    def __setitem__(self, key, value):
        meddle, self.meddle = self.meddle, None
        super().__setitem__(key, value)
        if meddle is not None:
            meddle()


def meddled(count: int, meddle) -> np.ndarray:
    out = np.zeros(count, np.float32).view(Meddled)
    out.meddle = meddle
    return out


def test_a_block_that_is_overwritten_while_it_is_copied_is_not_taken():
    ring = AudioRing(100)
    ring.start(48_000)
    ring.write(ramp(0, 100), 0)
    out = meddled(50, lambda: ring.write(ramp(100, 30), 0))
    assert ring.read(out) == 50
    np.testing.assert_array_equal(out, ramp(30, 50))
    assert ring.dropped_samples == 30


def test_a_generation_that_begins_while_a_block_is_copied_is_taken_alone():
    ring = AudioRing(100)
    ring.start(48_000)
    ring.write(ramp(0, 20), 0)

    def reopen() -> None:
        ring.start(16_000)
        ring.write(ramp(500, 10), 0)

    out = meddled(50, reopen)
    assert ring.read(out) == 10
    assert (ring.generation, ring.rate_hz) == (2, 16_000)
    np.testing.assert_array_equal(out[:10], ramp(500, 10))
    assert ring.dropped_samples == 20


@pytest.fixture
def quick_switches():
    """Python changes threads every 20 microseconds, so that they meet in the middle of things."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(20e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.usefixtures("quick_switches")
def test_two_threads_with_random_sizes_lose_nothing_unnoticed(seed):
    """The reader sees rising runs only; what is missing is exactly what was counted."""
    total, ring = 400_000, AudioRing(4_096)
    ring.start(48_000)
    sizes = np.random.default_rng(seed)

    def write() -> None:
        first = 0
        while first < total:
            count = min(int(sizes.integers(1, 1_500)), total - first)
            ring.write(ramp(first, count), first)
            first += count

    writer = threading.Thread(target=write, name="ring-writer")
    reads = np.random.default_rng(seed + 100)
    out = np.zeros(2_000, np.float32)
    seen, last = 0, -1.0
    writer.start()
    while writer.is_alive() or ring.unread_samples:
        if not ring.wait(0.05):
            continue
        count = ring.read(out[: int(reads.integers(1, 2_000))])
        got = out[:count]
        if count:
            assert got[0] > last
            assert np.all(np.diff(got) == 1), "a block was torn"
            last = float(got[-1])
            seen += count
    writer.join()
    assert last == total - 1
    assert seen + ring.dropped_samples == total


@pytest.mark.usefixtures("quick_switches")
def test_generations_never_mix_under_threads():
    """Samples carry their generation's number; each read holds one number only, and that of its rate."""
    ring = AudioRing(512)
    stop = threading.Event()

    def write() -> None:
        for generation in itertools.count(1):
            if stop.is_set():
                return
            ring.start(1_000 + generation)
            for _ in range(20):
                ring.write(np.full(48, generation, np.float32), 0)

    writer = threading.Thread(target=write, name="ring-writer")
    out = np.zeros(400, np.float32)
    read = 0
    writer.start()
    try:
        for _ in range(3_000):
            count = ring.read(out)
            if count:
                read += 1
                assert ring.rate_hz == 1_000 + ring.generation
                assert set(out[:count].tolist()) == {float(ring.generation)}
            else:
                ring.wait(0.01)
    finally:
        stop.set()
        writer.join()
    assert read > 100


def test_a_running_ring_does_not_grow():
    ring = AudioRing(4_800)
    ring.start(48_000)
    block, out = np.zeros(240, np.float32), np.zeros(400, np.float32)

    def run(blocks: int) -> None:
        for _ in range(blocks):
            ring.write(block, 0)
            ring.read(out)

    run(2_000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run(10_000)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 4_096
