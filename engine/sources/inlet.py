"""The inlet: sound into a ring while there is sound, silence while there is none.

A microphone that vanishes and a browser that stops sending must not stop the face: it goes on living on
silence. Two threads may then want to write, the one that delivers sound and the one that fills in
silence. They take turns by a lock that the delivering side only ever tries: it never waits, and on the
rare collision its one block is given up and counted.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np

from engine.clock import NS_PER_S, Clock
from engine.ring import AudioRing
from engine.sources.base import BLOCK_S
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

LATE_NS: Final = NS_PER_S // 10
"""Silence that is later than this is not made up for: nobody misses it, and a burst would cost."""


class Inlet:
    """Writes what is delivered, and silence at real rate when nothing was delivered for a while.

    Args:
        ring: Where to; nobody else writes into it.
        clock: Time of the silence.
        silence_after_s: How long nothing must have come before silence is filled in, in s.
        name: Name of the thread that fills it in.
    """

    def __init__(self, ring: AudioRing, clock: Clock, silence_after_s: float, name: str) -> None:
        self._ring = ring
        self._clock = clock
        self._silence_after_ns = round(silence_after_s * NS_PER_S)
        self._writing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._fill, name=name)
        self._rate_hz = SAMPLE_RATE_HZ
        self._due_ns = 0
        self._delivered_ns: int | None = None
        self._blocks = 0
        self._refused_samples = 0
        self._silence_samples = 0

    @property
    def blocks(self) -> int:
        """How many blocks were delivered, refused ones included."""
        return self._blocks

    @property
    def refused_samples(self) -> int:
        """How many delivered samples were given up because silence was being written."""
        return self._refused_samples

    @property
    def silence_samples(self) -> int:
        """How many samples of silence were filled in."""
        return self._silence_samples

    def start(self) -> None:
        """Begin, with silence; at 48 kHz where `open` did not say otherwise."""
        self._ring.start(self._rate_hz)
        self._due_ns = self._clock.now_ns()
        self._thread.start()

    def stop(self) -> None:
        """End the silence and join its thread; harmless when not started."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def open(self, rate_hz: int) -> None:
        """Expect sound at ``rate_hz``; called before it is delivered, by whoever opens the device."""
        with self._writing:
            self._rate_hz = rate_hz
            self._ring.start(rate_hz)

    def deliver(self, samples: FloatArray, captured_ns: int) -> None:
        """Write sound; never waits.

        Args:
            samples: ``(N,)`` mono.
            captured_ns: When the first of them was captured.
        """
        self._delivered_ns = self._clock.now_ns()
        self._blocks += 1
        if not self._writing.acquire(blocking=False):
            self._refused_samples += len(samples)
            return
        try:
            self._ring.write(samples, captured_ns)
        finally:
            self._writing.release()

    def _fill(self) -> None:
        due_ns = self._due_ns
        silence = np.zeros(0, np.float32)
        while self._clock.sleep_until_ns(due_ns, self._stopped):
            now_ns = self._clock.now_ns()
            delivered_ns = self._delivered_ns
            if delivered_ns is not None and now_ns - delivered_ns < self._silence_after_ns:
                due_ns = delivered_ns + self._silence_after_ns
                continue
            if now_ns - due_ns > LATE_NS:
                due_ns = now_ns
            with self._writing:
                count = round(self._rate_hz * BLOCK_S)
                if len(silence) != count:
                    silence = np.zeros(count, np.float32)
                self._ring.write(silence, due_ns - round(BLOCK_S * NS_PER_S))
            self._silence_samples += count
            due_ns += round(BLOCK_S * NS_PER_S)
