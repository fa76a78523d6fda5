"""Listening to a source's ring, and a capture library whose devices a test plugs in by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from engine.ring import AudioRing
from engine.sources.capture import BlockHandler, InputDevice
from t2s_rt.errors import DeviceError

PATIENCE_S = 10.0


def eventually(true: Callable[[], object], patience_s: float = PATIENCE_S) -> bool:
    """Whether something becomes true before patience ends."""
    deadline = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def listen(ring: AudioRing, count: int, patience_s: float = PATIENCE_S) -> np.ndarray:
    """The next ``count`` samples, or fewer where patience ends."""
    out, heard = np.zeros(count, np.float32), 0
    deadline = time.monotonic() + patience_s
    while heard < count and time.monotonic() < deadline:
        if ring.wait(0.05):
            heard += ring.read(out[heard:])
    return out[:heard]


def named(
    name: str, *, index: int = 0, default: bool = False, channels: int = 1, default_rate_hz: int = 48_000
) -> InputDevice:
    return InputDevice("bench", "wood", index, name, channels, default_rate_hz, default)


class BenchStream:
    """An open bench device; the test calls `deliver` in place of an audio thread."""

    def __init__(self, bench: CaptureBench, rate_hz: int, on_block: BlockHandler) -> None:
        self.rate_hz = rate_hz
        self.on_block = on_block
        self.started = self.closed = False
        self._bench = bench

    def start(self) -> None:
        if self._bench.refuses_to_start:
            raise DeviceError("The bench device does not start.")
        self.started = True

    def is_alive(self) -> bool:
        return not self._bench.unplugged.is_set()

    def close(self) -> None:
        self.closed = True

    def deliver(self, samples: np.ndarray, captured_ns: int = 0, *, overrun: bool = False) -> None:
        self.on_block(samples.astype(np.float32).reshape(len(samples), -1), captured_ns, overrun)


class CaptureBench:
    """A capture library with the devices that a test lists; real threads, no sound card."""

    def __init__(self, *devices: InputDevice) -> None:
        self.present = list(devices)
        self.rate_hz = 48_000
        self.streams: list[BenchStream] = []
        self.unplugged = threading.Event()
        self.looks = 0
        self.is_busy = self.refuses_to_start = self.is_closed = False

    def devices(self) -> list[InputDevice]:
        self.looks += 1
        return list(self.present)

    def open(self, device: InputDevice, on_block: BlockHandler) -> BenchStream:
        if self.is_busy:
            raise DeviceError(f"The microphone {device.name!r} cannot be opened: busy.")
        self.unplugged.clear()
        self.streams.append(BenchStream(self, self.rate_hz, on_block))
        return self.streams[-1]

    def close(self) -> None:
        self.is_closed = True

    @property
    def stream(self) -> BenchStream:
        """The stream that is open now."""
        return self.streams[-1]
