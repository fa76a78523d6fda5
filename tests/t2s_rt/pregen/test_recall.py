"""The exemplars' vote on what a phrase feels."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.emotion import EMOTIONS, INDEX, feel
from t2s_rt.pregen.phrase import Descriptors, Emotion
from t2s_rt.pregen.recall import GAIN, Recall
from tests.t2s_rt.pregen.planner.phrased import phrased


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank.load(lexical=True)


@pytest.mark.parametrize("emotion", Emotion)
def test_an_exemplar_votes_for_its_own_emotion(bank: Bank, emotion: Emotion) -> None:
    one = next(one for one in bank.exemplars if one.emotion is emotion)
    song = phrased(one.text, one.descriptors, language=one.language)
    votes = Recall(bank).evidence(song.phrases[0])
    assert EMOTIONS[int(votes.argmax())] is emotion


def test_votes_add_up_to_the_gain(bank: Bank) -> None:
    votes = Recall(bank).evidence(phrased("the light is gone", Descriptors()).phrases[0])
    assert votes.sum() == pytest.approx(GAIN[False])
    assert (votes >= 0.0).all()


def test_a_phrase_is_looked_up_once(bank: Bank) -> None:
    recall = Recall(bank)
    song = phrased("the light is gone", Descriptors(), Descriptors())
    first, again = (recall.evidence(phrase) for phrase in song.phrases)
    assert first is again


def test_the_vote_moves_what_a_phrase_feels() -> None:
    class Angry:
        def evidence(self, phrase: object) -> np.ndarray:
            votes = np.zeros(len(EMOTIONS))
            votes[INDEX[Emotion.ANGER]] = 2.0
            return votes

    song = phrased("four six two ten", Descriptors())
    plain, voted = (feel(song, None, memory)[0] for memory in (None, Angry()))
    assert voted.odds[INDEX[Emotion.ANGER]] > plain.odds[INDEX[Emotion.ANGER]]
