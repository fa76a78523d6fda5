import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles import Cue, SubtitleTrack, TrackHeader


def brows(start_s, end_s, move="raise", intensity=0.5, text=""):
    return Cue(start_s, end_s, Region.BROWS, move, intensity, text)


@pytest.mark.parametrize(
    ("start_s", "end_s", "move", "intensity", "text", "problem"),
    [
        (float("nan"), 1.0, "raise", 0.5, "", "Times are numbers"),
        (-1.0, 1.0, "raise", 0.5, "", "starts at 0 or later"),
        (1.0, 1.04, "raise", 0.5, "", "at least 0.05 s"),
        (0.0, 1e9, "raise", 0.5, "", "starts at 0"),
        (0.0, 1.0, "smile", 0.5, "", r"\[brows\] has no move 'smile'"),
        (0.0, 1.0, "raise", 1.1, "", "from 0 to 1"),
        (0.0, 1.0, "raise", float("nan"), "", "from 0 to 1"),
        (0.0, 1.0, "raise", 0.5, "two\nlines", "one line"),
        (0.0, 1.0, "raise", 0.5, "x" * 501, "500 characters"),
    ],
)
def test_what_cannot_be_is_refused(start_s, end_s, move, intensity, text, problem):
    with pytest.raises(SubtitleError, match=problem):
        brows(start_s, end_s, move, intensity, text)


def test_a_text_is_kept_as_a_file_keeps_it():
    assert brows(0, 1, text="  far\t and\x07 away \u2028").text == "far and away"
    assert TrackHeader(title=" a\nb ").title == "a b"


def test_rounding_to_milliseconds_makes_no_cue_too_short():
    assert brows(0.0, 0.049).duration_s == 0.049


def test_moves_that_drive_a_common_action_exclude_each_other():
    SubtitleTrack((brows(0, 1), brows(1, 2, "raise_left"), brows(1, 2, "raise_right")))
    SubtitleTrack((brows(0, 1, "furrow"), brows(0, 1)))
    with pytest.raises(SubtitleError, match="both drive brow_raise_outer_left"):
        SubtitleTrack((brows(0, 1), brows(0.5, 2, "raise_left")))
    with pytest.raises(SubtitleError, match="overlap"):
        SubtitleTrack((brows(0, 9), brows(1, 2, "furrow"), brows(5, 6, "raise_inner")))


def test_order_is_kept():
    with pytest.raises(SubtitleError, match="ordered"):
        SubtitleTrack((brows(2, 3), brows(0, 1)))


def test_a_further_header_entry_cannot_pass_for_a_known_one():
    for key in ("seed", "prompt_version", "a:b", ""):
        with pytest.raises(SubtitleError, match="header entry"):
            TrackHeader(further=((key, "x"),))
