"""Labelled speech: who is chosen, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.speech import measure, sample_of
from bench.quality.track import MouthTrack
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.types import FloatArray
from tests.bench.quality.made import track_of

SOUNDS = (
    ("p", 0.5, 0.6),
    ("a", 0.6, 0.9),
    ("m", 1.0, 1.1),
    ("i", 1.1, 1.4),
    ("\u0259", 1.5, 1.8),
    ("i", 1.9, 1.94),
)


def clip(name: str, speaker: str, duration_s: float = 2.0) -> LabelledClip:
    samples = np.zeros(round(16_000 * duration_s), np.float32)
    return LabelledClip(name, samples, 16_000, SOUNDS, "", speaker, "xx", "made", "none", None)


class Reader:
    """Closes its lips for p only, and opens more for a than for i."""

    name = "reader"

    def watch(self, samples: FloatArray) -> MouthTrack:
        time_s = np.arange(len(samples) // 800) / 60
        opening = np.full(len(time_s), 0.3)
        opening[(time_s >= 0.5) & (time_s < 0.6)] = 0.0
        opening[(time_s >= 0.6) & (time_s < 0.9)] = 0.6
        return track_of(opening, width=np.where(time_s > 1.0, 0.5, 0.0))


def test_closures_and_orders_of_full_vowels_long_enough() -> None:
    figures = {f.key: f for f in measure(Reader(), [clip("one", "x"), clip("two", "x")])}
    assert figures["speech.closures"].value == 0.5
    assert figures["speech.closures"].note == "2 of 4"
    assert figures["speech.open"].value == 1.0
    assert figures["speech.open"].note.startswith("4 vowels, 1 speakers")
    assert np.isnan(figures["speech.round"].value)  # nobody said o or u


def test_every_speaker_gets_the_same_share_spread_over_their_clips() -> None:
    clips = [clip(f"a{i}", "a") for i in range(60)] + [clip(f"b{i}", "b") for i in range(30)]
    chosen = sample_of(clips, minutes=0.5)
    seconds = {who: sum(c.duration_s for c in chosen if c.speaker == who) for who in "ab"}
    assert seconds["a"] == pytest.approx(15.0, abs=3.0)
    assert seconds["b"] == pytest.approx(15.0, abs=3.0)
    numbers = [int(c.name[1:]) for c in chosen if c.speaker == "a"]
    assert max(numbers) > 45
    assert min(numbers) < 15


def test_few_clips_are_all_taken() -> None:
    assert len(sample_of([clip("a", "a")], minutes=10.0)) == 1
