"""A song and its edited subtitles become exemplars, and come back from the file as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.collect import append, as_toml, collect, cue_text
from t2s_rt.pregen.exemplar import BANK, place, read_bank, read_exemplars
from t2s_rt.pregen.phrase import Emotion
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.plan import window
from t2s_rt.subtitles.cue import Cue, SubtitleTrack, cue_order
from tests.t2s_rt.pregen.songs import line, song, sung

SONG = phrase_song(
    song(
        [
            line((" the", 2.0, 2.5, 60.0), (" boats", 2.5, 4.5, 64.0), (" in", 4.5, 5.0, 62.0)),
            sung("and nobody waits", 8.0, [60.0, 57.0]),
        ]
    )
)
CUES = (
    Cue(1.7, 4.55, Region.BROWS, "raise", 0.6, "the first sail"),
    Cue(2.0, 5.4, Region.MOUTH, "smile", 0.7),
    Cue(2.5, 4.5, Region.EYES, "close", 0.5, "'''quoted''' \t odd", by_hand=True),
    Cue(8.0, 9.0, Region.NECK, "lower", 0.4),
)
TRACK = SubtitleTrack(tuple(sorted(CUES, key=cue_order)))


def test_phrases_with_their_cues() -> None:
    first, second = collect(SONG, TRACK, {0: Emotion.JOY, 1: Emotion.SORROW}, "boats.vtt")
    assert (first.text, first.emotion, second.text, second.emotion) == (
        "the boats in", Emotion.JOY, "and nobody waits", Emotion.SORROW,
    )  # fmt: skip
    assert [cue.move for cue in first.cues] == ["raise", "smile", "close"]
    assert cue_text(first.cues[0]) == "brows raise 0.6 0-0.30s..held the first sail"
    assert first.descriptors == SONG.phrases[0].descriptors


def test_placed_back_the_cues_are_where_they_were() -> None:
    (first,) = collect(SONG, TRACK, {0: Emotion.JOY})
    placed = place(first.cues, SONG.phrases[0].line, *window(SONG, 0))
    for cue, original in zip(placed, sorted(CUES[:3], key=cue_order), strict=True):
        assert (cue.region, cue.move, cue.intensity) == (
            original.region,
            original.move,
            original.intensity,
        )
        assert cue.start_s == pytest.approx(original.start_s, abs=0.08)
        assert cue.end_s == pytest.approx(original.end_s, abs=0.08)


def test_the_file_gives_back_what_was_added(tmp_path: Path) -> None:
    path = tmp_path / "new" / "added.toml"
    one, two = collect(SONG, TRACK, {0: Emotion.JOY, 1: Emotion.SORROW})
    append([one], path)
    append([two], path)
    back = read_exemplars(path)
    assert [(e.text, e.emotion, e.delivery) for e in back] == [
        (e.text, e.emotion, e.delivery) for e in (one, two)
    ]
    assert [cue.start for cue in back[0].cues] == [cue.start for cue in one.cues]
    assert "odd" in back[0].cues[2].text


def test_our_whole_bank_survives_writing(tmp_path: Path) -> None:
    bank = read_bank(BANK)
    path = tmp_path / "all.toml"
    path.write_text("\n".join(map(as_toml, bank)), encoding="utf-8")
    assert [replace(one, origin="") for one in read_exemplars(path)] == [
        replace(one, origin="") for one in bank
    ]


def test_cues_that_would_collide_in_a_usual_phrase_are_kept_in_parts(tmp_path: Path) -> None:
    """In this song the longest note is the first; in a usual phrase it is the last but one."""
    early = phrase_song(
        song([line((" hold", 1.0, 3.0, None), (" it", 3.0, 3.4, None), (" now", 3.4, 3.8, None))])
    )
    cues = (Cue(1.0, 3.0, Region.EYES, "close", 0.5), Cue(3.1, 3.8, Region.EYES, "widen", 0.5))
    found = collect(early, SubtitleTrack(cues), {0: Emotion.FEAR})
    append(found, tmp_path / "a.toml")
    assert len(read_exemplars(tmp_path / "a.toml")[0].cues) == 2


def test_songs_and_tracks_that_do_not_belong_together() -> None:
    late = SubtitleTrack((Cue(100.0, 101.0, Region.EYES, "close", 0.5),))
    with pytest.raises(SubtitleError, match="belong together"):
        collect(SONG, late, {0: Emotion.JOY})


def test_a_damaged_bank_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "added.toml"
    path.write_text("[[phrase]]\ntext = 5\n", encoding="utf-8")
    with pytest.raises(SubtitleError, match="table of strings"):
        append(collect(SONG, TRACK, {0: Emotion.JOY}), path)
    assert path.read_text(encoding="utf-8") == "[[phrase]]\ntext = 5\n"
