"""docs/subtitles.md says what the code does: its examples run, its table is the vocabulary.

`python tests/docs/test_subtitles_page.py` writes the table of moves into the page.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from engine.cli import main, parser
from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.cued import Cued
from t2s_rt.subtitles import load_track, parse_track
from t2s_rt.subtitles.cue import KNOWN_KEYS, SHORTEST_CUE_S
from t2s_rt.subtitles.moves import MOVES, Manner
from t2s_rt.subtitles.music import DEFAULT_BEAT_S

PATH = Path(__file__).parents[2] / "docs/subtitles.md"
PAGE = PATH.read_text(encoding="utf-8")
TABLE = re.compile(
    r"(?<=\| lane \| move \| what 1 looks like \|\n\|---\|---\|---\|\n)(.*?)(?=<!-- end)", re.DOTALL
)


def moves_table() -> str:
    return "".join(f"| {move.region} | `{move.name}` | {move.meaning} |\n" for move in MOVES)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def commands() -> list[list[str]]:
    """Every `t2s ...` line and every `t2s ...` in the running text that has arguments."""
    shown = re.findall(r"^    t2s (.*)$", PAGE, re.MULTILINE)
    shown += re.findall(r"`t2s ([a-z]+ [^`]*)`", PAGE)
    return [shlex.split(line) for line in shown]


def test_the_table_is_the_vocabulary():
    table = TABLE.search(PAGE)
    assert table is not None
    assert table[1] == moves_table()


def test_the_example_is_a_track():
    (example,) = blocks("vtt")
    track = parse_track(example, "song.vtt")
    assert [cue.move for cue in track.cues] == ["raise", "smile", "close", "lower", "sway"]
    assert [cue.move for cue in track.muted] == ["raise_inner"]
    assert track.comments == ((14.0, "the quiet line, she hardly sings it"),)
    assert track.header.title == "Leave the light on"


def test_the_mistake_is_said_like_this():
    (example,) = blocks("error")
    text, _, message = example.partition("---\n")
    with pytest.raises(SubtitleError) as error:
        parse_track(text, "song.vtt")
    assert str(error.value) == message.strip()


@pytest.mark.parametrize("typed", ["[Brows] Raise .7", "[eyes] look down 70%", "neck nod 0,5 on it"])
def test_loosely_typed_cues_are_understood(typed):
    assert f"`{typed}`" in PAGE
    assert len(parse_track(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{typed}").cues) == 1


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_one(words):
    command = parser()
    registered = next(a for a in command._actions if a.dest == "command").choices
    if words[0] == "render-song" and words[0] not in registered:
        pytest.skip("render-song is not built yet")
    assert command.parse_args(words).command == words[0]


def test_the_edits_do_what_they_say(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    example = parse_track(blocks("vtt")[0])
    edits = [words for words in commands() if words[0] == "edit"]
    assert len(edits) == 7
    for words in edits:
        (tmp_path / "song.vtt").write_text(blocks("vtt")[0], encoding="utf-8")
        assert main(words) == 0
        assert "5 cues" in capsys.readouterr().out or "--mute" in words
        written = load_track(
            tmp_path / words[words.index("-o") + 1] if "-o" in words else Path("song.vtt")
        )
        changed = [cue for cue in written.cues if cue not in example.cues]
        touched = len(changed) + len(written.muted) - len(example.muted)
        assert touched > 0 or words == ["edit", "song.vtt"] or "--unmute" in words or "song.srt" in words


def test_numbers_on_the_page_are_those_of_the_code():
    assert f"lasts at least {SHORTEST_CUE_S:g} s" in PAGE
    assert f"after {Cued.STARE_S:g} s of staring" in PAGE
    assert f"({60 / DEFAULT_BEAT_S:.0f} beats a minute" in PAGE
    repeated = [f"`{move.name}`" for move in MOVES if move.manner is Manner.REPEATED]
    assert f"{', '.join(repeated[:-1])} and {repeated[-1]} go to and fro" in PAGE


def test_every_known_header_entry_is_on_the_page():
    table = PAGE[PAGE.index("## The header") :]
    for key in KNOWN_KEYS:
        assert f"`{key}`" in table


if __name__ == "__main__":
    PATH.write_text(TABLE.sub(lambda _: moves_table(), PAGE), encoding="utf-8")
