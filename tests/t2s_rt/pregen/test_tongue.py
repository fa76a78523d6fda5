"""Languages guessed from scripts and small words."""

from __future__ import annotations

import pytest

from t2s_rt.pregen.tongue import language_by_script, language_by_words, languages_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("夜の海を歩く", "ja"),
        ("高山流水", "zh"),
        ("밤바다를 걷는다", "ko"),
        ("я иду домой", "ru"),
        ("walking home", "la"),
        ("... 12 !", ""),
    ],
)
def test_scripts(text: str, expected: str) -> None:
    assert language_by_script(text) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["I walk to the sea and you are with me", "and the night is ours"], "en"),
        (["ich geh mit dir und du bist bei mir", "die Nacht ist nicht zu Ende"], "de"),
        (["yo me voy y tú te quedas en la noche", "el mar no es para los dos"], "es"),
        (["je m'en vais et tu restes dans la nuit", "le ciel est sur nous"], "fr"),
        (["io vado e tu resti nella notte", "il mare non è per noi"], "it"),
        (["eu vou e você fica na noite", "o mar não é para os dois"], "pt"),
        (["la la la", "na na na"], ""),
    ],
)
def test_small_words(lines: list[str], expected: str) -> None:
    assert language_by_words(lines) == expected


def test_what_the_file_says_wins() -> None:
    assert languages_of(["I walk to the sea and you are with me"], "nl") == ["nl"]


def test_english_lines_among_korean_ones() -> None:
    assert languages_of(["밤바다를 걷는다", "baby don't go", "사랑해"], "ko") == ["ko", "en", "ko"]


def test_a_japanese_song_in_latin_letters_stays_japanese() -> None:
    assert languages_of(["yoru no umi wo aruku", "kimi to"], "ja") == ["ja", "ja"]


def test_japanese_lines_of_han_characters_alone() -> None:
    assert languages_of(["夜の海", "永遠"], "") == ["ja", "ja"]
