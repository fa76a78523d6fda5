"""What the issue asks of the lead, on the labelled song."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from bench import lead
from t2s_rt.audio.synthesis import noise

pytestmark = pytest.mark.corpus


@cache
def song():
    samples, sounds = lead.load_song()
    return samples, sounds, lead.phonemes_of(sounds)


@cache
def mouths():
    samples, _, phonemes = song()
    return lead.render(samples), lead.render(samples, phonemes)


@cache
def disagreements():
    samples, sounds, _ = song()
    return lead.disagreement_table(samples, sounds)


def test_the_mouth_leads_the_vowel_by_0_to_120_ms_in_nine_of_ten_syllables():
    _, sounds, phonemes = song()
    alone, led = mouths()
    asked = lead.words_alone(phonemes, led)
    found = np.concatenate(lead.leads_s(led, asked, sounds))
    assert np.mean((found >= 0.0) & (found <= 0.12)) >= 0.9
    heard = np.concatenate(lead.leads_s(alone, asked, sounds))
    assert len(heard) == len(found) >= 60
    assert np.mean((heard >= 0.0) & (heard <= 0.12)) < 0.5  # no audio-only system can


def test_vowels_are_told_apart_by_a_visible_margin():
    _, sounds, _ = song()
    alone, led = mouths()
    for order in lead.ORDERS.values():
        audio, words = (lead.auc(mouth, sounds, order, lead.MOVES) for mouth in (alone, led))
        # Audio only orders the width of vowels in .99 of the pairs: .05 more does not exist.
        assert words >= min(audio + 0.05, 0.999)


def test_every_bilabial_closes():
    _, sounds, _ = song()
    alone, led = mouths()
    done, every = lead.closed(led, sounds)
    assert done == every == 18
    assert lead.closed(alone, sounds)[0] >= 16  # the bar for sound alone


@pytest.mark.parametrize("level_dbfs", [-200.0, -60.0, -45.0])
def test_a_silent_take_keeps_the_mouth_still_while_the_words_run(level_dbfs):
    samples, _, phonemes = song()
    mouth = lead.render(noise(len(samples) / 48_000, level_dbfs), phonemes)
    assert mouth.opening.max() < 0.2
    assert (mouth.opening < 0.02).mean() >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", ["la la la", "words 5 s off"])
def test_other_sounds_than_the_words_follow_the_voice(name):
    row = next(row for row in disagreements().rows if row.name == name)
    assert row.figures["r audio"] > row.figures["r words"] + 0.5
    assert row.figures["apart"] < 0.03


@pytest.mark.slow
def test_even_la_on_the_words_own_beats_ends_up_following_the_voice():
    row = next(row for row in disagreements().rows if row.name == "la on the words' beats")
    assert row.figures["trust"] < 0.4
    assert row.figures["r audio"] > row.figures["r words"]


@pytest.mark.slow
def test_the_right_words_are_believed():
    row = next(row for row in disagreements().rows if row.name == "the words")
    assert row.figures["trust"] > 0.95


def test_held_notes_do_not_flicker():
    for row in lead.held_table().rows:
        assert row.figures["sd"] < 0.01
