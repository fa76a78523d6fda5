import re

import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.subtitles import format_track, parse_track
from tests.t2s_rt.subtitles import samples


def test_a_written_file_is_subrip():
    text = format_track(samples.PLANNED, ".srt")
    for number, block in enumerate(text.strip().split("\n\n"), 1):
        first, times, *lines = block.splitlines()
        assert int(first) == number
        assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", times)
        assert lines


def test_an_editor_that_renumbers_and_sets_positions_loses_nothing():
    text = format_track(samples.PLANNED, ".srt")
    text = re.sub(r"(?m)^(\d+)$", lambda m: str(int(m[1]) + 100), text)
    text = re.sub(r"(?m)^\[(brows|eyes|mouth|neck)\]", r"{\\an8}[\1]", text)
    assert parse_track(text, "song.srt") == samples.PLANNED


def test_an_editor_that_drops_our_marks_loses_no_cue():
    kept = [
        block
        for block in format_track(samples.PLANNED, ".srt").strip().split("\n\n")
        if "[t2s]" not in block
    ]
    track = parse_track("\n\n".join(kept), "song.srt")
    assert [(c.start_s, c.move, c.text) for c in track.cues] == [
        (c.start_s, c.move, c.text) for c in samples.PLANNED.cues
    ]
    assert all(cue.by_hand for cue in track.cues)


def test_a_broken_cue_is_said_with_its_line():
    with pytest.raises(SubtitleError, match=r"song\.srt, line 3: .* Did you mean raise\?"):
        parse_track("1\n00:00:01,000 --> 00:00:02,000\n[brows] rise 0.5\n", "song.srt")
    with pytest.raises(SubtitleError, match=r"song\.srt, line 1: expected a cue's times"):
        parse_track("1\n\n[brows] raise 0.5\n", "song.srt")
