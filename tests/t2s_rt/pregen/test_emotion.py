"""What phrases feel: words, negation, sound, neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.pregen.emotion import EMOTIONS, INDEX, Vector, feel, read_line
from t2s_rt.pregen.phrase import Contour, Descriptors, Emotion, PhrasedSong
from t2s_rt.pregen.phrasing import phrase_song
from tests.t2s_rt.pregen.planner.phrased import phrased
from tests.t2s_rt.pregen.songs import song, sung

SOFT = Descriptors(loudness=0.15, pitch=0.3, rate=2.2, contour=Contour.FALLING)
LOUD = Descriptors(loudness=0.95, pitch=0.9, rate=3.5, contour=Contour.LEVEL)


def named(text: str, language: str = "en") -> Emotion:
    scores = read_line(sung(text, 1.0, [60.0]), language).scores
    return EMOTIONS[int(scores.argmax())]


@pytest.mark.parametrize(
    ("text", "language", "emotion"),
    [
        ("we are laughing and dancing", "en", Emotion.JOY),
        ("ich hasse deine Lügen", "de", Emotion.ANGER),
        ("te extraño tanto, vuelve", "es", Emotion.LONGING),
        ("je pleure, je suis seul", "fr", Emotion.SORROW),
        ("夢はきっとかなう", "ja", Emotion.HOPE),
        ("ho paura del buio", "it", Emotion.FEAR),
        ("somos campeões, ninguém me para", "pt", Emotion.PRIDE),
        ("slaap zacht, mijn kind", "nl", Emotion.TENDERNESS),
        ("тихо спит река", "ru", Emotion.CALM),
        ("너무 보고 싶어", "ko", Emotion.LONGING),
        ("我爱你 陪你", "zh", Emotion.TENDERNESS),
        ("namida ga tomaranai, sayonara", "ja", Emotion.SORROW),
    ],
)
def test_words_name_feelings_in_eleven_languages(text: str, language: str, emotion: Emotion) -> None:
    assert named(text, language) is emotion


@pytest.mark.parametrize(
    ("plain", "denied", "language"),
    [
        ("I am happy", "I am not happy", "en"),
        ("ich bin glücklich", "ich bin nicht glücklich", "de"),
        ("soy feliz", "no soy feliz", "es"),
        ("je suis heureux", "je ne suis pas heureux", "fr"),
        ("たのしい", "たのしくない", "ja"),
    ],
)
def test_a_denied_joy_is_none(plain: str, denied: str, language: str) -> None:
    assert named(plain, language) is Emotion.JOY
    assert named(denied, language) is not Emotion.JOY


def test_two_denials_cancel() -> None:
    assert named("I can't stop smiling") is Emotion.JOY


def test_what_follows_a_but_is_meant() -> None:
    assert named("I am sad but I am happy") is Emotion.JOY
    assert named("I am happy but I am sad") is Emotion.SORROW


def test_a_denial_stays_in_its_clause() -> None:
    assert named("no, I love you") is Emotion.TENDERNESS


def test_a_line_in_another_language_than_its_song_is_read_as_english() -> None:
    assert named("goodbye", "de") is Emotion.SORROW


@pytest.mark.parametrize(
    ("text", "language", "asks"),
    [
        ("are you there?", "en", True),
        ("why did you go", "en", True),
        ("where my home is", "en", False),
        ("海は いまも青いだろうか", "ja", True),
        ("¿dónde estás?", "es", True),
        ("誰にも負けない", "ja", False),
    ],
)
def test_questions_are_recognised(text: str, language: str, asks: bool) -> None:
    assert read_line(sung(text, 1.0, [60.0]), language).question is asks


def test_words_know_where_they_are_sung() -> None:
    line = sung("under the open sky", 1.0, [60.0])
    up = next(image for image in read_line(line, "en").images if image.name == "up")
    assert line.syllables[up.first].text == "sky"


class Undecided:
    trust = 1.0

    def judge(self, lines: list[str]) -> Vector:
        return np.zeros((len(lines), len(EMOTIONS)))


class Sure:
    trust = 6.0

    def judge(self, lines: list[str]) -> Vector:
        scores = np.zeros((len(lines), len(EMOTIONS)))
        scores[:, INDEX[Emotion.FEAR]] = 1.0
        return scores


def test_a_judge_decides_where_no_word_does() -> None:
    lines = phrased("four six two ten", Descriptors())
    assert feel(lines, Sure())[0].emotion is Emotion.FEAR
    assert feel(lines, Undecided())[0].emotion is not Emotion.FEAR


def test_the_sound_decides_where_words_leave_it_open() -> None:
    soft = feel(phrased("four six two ten", SOFT))[0]
    loud = feel(phrased("four six two ten", LOUD))[0]
    assert soft.emotion in (Emotion.TENDERNESS, Emotion.SORROW, Emotion.CALM)
    assert loud.emotion in (Emotion.ANGER, Emotion.PRIDE, Emotion.JOY)
    assert loud.arousal > soft.arousal + 0.3


def test_neighbours_speak_for_a_line_that_says_nothing() -> None:
    def of_middle(around: str) -> Vector:
        lines = [
            sung(text, 1.0 + 4 * i, [60.0]) for i, text in enumerate((around, "on the road", around))
        ]
        return feel(phrase_song(song(lines)))[1].odds

    sad, glad = of_middle("I cry all alone"), of_middle("we laugh and we dance")
    assert sad[INDEX[Emotion.SORROW]] > glad[INDEX[Emotion.SORROW]]
    assert glad[INDEX[Emotion.JOY]] > sad[INDEX[Emotion.JOY]]


def test_odds_are_probabilities() -> None:
    whole: PhrasedSong = phrased("we laugh and we cry", SOFT, LOUD)
    for feeling in feel(whole):
        assert feeling.odds.sum() == pytest.approx(1.0)
        assert (feeling.odds >= 0.0).all()
        assert 0.0 <= feeling.arousal <= 1.0
