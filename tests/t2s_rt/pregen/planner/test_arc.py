"""Where a song grows."""

from __future__ import annotations

from t2s_rt.pregen.emotion import feel
from t2s_rt.pregen.phrase import Descriptors
from t2s_rt.pregen.planner.arc import find_arc, refrain_key
from tests.t2s_rt.pregen.planner.phrased import phrased

QUIET = Descriptors(loudness=0.3, pitch=0.4)
LOUD = Descriptors(loudness=0.9, pitch=0.9)


def test_a_line_that_comes_again_grows() -> None:
    song = phrased("sing with me", *([QUIET] * 5))
    growth = [part.growth for part in find_arc(song, feel(song))]
    assert growth[0] == 0.0
    assert growth == sorted(growth)
    assert growth[1] > growth[0]


def test_growth_has_an_end() -> None:
    song = phrased("sing with me", *([QUIET] * 40))
    assert max(part.growth for part in find_arc(song, feel(song))) < 0.3


def test_the_loudest_phrase_is_the_summit_and_there_is_one() -> None:
    song = phrased("sing with me", *([QUIET] * 6), LOUD, *([QUIET] * 3))
    summits = [part.summit for part in find_arc(song, feel(song))]
    assert summits.index(True) == 6
    assert sum(summits) == 1


def test_a_short_song_has_no_summit() -> None:
    song = phrased("sing with me", QUIET, LOUD)
    assert not any(part.summit for part in find_arc(song, feel(song)))


def test_refrains_are_recognised_by_their_letters() -> None:
    assert refrain_key("On the run, on the run!") == refrain_key("on the run on the Run")
    assert refrain_key("空まで 飛ぶ") == refrain_key("空まで飛ぶ")
