import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles import Cue, SubtitleTrack, format_track, parse_track
from t2s_rt.subtitles.edit import Selection, describe, intensify, mute, scale, shift, unmute
from tests.t2s_rt.subtitles import samples

PLANNED = samples.PLANNED
BROWS = Selection(Region.BROWS)
CROWDED = replace(
    PLANNED,
    cues=tuple(replace(c, move="raise_inner") if c.move == "furrow" else c for c in PLANNED.cues),
)


def times(track):
    return [(cue.start_s, cue.end_s, cue.move) for cue in track.cues]


def test_shift_moves_everything_and_is_by_hand():
    later = shift(PLANNED, 0.2)
    assert times(later)[0] == (1.925, 3.2, "raise")
    assert all(cue.by_hand for cue in later.cues)
    assert len(later.deleted) == len(PLANNED.cues)
    assert parse_track(format_track(later)) == later


def test_shift_of_a_span_leaves_the_rest_and_cuts_what_it_runs_into():
    later = shift(CROWDED, 0.5, Selection(to_s=2.0))
    assert times(later)[:3] == [
        (2.225, 3.0, "raise"),
        (2.225, 3.5, "smile"),
        (3.0, 4.25, "raise_inner"),
    ]
    assert [cue.by_hand for cue in later.cues] == [True, True, False, False, False]


def test_a_cue_without_time_left_is_refused():
    with pytest.raises(SubtitleError, match="lasts at least"):
        shift(PLANNED, -3.0)
    with pytest.raises(SubtitleError, match="overlap"):
        shift(CROWDED, 1.24, Selection(Region.BROWS, to_s=2.0))


def test_scale_stretches_about_a_time():
    slower = scale(PLANNED, 2.0, around_s=1.725)
    assert times(slower)[:2] == [(1.725, 4.275, "raise"), (1.725, 4.275, "smile")]
    for factor in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(SubtitleError, match="positive number"):
            scale(PLANNED, factor)


def test_comments_go_with_a_whole_track():
    noted = replace(PLANNED, comments=((4.0, "here"),))
    assert shift(noted, 0.5).comments == ((4.5, "here"),)
    assert shift(noted, 0.5, BROWS).comments == ((4.0, "here"),)


def test_intensify_clamps_and_touches_only_its_lane():
    strong = intensify(PLANNED, 2.0, 0.1, BROWS)
    assert [cue.intensity for cue in strong.cues] == [1.0, 0.4, 0.8, 1.0, 0.9]
    assert [cue.by_hand for cue in strong.cues] == [True, False, True, False, False]
    assert [d.move for d in strong.deleted] == ["raise", "furrow"]


def test_one_move_of_a_lane():
    weak = intensify(PLANNED, 0.5, where=Selection(Region.BROWS, "furrow"))
    assert [cue.intensity for cue in weak.cues] == [0.7, 0.4, 0.175, 1.0, 0.9]


def test_muting_keeps_and_unmuting_plays_again():
    quiet = mute(PLANNED, BROWS)
    assert [cue.region for cue in quiet.cues] == [Region.MOUTH, Region.NECK, Region.EYES]
    assert [cue.move for cue in quiet.muted] == ["raise", "furrow"]
    again = unmute(quiet, BROWS)
    assert times(again) == times(PLANNED)
    assert again.muted == ()


def test_muting_a_span_cuts_at_its_border():
    quiet = mute(PLANNED, Selection(Region.NECK, from_s=4.5, to_s=5.5))
    assert [(s, e) for s, e, move in times(quiet) if move == "nod"] == [(4.0, 4.5), (5.5, 6.0)]
    assert [(cue.start_s, cue.end_s) for cue in quiet.muted] == [(4.5, 5.5)]
    nearly = mute(PLANNED, Selection(Region.NECK, from_s=4.02, to_s=9.0))
    assert [(cue.start_s, cue.end_s) for cue in nearly.muted] == [(4.0, 6.0)], "no sliver is left"


def test_unmuting_over_something_else_is_refused():
    quiet = mute(PLANNED, Selection(Region.EYES))
    other = replace(quiet, cues=(*quiet.cues, Cue(7.0, 7.5, Region.EYES, "widen", 1.0)))
    with pytest.raises(SubtitleError, match="overlap"):
        unmute(other)


@settings(max_examples=50, deadline=None)
@given(
    track=samples.track(),
    amount=st.floats(-5, 5),
    span=st.tuples(st.floats(0, 300), st.floats(0, 200)),
    region=st.none() | st.sampled_from(list(Region)),
)
def test_any_edit_gives_a_track_that_a_file_keeps_or_a_typed_error(track, amount, span, region):
    where = Selection(region, None, span[0], span[0] + span[1])
    edits = (
        lambda: shift(track, amount, where),
        lambda: scale(track, abs(amount) + 0.1, where, span[0]),
        lambda: intensify(track, abs(amount), amount / 10, where),
        lambda: mute(track, where),
        lambda: unmute(track, where),
    )
    for edit in edits:
        try:
            after = edit()
        except SubtitleError:
            continue
        assert replace(parse_track(format_track(after)), comments=after.comments) == after
        untouched = [cue for cue in track.cues if cue in after.cues]
        assert all(cue.by_hand for cue in after.cues if cue not in untouched)


def test_a_summary_counts():
    edited = mute(intensify(PLANNED, 2.0, where=BROWS), Selection(Region.EYES))
    assert describe(edited) == (
        "4 cues (brows 2, eyes 0, mouth 1, neck 1), 2 by hand, 1 muted, "
        "3 of the planner's changed or deleted"
    )
    assert describe(SubtitleTrack(())) == "0 cues (brows 0, eyes 0, mouth 0, neck 0), 0 by hand"
