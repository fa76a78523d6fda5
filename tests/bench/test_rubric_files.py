from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from bench.rubric_files import WAYS, load_acoustics, load_directions, load_heldout, sing
from t2s_rt.pregen.exemplar import read_bank
from t2s_rt.pregen.phrase import Contour, Descriptors, Emotion

DEV, TEST = load_directions("dev"), load_directions("test")
PAIRS, PHRASES = load_acoustics(), load_heldout()
BANK = Path(str(files("t2s_rt.pregen") / "exemplars"))
QUERIES = Path(__file__).parents[1] / "t2s_rt/pregen/queries.toml"
"""Phrases on which the weights of retrieval are chosen."""
LANGUAGES = ("de", "en", "es", "fr", "ja")
ALIKE = 0.5
"""Share of common letter groups from which two lines are one line in two spellings."""


def letter_groups(text: str) -> frozenset[str]:
    letters = re.sub(r"[\W_]+", "", text.casefold())
    return frozenset(letters[i : i + 3] for i in range(max(1, len(letters) - 2)))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > ALIKE * len(one | other)


def test_the_rubric_is_as_large_as_promised() -> None:
    assert len(DEV) + len(TEST) >= 120
    assert len(PAIRS) >= 40
    assert len(PHRASES) >= 60


@pytest.mark.parametrize("lines", [DEV, TEST, PHRASES], ids=["dev", "test", "retrieval"])
def test_languages_are_balanced(lines: tuple) -> None:
    counts = Counter(line.language for line in lines)
    assert sorted(counts) == list(LANGUAGES)
    assert max(counts.values()) == min(counts.values())


def test_both_halves_have_the_same_mix_of_feelings() -> None:
    dev, test = (Counter(line.emotion for line in half) for half in (DEV, TEST))
    assert set(dev) == set(test) == set(Emotion)
    assert all(abs(dev[emotion] - test[emotion]) <= 1 for emotion in Emotion)


def test_every_feeling_is_searched_for_six_times_and_is_clear_in_each_way() -> None:
    assert Counter(phrase.emotion for phrase in PHRASES) == dict.fromkeys(Emotion, 6)
    assert Counter((phrase.emotion, phrase.clear) for phrase in PHRASES) == dict.fromkeys(
        itertools.product(Emotion, WAYS), 2
    )


def test_no_line_is_in_two_places() -> None:
    lines = [*DEV, *TEST, *PAIRS, *PHRASES]
    groups = [(line.text, letter_groups(line.text)) for line in lines]
    twins = [(a[0], b[0]) for a, b in itertools.combinations(groups, 2) if alike(a[1], b[1])]
    assert twins == []


def test_neither_the_bank_nor_what_its_weights_were_chosen_on_has_a_line_of_the_rubric() -> None:
    tuned_on = tomllib.loads(QUERIES.read_text(encoding="utf-8"))["query"]
    texts = [exemplar.text for exemplar in read_bank(BANK)] + [row["text"] for row in tuned_on]
    bank = [(text, letter_groups(text)) for text in texts]
    judged = [(line.text, letter_groups(line.text)) for line in (*DEV, *TEST, *PAIRS, *PHRASES)]
    twins = [(a[0], b[0]) for a, b in itertools.product(judged, bank) if alike(a[1], b[1])]
    assert twins == []


def test_every_line_forbids_and_most_demand() -> None:
    """Without what is forbidden, a face that does everything would pass."""
    lines = [*DEV, *TEST]
    forbidding = [any(fact.never for fact in line.expect) for line in lines]
    demanding = [any(not fact.never for fact in line.expect) for line in lines]
    assert all(forbidding)
    assert sum(demanding) >= 0.9 * len(lines)


SOUND = Descriptors(0.5, 0.75, 6.0, 3.0, 1.2, 0.2, Contour.RISING)


def test_a_line_is_sung_as_described() -> None:
    song, index = sing("Over the hills and far away", "en", SOUND)
    line = song.phrases[index].line
    rates = len(line.syllables) / (line.end_s - line.start_s)
    pitches = [note.pitch_midi for note in line.syllables]
    assert line.text == "Over the hills and far away"
    assert max(note.duration_s for note in line.syllables) == pytest.approx(1.2)
    assert rates == pytest.approx(song.phrases[index].descriptors.rate, abs=0.01)
    assert pitches == sorted(pitches)
    assert pitches[-1] - pitches[0] == pytest.approx(6.0, abs=1.0)


def test_neighbours_are_sung_before_and_after() -> None:
    song, index = sing("the middle", "en", SOUND, before=("one", "two"), after=("three",))
    assert [phrase.text for phrase in song.phrases] == ["one", "two", "the middle", "three"]
    assert index == 2
    assert song.sections[0].phrases == (0, 1, 2, 3)


def test_a_rate_that_the_held_note_leaves_no_room_for_is_told_as_it_is() -> None:
    song, index = sing("I am", "en", Descriptors(rate=4.0, held=3.0))
    phrase = song.phrases[index]
    assert phrase.descriptors.rate == pytest.approx(2 / (phrase.end_s - phrase.start_s))


def test_every_line_makes_a_song() -> None:
    for line in (*DEV, *TEST):
        song, index = sing(line.text, line.language, line.sound, line.before, line.after)
        assert song.phrases[index].text == line.text
