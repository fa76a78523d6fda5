import json
from pathlib import Path
from typing import Any

import pytest

from t2s_rt.errors import PlanError
from t2s_rt.lyrics.song import Song
from t2s_rt.pregen.llm import Server
from t2s_rt.pregen.phrase import Delivery, Descriptors, Emotion, Phrase, PhrasedSong, Section
from t2s_rt.pregen.plan import PhrasePlan, Planner, PlanReport, window
from t2s_rt.pregen.prompt import PROMPT_VERSION, Example, Message
from t2s_rt.pregen.sing_cot import SingCoT, rates, tokens_about
from tests.llm.chat_server import MODEL, Act, Ask, ChatServer, Says, Sends, obedient
from tests.llm.songs import LYRICS, PlainPlanner, line_of, song_of

SONG = song_of()


class NoCues:
    def plan_phrase(self, song: PhrasedSong, index: int, seed: int) -> PhrasePlan:
        return PhrasePlan(index, Emotion.CALM, Delivery.PLAIN, 0.3, "", ())


def planner(server: ChatServer, **changes: Any) -> SingCoT:
    return SingCoT(Server(server.url, backoff_s=0.01, timeout_s=5.0), PlainPlanner(), **changes)


def test_it_is_a_planner() -> None:
    made = SingCoT(Server("http://127.0.0.1:1", "m"), PlainPlanner())
    assert isinstance(made, Planner)
    assert (made.name, made.prompt_version, made.report) == ("llm:m", PROMPT_VERSION, PlanReport())


def test_the_header_says_song_model_prompts_and_seed() -> None:
    with ChatServer() as server:
        header = planner(server).plan(SONG, 5).header
    assert header.song_hash == SONG.song.fingerprint()
    assert (header.planner, header.prompt_version, header.seed) == (f"llm:{MODEL}", PROMPT_VERSION, 5)


def test_the_same_seed_plans_the_same_and_another_seed_samples_anew() -> None:
    with ChatServer() as server:
        first = planner(server).plan(SONG, 5)
        seeds = {ask.payload["seed"] for ask in server.asks}
        count = len(server.asks)
        assert planner(server).plan(SONG, 5) == first
        assert {ask.payload["seed"] for ask in server.asks} == seeds
        assert len(seeds) == count
        planner(server).plan(SONG, 6)
        assert len({ask.payload["seed"] for ask in server.asks}) == 2 * count


def test_what_a_step_finds_out_is_told_to_the_next() -> None:
    def behave(ask: Ask) -> Act:
        answer = json.loads(obedient(ask).content or "")
        if ask.step == "song":
            answer |= {"arc": "from dusk to dawn"}
        if ask.step == "section":
            answer |= {"summary": f"part that begins {ask.said[-300:].count('line')}, read"}
            answer["lines"][0] |= {"meaning": "lamps as eyes"}
        return Says(json.dumps(answer))

    with ChatServer(behave) as server:
        planner(server).plan(SONG, 0)
    sections = [ask.said for ask in server.asks if ask.step == "section"]
    phrases = [ask.said for ask in server.asks if ask.step == "phrase"]
    assert all("from dusk to dawn" in said for said in sections + phrases)
    assert '"before"' not in sections[0]
    assert all(', read"' in said for said in sections[1:] + phrases)
    assert sum("lamps as eyes" in said for said in phrases) == len(SONG.sections)


def test_long_sections_are_read_in_parts() -> None:
    with ChatServer() as server:
        planner(server).plan(song_of(lines_a_section=12), 0)
    parts = [
        ask.schema["properties"]["lines"]["maxItems"] for ask in server.asks if ask.step == "section"
    ]
    assert parts == [8, 4]


