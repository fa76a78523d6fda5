"""Lines cut into the words that a lexicon looks up."""

from __future__ import annotations

from t2s_rt.pregen.lexicon.tokens import fold, is_dense, tokenize
from tests.t2s_rt.pregen.songs import sung


def test_accents_and_case_go_but_kana_stay_as_they_are() -> None:
    assert fold("Élan VITAL Straße") == "elan vital strasse"
    assert fold("がギ") == "がギ"


def test_dense_scripts_are_told_from_others() -> None:
    assert is_dense("空が")
    assert is_dense("사랑")
    assert not is_dense("небо")


def test_apostrophes_cut_and_commas_end_clauses() -> None:
    tokens = tokenize(sung("don't cry, love", 1.0, [60.0])).tokens
    assert [token.text for token in tokens] == ["don", "t", "cry", "love"]
    assert len({token.clause for token in tokens[:3]}) == 1
    assert tokens[3].clause > tokens[2].clause


def test_every_token_knows_its_syllables() -> None:
    line = sung("hello my darling", 1.0, [60.0])
    tokens = tokenize(line).tokens
    texts = ["".join(one.text for one in line.syllables[t.first : t.last + 1]) for t in tokens]
    assert texts == ["hello", "my", "darling"]


def test_letters_of_a_line_without_spaces_know_theirs() -> None:
    letters = tokenize(sung("空まで 飛べる", 1.0, [60.0])).letters
    assert letters.text == "空まで飛べる"
    assert len(letters.syllables) == len(letters.text)
    assert list(letters.syllables) == sorted(letters.syllables)
