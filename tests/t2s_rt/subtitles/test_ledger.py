from dataclasses import replace

import pytest

from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles import Deletion, format_track, parse_track
from t2s_rt.subtitles.ledger import Ledger, entries
from tests.t2s_rt.subtitles import samples

SUFFIXES = (".vtt", ".srt", ".json")


def by_hand(track):
    return [(cue.start_s, cue.move) for cue in track.cues if cue.by_hand]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nobody_touched_it(suffix):
    track = parse_track(format_track(samples.PLANNED, suffix), f"x{suffix}")
    assert by_hand(track) == []
    assert track.deleted == ()


@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("furrow 0.35", "furrow 0.8", (3.0, "furrow")),
        ("furrow 0.35", "raise_inner 0.35", (3.0, "raise_inner")),
        ("held note", "held very long note", (6.5, "close")),
    ],
)
def test_a_changed_line_is_the_artists(suffix, was, now, expected):
    text = format_track(samples.PLANNED, suffix)
    assert text.count(was) == 1
    track = parse_track(text.replace(was, now), f"x{suffix}")
    assert by_hand(track) == [expected]
    assert len(track.deleted) == 1
    assert len(track.cues) == len(samples.PLANNED.cues)


def test_changed_times_move_every_cue_of_the_block():
    text = format_track(samples.PLANNED).replace("00:00:01.725 -->", "00:00:01.500 -->")
    assert by_hand(parse_track(text)) == [(1.5, "raise"), (1.5, "smile")]


@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_a_cue_that_is_taken_away_leaves_a_mark(suffix):
    blocks = format_track(samples.PLANNED, suffix).split("\n\n")
    text = "\n\n".join(block for block in blocks if "on the beat" not in block)
    track = parse_track(text, f"x{suffix}")
    assert by_hand(track) == []
    assert track.deleted == (Deletion(4.0, 6.0, Region.NECK, "nod"),)
    again = parse_track(format_track(track, suffix), f"x{suffix}")
    assert again == track, "the mark outlives another save"


def test_an_added_cue_is_the_artists():
    text = format_track(samples.PLANNED).replace(
        "[mouth] smile 0.4", "[mouth] smile 0.4\n[neck] lift 0.2"
    )
    track = parse_track(text)
    assert by_hand(track) == [(1.725, "lift")]
    assert track.deleted == ()


def test_a_muted_line_is_kept_and_counts_as_changed():
    text = format_track(samples.PLANNED).replace("[mouth] smile", "# [mouth] smile")
    track = parse_track(text)
    assert [cue.move for cue in track.muted] == ["smile"]
    assert track.deleted == (Deletion(1.725, 3.0, Region.MOUTH, "smile"),)


def test_without_the_ledger_everything_is_the_artists():
    text = format_track(samples.PLANNED)
    track = parse_track(text[: text.index("NOTE t2s wrote")])
    assert track.cues == tuple(replace(cue, by_hand=True) for cue in samples.PLANNED.cues)


def test_a_rewrapped_file_with_other_settings_is_still_the_planners():
    text = format_track(samples.PLANNED).replace("00:00:01.725 --> 00:00:03.000", "7\n01.725")
    text = text.replace("7\n01.725", "intro\n00:01.725 --> 00:03.000 line:0", 1)
    assert by_hand(parse_track(text)) == []


def test_spoilt_entries_are_passed_over():
    ledger = Ledger()
    for entry in ("", "x", "1.0 2.0 brows raise", "1.000 2.000 brows shrug 00000000", "a.b c.d e f"):
        ledger.read(entry)
    assert (ledger.written, ledger.deleted) == ([], [])


def test_cues_by_hand_are_not_in_the_ledger():
    hand = replace(samples.PLANNED.cues[0], by_hand=True)
    track = replace(samples.PLANNED, cues=(hand, *samples.PLANNED.cues[1:]))
    assert len(entries(track)) == len(samples.PLANNED.cues) - 1
