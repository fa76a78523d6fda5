"""The song clock, with the time moved by hand."""

from __future__ import annotations

import itertools
import sys
import threading

import numpy as np
import pytest

from engine.song_clock import GLIDE, JUMP_S, ORPHAN_S, SongClock, SongState
from t2s_rt.timebase import FRAME_S, NO_SONG_S

S = 1_000_000_000
LATE_NS = 40_000_000
"""The hot thread asks about sound that was captured so long ago."""


def quiet(_pts_samples: int) -> float:
    return NO_SONG_S


class Show:
    """A clock, a player that knows where it is, and the frames in between."""

    def __init__(self, **offsets: float) -> None:
        self.clock = SongClock(quiet, **offsets)
        self.now_ns = 1000 * S

    def say(
        self, state: str, position_s: float = 0.0, rate: float = 1.0, *, timed: bool = True, ago_s=0.0
    ):
        at_ns = self.now_ns - round(ago_s * S)
        self.clock.transport(SongState(state), position_s, rate, at_ns, timed=timed)

    def wait(self, seconds: float) -> list[float]:
        """The positions of the frames that come meanwhile."""
        shown = []
        for _ in range(round(seconds / FRAME_S)):
            self.now_ns += round(FRAME_S * S)
            shown.append(self.shown_s)
        return shown

    @property
    def shown_s(self) -> float:
        return self.clock.song_s(0, self.now_ns - LATE_NS)


def test_without_a_player_the_source_knows() -> None:
    clock = SongClock(lambda pts_samples: pts_samples / 48_000)
    assert clock.song_s(96_000, 5 * S) == 2.0
    assert clock.state(5 * S) is SongState.STOPPED


def test_without_a_monotonic_clock_the_source_knows() -> None:
    """Rendering has no clock: there is no player either."""
    clock = SongClock(lambda pts_samples: pts_samples / 48_000)
    clock.transport(SongState.PLAYING, 60.0, 1.0, 0, timed=True)
    assert clock.song_s(96_000, 0) == 2.0


def test_a_song_plays_from_when_it_was_started_at_the_captured_time() -> None:
    show = Show()
    assert show.shown_s == NO_SONG_S
    show.say("playing", 10.0)
    assert show.shown_s == NO_SONG_S  # this sound was captured before the start
    shown = show.wait(2.0)
    began = next(i for i, position_s in enumerate(shown) if position_s >= 0)
    assert began * FRAME_S == pytest.approx(LATE_NS / S, abs=FRAME_S)
    assert shown[-1] == pytest.approx(12.0 - LATE_NS / S, abs=1e-6)
    np.testing.assert_allclose(np.diff(shown[began:]), FRAME_S, atol=1e-8)


def test_a_start_in_time_to_come_waits_for_it() -> None:
    show = Show()
    show.say("playing", 30.0, ago_s=-1.0)
    assert set(show.wait(1.0)) == {NO_SONG_S}
    assert show.wait(0.5)[-1] == pytest.approx(30.5 - LATE_NS / S, abs=0.02)


@pytest.mark.parametrize("rate", [0.25, 0.8, 1.0, 1.5, 4.0])
def test_the_rate_is_seconds_of_song_a_second(rate: float) -> None:
    show = Show()
    show.say("playing", 10.0, rate)
    assert show.wait(2.0)[-1] == pytest.approx(10.0 + rate * (2.0 - LATE_NS / S), abs=1e-6)


def test_a_pause_holds_and_playing_goes_on_from_there() -> None:
    show = Show()
    show.say("playing", 10.0)
    show.wait(1.0)
    show.say("paused", 11.0)
    shown = show.wait(5.0)
    assert shown[-1] == shown[10] == 11.0
    assert show.clock.state(show.now_ns) is SongState.PAUSED
    show.say("playing", 11.0)
    shown = show.wait(1.0)
    assert min(shown) == 11.0
    assert shown[-1] == pytest.approx(12.0 - LATE_NS / S, abs=1e-6)


@pytest.mark.parametrize("to_s", [60.0, 3.0, 10.5])
def test_a_seek_jumps_there_at_once_and_no_further(to_s: float) -> None:
    show = Show()
    show.say("playing", 10.0)
    show.wait(1.0)
    show.say("playing", to_s)
    shown = show.wait(1.0)
    steps = np.diff(shown)
    assert np.count_nonzero(np.abs(steps - FRAME_S) > 1e-6) == 1
    assert shown[-1] == pytest.approx(to_s + 1.0 - LATE_NS / S, abs=1e-6)


def test_after_a_stop_the_song_is_gone() -> None:
    show = Show()
    show.say("playing", 10.0)
    show.wait(1.0)
    show.say("stopped")
    assert show.wait(0.2)[-1] == NO_SONG_S
    assert show.clock.state(show.now_ns) is SongState.STOPPED


def test_drift_glides_and_never_runs_backwards() -> None:
    """A player that is 0.15 s off either way, said once a second."""
    for drift_s in (0.15, -0.15):
        show = Show()
        show.say("playing", 10.0)
        shown = show.wait(1.0)
        for second in range(1, 6):
            show.say("playing", 10.0 + second + drift_s)
            shown += show.wait(1.0)
        steps = np.diff([s for s in shown if s >= 0])
        assert steps.min() >= (1.0 - GLIDE) * FRAME_S - 1e-6
        assert steps.max() <= (1.0 + GLIDE) * FRAME_S + 1e-6
        assert shown[-1] == pytest.approx(16.0 + drift_s - LATE_NS / S, abs=1e-3)


