import asyncio
import email.utils
import json
import logging
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from t2s_rt.errors import ConfigError, PlanError
from t2s_rt.pregen.llm import (
    LONGEST_BODY_BYTES,
    CallError,
    Dialect,
    Failure,
    Greeting,
    LlmClient,
    Reply,
    Server,
    base_url,
    is_loopback,
    key_from_environment,
)
from t2s_rt.pregen.prompt import Message, Request, closed, text_of
from tests.llm.chat_server import MODEL, Act, Ask, ChatServer, Says, Sends, Waits

REQUEST = Request("phrase", (Message("user", "Sing."),), closed(note=text_of(20)), 50)
KEY = "sk-secret-4711"


def settings(server: ChatServer, **changes: Any) -> Server:
    return Server(server.url, **({"model": MODEL, "backoff_s": 0.01, "timeout_s": 5.0} | changes))


def call(server: ChatServer, **changes: Any) -> Reply:
    async def main() -> Reply:
        async with LlmClient(settings(server, **changes)) as client:
            return await client.complete(REQUEST, 7)

    return asyncio.run(main())


def greet(server: Server) -> Greeting:
    async def main() -> Greeting:
        async with LlmClient(server) as client:
            return await client.greet()

    return asyncio.run(main())


def in_turn(*acts: Act) -> Callable[[Ask], Act]:
    return lambda ask: acts[min(ask.number, len(acts) - 1)]


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("https://host.example/api/v1", "https://host.example/api/v1"),
        ("http://[::1]:8000/v1/chat/completions", "http://[::1]:8000/v1"),
    ],
)
def test_addresses_are_completed(url: str, base: str) -> None:
    assert base_url(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "", "localhost:8000", "ftp://host/v1", "http://", "http://host:99999", "http://host:0/v1",
        "file:///etc/passwd", "http://host/v1?key=1", "http://host/v1#x", "http://ho st/v1",
        "http://name:secret@host/v1", "http://[::1/v1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_a_secret(url: str) -> None:
    with pytest.raises(PlanError) as refused:
        Server(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "changes", [{"concurrency": 0}, {"timeout_s": 0}, {"attempts": 0}, {"temperature": 3}, {"top_p": 0}]
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="from"):
        Server("http://127.0.0.1:1", **changes)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True), ("http://[::1]/", True), ("http://localhost", True),
        ("http://10.0.0.1", False), ("https://localhost.example", False),
    ],
)  # fmt: skip
def test_loopback_is_told_from_other_machines(url: str, here: bool) -> None:
    assert is_loopback(url) == here


def test_a_question_carries_model_sampling_and_schema() -> None:
    with ChatServer(lambda _: Says("{}")) as server:
        reply = call(server, temperature=0.3)
    assert reply == Reply("{}", cut_off=False, prompt_tokens=100, completion_tokens=50)
    sent = server.asks[0].payload
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_tokens"]) == (MODEL, 0.3, 7, 50)
    assert sent["response_format"]["json_schema"]["schema"] == REQUEST.schema
    assert sent["stream"] is False


def test_the_key_is_sent_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ChatServer(in_turn(Sends(b"no", 500), Says("{}"))) as server:
        call(server, api_key=KEY, dialect=Dialect.JSON_SCHEMA)
        assert KEY not in repr(settings(server, api_key=KEY))
    assert [ask.headers["authorization"] for ask in server.asks] == [f"Bearer {KEY}"] * 2
    assert KEY not in caplog.text


def test_the_key_comes_from_our_own_variable_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("T2S_LLM_API_KEY", raising=False)
    assert key_from_environment() == ""
    monkeypatch.setenv("T2S_LLM_API_KEY", f" {KEY}\n")
    assert key_from_environment() == KEY


