"""One song of a catalogue."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from t2s_rt.pregen import entry as entry_module
from t2s_rt.pregen.choose import Choice
from t2s_rt.pregen.entry import Entry, Outcome, Settings, plan_entry
from t2s_rt.subtitles.load import parse_track

LRC = b"[00:01.00]We laugh and we dance\n[00:04.00]And I cry all alone\n[00:07.00]\n"
SETTINGS = Settings(choice=Choice(lexical=True))


def test_bytes_in_text_out() -> None:
    result = plan_entry(Entry("a/song.lrc", LRC), SETTINGS)
    assert result.outcome is Outcome.WRITTEN
    track = parse_track(result.text, "x.vtt")
    assert (result.phrases, result.cues) == (2, len(track.cues))


def test_it_travels() -> None:
    entry = pickle.loads(pickle.dumps((Entry("song.lrc", LRC), SETTINGS)))
    result = plan_entry(*entry)
    assert pickle.loads(pickle.dumps(result)) == result


def test_what_is_finished_is_left() -> None:
    first = plan_entry(Entry("song.lrc", LRC), SETTINGS)
    again = plan_entry(Entry("song.lrc", LRC, first.text), SETTINGS)
    assert again.outcome is Outcome.FINISHED
    assert again.text == ""


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (LRC.replace(b"dance", b"sing"), SETTINGS),
        (LRC, replace(SETTINGS, seed=1)),
        (LRC, replace(SETTINGS, force=True)),
    ],
    ids=["another song", "another seed", "forced"],
)
def test_what_would_differ_is_written_again(data: bytes, settings: Settings) -> None:
    first = plan_entry(Entry("song.lrc", LRC), SETTINGS)
    assert plan_entry(Entry("song.lrc", data, first.text), settings).outcome is Outcome.WRITTEN


def test_edits_are_left_alone_or_written_around() -> None:
    first = plan_entry(Entry("song.lrc", LRC), SETTINGS)
    by_hand = first.text.replace("joy:", "mine:", 1)
    assert by_hand != first.text
    other = replace(SETTINGS, seed=1)
    left = plan_entry(Entry("song.lrc", LRC, by_hand), other)
    assert left.outcome is Outcome.EDITED
    assert "1 changes" in left.problem or "2 changes" in left.problem
    kept = plan_entry(Entry("song.lrc", LRC, by_hand), replace(other, keep_edits=True))
    assert kept.outcome is Outcome.WRITTEN
    assert kept.by_hand >= 1
    assert "mine:" in kept.text


@pytest.mark.parametrize(
    ("data", "previous"),
    [(b"", ""), (b"\0\xff" * 99, ""), (b"[00:01.00\n", ""), (LRC, "WEBVTT\n\nbroken -->\n")],
    ids=["empty", "binary", "broken", "broken subtitles"],
)
def test_a_broken_song_is_a_result(data: bytes, previous: str) -> None:
    result = plan_entry(Entry("song.lrc", data, previous), SETTINGS)
    assert result.outcome is Outcome.FAILED
    assert result.problem


def test_a_duet_that_lacks_the_voice_takes_its_first() -> None:
    assert plan_entry(Entry("s.lrc", LRC), replace(SETTINGS, voice=1)).outcome is Outcome.WRITTEN


def test_a_surprise_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(entry_module, "build_song", surprise)
    result = plan_entry(Entry("song.lrc", LRC), SETTINGS)
    assert result.outcome is Outcome.FAILED
    assert "ZeroDivisionError" in result.problem