def test_messages_without_a_time_are_heard_through_their_jitter() -> None:
    """Up to 30 ms late at random, 15 ms on average: the position settles near that, within 10 ms."""
    rng, show, off = np.random.default_rng(1), Show(), []
    show.say("playing", 0.0, timed=False)
    for second in range(1, 40):
        late_s = float(rng.uniform(0.0, 0.03))
        show.wait(1.0)
        show.say("playing", second - late_s, timed=False)
        if second > 10:
            off.append(show.shown_s - (second - LATE_NS / S) + 0.015)
    assert np.abs(off).max() < 0.01


def test_a_change_of_rate_neither_jumps_nor_runs_backwards() -> None:
    show = Show()
    show.say("playing", 10.0)
    shown = show.wait(1.0)
    show.say("playing", 11.0, 0.5)
    shown += show.wait(2.0)
    show.say("playing", 12.0, 2.0)
    shown += show.wait(1.0)
    steps = np.diff([s for s in shown if s >= 0])
    assert steps.min() > 0
    assert steps.max() < 2.0 * (1 + GLIDE) * FRAME_S + 0.5 * LATE_NS / S
    assert shown[-1] == pytest.approx(14.0 - 2.0 * LATE_NS / S, abs=0.02)


def test_offsets_are_latencies_and_make_the_song_earlier() -> None:
    """The singer hears the song 0.1 s late and is heard 0.05 s late."""
    show = Show(output_offset_s=0.1, microphone_offset_s=0.05)
    show.say("playing", 10.0, 2.0)
    assert show.wait(2.0)[-1] == pytest.approx(14.0 - 2.0 * (0.15 + LATE_NS / S), abs=1e-6)
    with pytest.raises(ValueError, match="at most"):
        SongClock(quiet, output_offset_s=float("nan"))


def test_a_song_whose_player_vanished_plays_on_for_a_while() -> None:
    show = Show()
    show.say("playing", 10.0)
    show.wait(1.0)
    show.clock.abandon(show.now_ns)
    shown = show.wait(ORPHAN_S)
    assert shown[-1] == pytest.approx(11.0 + ORPHAN_S - LATE_NS / S, abs=0.02)
    assert show.wait(0.1)[-1] == NO_SONG_S
    assert show.clock.state(show.now_ns) is SongState.STOPPED


def test_a_player_that_comes_back_takes_over_without_a_jump() -> None:
    show = Show()
    show.say("playing", 10.0)
    shown = show.wait(1.0)
    show.clock.abandon(show.now_ns)
    shown += show.wait(10.0)
    show.say("playing", 21.03)
    shown += show.wait(ORPHAN_S + 5.0)
    steps = np.diff([s for s in shown if s >= 0])
    assert 0 < steps.min() <= steps.max() <= (1 + GLIDE) * FRAME_S + 1e-6
    assert shown[-1] == pytest.approx(26.03 + ORPHAN_S - LATE_NS / S, abs=1e-3)


def test_a_pause_of_a_vanished_player_ends_too() -> None:
    show = Show()
    show.say("paused", 10.0)
    show.wait(0.1)
    show.clock.abandon(show.now_ns)
    assert show.wait(ORPHAN_S - 1.0)[-1] == 10.0
    assert show.wait(1.1)[-1] == NO_SONG_S


def test_any_order_of_messages_gives_a_position_or_none() -> None:
    rng = np.random.default_rng(4)
    show, states = Show(), ("playing", "paused", "stopped")
    show.say("playing", 5.0)
    for _ in range(2000):
        position_s, rate = float(rng.uniform(0, 86_400)), float(rng.uniform(0.25, 4.0))
        show.say(
            states[rng.integers(3)], position_s, rate, timed=bool(rng.integers(2)), ago_s=rng.normal()
        )
        if rng.random() < 0.1:
            show.clock.abandon(show.now_ns)
        for shown_s in show.wait(0.05):
            assert shown_s == NO_SONG_S or 0 <= shown_s <= 86_400


def test_courses_do_not_pile_up() -> None:
    show = Show()
    for i in range(100):
        show.say("playing", float(i))
    course = show.clock._course
    assert course.before is not None
    assert course.before.before is None


def test_two_threads_see_whole_courses_only() -> None:
    """A reader never sees half a message: positions and times of two different ones."""
    clock, ending, wrong = SongClock(quiet), threading.Event(), []
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def read() -> None:
        while not ending.is_set():
            shown_s = clock.song_s(0, 10**15)
            if shown_s not in (NO_SONG_S, 7.0, 77.0):
                wrong.append(shown_s)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for i in range(20_000):
            clock.transport(SongState.PAUSED, (7.0, 77.0)[i % 2], 1.0, i, timed=True)
    finally:
        ending.set()
        reader.join()
        sys.setswitchinterval(interval_s)
    assert wrong == []


def test_a_jump_is_larger_than_what_glides() -> None:
    for off_s, jumps in ((JUMP_S - 0.01, False), (JUMP_S + 0.01, True)):
        show = Show()
        show.say("playing", 10.0)
        show.wait(1.0)
        before_s = show.shown_s
        show.say("playing", 11.0 + off_s)
        after = show.wait(0.1)
        assert (
            any(abs(b - a - FRAME_S) > 0.1 for a, b in itertools.pairwise([before_s, *after])) is jumps
        )
