"""`t2s edit` changes a file and says what it did."""

from __future__ import annotations

import pytest

from engine.cli import main
from t2s_rt.subtitles import load_track, save_track
from tests.t2s_rt.subtitles import samples


@pytest.fixture
def song(tmp_path):
    save_track(samples.PLANNED, tmp_path / "song.vtt")
    return tmp_path / "song.vtt"


def edit(*words):
    return main(["edit", *map(str, words)])


def test_without_an_edit_it_says_what_is_there_and_writes_nothing(song, capsys):
    before = song.stat().st_mtime_ns
    assert edit(song) == 0
    assert capsys.readouterr().out == (f"{song}: 5 cues (brows 2, eyes 1, mouth 1, neck 1), 0 by hand\n")
    assert song.stat().st_mtime_ns == before


def test_edits_are_told_and_written(song, tmp_path, capsys):
    out = tmp_path / "out.vtt"
    words = ("--intensify", "brows=1.5", "--mute", "neck", "--shift", "0.2", "-o", out)
    assert edit(song, *words) == 0
    assert capsys.readouterr().out.splitlines() == [
        "muted neck: 1 muted",
        "intensified brows=1.5: 2 of 4 cues changed, 1 more at an intensity of 0 or 1",
        "shifted by 0.2 s: 4 of 4 cues changed",
        f"{out}: 4 cues (brows 2, eyes 1, mouth 1, neck 0), 4 by hand, 1 muted, "
        "5 of the planner's changed or deleted",
    ]
    assert load_track(song) == samples.PLANNED
    track = load_track(out)
    assert [(cue.start_s, cue.intensity) for cue in track.cues] == [
        (1.925, 1.0), (1.925, 0.4), (3.2, 0.525), (6.7, 0.9),
    ]  # fmt: skip
    assert track.muted[0].start_s == 4.2


def test_a_span_and_a_move(song):
    assert edit(song, "--intensify", "brows.furrow=+0.1", "--from", "2", "--to", "4") == 0
    assert [cue.intensity for cue in load_track(song).cues] == [0.7, 0.4, 0.45, 1.0, 0.9]


def test_muting_is_undone_by_unmuting(song):
    assert edit(song, "--mute", "all") == 0
    assert load_track(song).cues == ()
    assert edit(song, "--unmute", "all") == 0
    track = load_track(song)
    assert [(c.start_s, c.end_s, c.move, c.intensity, c.text) for c in track.cues] == [
        (c.start_s, c.end_s, c.move, c.intensity, c.text) for c in samples.PLANNED.cues
    ]


def test_an_output_alone_converts(song, tmp_path):
    for name in ("song.srt", "song.json"):
        assert edit(song, "-o", tmp_path / name) == 0
        assert load_track(tmp_path / name) == samples.PLANNED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mute", "head"], "Did you mean neck?"),
        (["--mute", "neck.nodd"], "Did you mean nod?"),
        (["--intensify", "brows"], "Write for example brows=1.3"),
        (["--intensify", "brows="], "Write for example brows=1.3"),
        (["--intensify", "brows=x"], "Write for example brows=1.3"),
        (["--shift", "-100"], "lasts at least 0.05 s"),
        (["--shift", "inf"], "not by inf"),
        (["--scale", "0"], "positive number"),
        (["--from", "5", "--to", "5", "--shift", "1"], "--from 5 is not before --to 5"),
        (["--shift", "1", "-o", "song.doc"], "Choose .vtt"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(song, words, said, capsys):
    before = song.read_bytes()
    assert edit(song, *words) == 2
    assert said in capsys.readouterr().err
    assert song.read_bytes() == before
