"""Gaps of a karaoke song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.quality.mix import gaps, measure, open_in, syllables_shown
from bench.quality.track import MouthTrack
from t2s_rt.errors import SetupError
from t2s_rt.types import FloatArray
from tests.bench.quality.made import track_of

SPANS = [(6.0, 6.5), (6.6, 7.0), (12.0, 12.4)]


def test_the_time_before_the_song_and_long_gaps_count_without_their_margins() -> None:
    assert gaps(SPANS) == [(0.0, 4.5), (8.5, 10.5)]
    assert gaps([(2.0, 3.0), (4.0, 5.0)]) == []


def test_open_frames_inside_and_syllables_that_open_anywhere() -> None:
    opening = np.zeros(60 * 14)
    opening[60 * 6 : 60 * 6 + 3] = 0.5  # a blink of the first syllable
    opening[60 * 9 : 60 * 10] = 0.5  # one second in the second gap
    track = track_of(opening)
    assert open_in(track, [(8.5, 10.5)]) == pytest.approx(0.5, abs=0.01)
    assert np.isnan(open_in(track, []))
    assert syllables_shown(track, SPANS) == pytest.approx(1 / 3)


def test_without_the_song_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="karaoke"):
        measure(Still(), tmp_path)


class Still:
    """Never opens."""

    name = "still"

    def watch(self, samples: FloatArray) -> MouthTrack:
        return track_of(np.zeros(len(samples) // 800))


@pytest.mark.corpus
def test_a_shut_mouth_shows_no_syllable_of_the_real_mix(shared_data: Path) -> None:
    figures = {f.key: f for f in measure(Still(), shared_data / "karaoke" / "on_the_run")}
    assert figures["mix.open"].value == figures["mix.shown"].value == 0.0
    assert figures["mix.shown"].note == "333 syllables"
    assert float(figures["mix.open"].note.split()[0]) > 50.0
