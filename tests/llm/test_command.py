"""`t2s subtitles --llm`: what a person gets and reads."""

from pathlib import Path

import pytest

from engine import cli
from t2s_rt.subtitles.load import load_track
from tests.conftest import REPOSITORY
from tests.llm.chat_server import MODEL, Act, Ask, ChatServer, Dies, Says, obedient

SONG = str(REPOSITORY / "engine" / "demo" / "song.txt")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.delenv("T2S_LLM_API_KEY", raising=False)


def subtitles(output: Path, url: str, *further: str) -> int:
    return cli.main(["subtitles", SONG, "-o", str(output), "--lexical", "--llm", url, *further])


def test_rate_tokens_and_time_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ChatServer() as server:
        assert subtitles(tmp_path / "a.vtt", server.url, "--llm-model", MODEL) == 0
    told = capsys.readouterr().out
    assert "success rate: 5 of 5 first answers (100 %), 5 after repair (100 %)" in told
    assert f"tokens: {100 * len(server.asks)} read, {50 * len(server.asks)} written" in told
    track = load_track(tmp_path / "a.vtt")
    assert track.header.planner == f"llm:{MODEL}"
    assert track.header.song_hash


def test_a_second_run_says_that_answers_were_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer() as server:
        subtitles(tmp_path / "a.vtt", server.url)
        count = len(server.asks)
        subtitles(tmp_path / "b.vtt", server.url)
        assert len(server.asks) == count
        assert "5 answers were kept from an earlier run" in capsys.readouterr().out
        subtitles(tmp_path / "c.vtt", server.url, "--llm-anew")
        assert len(server.asks) == 2 * count
    assert (tmp_path / "a.vtt").read_text() == (tmp_path / "b.vtt").read_text()


def test_what_fell_back_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def behave(ask: Ask) -> Act:
        return Says("no") if '"line":"izaya izaya"' in ask.said else obedient(ask)

    with ChatServer(behave) as server:
        assert subtitles(tmp_path / "a.vtt", server.url) == 0
    told = capsys.readouterr().out
    assert "4 of 5 first answers (80 %), 4 after repair (80 %)" in told
    assert "by the embedded planner instead (1 of 5): 4" in told
    assert "line 4: no valid answer after 2 repairs (not JSON)." in told


@pytest.mark.slow
def test_a_server_that_dies_leaves_a_whole_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer(lambda ask: obedient(ask) if ask.number < 4 else Dies()) as server:
        assert subtitles(tmp_path / "a.vtt", server.url, "--llm-calls", "1") == 0
    assert "by the embedded planner instead (3 of 5)" in capsys.readouterr().out
    assert {cue.region for cue in load_track(tmp_path / "a.vtt").cues} == {
        "brows",
        "eyes",
        "mouth",
        "neck",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--llm", "http://127.0.0.1:9"], "No language model answers"),
        (["--llm", "localhost:8000"], "no http or https address"),
        (["--llm", "http://u:hunter2@h/"], "holds a name or password"),
        (["--llm", "http://127.0.0.1:9", "--llm-timeout", "0"], "timeout is from"),
        (["--llm", "http://127.0.0.1:9", "--llm-calls", "0"], "concurrency is from"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["subtitles", SONG, "-o", str(tmp_path / "a.vtt"), "--lexical", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "hunter2" not in err
    assert not (tmp_path / "a.vtt").exists()
