import pytest

from t2s_rt.articulation.inventory import (
    CLOSURE,
    FUNNEL,
    JAW,
    MOUTH_ACTIONS,
    PUCKER,
    ROUNDING,
    SPREAD,
    UPPER,
    posture,
)
from t2s_rt.lyrics.espeak import pronounce
from t2s_rt.lyrics.ipa import split_symbols

WORDS = "mama papa bob shoes thing vivo jeu peur über schön ljubav żółć amour coração hjärta sevgi"
LANGUAGES = (
    "af am ar az be bg bn ca cs cy da de el en es et eu fa fi fr ga gu he hi hr hu hy id is it ka kk kn "
    "ko ky lt lv mk ml mr ms nl no pl pt ro ru sk sl sq sr sv sw ta te th tr uk ur uz vi zh"
)


def asks(ipa):
    return posture(ipa).targets


def round_(ipa):
    return asks(ipa)[ROUNDING] + asks(ipa)[PUCKER]


def test_open_vowels_open_more_than_close_ones():
    assert asks("a")[JAW] > asks("ɛ")[JAW] > asks("e")[JAW] > asks("i")[JAW]
    assert asks("ɔ")[JAW] > asks("o")[JAW] > asks("u")[JAW]


@pytest.mark.parametrize("ipa", ["u", "o", "ɔ", "y", "ø", "ʊ", "w", "ɥ", "oː", "ũ", "ʊ̯", "kʷ", "ɯᵝ"])
def test_rounded_sounds_round(ipa):
    assert round_(ipa) > 0.5
    assert asks(ipa)[SPREAD] < 0.1


@pytest.mark.parametrize("ipa", ["i", "e", "ɪ", "j", "iː"])
def test_front_sounds_spread(ipa):
    assert asks(ipa)[SPREAD] > 0.2
    assert round_(ipa) == 0.0


@pytest.mark.parametrize("ipa", ["p", "b", "m", "pː", "bʲ", "p̚", "mʲ", "m̩"])
def test_bilabials_close(ipa):
    assert posture(ipa).closes == 1.0


@pytest.mark.parametrize("ipa", ["f", "v"])
def test_labiodentals_bring_the_lower_lip_to_the_teeth(ipa):
    assert 0.2 < asks(ipa)[CLOSURE] < 0.6
    assert asks(ipa)[UPPER] > 0.2


@pytest.mark.parametrize("ipa", ["ʃ", "ʒ", "tʃ", "dʒ"])
def test_hushing_sounds_turn_the_lips_out(ipa):
    assert asks(ipa)[FUNNEL] > 0.4


@pytest.mark.parametrize("ipa", ["", "?", "☃", "字", "ǃ", "\u0301", "ꞎ"])
def test_an_unknown_symbol_leaves_the_mouth_to_its_neighbours(ipa):
    assert posture(ipa).jaw_dominance < 0.3


def test_a_mark_does_not_hide_the_letter():
    assert posture("ɑ̃ː").targets == posture("ɑ").targets
    assert posture("tʰ") == posture("t")
    assert posture("ç").targets == posture("x").targets


@pytest.mark.parametrize("language", LANGUAGES.split())
def test_every_symbol_that_espeak_writes_has_a_posture_within_range(language):
    for text in WORDS.split():
        for word in pronounce(text, language):
            for sound in (sound for token in word for sound in split_symbols(token)):
                wish = posture(sound.ipa)
                assert len(wish.targets) == len(MOUTH_ACTIONS)
                assert all(0.0 <= target <= 1.0 for target in wish.targets)
                assert 0.0 < wish.jaw_dominance <= 1.0
