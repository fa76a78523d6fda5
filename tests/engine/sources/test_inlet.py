"""Sound goes through; where none comes, silence does, at real rate and in nobody's way."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.clock import NS_PER_S, ManualClock, SystemClock
from engine.ring import AudioRing
from engine.sources.inlet import Inlet
from tests.engine.sources.listening import eventually, listen

MS = NS_PER_S // 1_000


@pytest.fixture
def ring():
    return AudioRing(48_000)


@pytest.fixture
def clock():
    return ManualClock(NS_PER_S)


@pytest.fixture
def inlet(ring, clock):
    inlet = Inlet(ring, clock, 0.25, "inlet")
    yield inlet
    inlet.stop()


def advance(clock, inlet, ms, silence_blocks):
    """Move the clock in steps of 5 ms and let the silence keep up."""
    for _ in range(ms // 5):
        clock.advance_ns(5 * MS)
    assert eventually(lambda: inlet.silence_samples >= silence_blocks * 240)


def test_silence_flows_at_real_rate_with_its_time(inlet, ring, clock):
    inlet.start()
    assert eventually(lambda: inlet.silence_samples == 240)
    advance(clock, inlet, 50, 11)
    assert inlet.silence_samples == 11 * 240
    heard = listen(ring, 11 * 240)
    assert not heard.any()
    assert ring.rate_hz == 48_000
    assert ring.captured_ns == NS_PER_S + 50 * MS - NS_PER_S // 48_000 - 1


def test_sound_keeps_silence_away_until_it_has_been_missing_for_long_enough(inlet, ring, clock):
    inlet.open(16_000)
    sound = np.full(80, 0.5, np.float32)
    inlet.deliver(sound, 42)
    inlet.start()
    clock.advance_ns(249 * MS)
    assert not eventually(lambda: inlet.silence_samples, patience_s=0.1)
    clock.advance_ns(MS)
    assert eventually(lambda: inlet.silence_samples == 80)


def test_a_rate_change_starts_a_generation_and_silence_follows_it(inlet, ring, clock):
    inlet.start()
    assert eventually(lambda: inlet.silence_samples == 240)
    inlet.open(16_000)
    clock.advance_ns(5 * MS)
    assert eventually(lambda: inlet.silence_samples == 240 + 80)
    assert len(listen(ring, 80)) == 80
    assert ring.rate_hz == 16_000


def test_silence_that_is_much_too_late_is_not_made_up_for(inlet, clock):
    inlet.start()
    assert eventually(lambda: inlet.silence_samples == 240)
    clock.advance_ns(3_600 * NS_PER_S)
    assert eventually(lambda: inlet.silence_samples > 240)
    advance(clock, inlet, 10, 4)
    assert inlet.silence_samples < 100 * 240


def test_a_delivery_never_waits_for_the_silence(inlet, ring):
    ring.start(48_000)
    with inlet._writing:
        inlet.deliver(np.ones(240, np.float32), 0)
    assert inlet.refused_samples == 240
    assert ring.written_samples == 0
    inlet.deliver(np.ones(240, np.float32), 0)
    assert ring.written_samples == 240


def test_silence_lasts_as_long_as_real_time(ring):
    inlet = Inlet(ring, SystemClock(), 0.25, "inlet")
    inlet.start()
    try:
        listen(ring, 9_600)
        began = SystemClock().now_ns()
        assert len(listen(ring, 9_600)) == 9_600
        passed_s = (SystemClock().now_ns() - began) / NS_PER_S
    finally:
        inlet.stop()
    assert 0.1 < passed_s < 1.0


def test_stopping_an_inlet_that_never_started_is_harmless(ring, clock):
    before = threading.active_count()
    Inlet(ring, clock, 0.25, "inlet").stop()
    assert threading.active_count() == before
