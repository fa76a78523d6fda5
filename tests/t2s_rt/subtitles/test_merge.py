from dataclasses import replace

import pytest
from hypothesis import given, settings

from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles import Cue, Deletion, SubtitleTrack, TrackHeader, merge_edits
from t2s_rt.subtitles.merge import share_action
from tests.t2s_rt.subtitles import samples


def cue(start_s, end_s, move="raise", *, by_hand=False, intensity=0.5):
    return Cue(start_s, end_s, Region.BROWS, move, intensity, "", by_hand)


def spans(track):
    return [(c.start_s, c.end_s, c.move, c.by_hand) for c in track.cues]


def test_hand_edits_win_and_the_new_plan_goes_around_them():
    old = SubtitleTrack((cue(2, 4, by_hand=True),))
    new = SubtitleTrack((cue(0, 3), cue(3, 4.4, "raise_inner"), cue(4.4, 6)))
    assert spans(merge_edits(old, new)) == [
        (0, 2, "raise", False),
        (2, 4, "raise", True),
        (4.4, 6, "raise", False),
    ], "the second is dropped: less than half of it is left"


def test_what_drives_other_actions_is_left_alone():
    old = SubtitleTrack((cue(2, 4, by_hand=True),))
    new = SubtitleTrack((cue(1, 5, "furrow"),))
    assert spans(merge_edits(old, new)) == [(1, 5, "furrow", False), (2, 4, "raise", True)]


def test_a_cue_inside_a_longer_one_leaves_the_longest_rest():
    old = SubtitleTrack((cue(2, 3, by_hand=True),))
    assert spans(merge_edits(old, SubtitleTrack((cue(1, 9),))))[1] == (3, 9, "raise", False)


def test_deletions_stay_deleted_also_after_the_next_regeneration():
    gone = Deletion(2.0, 4.0, Region.BROWS, "raise")
    old = SubtitleTrack((), deleted=(gone,))
    new = SubtitleTrack((cue(1.9, 4.1), cue(5, 6)))
    merged = merge_edits(old, new)
    assert spans(merged) == [(5, 6, "raise", False)]
    assert merged.deleted == (gone,)
    assert merge_edits(merged, new) == merged


def test_muted_cues_stay_muted():
    muted = cue(2, 4, by_hand=True)
    merged = merge_edits(SubtitleTrack((), muted=(muted,)), SubtitleTrack((cue(2, 4),)))
    assert merged.cues == ()
    assert merged.muted == (muted,)


def test_a_file_that_lost_its_ledger_gets_its_planner_back():
    lost = replace(samples.PLANNED, cues=tuple(replace(c, by_hand=True) for c in samples.PLANNED.cues))
    assert merge_edits(lost, samples.PLANNED) == samples.PLANNED


def test_the_header_is_new_and_further_entries_stay():
    old = SubtitleTrack((), TrackHeader(seed=1, further=(("mood", "blue"), ("take", "1"))))
    new = SubtitleTrack((), TrackHeader(seed=2, planner="embedded-1", further=(("take", "2"),)))
    header = merge_edits(old, new).header
    assert (header.seed, header.planner) == (2, "embedded-1")
    assert header.further == (("take", "2"), ("mood", "blue"))


@settings(max_examples=80, deadline=None)
@given(old=samples.track(), new=samples.track())
def test_any_two_tracks_merge(old, new):
    new = replace(new, cues=tuple(replace(c, by_hand=False) for c in new.cues))
    merged = merge_edits(old, new)  # a SubtitleTrack checks order and overlap by itself
    planned = {replace(c, by_hand=False) for c in merged.cues}
    for c in old.cues:
        if c.by_hand:
            assert replace(c, by_hand=False) in planned
    for c in merged.cues:
        for gone in (*old.deleted, *old.muted):
            if not c.by_hand and c not in new.cues and share_action(c, gone):
                assert c.end_s <= gone.start_s or c.start_s >= gone.end_s
    assert merge_edits(merged, new).cues == merged.cues


@pytest.mark.parametrize("left_s", [0.29, 0.31])
def test_what_is_left_is_no_twitch(left_s):
    old = SubtitleTrack((cue(1 + left_s, 3, by_hand=True),))
    new = SubtitleTrack((cue(1, 1.5),))
    assert (len(merge_edits(old, new).cues) == 2) == (left_s > 0.3)
