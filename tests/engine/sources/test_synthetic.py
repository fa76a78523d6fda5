"""Made-up sound comes exactly when and as it says."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clock import NS_PER_S, ManualClock
from engine.ring import AudioRing
from engine.sources.base import SourceState
from engine.sources.synthetic import SyntheticKind, SyntheticSource, synthetic_period
from tests.engine.sources.listening import eventually, listen

MS = NS_PER_S // 1_000


@pytest.mark.parametrize("kind", list(SyntheticKind))
def test_each_kind_repeats_its_period_without_a_seam(kind):
    period = synthetic_period(kind)
    assert len(period) % 240 == 0
    assert np.all(np.isfinite(period))
    assert np.abs(period).max() < 1.0
    assert (np.abs(period).max() == 0) == (kind is SyntheticKind.SILENCE)
    ring, clock = AudioRing(2_000_000), ManualClock()
    source = SyntheticSource(kind, clock)
    source.start(ring)
    try:
        for _ in range(2 * len(period) // 19_200 + 1):
            clock.advance_ns(400 * MS)
            due = clock.now_ns() * 48 // MS
            assert eventually(lambda due=due: ring.written_samples == due)
        heard = listen(ring, 2 * len(period))
    finally:
        source.stop()
    np.testing.assert_array_equal(heard, np.tile(period, 2))


def test_a_click_knows_exactly_when_it_was_captured():
    ring, clock = AudioRing(96_000), ManualClock(7 * NS_PER_S)
    source = SyntheticSource(SyntheticKind.CLICKS, clock)
    source.start(ring)
    try:
        clock.advance_ns(300 * MS)
        heard = listen(ring, 12_001)
        assert np.flatnonzero(heard).tolist() == [12_000]
        assert ring.captured_ns == 7 * NS_PER_S + 250 * MS
    finally:
        source.stop()


def test_it_says_what_it_plays():
    source = SyntheticSource(SyntheticKind.VOWELS, ManualClock())
    assert source.name == "synthetic vowels"
    assert source.status().detail == "Playing synthetic vowels."
    assert (source.audio_path, source.song_s(0)) == (None, -1.0)
    source.stop()
    assert source.status().state is SourceState.ENDED
