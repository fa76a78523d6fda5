"""Songs cut into phrases and sections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import PlanError
from t2s_rt.lyrics import Song, load_song
from t2s_rt.pregen.phrasing import LONG_LINE_S, find_sections, phrase_lines, phrase_song
from tests.conftest import SHARED_DATA
from tests.t2s_rt.pregen.songs import line, song, sung

KARAOKE = SHARED_DATA / "karaoke"


def verse(number: int, start_s: float) -> list[object]:
    words = ("apples", "bridges", "candles", "doorways")[number]
    return [
        sung(f"in the {words} of my early days", start_s, [60.0]),
        sung(f"no {words} ever knew your name", start_s + 4, [60.0]),
    ]


def chorus(start_s: float) -> list[object]:
    return [
        sung("sing it to the mountains", start_s, [67.0]),
        sung("sing it to the sea", start_s + 4, [65.0]),
    ]


def test_every_phrase_has_its_place() -> None:
    phrased = phrase_song(song([*verse(0, 1), *chorus(10), *verse(1, 20), *chorus(30)]))
    assert [section.name for section in phrased.sections] == ["Verse", "Chorus", "Verse", "Chorus"]
    assert [i for section in phrased.sections for i in section.phrases] == list(range(8))
    assert [phrase.index for phrase in phrased.phrases] == list(range(8))
    for phrase in phrased.phrases:
        assert phrase.index in phrased.sections[phrase.section].phrases
        assert phrase.language == "en"
        assert phrase.descriptors.rate == pytest.approx(2.5)


def test_the_last_verse_between_choruses_is_the_bridge() -> None:
    lines = [*verse(0, 1), *chorus(10), *verse(1, 20), *chorus(30), *verse(2, 40), *chorus(50)]
    names = [section.name for section in find_sections(lines)]
    assert names == ["Verse", "Chorus", "Verse", "Chorus", "Bridge", "Chorus"]


def test_an_echo_is_no_chorus() -> None:
    lines = [
        sung("the lamps go out", 1, [60.0]), sung("the lamps go out", 4, [60.0]),
        sung("and nobody stays", 8, [60.0]), sung("to see the dawn", 12, [60.0]),
    ]  # fmt: skip
    assert [section.name for section in find_sections(lines)] == [""]


def test_the_file_s_own_sections_win() -> None:
    lines = [
        replace(one, section=name)
        for one, name in zip(
            [*verse(0, 1), *chorus(10)], ["Intro", "Verse", "Verse", "Hook"], strict=True
        )
    ]
    assert [(s.name, s.phrases) for s in find_sections(lines)] == [
        ("Intro", (0,)), ("Verse", (1, 2)), ("Hook", (3,)),
    ]  # fmt: skip


def test_an_overlong_line_is_cut_at_its_rest() -> None:
    rows = [
        (f" w{i}", 1.0 + i + (1.0 if i >= 5 else 0.0), 1.9 + i + (1.0 if i >= 5 else 0.0), None)
        for i in range(9)
    ]
    parts = phrase_lines(song([line(*rows)]))
    assert [part.text for part in parts] == ["w0 w1 w2 w3 w4", "w5 w6 w7 w8"]
    assert parts[0].end_s <= parts[1].start_s
    assert all(part.end_s - part.start_s <= LONG_LINE_S for part in parts)


def test_no_word_is_lost_or_doubled() -> None:
    rows = [(f" w{i}", 1.0 + i, 2.0 + i, None) for i in range(40)]  # 40 s without a rest
    parts = phrase_lines(song([line(*rows)]))
    assert " ".join(part.text for part in parts) == " ".join(f"w{i}" for i in range(40))
    assert len(parts) > 2


def test_a_fragment_joins_the_sentence_that_it_touches() -> None:
    lines = [sung("and I will", 1.0, [60.0]), line((" go", 2.25, 2.6, 60.0))]
    assert [one.text for one in phrase_lines(song(lines))] == ["and I will go"]
    shout = [lines[0], line((" Go", 2.25, 2.6, 60.0))]
    assert len(phrase_lines(song(shout))) == 2


def test_a_line_that_only_holds_on_belongs_to_the_one_before() -> None:
    lines = [sung("and I will", 1.0, [60.0]), line(("~", 2.2, 4.0, 62.0))]
    (one,) = phrase_lines(song(lines))
    assert one.end_s == 4.0


def test_voices() -> None:
    duet = Song(
        "", "", "", (sung("one two", 1, [60.0]), replace(sung("three", 2, [60.0]), voice=1)), ("A", "B")
    )
    assert phrase_song(duet, voice=1).phrases[0].text == "three"
    with pytest.raises(PlanError, match="2 voices"):
        phrase_song(duet, voice=2)
    silent = replace(duet, lines=duet.lines[:1])
    with pytest.raises(PlanError, match="no words"):
        phrase_song(silent, voice=1)


def test_backing_vocals_are_sung_only_where_there_is_nothing_else() -> None:
    lead, back = sung("I go", 1, [60.0]), replace(sung("(he goes)", 2, [60.0]), background=True)
    assert [p.text for p in phrase_song(song([lead, back])).phrases] == ["I go"]
    assert [p.text for p in phrase_song(song([back])).phrases] == ["(he goes)"]


def test_a_recording_without_a_voice_is_told_and_not_used(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(48_000, np.float32), 16_000)
    lines = [sung("one two three", 1, [60.0, 64.0])]
    phrased = phrase_song(song(lines), tmp_path / "silence.wav")
    assert phrased.phrases[0].descriptors == phrase_song(song(lines)).phrases[0].descriptors
    assert "has no voice" in phrased.song.warnings[-1]


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["on_the_run", "chasing_marks", "verdaechtig"])
def test_the_shared_songs(name: str) -> None:
    loaded = load_song(KARAOKE / name / "song.txt")
    phrased = phrase_song(loaded)
    said = "".join(one.text for line_ in loaded.lines for one in line_.words)
    assert "".join(p.text for p in phrased.phrases).replace(" ", "") == said
    assert {"Verse", "Chorus"} <= {section.name for section in phrased.sections}
    known = [p.descriptors.pitch is not None for p in phrased.phrases]
    assert any(known) is (name != "verdaechtig")  # its pitches are all 0
    assert phrase_song(loaded) == phrased
