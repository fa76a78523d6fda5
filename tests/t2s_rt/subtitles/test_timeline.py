import itertools

from hypothesis import given, settings

from t2s_rt.subtitles.music import Music
from t2s_rt.subtitles.timeline import Ask, Stretch, Timeline, smooth
from tests.t2s_rt.subtitles import samples


def test_the_way_between_two_wishes_starts_and_ends_at_rest():
    assert (smooth(-1.0), smooth(0.0), smooth(0.5), smooth(1.0), smooth(2.0)) == (
        0.0,
        0.0,
        0.5,
        1.0,
        1.0,
    )
    assert smooth(0.01) < 1e-4


def test_a_stretch_leads_from_one_wish_to_the_next():
    low, high = Ask(0.2), Ask(0.8)
    assert Stretch(1.0, 2.0, low, low).at(1.3) == (1.0, 0.2)
    assert Stretch(1.0, 2.0, None, high).at(1.5) == (0.5, 0.4)
    assert Stretch(1.0, 2.0, high, None).at(1.5) == (0.5, 0.4)
    authority, wish = Stretch(1.0, 2.0, low, high).at(1.5)
    assert authority == 1.0
    assert abs(wish - 0.5) < 1e-9


def test_a_repeated_wish_comes_back_each_cycle():
    ask = Ask(0.5, cycle_s=2.0, peak_s=7.0)
    assert [round(ask.at(t), 6) for t in (7.0, 8.0, 9.0, 7.5, 5.0)] == [0.5, -0.5, 0.5, 0.0, 0.5]


@settings(max_examples=100, deadline=None)
@given(samples.track())
def test_stretches_follow_each_other_without_overlap_and_without_a_step(track):
    for lane in Timeline(track, Music()).lanes:
        for first, second in itertools.pairwise(lane._stretches):
            assert first.start_s < first.end_s <= second.start_s + 0.002
            assert first.after is second.before or second.start_s > first.end_s - 0.002
            if second.start_s - first.end_s > 1e-9:
                assert first.after is None
                assert second.before is None