@pytest.mark.parametrize("key", ["two words", "schlüssel", "a\nb"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Server("http://127.0.0.1:1", api_key=key)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    ("passing", "tries"),
    [(Sends(b"", 500), 3), (Sends(b"", 502), 3), (Sends(b"{", 200), 3), (Sends(b"{}", cut=1), 3)],
)
def test_what_may_pass_is_tried_again(passing: Sends, tries: int) -> None:
    with ChatServer(in_turn(passing, passing, Says("{}"))) as server:
        call(server, dialect=Dialect.JSON_SCHEMA)
    assert len(server.asks) == tries


def test_tries_end() -> None:
    with ChatServer(lambda _: Sends(b"out of memory", 500)) as server:
        with pytest.raises(CallError, match="says 500: out of memory") as failed:
            call(server, attempts=3, dialect=Dialect.JSON_SCHEMA)
        assert len(server.asks) == 3
    assert failed.value.failure is Failure.SERVER


@pytest.mark.parametrize(
    ("status", "failure"), [(404, Failure.REJECTED), (401, Failure.FORBIDDEN), (307, Failure.REJECTED)]
)
def test_what_will_not_pass_is_not_tried_again(status: int, failure: Failure) -> None:
    act = Sends(b"no", status, {"Location": "http://127.0.0.1:9/"})
    with ChatServer(lambda _: act) as server:
        with pytest.raises(CallError) as failed:
            call(server, dialect=Dialect.JSON_SCHEMA)
        assert len(server.asks) == 1
    assert failed.value.failure is failure


def test_retry_after_may_be_a_date() -> None:
    soon = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with ChatServer(in_turn(Sends(b"", 429, {"Retry-After": soon}), Says("{}"))) as server:
        begun_s = time.monotonic()
        call(server)
    assert 0.7 < time.monotonic() - begun_s < 4  # HTTP dates hold whole seconds


@pytest.mark.parametrize("said", ["soon", "-5", "1e9", "9" * 40, ""])
def test_a_retry_after_that_is_none_is_ignored(said: str) -> None:
    with ChatServer(in_turn(Sends(b"", 429, {"Retry-After": said}), Says("{}"))) as server:
        begun_s = time.monotonic()
        call(server)
    assert time.monotonic() - begun_s < 2


def test_an_answer_without_end_is_not_read_to_it() -> None:
    huge = Sends(b'{"x": "' + b"a" * (LONGEST_BODY_BYTES + 10) + b'"}')
    with ChatServer(lambda _: huge) as server, pytest.raises(CallError, match="bytes long"):
        call(server, attempts=1, dialect=Dialect.WORDS)


def test_no_more_calls_at_a_time_than_allowed() -> None:
    async def main(server: ChatServer) -> None:
        async with LlmClient(settings(server, concurrency=3)) as client, asyncio.TaskGroup() as group:
            for seed in range(9):
                group.create_task(client.complete(REQUEST, seed))

    with ChatServer(lambda _: Waits(0.2, Says("{}"))) as server:
        begun_s = time.monotonic()
        asyncio.run(main(server))
        spent_s = time.monotonic() - begun_s
    assert spent_s >= 0.6  # nine calls of 0.2 s, three at a time


def test_a_server_that_is_gone_is_not_asked_any_more() -> None:
    async def main(server: ChatServer) -> list[Failure]:
        failures = []
        async with LlmClient(settings(server, attempts=1, dialect=Dialect.JSON_SCHEMA)) as client:
            for seed in range(6):
                try:
                    await client.complete(REQUEST, seed)
                except CallError as failure:
                    failures.append(failure.failure)
            assert "given up" in client.gone
        return failures

    with ChatServer(lambda _: Sends(b"", 500)) as server:
        failures = asyncio.run(main(server))
        assert len(server.asks) == 3
    assert failures == [Failure.SERVER] * 3 + [Failure.GONE] * 3


def llama_cpp(ask: Ask) -> Act:
    kind = ask.payload.get("response_format", {}).get("type")
    return Sends(b"unknown type", 500) if kind == "json_schema" else Says("{}")


def test_a_server_that_wants_the_schema_elsewhere_gets_it_there() -> None:
    async def main(server: ChatServer) -> None:
        async with LlmClient(settings(server)) as client:
            await client.complete(REQUEST, 1)
            await client.complete(REQUEST, 2)

    with ChatServer(llama_cpp) as server:
        asyncio.run(main(server))
    formats = [ask.payload["response_format"] for ask in server.asks]
    assert [told["type"] for told in formats] == ["json_schema", "json_object", "json_object"]
    assert formats[1]["schema"] == REQUEST.schema


def test_a_server_without_structured_outputs_is_asked_in_words() -> None:
    def behave(ask: Ask) -> Act:
        return Sends(b"response_format?", 400) if "response_format" in ask.payload else Says("{}")

    with ChatServer(behave) as server:
        call(server)
    assert len(server.asks) == 3


def test_a_question_that_is_too_long_changes_no_dialect() -> None:
    act = Sends(b"This model's maximum context length is 2048 tokens", 400)
    with ChatServer(lambda _: act) as server:
        with pytest.raises(CallError, match="maximum context length"):
            call(server)
        assert len(server.asks) == 1


def test_a_server_says_its_models() -> None:
    with ChatServer() as server:
        found = greet(Server(server.url))
    assert (found.model, found.context_tokens, found.trouble) == (MODEL, 8192, "")
    assert json.loads(found.identity)["owned_by"] == "test"


def test_a_model_that_is_not_there_is_refused_with_those_that_are() -> None:
    with ChatServer() as server, pytest.raises(PlanError, match=f"no model 'other'. It has: {MODEL}"):
        greet(Server(server.url, "other"))


def test_no_server_is_refused_with_what_starts_one() -> None:
    with socket.socket() as closed_port:
        closed_port.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed_port.getsockname()[1]}"
        with pytest.raises(PlanError, match="t2s llm serve"):
            greet(Server(address, "m"))


def test_a_wrong_key_is_refused() -> None:
    with (
        ChatServer(models=Sends(b"who are you?", 401)) as server,
        pytest.raises(PlanError, match="T2S_LLM"),
    ):
        greet(Server(server.url, "m"))


@pytest.mark.parametrize("models", [Sends(b"not found", 404), Sends(b"<html>"), Sends(b'{"data": 3}')])
def test_a_server_that_lists_no_models_is_asked_for_the_named_one(models: Sends) -> None:
    with ChatServer(models=models) as server:
        found = greet(Server(server.url, "m"))
        assert (found.model, found.context_tokens) == ("m", None)
        assert found.trouble
        with pytest.raises(PlanError, match="--llm-model"):
            greet(Server(server.url))