def test_similar_lines_are_shown() -> None:
    def similar(phrase: Phrase, count: int) -> list[Example]:
        return [Example(f"like {phrase.index}", "soft", Emotion.CALM, ("eyes close 3, late",))] * count

    with ChatServer() as server:
        planner(server, examples=similar).plan(SONG, 0)
    said = {n: ask.said for n in range(len(LYRICS)) for ask in server.asks if f'"like {n}"' in ask.said}
    assert len(said) == len(LYRICS)
    assert f'"line":"{LYRICS[7]}"' in said[7]


def test_a_short_context_shows_fewer_similar_lines() -> None:
    def similar(phrase: Phrase, count: int) -> list[Example]:
        return [Example("x" * 110, "soft", Emotion.CALM, ("eyes close 3, late",) * 6)] * count

    short = {"data": [{"id": MODEL, "max_model_len": 2500}]}
    with ChatServer(models=Sends(json.dumps(short).encode())) as server:
        planner(server, examples=similar).plan(SONG, 0)
    for ask in server.asks:
        messages = [Message(**turn) for turn in ask.payload["messages"]]
        assert tokens_about(messages) + ask.payload["max_tokens"] <= 2500


def test_a_changed_line_asks_again_for_what_depends_on_it_alone(tmp_path: Path) -> None:
    with ChatServer() as server:
        planner(server, cache=tmp_path).plan(SONG, 0)
        count = len(server.asks)
        planner(server, cache=tmp_path).plan(SONG, 1)
        assert len(server.asks) == 2 * count  # another seed is another performance
        planner(server, cache=tmp_path).plan(SONG, 0)
        assert len(server.asks) == 2 * count


def test_only_valid_answers_are_kept(tmp_path: Path) -> None:
    with ChatServer(lambda ask: Says("no") if ask.step == "phrase" else obedient(ask)) as server:
        made = planner(server, cache=tmp_path)
        made.plan(SONG, 0)
        assert len(made.report.fallbacks) == len(LYRICS)
        server._behave = obedient
        again = planner(server, cache=tmp_path)
        again.plan(SONG, 0)
    assert (again.report.fallbacks, again.report.cached) == ((), 0)


def test_a_phrase_whose_time_another_takes_is_not_asked_about_and_has_not_failed() -> None:
    lines = (line_of("one two three", 1.0), line_of("four five six", 1.0), line_of("seven", 5.0))
    phrases = tuple(Phrase(i, line, "en", 0, Descriptors()) for i, line in enumerate(lines))
    duet = PhrasedSong(Song("", "", "en", lines), phrases, (Section("", (0, 1, 2)),))
    assert window(duet, 0)[1] - window(duet, 0)[0] < 0.7
    with ChatServer() as server:
        made = SingCoT(Server(server.url), NoCues())
        made.plan(duet, 0)
    assert (made.report.asked, made.report.phrases, made.report.fallbacks) == (2, 3, ())


def test_progress_is_told_phrase_by_phrase() -> None:
    told: list[tuple[int, int]] = []
    with ChatServer() as server:
        planner(server, progress=lambda done, of: told.append((done, of))).plan(SONG, 0)
    assert told == [(n, len(LYRICS)) for n in range(1, len(LYRICS) + 1)]


def test_a_refused_key_ends_planning_at_once() -> None:
    with ChatServer(lambda _: Sends(b"bad key", 401)) as server:
        with pytest.raises(PlanError, match="key is refused"):
            planner(server).plan(SONG, 0)
        assert len(server.asks) == 1


def test_the_rates_are_of_the_phrases_that_were_asked_about() -> None:
    report = PlanReport(phrases=12, asked=10, valid_first=6, fallbacks=(3,))
    assert rates(report) == (0.6, 0.9)
    assert rates(PlanReport(phrases=3)) == (0.0, 0.0)


def test_other_scripts_are_counted_as_more_tokens() -> None:
    latin, kana = (tokens_about([Message("user", text)]) for text in ("sakura" * 10, "さくら" * 20))
    assert 20 <= latin <= 40
    assert kana > 2 * latin
