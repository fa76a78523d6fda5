import json

import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.subtitles import format_track, parse_track
from tests.t2s_rt.subtitles import samples


def changed(**entries):
    return json.dumps(json.loads(format_track(samples.PLANNED, ".json")) | entries)


def cue(**entries):
    row = {"start_s": 1, "end_s": 2, "region": "neck", "move": "nod", "intensity": 1} | entries
    return {"cues": [row], "written": []}


def test_programs_find_cues_by_name():
    rows = json.loads(format_track(samples.PLANNED, ".json"))["cues"]
    assert rows[1] == {
        "start_s": 1.725,
        "end_s": 3.0,
        "region": "mouth",
        "move": "smile",
        "intensity": 0.4,
        "text": "",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"cues": [}', "line 1: expected JSON"),
        ("[]", 'a list "cues"'),
        (changed(version=2), "expected version 1, found 2"),
        (changed(header=[]), 'an object as "header"'),
        (changed(written={}), "a list as 'written'"),
        (changed(cues=[3]), r"an object as cues\[0\]"),
        (changed(**cue(region="nek")), r"cues\[0\].*Did you mean neck"),
        (changed(**cue(move="shrug")), r"cues\[0\].*has no move 'shrug'"),
        (changed(**cue(intensity="loud")), "a number as 'intensity'"),
        (changed(**cue(intensity=2)), "from 0 to 1"),
        (changed(**cue(end_s=0.5)), "at least 0.05 s"),
        (changed(**cue(colour=1)), "has 'colour'"),
        ('{"cues": [' + "[" * 100_000, "JSON"),
    ],
)
def test_what_is_wrong_is_said(text, expected):
    with pytest.raises(SubtitleError, match=expected) as error:
        parse_track(text, "song.json")
    assert error.value.file == "song.json"
