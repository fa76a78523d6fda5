"""What a song keeps: refrains, sections, sentences cut in two, irony."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from t2s_rt.lyrics import load_song
from t2s_rt.pregen.emotion import EMOTIONS, feel
from t2s_rt.pregen.phrase import Emotion
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.probe import line_judge
from t2s_rt.pregen.tone import irony, keep_together, refrain_key
from tests.conftest import SHARED_DATA
from tests.t2s_rt.pregen.songs import song, sung


def of(*texts: str) -> object:
    return phrase_song(song([sung(text, 2.0 + 5 * i, [60.0, 62.0]) for i, text in enumerate(texts)]))


def test_refrains_are_told_by_their_letters() -> None:
    assert refrain_key("On the Run,") == refrain_key("on the run") != refrain_key("in the run")


def test_a_refrain_has_one_reading() -> None:
    whole = of("four six", "on and on", "two ten", "on and on", "nine one", "on and on")
    odds = np.random.default_rng(0).normal(size=(6, len(EMOTIONS))) * 3.0
    kept = keep_together(odds, whole, [2.0] * 6)
    assert np.allclose(kept[1], kept[3])
    assert np.allclose(kept[1], kept[5])


def test_a_weak_opinion_gives_way_to_the_section_and_a_strong_one_does_not() -> None:
    whole = of("aa", "bb", "cc", "dd", "ee", "ff")
    odds = np.zeros((6, len(EMOTIONS)))
    odds[:, 0] = 1.0
    odds[2, 1] = 1.4
    odds[4, 1] = 4.0
    assert list(keep_together(odds, whole, [2.0] * 6).argmax(axis=1)) == [0, 0, 0, 0, 1, 0]


def test_a_sentence_cut_after_a_small_word_is_one_emotion() -> None:
    whole = phrase_song(song([sung("I'm", 2.0, [60.0]), sung("coming home", 4.0, [60.0])]))
    odds = np.zeros((2, len(EMOTIONS)))
    odds[0, 3] = 5.0
    odds[1, 2] = 4.0
    kept = keep_together(odds, whole, [0.0, 2.0])
    assert kept.argmax(axis=1).tolist() == [2, 2]


def test_a_punch_line_between_everyday_things_makes_fun() -> None:
    things = [
        "your laptop",
        "your party",
        "your pizza",
        "your phone",
        "your beer",
        "your wifi",
        "your tv",
    ]
    lines = list(itertools.chain.from_iterable((thing, "suspicious") for thing in things))
    whole = of(*lines)
    assert irony(whole, [i % 2 == 0 for i in range(14)]) == 1.0
    assert irony(whole, [False] * 14) == 0.0
    assert irony(of(*things), [True] * 7) == 0.0


@pytest.mark.corpus
@pytest.mark.parametrize("lexical", [True, False])
@pytest.mark.parametrize(
    ("name", "most"), [("on_the_run", 0.4), ("chasing_marks", 0.5), ("verdaechtig", 0.3)]
)
def test_real_songs_do_not_flicker(name: str, most: float, lexical: bool) -> None:
    whole = phrase_song(load_song(SHARED_DATA / "karaoke" / name / "song.txt"))
    found = [one.emotion for one in feel(whole, line_judge(lexical=lexical))]
    turns = [before is not after for before, after in itertools.pairwise(found)]
    assert np.mean(turns) <= most
    read: dict[tuple[str, str], set[Emotion]] = {}
    for phrase, emotion in zip(whole.phrases, found, strict=True):
        key = (whole.sections[phrase.section].name, refrain_key(phrase.text))
        read.setdefault(key, set()).add(emotion)
    assert all(len(emotions) == 1 for emotions in read.values())
    if name == "verdaechtig":
        assert found.count(Emotion.PLAY) > found.count(Emotion.ANGER)
    if name == "on_the_run":
        hook = {e for p, e in zip(whole.phrases, found, strict=True) if p.text == "On the run,"}
        assert hook <= {Emotion.PRIDE, Emotion.LONGING}
