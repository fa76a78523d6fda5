"""Splitting words into syllables, one rule per script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2s_rt.lyrics import split_syllables
from t2s_rt.lyrics.language import language_code


@pytest.mark.parametrize(
    ("word", "language", "split"),
    [
        ("love", "en", "love"),
        ("loving", "en", "lo-ving"),
        ("walked", "en", "walked"),
        ("wanted", "en", "wan-ted"),
        ("times", "", "times"),
        ("roses", "en", "ro-ses"),
        ("sister", "en", "sis-ter"),
        ("table,", "en", "ta-ble,"),
        ("beautiful", "en", "beau-ti-ful"),
        ("yesterday", "en", "yes-ter-day"),
        ("mother", "en", "mo-ther"),
        ("queen", "en", "queen"),
        ("(baby)", "en", "(ba-by)"),
        ("don't", "en", "don't"),
        ("the", "en", "the"),
        ("liebe", "de", "lie-be"),
        ("Straße", "de", "Stra-ße"),
        ("träume", "de", "träu-me"),
        ("corazón", "es", "co-ra-zón"),
        ("día", "es", "dí-a"),
        ("amore", "it", "a-mo-re"),
        ("любовь", "ru", "лю-бовь"),
        ("моя", "ru", "мо-я"),
        ("καρδιά", "el", "καρ-διά"),
        ("さくら", "ja", "さ-く-ら"),
        ("きょう", "ja", "きょ-う"),
        ("ラーメン", "ja", "ラー-メ-ン"),
        ("ずっと", "ja", "ずっ-と"),
        ("「春」", "ja", "「春」"),
        ("我爱你", "zh", "我-爱-你"),
        ("사랑해", "ko", "사-랑-해"),
        ("LOVEを", "ja", "LO-VE-を"),
        ("yayoi", "ja", "ya-yo-i"),
        ("kyou", "ja", "kyo-u"),
        ("שלום", "he", "שלום"),
        ("1999", "en", "1999"),
        ("...", "en", "..."),
    ],
)
def test_words(word: str, language: str, split: str) -> None:
    assert "-".join(split_syllables(word, language)) == split


@given(st.text(min_size=1, max_size=40), st.sampled_from(["", "en", "de", "ja"]))
def test_parts_are_never_empty_and_make_the_word(word: str, language: str) -> None:
    parts = split_syllables(word, language)
    assert "".join(parts) == word
    assert all(parts)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("English", "en"),
        ("German, English", "de"),
        ("en-GB", "en"),
        ("jpn", "ja"),
        ("ENGL", "en"),
        ("Klingon", "klingon"),
        ("zh_Hant_TW", "zh"),
        ("", ""),
    ],
)
def test_languages(written: str, code: str) -> None:
    assert language_code(written) == code
