"""Clocks only go forward, sleep long enough, and let go when told to."""

from __future__ import annotations

import threading
import time

import pytest

from engine.clock import NS_PER_S, ManualClock, SystemClock

MS = NS_PER_S // 1_000


@pytest.mark.alone
def test_the_system_clock_goes_forward_at_the_rate_of_time():
    clock = SystemClock()
    began, wall = clock.now_ns(), time.monotonic()
    assert clock.sleep_until_ns(began + 50 * MS)
    passed = clock.now_ns() - began
    assert passed >= 50 * MS
    assert abs(passed / NS_PER_S - (time.monotonic() - wall)) < 0.02


def test_a_deadline_that_has_passed_does_not_sleep():
    clock = SystemClock()
    began = clock.now_ns()
    assert clock.sleep_until_ns(began - NS_PER_S)
    assert clock.now_ns() - began < 50 * MS


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()])
def test_an_interrupt_ends_a_sleep(clock):
    interrupt = threading.Event()
    timer = threading.Timer(0.03, interrupt.set)
    timer.start()
    began = time.perf_counter()
    assert not clock.sleep_until_ns(clock.now_ns() + 60 * NS_PER_S, interrupt)
    assert time.perf_counter() - began < 5.0
    timer.join()


def test_the_manual_clock_wakes_a_sleeper_exactly_when_it_is_due():
    clock = ManualClock(now_ns=7)
    woke: list[int] = []
    sleeper = threading.Thread(
        target=lambda: woke.append(clock.now_ns() if clock.sleep_until_ns(1_007) else -1), name="sleeper"
    )
    sleeper.start()
    clock.advance_ns(999)
    sleeper.join(0.05)
    assert sleeper.is_alive()
    clock.advance_ns(1)
    sleeper.join(5.0)
    assert woke == [1_007]


def test_the_manual_clock_does_not_go_back():
    with pytest.raises(ValueError, match="does not go back"):
        ManualClock().advance_ns(-1)
