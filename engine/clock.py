"""Clocks: the engine's only source of time, passed to whoever needs it.

Times are integer nanoseconds of one monotonic clock whose zero means nothing; only differences do.
"""

from __future__ import annotations

import threading
import time
from typing import Final, Protocol

NS_PER_S: Final = 1_000_000_000

SLEEP_STEP_NS: Final = 10_000_000
"""The end of a sleep is slept in steps of 10 ms: short ones are exact, and an interrupt is seen soon."""
FINE_SLEEP_NS: Final = 2 * SLEEP_STEP_NS
"""The last part of a sleep that is slept in steps; before it, only the interrupt is waited for."""


class Clock(Protocol):
    """Monotonic time, and waiting for it."""

    def now_ns(self) -> int:
        """Monotonic time in ns."""
        ...

    def sleep_until_ns(self, deadline_ns: int, interrupt: threading.Event | None = None) -> bool:
        """Sleep until the clock shows ``deadline_ns``; returns at once where that has passed.

        Args:
            deadline_ns: When to wake, in the terms of `now_ns`.
            interrupt: Ends the sleep early once set, within about 10 ms.

        Returns:
            Whether the deadline was reached; false where ``interrupt`` ended the sleep.
        """
        ...


class SystemClock:
    """The machine's clock.

    `time.perf_counter_ns` rather than `time.monotonic_ns`: on Windows the latter moves in steps of
    15.6 ms. `time.sleep` uses a high-resolution timer there since Python 3.11.
    """

    def now_ns(self) -> int:
        """Monotonic time in ns."""
        return time.perf_counter_ns()

    def sleep_until_ns(self, deadline_ns: int, interrupt: threading.Event | None = None) -> bool:
        """Sleep until ``deadline_ns``; see `Clock.sleep_until_ns`."""
        while True:
            left_ns = deadline_ns - time.perf_counter_ns()
            if interrupt is not None and left_ns > FINE_SLEEP_NS:
                interrupt.wait((left_ns - FINE_SLEEP_NS) / NS_PER_S)
            if interrupt is not None and interrupt.is_set():
                return False
            left_ns = deadline_ns - time.perf_counter_ns()
            if left_ns <= 0:
                return True
            time.sleep(min(left_ns, SLEEP_STEP_NS) / NS_PER_S)


class ManualClock:
    """A clock that a test moves by hand. Sleepers of other threads wake when it passes their deadline.

    Args:
        now_ns: What it shows at first.
    """

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._moved = threading.Condition()

    def now_ns(self) -> int:
        """What the clock shows, in ns."""
        return self._now_ns

    def advance_ns(self, by_ns: int) -> None:
        """Move the clock forward and wake whom that concerns.

        Args:
            by_ns: How far, in ns.

        Raises:
            ValueError: The clock would go backwards.
        """
        if by_ns < 0:
            raise ValueError(f"a monotonic clock does not go back by {-by_ns} ns")
        with self._moved:
            self._now_ns += by_ns
            self._moved.notify_all()

    def sleep_until_ns(self, deadline_ns: int, interrupt: threading.Event | None = None) -> bool:
        """Wait until the clock was moved to ``deadline_ns``; see `Clock.sleep_until_ns`."""
        with self._moved:
            while self._now_ns < deadline_ns:
                if interrupt is not None and interrupt.is_set():
                    return False
                self._moved.wait(SLEEP_STEP_NS / NS_PER_S)
        return interrupt is None or not interrupt.is_set()
