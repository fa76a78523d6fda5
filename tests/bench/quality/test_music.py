"""Bands, hiss and a voice among them."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.band import play
from bench.quality.loudness import LoudnessMeter
from bench.quality.music import open_share, over
from bench.quality.sound import at_48k, at_level, rms
from t2s_rt.audio.synthesis import noise, tone
from tests.bench.quality.made import track_of


def test_the_share_of_open_frames_is_over_all_tracks() -> None:
    half = track_of([0.05] * 10 + [0.11] * 10)
    assert open_share([half, track_of([0.0] * 20)]) == 0.25


def test_a_voice_over_a_band_is_as_loud_as_the_band() -> None:
    voice, band = tone(300.0, 1.0, peak=0.3), noise(0.4, -10.0)
    mixed = over(voice, band)
    assert len(mixed) == len(voice)
    gain = float(mixed.astype(np.float64) @ voice / (voice.astype(np.float64) @ voice))
    rest = mixed - gain * voice
    assert rms(rest) / (gain * rms(voice)) == pytest.approx(1.0, abs=0.05)
    assert np.abs(mixed).max() <= 0.951


def test_levels_are_exact_and_silence_stays() -> None:
    assert 20 * np.log10(rms(at_level(noise(1.0, -7.0), -30.0))) == pytest.approx(-30.0, abs=0.01)
    assert not at_level(np.zeros(10, np.float32), -20.0).any()


def test_a_recording_at_16_khz_keeps_its_time() -> None:
    click = np.zeros(16_000, np.float32)
    click[8000] = 1.0
    found = at_48k(click, 16_000)
    assert len(found) == 48_000
    assert np.abs(found).argmax() == 24_000


def test_the_made_band_has_drums_and_a_tune_and_repeats_by_its_seed() -> None:
    band = play(2.0, 1)
    assert np.array_equal(band, play(2.0, 1))
    assert not np.array_equal(band, play(2.0, 2))
    assert np.abs(band).max() == pytest.approx(0.5, abs=0.01)
    blocks = band.reshape(-1, 2400).std(axis=1)
    assert blocks.max() > 2 * blocks.min()


def test_the_loudness_meter_opens_for_any_sound_and_shuts_for_none() -> None:
    """The floor of all rows is fooled by a band, or it would be no floor."""
    assert open_share([LoudnessMeter().watch(at_level(play(3.0), -30.0))]) > 0.5
    assert open_share([LoudnessMeter().watch(np.zeros(48_000, np.float32))]) == 0.0
