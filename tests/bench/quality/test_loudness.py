"""The floor of all rows."""

from __future__ import annotations

import numpy as np

from bench.quality.loudness import LoudnessMeter
from bench.quality.sound import in_silence
from bench.quality.timing import response_ms
from t2s_rt.audio.synthesis import tone, vowel


def test_the_mouth_follows_the_sound_within_a_frame_or_two() -> None:
    track = LoudnessMeter().watch(in_silence(tone(300.0, 1.0), 0.5, 0.5))
    onset_ms, release_ms = response_ms(track, 0.5, 1.5)
    assert 0.0 < onset_ms < 35.0
    assert 0.0 < release_ms < 35.0


def test_bright_is_wide_and_dark_is_round() -> None:
    bright, dark = (LoudnessMeter().watch(vowel(name, 200.0, 0.5)) for name in ("e", "u"))
    assert bright.width.mean() > dark.width.mean()
    assert dark.rounding.mean() > 0.3
    assert np.all((bright.opening >= 0.0) & (bright.opening <= 1.0))
