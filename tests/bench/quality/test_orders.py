"""Vowels in order."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.orders import SONG_ORDERS, VOWEL_ORDERS, Seen, class_of, mean_share, share


def seen(vowel: str, opening: float, rounding: float = 0.0, width: float = 0.0) -> Seen:
    return Seen(vowel, np.array([opening, rounding, width]))


def test_right_by_the_margin_counts_one_within_it_half_and_wrong_nothing() -> None:
    order = SONG_ORDERS[0]
    assert share([seen("a", 0.5), seen("i", 0.41)], order) == 1.0
    assert share([seen("a", 0.5), seen("i", 0.43)], order) == 0.5
    assert share([seen("a", 0.5), seen("i", 0.57)], order) == 0.5
    assert share([seen("a", 0.5), seen("i", 0.59)], order) == 0.0


def test_a_mouth_that_shows_all_vowels_alike_gets_half_of_every_order() -> None:
    vowels = [seen(v, 0.3, 0.3, 0.3) for v in "aiueo"]
    assert [share(vowels, order) for order in VOWEL_ORDERS] == [0.5, 0.5, 0.5]


def test_the_right_mouth_gets_all_of_every_order() -> None:
    vowels = [
        seen("a", 0.7, 0.0, 0.1), seen("i", 0.2, 0.0, 0.5), seen("u", 0.2, 0.9, 0.0),
        seen("e", 0.4, 0.0, 0.35), seen("o", 0.4, 0.7, 0.0),
    ]  # fmt: skip
    assert [share(vowels, order) for order in VOWEL_ORDERS] == [1.0, 1.0, 1.0]


def test_voices_are_compared_only_with_themselves() -> None:
    order = SONG_ORDERS[0]
    big, small = [seen("a", 0.9), seen("i", 0.5)], [seen("a", 0.3), seen("i", 0.1)]
    assert mean_share([big, small], order) == 1.0
    assert share(big + small, order) == pytest.approx(0.75)  # the small a under the big i


def test_no_pair_is_no_figure() -> None:
    assert np.isnan(share([seen("a", 0.5)], SONG_ORDERS[0]))
    assert np.isnan(mean_share([[seen("e", 0.5)]], SONG_ORDERS[0]))


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [("a", "a"), ("a\u02d0", "a"), ("\u02c8i", ""), ("i", "i"), ("\u025b", "e"), ("\u0254", "o"),
     ("\u0259", ""), ("\u026a", ""), ("y", ""), ("o\u0303", ""), ("m", ""), ("", "")],
)  # fmt: skip
def test_only_full_vowels_have_a_class(ipa: str, expected: str) -> None:
    assert class_of(ipa) == expected
