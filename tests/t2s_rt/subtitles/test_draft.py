import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.subtitles.cue import TrackHeader
from t2s_rt.subtitles.draft import Draft, header_entries
from tests.t2s_rt.subtitles import samples


def test_a_text_may_go_on_in_the_next_line():
    draft = Draft("song.vtt")
    draft.add_lines([(7, "[neck] nod 1: on"), (8, "  the beat "), (9, "[eyes] close 1")], 1.0, 2.0)
    assert [(cue.text, line) for cue, line in draft.cues] == [("on the beat", 7), ("", 9)]


def test_a_header_reads_what_it_writes():
    draft = Draft("song.vtt")
    for key, value in header_entries(samples.PLANNED.header):
        draft.add_header(f"{key}: {value}")
    draft.add_header("no entry")
    assert draft.track().header == samples.PLANNED.header


def test_a_header_by_hand_is_short():
    assert header_entries(TrackHeader()) == [("planner", "hand")]


def test_two_cues_that_fight_are_named_with_their_lines():
    draft = Draft("song.vtt")
    draft.add_lines([(4, "[brows] raise 1")], 1.0, 2.0)
    draft.add_lines([(7, "[brows] raise_left 1")], 1.5, 2.5)
    with pytest.raises(SubtitleError) as error:
        draft.track()
    assert str(error.value) == (
        "song.vtt, line 7: [brows] raise (1.000 to 2.000 s) and raise_left (1.500 to 2.500 s) overlap "
        "and both drive brow_raise_outer_left. End the first by 1.500 s or start the second at 2.000 s. "
        "The first stands on line 4."
    )
