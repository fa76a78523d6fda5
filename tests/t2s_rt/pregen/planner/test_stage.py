"""Wishes that fight over an action become cues that do not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.planner.points import Span
from t2s_rt.pregen.planner.stage import Wish, settle, stagger
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.moves import MOVES

WINDOW = (0.0, 10.0)


def wish(move: str, start_s: float, end_s: float, intensity: float = 0.5, rank: int = 0) -> Wish:
    region = next(one.region for one in MOVES if one.name == move)
    return Wish(region, move, intensity, Span(start_s, end_s), "because", rank, accent=rank > 1)


def test_a_stronger_wish_takes_its_time_out_of_a_weaker_one() -> None:
    cues = settle([wish("smile", 1, 5, 0.3), wish("smile", 2, 3, 0.6, rank=2)], WINDOW)
    assert [(cue.start_s, cue.end_s, cue.intensity) for cue in cues] == [
        (1, 2, 0.3),
        (2, 3, 0.6),
        (3, 5, 0.3),
    ]


def test_moves_of_a_common_action_exclude_each_other() -> None:
    cues = settle([wish("close", 1, 5), wish("widen", 2, 3, rank=2)], WINDOW)
    assert [cue.move for cue in cues] == ["close", "widen", "close"]


def test_moves_of_different_actions_are_done_together() -> None:
    cues = settle([wish("close", 1, 5, 0.3), wish("look_down", 2, 3)], WINDOW)
    assert [(cue.move, cue.duration_s) for cue in cues] == [("close", 4), ("look_down", 1)]


def test_nothing_leaves_the_window() -> None:
    (cue,) = settle([wish("smile", -1, 20)], WINDOW)
    assert (cue.start_s, cue.end_s) == WINDOW


def test_what_is_left_too_short_to_be_seen_is_dropped() -> None:
    cues = settle([wish("smile", 1, 5), wish("frown", 1.1, 4.9, rank=2)], WINDOW)
    assert [cue.move for cue in cues] == ["frown"]


def test_neighbours_that_ask_for_nearly_the_same_become_one() -> None:
    (cue,) = settle([wish("smile", 1, 5, 0.40), wish("smile", 2, 3, 0.44, rank=2)], WINDOW)
    assert (cue.start_s, cue.end_s, cue.intensity) == (1, 5, 0.44)


def test_a_wish_for_nothing_is_none() -> None:
    assert settle([wish("smile", 1, 5, 0.0)], WINDOW) == ()


@pytest.mark.parametrize("seed", range(20))
def test_any_wishes_make_a_valid_track(seed: int) -> None:
    chance = np.random.default_rng(seed)
    wishes = []
    for _ in range(40):
        move = MOVES[chance.integers(len(MOVES))]
        start_s = chance.uniform(-1, 9)
        span = Span(start_s, start_s + chance.uniform(0.01, 4))
        rank = int(chance.integers(4))
        wishes.append(Wish(move.region, move.name, chance.uniform(), span, "why", rank, rank > 1))
    cues = settle(wishes, WINDOW)
    SubtitleTrack(cues)  # raises where two cues ask one action for two things at once
    assert all(0.0 <= cue.start_s < cue.end_s <= 10.0 for cue in cues)
    assert {cue.region for cue in cues} == set(Region)
    assert all(a.start_s <= b.start_s for a, b in itertools.pairwise(cues))


@pytest.mark.parametrize(
    ("one", "other"), [("widen", "squint"), ("smile", "furrow"), ("close", "look_up")]
)
def test_a_face_does_not_contradict_itself(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        cues = settle([wish(first, 1, 5), wish(second, 2, 3, rank=2)], WINDOW)
        assert [cue.move for cue in cues] == [first, second, first]


def test_regions_follow_each_other() -> None:
    wishes = [wish(move, 2, 4) for move in ("smile", "lift", "look_up", "raise")]
    starts = {one.region: one.span.start_s for one in stagger(wishes, WINDOW)}
    assert starts[Region.BROWS] < starts[Region.EYES] < starts[Region.NECK] < starts[Region.MOUTH]
    assert 0.06 <= starts[Region.EYES] - starts[Region.BROWS] <= 0.2


def test_faint_and_crowded_cues_go() -> None:
    moves = ("smile", "lift", "look_up", "raise", "open", "turn_left", "look_left", "press", "squint")
    wishes = [wish(move, 1, 3, 0.5 - 0.02 * i) for i, move in enumerate(moves)]
    kept = settle([*wishes, wish("round", 1, 3, 0.08)], (1.0, 3.0))
    assert len(kept) == 5
    assert {cue.region for cue in kept} == set(Region)
