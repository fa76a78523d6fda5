from __future__ import annotations

from engine.clock import NS_PER_S
from engine.outputs.base import Backoff, Pace, Tally


def test_a_pace_of_thirty_takes_every_second_frame() -> None:
    pace = Pace(30)
    assert [seq for seq in range(8) if pace.due(seq)] == [0, 2, 4, 6]


def test_a_pace_forgives_lost_frames_and_a_stream_that_begins_anew() -> None:
    pace = Pace(15)
    assert [seq for seq in (0, 1, 5, 6, 7, 8, 1000, 0, 1, 4) if pace.due(seq)] == [0, 5, 8, 1000, 0, 4]


def test_a_backoff_doubles_to_eight_seconds_and_starts_over_after_calm() -> None:
    backoff = Backoff()
    now_ns, pauses = NS_PER_S, []
    for _ in range(8):
        pauses.append(backoff.fail(now_ns))
        assert backoff.pausing(now_ns)
        now_ns += int(pauses[-1] * NS_PER_S)
        assert not backoff.pausing(now_ns)
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert backoff.fail(now_ns + 60 * NS_PER_S) == 0.25


def test_a_tally_counts_the_last_second() -> None:
    tally = Tally()
    for i in range(180):
        tally.send(i * NS_PER_S // 60)
    assert tally.sent == 180
    assert 59 <= tally.rate_hz(3 * NS_PER_S) <= 61
    assert tally.rate_hz(10 * NS_PER_S) == 0
