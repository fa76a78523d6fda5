"""Phrases of high vowels."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.sung import HIGH_HZ, NOTE_S, own_synthesiser, phrase, second_synthesiser
from t2s_rt.timebase import SAMPLE_RATE_HZ


def test_each_vowel_is_sung_twice_where_the_labels_say() -> None:
    make = next(second_synthesiser())
    samples, labels = phrase(make, seed=3)
    assert sorted(vowel for vowel, _, _ in labels) == sorted("aiueo" * 2)
    level = np.abs(samples)
    for _, start_s, end_s in labels:
        first, last = round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
        assert end_s - start_s == pytest.approx(NOTE_S)
        assert level[first + 2400 : last - 2400].max() > 0.05
        assert level[last : last + 9600].max() == 0.0
    assert [v for v, _, _ in labels] != [v for v, _, _ in phrase(make, seed=4)[1]]


def test_two_voices_and_our_own_at_every_pitch() -> None:
    assert len(list(second_synthesiser())) == 2 * len(HIGH_HZ)
    assert len(list(own_synthesiser())) == len(HIGH_HZ)
    first, second = (make("a") for make in list(own_synthesiser())[:2])
    assert not np.array_equal(first, second)  # each closure keeps its own pitch
