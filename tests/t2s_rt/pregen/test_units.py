import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from t2s_rt.lyrics.song import Line, Syllable, Word
from t2s_rt.pregen.phrase import Descriptors, Phrase
from t2s_rt.pregen.units import MOST_UNITS, RELEASE_S, units_of
from t2s_rt.subtitles.cue import SHORTEST_CUE_S
from tests.llm.songs import line_of


def phrase_of(line: Line) -> Phrase:
    return Phrase(0, line, "en", 0, Descriptors())


def test_words_are_numbered_from_one_and_the_breath_before_them_is_zero() -> None:
    line = line_of("Leave the light on", 10.0, 0.5)
    units = units_of(phrase_of(line), (9.4, 12.8))
    assert [(u.number, u.text) for u in units] == [
        (0, ""), (1, "Leave"), (2, "the"), (3, "light"), (4, "on"),
    ]  # fmt: skip
    assert (units[0].start_s, units[0].end_s) == (9.4, 10.0)
    assert (units[3].start_s, units[3].end_s) == (11.0, 11.5)
    assert units[4].end_s == 12.0 + RELEASE_S


def test_without_a_rest_before_it_there_is_no_breath() -> None:
    assert units_of(phrase_of(line_of("so close", 10.0)), (9.9, 11.0))[0].number == 1


def test_a_line_without_spaces_is_numbered_by_syllable() -> None:
    word = Word(tuple(Syllable(s, 5 + i * 0.3, 5.3 + i * 0.3) for i, s in enumerate("さくら")))
    units = units_of(phrase_of(Line((word,), 5.0, 5.9)), (5.0, 6.0))
    assert [u.text for u in units] == ["さ", "く", "ら"]


def test_a_held_syllable_belongs_to_what_it_holds() -> None:
    word = Word((Syllable("ya", 5.0, 5.3), Syllable("", 5.3, 7.0, held=True), Syllable("mo", 7.0, 8.0)))
    units = units_of(phrase_of(Line((word,), 5.0, 8.0)), (5.0, 8.0))
    assert [(u.text, u.end_s) for u in units] == [("ya", 7.0), ("mo", 8.0)]


def test_words_too_short_to_be_acted_are_joined() -> None:
    units = units_of(phrase_of(line_of("a b c d e f", 1.0, 0.05)), (1.0, 3.0))
    assert all(u.end_s - u.start_s >= SHORTEST_CUE_S for u in units)
    assert " ".join(u.text for u in units) == "a b c d e f"


def test_a_phrase_whose_time_another_takes_has_no_units() -> None:
    assert units_of(phrase_of(line_of("never mind", 5.0)), (5.0, 5.0)) == ()


@given(
    st.lists(st.tuples(st.floats(0.0, 0.6), st.floats(0.0, 0.6)), min_size=1, max_size=60),
    st.floats(-1.0, 3.0),
    st.floats(0.0, 30.0),
)
@settings(max_examples=300, deadline=None)
def test_units_ascend_stay_in_the_window_and_are_long_enough(
    rows: list[tuple[float, float]], shift_s: float, length_s: float
) -> None:
    time_s, words = 10.0, []
    for i, (rest_s, sung_s) in enumerate(rows):
        words.append(Word((Syllable(f"w{i}", time_s + rest_s, time_s + rest_s + sung_s),)))
        time_s += rest_s + sung_s
    window = (10.0 + shift_s, 10.0 + shift_s + length_s)
    units = units_of(phrase_of(Line(tuple(words), 10.0, time_s)), window)
    assert len(units) <= MOST_UNITS + 1
    for unit in units:
        assert window[0] <= unit.start_s
        assert unit.end_s <= window[1]
        assert unit.end_s - unit.start_s >= 0.1
    for before, after in itertools.pairwise(units):
        assert (after.number, after.start_s >= before.end_s - 1e-9) == (before.number + 1, True)
