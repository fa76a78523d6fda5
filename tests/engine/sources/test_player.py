"""The player keeps real time to the sample, catches up, and lets go at any moment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.clock import NS_PER_S, ManualClock, SystemClock
from engine.ring import AudioRing
from engine.sources.base import SourceState
from engine.sources.player import Player
from t2s_rt.errors import AudioError
from tests.engine.sources.listening import eventually, listen

MS = NS_PER_S // 1_000
RATE_HZ = 48_000


def counted(blocks: int):
    """Blocks of 5 ms whose samples count up."""
    for block in range(blocks):
        yield np.arange(block * 240, (block + 1) * 240, dtype=np.float32)


@pytest.fixture
def ring():
    return AudioRing(96_000)


@pytest.fixture
def clock():
    return ManualClock(NS_PER_S)


@pytest.fixture
def playing(ring, clock):
    players = []

    def play(blocks, *, paced=True, clock=clock):
        player = Player(blocks, RATE_HZ, clock, paced=paced, name="t2s-test-player")
        players.append(player)
        player.start(ring)
        return player

    yield play
    for player in players:
        player.stop()


def test_a_block_comes_when_its_last_sample_is_due_and_knows_when_its_first_was(playing, ring, clock):
    player = playing(counted(10))
    assert player.state is SourceState.RUNNING
    clock.advance_ns(5 * MS - 1)
    assert not ring.wait(0.05)
    clock.advance_ns(1)
    assert len(listen(ring, 240)) == 240
    assert ring.captured_ns == NS_PER_S + 239 * NS_PER_S // RATE_HZ
    clock.advance_ns(20 * MS)
    np.testing.assert_array_equal(listen(ring, 960), np.arange(240, 1_200, dtype=np.float32))
    assert ring.captured_ns == NS_PER_S + 20 * MS + 239 * NS_PER_S // RATE_HZ


def test_a_late_player_catches_up_and_does_not_drift(playing, ring, clock):
    playing(counted(1_000))
    for _ in range(20):
        clock.advance_ns(203 * MS)
        assert eventually(lambda: ring.unread_samples >= 40 * 240)
        listen(ring, ring.unread_samples)
    assert eventually(lambda: ring.written_samples == 20 * 203 // 5 * 240)


def test_after_a_long_sleep_of_the_machine_it_goes_on_from_now(playing, ring, clock):
    playing(counted(1_000))
    clock.advance_ns(5 * MS)
    listen(ring, 240)
    clock.advance_ns(3_600 * NS_PER_S)
    assert len(listen(ring, 240)) == 240
    assert not ring.wait(0.05), "not an hour of song at once"
    assert abs(ring.captured_ns - clock.now_ns()) < 10 * MS


def test_silence_follows_the_end(playing, ring, clock):
    player = playing(counted(2))
    clock.advance_ns(20 * MS)
    heard = listen(ring, 960)
    np.testing.assert_array_equal(heard[:480], np.arange(480, dtype=np.float32))
    assert not heard[480:].any()
    assert player.state is SourceState.ENDED
    assert player.played_samples == 480
    assert eventually(lambda: player.counters.silence_samples == 480)


def test_unpaced_the_reader_sets_the_speed_and_nothing_is_lost(clock):
    ring = AudioRing(1_000)
    player = Player(counted(400), RATE_HZ, clock, paced=False, name="t2s-test-player")
    player.start(ring)
    try:
        heard = listen(ring, 400 * 240)
    finally:
        player.stop()
    np.testing.assert_array_equal(heard, np.arange(400 * 240, dtype=np.float32))
    assert ring.dropped_samples == 0
    assert player.state is SourceState.ENDED


def test_what_breaks_half_way_is_told_and_silence_follows(playing, ring, clock):
    def breaking():
        yield from counted(1)
        raise AudioError("The file is damaged.")

    player = playing(breaking())
    clock.advance_ns(15 * MS)
    assert not listen(ring, 720)[240:].any()
    assert player.state is SourceState.FAILED
    assert player.problem == "The file is damaged."
    player.stop()
    assert player.state is SourceState.FAILED


@pytest.mark.parametrize("paced", [True, False])
def test_it_stops_while_it_waits(clock, paced):
    ring = AudioRing(480)
    player = Player(counted(10_000), RATE_HZ, clock, paced=paced, name="t2s-test-player")
    player.start(ring)
    player.stop()
    player.stop()
    assert player.state is SourceState.ENDED


def test_stopping_before_starting_is_harmless(clock):
    Player(counted(1), RATE_HZ, clock, paced=True, name="t2s-test-player").stop()


def test_real_time_on_the_machines_clock(playing, ring):
    """Half a second of sound takes half a second; ten blocks more or less are a busy machine's."""
    playing(itertools.repeat(np.zeros(240, np.float32)), clock=SystemClock())
    listen(ring, 2_400)
    began_ns = SystemClock().now_ns()
    listen(ring, 24_000)
    assert 0.45 < (SystemClock().now_ns() - began_ns) / NS_PER_S < 1.0
