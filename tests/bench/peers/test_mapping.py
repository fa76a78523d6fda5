"""What visemes look like as a mouth."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bench.peers.mapping import OCULUS_LOOKS, ULIPSYNC_LOOKS, VOWEL_LOOKS, mouth_of
from bench.quality.engine_subject import track_of
from bench.quality.orders import VOWEL_ORDERS
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.vowels import VISEMES, VOWEL_RECIPES, VOWELS
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT


def one(weights: list[float], names: tuple[str, ...] = ("A", "O", "N")) -> tuple[float, ...]:
    """Opening, rounding, width and closure of one row."""
    track = mouth_of(names, np.array([weights], np.float32), ULIPSYNC_LOOKS)
    return tuple(float(c[0]) for c in (track.opening, track.rounding, track.width, track.closure))


def test_no_weight_is_a_shut_mouth_and_an_a_opens_it() -> None:
    assert one([0, 0, 0]) == (0, 0, 0, 0)
    assert one([1, 0, 0]) == pytest.approx((0.70, 0, 0, 0))
    assert one([0.5, 0, 0]) == pytest.approx((0.35, 0, 0, 0))


def test_shapes_add_up_and_end_at_one() -> None:
    opening, rounding, _, closure = one([0.5, 0.5, 0.25])
    assert opening == pytest.approx(0.35 + 0.225)
    assert rounding == pytest.approx(0.425)
    assert closure == pytest.approx(0.25)
    assert one([1, 1, 0])[0] == 1.0


@pytest.mark.parametrize("order", VOWEL_ORDERS, ids=lambda order: order.name)
def test_each_peers_own_vowels_are_in_the_order_that_is_asked_for(order: object) -> None:
    """A peer that recognised every vowel would reach 1.00: no row is lost to the mapping."""
    for more in order.more:  # type: ignore[attr-defined]
        for less in order.less:  # type: ignore[attr-defined]
            column = order.column  # type: ignore[attr-defined]
            assert VOWEL_LOOKS[more.upper()][column] > VOWEL_LOOKS[less.upper()][column] + 0.08


@pytest.mark.parametrize("vowel", VOWELS)
def test_a_vowel_looks_as_our_own_face_with_that_vowel_is_read(vowel: str) -> None:
    arkit = np.zeros(ARKIT_COUNT, np.float32)
    for name, weight in VOWEL_RECIPES[VOWELS.index(vowel)].items():
        arkit[ARKIT_INDEX[name]] = weight
    voice = SimpleNamespace(f0_hz=0.0, loudness_dbfs=-20.0)
    actions = np.zeros(ACTION_COUNT, np.float32)
    frame = SimpleNamespace(
        pts_samples=800, available_samples=800, actions=actions, arkit=arkit, voice=voice
    )
    ours = track_of([frame])
    theirs = mouth_of((vowel,), np.ones((1, 1), np.float32), ULIPSYNC_LOOKS)
    assert theirs.shape == pytest.approx(ours.shape, abs=1e-6)


def test_all_fifteen_visemes_of_oculus_have_a_look_and_only_closed_ones_are_shut() -> None:
    assert len(OCULUS_LOOKS) == len(VISEMES)
    shut = {name for name, (opening, *_) in OCULUS_LOOKS.items() if opening == 0.0}
    assert shut == {"viseme_sil", "viseme_PP"}


def test_frames_are_available_when_their_sound_is_heard_and_depict_what_the_delay_says() -> None:
    track = mouth_of(("A",), np.ones((3, 1), np.float32), ULIPSYNC_LOOKS, late_s=0.1)
    assert track.available_s == pytest.approx([1 / 60, 2 / 60, 3 / 60])
    assert track.time_s == pytest.approx(track.available_s - 0.1)


def test_an_unknown_viseme_is_no_silent_rest() -> None:
    with pytest.raises(KeyError):
        mouth_of(("viseme_new",), np.ones((1, 1), np.float32), OCULUS_LOOKS)
