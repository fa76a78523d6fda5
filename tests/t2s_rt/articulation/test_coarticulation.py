import time

import numpy as np
import pytest

from t2s_rt.articulation.coarticulation import (
    COLUMNS,
    CONSONANT,
    COVERED,
    STOPPED,
    SUNG,
    UNVOICED,
    MouthScore,
)
from t2s_rt.articulation.inventory import CLOSURE, JAW, LOWER, MOUTH_ACTIONS, PUCKER, ROUNDING, SPREAD
from t2s_rt.lyrics.phonemes import Phoneme

FPS = 60


def word(*sounds, start_s=1.0):
    """Phonemes from pairs of symbol and length; vowels carry."""
    phonemes, now_s = [], start_s
    for ipa, length_s in sounds:
        phonemes.append(Phoneme(ipa, now_s, now_s + length_s, 0, ipa[0] in "aeiouə"))
        now_s += length_s
    return phonemes


def frames(phonemes, until_s=3.0):
    score = MouthScore(phonemes)
    rows = np.zeros((round(until_s * FPS), COLUMNS), np.float32)
    for index, row in enumerate(rows):
        score.read(index / FPS, row)
    return rows


def at(rows, time_s, column):
    return rows[round(time_s * FPS), column]


@pytest.mark.parametrize("closing", ["p", "b", "m"])
@pytest.mark.parametrize("length_s", [0.0, 0.015, 0.03, 0.06, 0.2])
def test_bilabials_really_close_even_in_fast_singing(closing, length_s):
    rows = frames(word(("a", 0.1), (closing, length_s), ("a", 0.1)))
    opening = rows[:, JAW] * (1.0 - rows[:, CLOSURE])
    around = slice(round(1.0 * FPS), round(1.3 * FPS))
    assert np.count_nonzero(opening[around] < 0.2 * opening[around].max()) >= 2


def test_lips_are_open_again_when_the_vowel_begins():
    rows = frames(word(("a", 0.3), ("p", 0.1), ("a", 0.5)))
    assert at(rows, 1.45, CLOSURE) < 0.1


def test_a_bursting_stop_does_not_slam_the_jaw():
    rows = frames(word(("a", 0.4), ("t", 0.08), ("a", 0.4)))
    held = at(rows, 1.2, JAW)
    assert 0.4 * held < at(rows, 1.44, JAW) < 0.95 * held


def test_rounding_runs_ahead_of_the_jaw():
    rows = frames(word(("i", 0.5), ("t", 0.08), ("o", 0.6)))
    before = slice(round(1.1 * FPS), round(1.9 * FPS))

    def half_way(columns):
        curve = rows[before][:, columns].sum(axis=1)
        low, high = curve[0], curve.max()
        return int(np.argmax(curve > 0.5 * (low + high)))

    assert half_way([ROUNDING, PUCKER]) < half_way([JAW])


def test_rounding_lasts_through_a_closure_between_rounded_vowels():
    rows = frames(word(("o", 0.4), ("p", 0.25), ("o", 0.4)))
    assert rows[round(1.2 * FPS) : round(1.9 * FPS), ROUNDING].min() > 0.55


def test_a_held_vowel_is_held_to_its_end_without_a_move():
    rows = frames(word(("a", 8.0)), until_s=9.0)
    held = rows[round(1.1 * FPS) : round(8.95 * FPS), : len(MOUTH_ACTIONS)]
    assert np.ptp(held, axis=0).max() < 1e-4
    assert held[0, JAW] == pytest.approx(0.68, abs=0.01)


def test_vowels_go_over_into_each_other_monotonously():
    rows = frames(word(("a", 0.5), ("i", 0.5)))
    spread = rows[round(1.2 * FPS) : round(1.8 * FPS), SPREAD]
    assert (np.diff(spread) >= -1e-5).all()
    assert spread[-1] > 0.4


def test_a_bilabial_between_notes_keeps_lower_lip_from_showing():
    rows = frames(word(("e", 0.3), ("m", 0.1), ("e", 0.3)))
    assert at(rows, 1.34, CLOSURE) > 0.9
    assert at(rows, 1.15, LOWER) > 0.2


def test_what_is_due_is_said():
    rows = frames(word(("s", 0.2), ("a", 0.2), ("p", 0.2), ("m", 0.2)))
    assert at(rows, 1.1, UNVOICED) == at(rows, 1.1, CONSONANT) == 1.0
    assert at(rows, 1.3, SUNG) == 1.0
    assert at(rows, 1.3, CONSONANT) == 0.0
    assert at(rows, 1.5, STOPPED) == 1.0
    assert at(rows, 1.7, SUNG) == at(rows, 1.7, CONSONANT) == 1.0
    assert at(rows, 1.5, COVERED) == 1.0
    assert at(rows, 2.2, COVERED) == 0.0


def test_nothing_is_asked_far_from_any_word():
    score = MouthScore([*word(("a", 0.2)), *word(("o", 0.2), start_s=50_000.0)])
    row = np.ones(COLUMNS, np.float32)
    for time_s in (0.0, 0.3, 25_000.0, 60_000.0, 1e9):
        score.read(time_s, row)
        assert not row.any()
    score.read(50_000.1, row)
    assert row[ROUNDING] > 0.5


def test_it_is_a_function_of_time_alone():
    score = MouthScore(word(("m", 0.1), ("a", 0.3), ("i", 0.4), ("p", 0.1), ("o", 0.4)))
    times_s = np.arange(0.5, 3.0, 0.013)
    forward, shuffled = (np.zeros((len(times_s), COLUMNS), np.float32) for _ in range(2))
    for time_s, row in zip(times_s, forward, strict=True):
        score.read(float(time_s), row)
    for index in np.random.default_rng(2).permutation(len(times_s)):
        score.read(float(times_s[index]), shuffled[index])
    np.testing.assert_array_equal(forward, shuffled)


def test_curves_are_smooth_and_in_range():
    rows = frames(word(*[(ipa, 0.09) for ipa in "matsikupovefajowa"]))
    mouth = rows[:, : len(MOUTH_ACTIONS)]
    assert mouth.min() >= 0.0
    assert mouth.max() <= 1.0
    moves = np.abs(np.diff(mouth, axis=0)).max(axis=0)
    assert moves[CLOSURE] < 0.6
    assert np.delete(moves, CLOSURE).max() < 0.25


def test_no_words_ask_for_nothing():
    row = np.ones(COLUMNS, np.float32)
    score = MouthScore([])
    score.read(1.0, row)
    assert not row.any()
    assert score.first_beat_s(0.0) == float("inf")


def test_the_first_beat_of_a_phrase_is_its_first_vowel():
    score = MouthScore([*word(("s", 0.1), ("a", 0.2)), *word(("m", 0.1), ("o", 0.2), start_s=3.0)])
    assert score.first_beat_s(0.0) == pytest.approx(1.1)
    assert score.first_beat_s(1.2) == pytest.approx(1.1)
    assert score.first_beat_s(1.5) == pytest.approx(3.1)


def test_a_long_song_is_tabulated_soon():
    sounds = word(*[(ipa, 0.1) for _ in range(800) for ipa in "mata"])
    begun_s = time.process_time()
    MouthScore(sounds)
    assert time.process_time() - begun_s < 3.0  # 0.3 s on the machine it was written on
