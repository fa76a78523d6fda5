from pathlib import Path

import pytest

from t2s_rt.pregen.llm import Server
from t2s_rt.pregen.llm_planner import llm_planner
from tests.llm.chat_server import ChatServer, Says, obedient
from tests.llm.songs import LYRICS, song_of

SONG = song_of()


def test_similar_lines_are_shown_and_answers_kept(tmp_path: Path) -> None:
    with ChatServer() as server:
        for _ in range(2):
            planner = llm_planner(Server(server.url), lexical=True, cache=tmp_path)
            planner.plan(SONG, 0)
    phrases = [ask for ask in server.asks if ask.step == "phrase"]
    assert len(phrases) == planner.report.cached == len(LYRICS)
    assert all("similar lines and what faces did" in ask.said for ask in phrases)


def test_the_embedded_planner_takes_over(tmp_path: Path) -> None:
    with ChatServer(lambda ask: Says("no") if ask.step == "phrase" else obedient(ask)) as server:
        planner = llm_planner(Server(server.url), lexical=True, cache=tmp_path)
        track = planner.plan(SONG, 0)
    assert len(planner.report.fallbacks) == len(LYRICS)
    assert len(track.cues) > 2 * len(LYRICS)


def test_answers_are_not_kept_where_nobody_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with ChatServer() as server:
        llm_planner(Server(server.url), lexical=True, keep_answers=False).plan(SONG, 0)
    assert not list(tmp_path.iterdir())
