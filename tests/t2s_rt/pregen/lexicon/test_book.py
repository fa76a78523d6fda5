"""The lexicons: what they hold, what is found in a line, what is refused."""

from __future__ import annotations

import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.lexicon.book import FOLDER as LEXICONS
from t2s_rt.pregen.lexicon.book import LANGUAGES, STRONG, Lexicon, lexicon_of, read_entries
from t2s_rt.pregen.lexicon.tokens import tokenize
from t2s_rt.pregen.phrase import Emotion
from t2s_rt.pregen.planner.images import GESTURES
from tests.t2s_rt.pregen.songs import sung


def found(text: str, toml: str) -> list[tuple[str, float]]:
    lexicon = Lexicon("xx", read_entries(toml))
    return [(hit.name, hit.weight) for hit in lexicon.search(tokenize(sung(text, 1.0, [60.0])))]


def test_stems_find_their_endings_and_whole_words_only_themselves() -> None:
    toml = '[emotions]\njoy = "danc* sun"\n'
    assert found("dancing in the sun", toml) == [("joy", 1.0), ("joy", 1.0)]
    assert found("on sunday", toml) == []


def test_marks_say_how_much_a_word_counts() -> None:
    assert found("cry rain", '[emotions]\nsorrow = "cry! rain~"\n') == [
        ("sorrow", STRONG),
        ("sorrow", 0.5),
    ]


def test_an_expression_takes_its_words() -> None:
    toml = '[emotions]\npride = "not_afraid!"\nfear = "afraid!"\n'
    assert found("I am not afraid", toml) == [("pride", STRONG)]


def test_short_words_are_told_apart_by_their_accents() -> None:
    toml = '[emotions]\ncalm = "té"\njoy = "fête"\n'
    assert found("te quiero", toml) == []
    assert found("un té", toml) == [("calm", 1.0)]
    assert found("la fete", toml) == []
    assert found("la fetes", '[emotions]\njoy = "fêtes"\n') == [("joy", 1.0)]


def test_the_longest_entry_wins_in_scripts_without_spaces() -> None:
    toml = '[emotions]\npride = "負けない!"\nsorrow = "負け"\n'
    assert found("もう負けない", toml) == [("pride", STRONG)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lexicon_knows_every_emotion_and_gesture(language: str) -> None:
    lexicon = lexicon_of(language)
    assert lexicon is not None
    entries = read_entries((LEXICONS / f"{language}.toml").read_text(encoding="utf-8"), language)
    for emotion in Emotion:
        assert sum(entry.name == emotion for entry in entries) >= 30, emotion
    images = {entry.name for entry in entries if entry.section == "images"}
    assert set(GESTURES) <= images


def test_a_language_without_a_lexicon_has_none() -> None:
    assert lexicon_of("tlh") is None


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[emotions]\njoi = 'x'", "'joi'"),
        ("[feelings]\njoy = 'x'", "'feelings'"),
        ("[emotions]\njoy = 3", "'joy'"),
        ("[emotions]\njoy = '!!'", "no word"),
        ("[emotions", "not TOML"),
    ],
)
def test_a_broken_lexicon_says_what_is_wrong(toml: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_entries(toml, "xx.toml")
