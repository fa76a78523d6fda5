"""The places of a phrase: stressed word, held note, peak, rests."""

from __future__ import annotations

import pytest

from t2s_rt.lyrics import Line
from t2s_rt.pregen.emotion import read_line
from t2s_rt.pregen.phrase import Descriptors, Phrase
from t2s_rt.pregen.planner.points import Place, Points, find_points
from tests.t2s_rt.pregen.songs import line, sung


def points_of(one: Line, window: tuple[float, float] | None = None) -> Points:
    phrase = Phrase(0, one, "en", 0, Descriptors())
    around = window or (one.start_s - 0.6, one.end_s + 0.8)
    return find_points(phrase, read_line(one, "en"), around, 0.3, 0.4)


HELD = line(
    (" I", 2.0, 2.3, 60.0),
    (" miss", 2.3, 2.7, 62.0),
    (" the", 2.7, 2.9, 67.0),
    (" light", 2.9, 4.9, 64.0),
)


def test_the_word_that_names_the_feeling_is_stressed_not_the_small_ones() -> None:
    assert points_of(sung("and I was so happy in it", 2.0, [60.0])).spans[Place.STRESS].word == "happy"


def test_the_longest_note_is_held_and_the_highest_is_the_peak() -> None:
    spans = points_of(HELD).spans
    assert spans[Place.HELD].word == "light"
    assert 2.9 <= spans[Place.HELD].start_s < 3.1
    assert spans[Place.PEAK].word == "light"


def test_a_line_of_short_equal_notes_holds_none() -> None:
    spans = points_of(sung("one two three four", 2.0, [60.0])).spans
    assert Place.HELD not in spans
    assert Place.PEAK not in spans


def test_the_face_begins_before_the_first_word_and_outlasts_the_last() -> None:
    whole = points_of(HELD).spans[Place.WHOLE]
    assert whole.start_s == 1.7
    assert abs(whole.end_s - 5.3) < 1e-9


def test_without_rests_there_is_no_breath() -> None:
    spans = points_of(HELD, (2.0, 4.9)).spans
    assert Place.BREATH not in spans
    assert Place.AFTER not in spans
    assert spans[Place.WHOLE].start_s == 2.0


def test_a_breath_ends_before_the_first_word() -> None:
    breath = points_of(HELD).spans[Place.BREATH]
    assert breath.end_s <= 2.0


def test_a_line_without_spaces_is_placed_by_its_syllables() -> None:
    one = line(
        *((text, 2.0 + 0.3 * i, 2.3 + 0.3 * i, None) for i, text in enumerate("うれしくて空まで"))
    )
    phrase = Phrase(0, one, "ja", 0, Descriptors())
    points = find_points(phrase, read_line(one, "ja"), (1.5, 6.0), 0.3, 0.4)
    assert points.spans[Place.STRESS].word.startswith("うれし")


@pytest.mark.parametrize(
    ("text", "language", "never"),
    [
        ("I should be seeing you", "en", {"I", "should", "be", "you"}),
        ("the road beneath my feet", "en", {"the", "beneath", "my"}),
        ("fahr den Wagen vor", "de", {"den", "vor"}),
        ("ihr wollt doch alle sicher sein", "de", {"ihr", "wollt", "doch", "sein"}),
        ("je marche vers toi sous la pluie", "fr", {"je", "vers", "sous", "la"}),
        ("camino hacia la luz contra el viento", "es", {"hacia", "la", "contra", "el"}),
    ],
)
@pytest.mark.parametrize("high", range(3))
def test_small_words_anchor_nothing(text: str, language: str, never: set[str], high: int) -> None:
    pitches = [60.0, 60.0, 60.0]
    pitches[high] = 67.0
    one = sung(text, 2.0, pitches)
    phrase = Phrase(0, one, language, 0, Descriptors())
    points = find_points(phrase, read_line(one, language), (1.5, 6.0), 0.3, 0.4)
    for place in (Place.STRESS, Place.PEAK, Place.HELD):
        if place in points.spans:
            assert points.spans[place].word not in never


def test_a_denied_word_is_not_the_one_that_is_stressed() -> None:
    assert (
        points_of(sung("no tomorrow comes tonight", 2.0, [60.0])).spans[Place.STRESS].word != "tomorrow"
    )


def test_an_accent_lies_on_the_sung_stress_of_its_word() -> None:
    one = line(
        (" so", 2.0, 2.3, 60.0),
        (" for", 2.3, 2.5, 60.0),
        ("got", 2.5, 3.4, 64.0),
        ("ten", 3.4, 3.5, 60.0),
    )
    stress = points_of(one).spans[Place.STRESS]
    assert stress.word == "forgotten" or stress.word == "ten"
    assert 2.3 < stress.start_s < 2.5


def test_a_very_long_note_arrives_and_swells() -> None:
    spans = points_of(line((" coming", 2.0, 2.5, 60.0), (" home", 2.5, 10.5, 67.0))).spans
    assert spans[Place.ARRIVAL].end_s == spans[Place.SWELL].start_s == 6.5
    assert Place.ARRIVAL not in points_of(HELD).spans
