import itertools

import numpy as np
import pytest

from t2s_rt.lyrics.espeak import SLOWEST_WPM
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.rendition import render


def test_sounds_stand_where_they_are_heard() -> None:
    rendition = render("Mama, papa.", "en-us")
    assert [sound.ipa for sound in rendition.sounds] == ["m", "ɑː", "m", "ɐ", "p", "ɑː", "p", "ə"]
    assert len(rendition.samples) / RATE_HZ >= rendition.sounds[-1].end_s
    for sound in rendition.sounds:
        first, last = round(sound.start_s * RATE_HZ), round(sound.end_s * RATE_HZ)
        if sound.ipa in ("ɑː", "ə"):
            assert np.sqrt(np.mean(rendition.samples[first:last] ** 2)) > 0.01


def test_a_stop_begins_with_its_silent_closure() -> None:
    rendition = render("a papa", "it")
    stops = [sound for sound in rendition.sounds if sound.ipa == "p"]
    assert len(stops) == 2
    for stop in stops:
        quiet = rendition.samples[round((stop.start_s + 0.005) * RATE_HZ) :][: round(0.02 * RATE_HZ)]
        assert np.abs(quiet).max() < 0.01


def test_a_comma_is_a_pause_and_words_are_marked() -> None:
    sounds = render("one, two", "en-us").sounds
    assert [sound.ipa for sound in sounds if sound.begins_word] == ["w", "t"]
    gaps = [later.start_s - before.end_s for before, later in itertools.pairwise(sounds)]
    assert max(gaps) > 0.05
    assert min(gaps) > -1e-6


def test_a_diphthong_becomes_vowel_and_glide_and_softness_stays_with_its_consonant() -> None:
    assert [sound.ipa for sound in render("boat", "en-us").sounds] == ["b", "o", "ʊ̯", "t"]
    assert render("пять", "ru").sounds[0].ipa == "pʲ"


@pytest.mark.parametrize("text", ["", "…", "\0"])
def test_a_text_without_words_has_no_sounds(text: str) -> None:
    assert render(text, "en-us").sounds == ()


def test_a_slower_pace_takes_longer() -> None:
    usual, slow = render("a long sentence", "en-us"), render("a long sentence", "en-us", SLOWEST_WPM)
    assert slow.sounds[-1].end_s > 1.5 * usual.sounds[-1].end_s
