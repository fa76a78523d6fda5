"""A client of any OpenAI-compatible server: vLLM first, llama.cpp's servers, hosted ones.

Answers are not streamed: they are short, and only a whole one can be checked against its schema. A call
ends after a total time whatever the server does, and one that hangs occupies its own slot only. What may
pass is tried again with growing, jittered pauses; a server that is gone for good is given up once, for
all calls.
"""

from __future__ import annotations

import asyncio
import email.utils
import ipaddress
import json
import logging
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from t2s_rt.errors import ConfigError, PlanError, SetupError
from t2s_rt.pregen.prompt import Message, Request, clip

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

KEY_VARIABLE: Final = "T2S_LLM_API_KEY"
LONGEST_BODY_BYTES: Final = 4_000_000
"""A longer answer is no answer to our questions."""
GREETING_S: Final = 10.0
LONGEST_PAUSE_S: Final = 60.0
"""A server may ask for a longer pause; it is tried again after this."""
PATIENCE: Final = 3
"""So many calls may fail in a row, each after its retries, before the server counts as gone."""


class Failure(StrEnum):
    """Why a call brought no answer."""

    UNREACHABLE = "unreachable"
    BROKEN_OFF = "broken off"
    TIMEOUT = "timeout"
    BUSY = "busy"
    """429 or 503: come back later."""
    SERVER = "server error"
    REJECTED = "rejected"
    """Another 4xx: asking the same again is pointless."""
    FORBIDDEN = "forbidden"
    NONSENSE = "nonsense"
    """An answer that is no chat completion."""
    GONE = "gone"
    """Given up after too many failures; not even asked."""


class CallError(PlanError):
    """A call brought no answer.

    Args:
        failure: Why.
        problem: The sentence for people.
        retry_after_s: How long the server asked to wait, None where it did not.
    """

    def __init__(self, failure: Failure, problem: str, retry_after_s: float | None = None) -> None:
        super().__init__(problem)
        self.failure = failure
        self.retry_after_s = retry_after_s


class Dialect(StrEnum):
    """How a server is told the schema of an answer."""

    JSON_SCHEMA = "json_schema"
    """OpenAI's and vLLM's structured outputs."""
    JSON_OBJECT = "json_object"
    """llama-cpp-python: the schema beside the type ``json_object``."""
    WORDS = "words"
    """Only the prompt says it."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the language model is, and how it is asked.

    Attributes:
        url: http(s) address; ``/v1`` is added where it has no path.
        model: Its name there; empty takes the first that the server lists.
        api_key: Sent as a bearer token; never shown.
        concurrency: Calls at a time.
        timeout_s: Total time for one answer.
        connect_s: Time for a connection to open.
        attempts: Tries of one call before it has failed.
        backoff_s: Pause before the second try; it doubles from there.
        temperature: 0 always takes the likeliest word.
        top_p: Share of likelihood that words are drawn from.
        dialect: How the schema is told; None finds out.
    """

    url: str
    model: str = ""
    api_key: str = field(default="", repr=False)
    concurrency: int = 4
    timeout_s: float = 120.0
    connect_s: float = 5.0
    attempts: int = 4
    backoff_s: float = 0.5
    temperature: float = 0.6
    top_p: float = 0.95
    dialect: Dialect | None = None

    def __post_init__(self) -> None:
        """Check the address and the ranges.

        Raises:
            PlanError: The address is not one.
            ConfigError: A number is out of range, or the key cannot be sent.
        """
        base_url(self.url)
        if not self.api_key.isascii() or any(c.isspace() for c in self.api_key):
            raise ConfigError("The API key holds a space or a letter that no key has.", KEY_HINT)
        ranges = (
            ("concurrency", self.concurrency, 1, 256),
            ("timeout", self.timeout_s, 0.01, 3600),
            ("connection timeout", self.connect_s, 0.01, 600),
            ("number of attempts", self.attempts, 1, 20),
            ("pause before another try", self.backoff_s, 0, 60),
            ("temperature", self.temperature, 0, 2),
            ("top_p", self.top_p, 0.01, 1),
        )
        for name, value, lowest, highest in ranges:
            if not lowest <= value <= highest:
                raise ConfigError(
                    f"The language model's {name} is from {lowest} to {highest}, not {value}."
                )


KEY_HINT: Final = f"Put the key alone into the environment variable {KEY_VARIABLE}."


def key_from_environment() -> str:
    """The API key, empty where there is none. Only our own variable: no other server's key leaks."""
    return os.environ.get(KEY_VARIABLE, "").strip()


def base_url(url: str) -> str:
    """The address that ``/chat/completions`` and ``/models`` are appended to.

    Raises:
        PlanError: It is no http(s) address, or holds what does not belong there.
    """
    example = "Expected an address such as http://127.0.0.1:8000/v1."
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as problem:
        raise PlanError(f"The address of the language model is wrong: {problem}.", example) from None
    if parts.username is not None or parts.password is not None:
        raise PlanError("The address of the language model holds a name or password.", KEY_HINT)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise PlanError(f"{url!r} is no http or https address.", example)
    if parts.query or parts.fragment or any(c.isspace() for c in url.strip()):
        raise PlanError(f"{url!r} holds more than an address and a path.", example)
    path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


def is_loopback(url: str) -> bool:
    """Whether the address is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        content: What the model wrote.
        cut_off: Whether `Request.max_tokens` ended it.
        prompt_tokens: Tokens read, 0 where the server does not say.
        completion_tokens: Tokens written, 0 where the server does not say.
    """

    content: str
    cut_off: bool
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says about itself.

    Attributes:
        model: The name to ask for.
        identity: What tells this model apart from another of that name, for cache keys.
        context_tokens: Longest conversation, None where unknown.
        trouble: Why the server could not say; empty where it did.
    """

    model: str
    identity: str
    context_tokens: int | None
    trouble: str = ""


class LlmClient:
    """Calls to one server, several at a time; use it with ``async with``.

    Args:
        server: Where and how.
        seed: Of the jitter in pauses.

    Raises:
        SetupError: httpx is not installed.
    """

    def __init__(self, server: Server, seed: int = 0) -> None:
        try:
            import httpx
        except ImportError:
            raise SetupError(
                "Asking a language model needs the package httpx.", 'Run: pip install "t2s-rt[pregen]"'
            ) from None
        self._httpx = httpx
        self._server = server
        self._base = base_url(server.url)
        self._model = server.model
        self._jitter = random.Random(seed)
        self._slots = asyncio.Semaphore(server.concurrency)
        self._dialect = server.dialect or Dialect.JSON_SCHEMA
        self._dialect_holds = server.dialect is not None
        self._failed_calls = 0
        self._answered = False
        self._gone = ""
        self._not_before = 0.0
        self._http = self._open()

    def _open(self) -> httpx.AsyncClient:
        headers = {"User-Agent": "t2s-rt"}
        if self._server.api_key:
            headers["Authorization"] = f"Bearer {self._server.api_key}"
            if self._base.startswith("http:") and not is_loopback(self._base):
                log.warning("the API key travels unencrypted to %s: use https", self._base)
        timeout = self._httpx.Timeout(self._server.timeout_s, connect=self._server.connect_s, pool=None)
        return self._httpx.AsyncClient(
            headers=headers,
            timeout=timeout,
            follow_redirects=False,  # a redirect could carry the key elsewhere
            trust_env=not is_loopback(self._base),  # no proxy between us and our own machine
            limits=self._httpx.Limits(max_connections=self._server.concurrency),
        )

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self._http.aclose()

    @property
    def gone(self) -> str:
        """Why the server was given up; empty while it is not."""
        return self._gone

    async def greet(self) -> Greeting:
        """Ask which models there are, and find ours.

        A server that cannot say is no reason to stop; one that is not there, refuses the key or does not
        have the model is.

        Raises:
            PlanError: No server, wrong key, or no such model.
        """
        try:
            async with asyncio.timeout(min(GREETING_S, self._server.timeout_s)):
                listed = _models(await self._send("GET", "/models", None))
        except TimeoutError:
            failure = CallError(Failure.TIMEOUT, f"{self._base}/models does not answer.")
        except CallError as caught:
            failure = caught
        else:
            return self._choose(listed)
        if failure.failure is Failure.UNREACHABLE:
            advice = "Start one with `t2s llm serve MODEL`, or correct --llm."
            raise PlanError(f"No language model answers at {self._base}.", advice) from failure
        if failure.failure is Failure.FORBIDDEN:
            raise PlanError(f"{self._base} refuses the key: {failure.problem}", KEY_HINT) from failure
        if not self._model:
            raise PlanError(
                f"{self._base} does not list its models: {failure.problem}",
                "Name one: --llm-model NAME.",
            ) from failure
        return Greeting(self._model, "", None, failure.problem)

    def _choose(self, listed: tuple[Mapping[str, Any], ...]) -> Greeting:
        names = [str(row["id"]) for row in listed]
        if not self._model and names:
            self._model = names[0]
        if not self._model:
            raise PlanError(f"{self._base} has no model.", "Load one there, or use another server.")
        found = next((row for row in listed if row["id"] == self._model), None)
        if names and found is None:
            shown = ", ".join(clip(name, 80) for name in names[:8])
            raise PlanError(
                f"{self._base} has no model {self._model!r}. It has: {shown}.",
                "Choose with --llm-model.",
            )
        told = {
            key: (found or {}).get(key) for key in ("id", "root", "owned_by", "max_model_len", "meta")
        }
        context = told["max_model_len"]
        usable = isinstance(context, int) and not isinstance(context, bool) and context > 0
        return Greeting(
            self._model, json.dumps(told, sort_keys=True, default=str), context if usable else None
        )

    async def complete(self, request: Request, seed: int) -> Reply:
        """One answer to one question, after as many tries as it takes and is allowed.

        Raises:
            CallError: There is none.
        """
        async with self._slots:
            for attempt in range(self._server.attempts):
                await self._wait_turn()
                try:
                    reply = await self._ask(request, seed)
                except CallError as failure:
                    if not self._may_pass(failure, attempt):
                        self._count(failure)
                        raise
                    await asyncio.sleep(self._pause_s(failure, attempt))
                else:
                    self._failed_calls, self._answered = 0, True
                    return reply
        raise AssertionError("the last attempt returns or raises")

    async def _wait_turn(self) -> None:
        """Wait as long as the server asked all calls to, unless it is gone."""
        left_s = self._not_before - asyncio.get_running_loop().time()
        if left_s > 0 and not self._gone:
            await asyncio.sleep(left_s)
        if self._gone:
            raise CallError(Failure.GONE, self._gone)

    def _may_pass(self, failure: CallError, attempt: int) -> bool:
        """Whether a failed try is worth another."""
        if self._gone or attempt + 1 >= self._server.attempts:
            return False
        if failure.failure is Failure.TIMEOUT:
            # each costs the whole time, and a server that never answered will not answer now
            return attempt == 0 and self._answered
        return failure.failure not in (Failure.REJECTED, Failure.FORBIDDEN)

    def _pause_s(self, failure: CallError, attempt: int) -> float:
        """How long to wait before the next try; what the server asks for holds for all calls."""
        pause_s = self._server.backoff_s * 2.0**attempt * self._jitter.uniform(0.5, 1.5)
        asked_s = min(failure.retry_after_s or 0.0, LONGEST_PAUSE_S)
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + asked_s)
        return min(pause_s, LONGEST_PAUSE_S)

    def _count(self, failure: CallError) -> None:
        """Count a failed call; too many in a row, or a first one that hung, and the server is gone."""
        if failure.failure is Failure.REJECTED:
            return  # a server that rejects is there
        self._failed_calls += 1
        hung = failure.failure is Failure.TIMEOUT and not self._answered
        if not self._gone and (self._failed_calls >= PATIENCE or hung):
            self._gone = f"The language model was given up: {failure.problem}"
            log.warning("%s", self._gone)

    async def _ask(self, request: Request, seed: int) -> Reply:
        """One try, in each dialect until one is accepted."""
        while True:
            dialect = self._dialect
            try:
                reply = _completion(await self._post(self._payload(request, seed, dialect)))
            except CallError as failure:
                if not self._other_dialect(failure, dialect):
                    raise
            else:
                self._dialect_holds = True
                return reply

    def _other_dialect(self, failure: CallError, tried: Dialect) -> bool:
        """Whether the failure may be about the schema; moves on to the next dialect then."""
        about_schema = failure.failure in (Failure.REJECTED, Failure.SERVER)
        if self._dialect_holds or not about_schema or "context" in failure.problem.lower():
            return False
        if tried is not self._dialect:
            return True  # another call has moved on meanwhile
        later = list(Dialect)[list(Dialect).index(tried) + 1 :]
        self._dialect = later[0] if later else Dialect.JSON_SCHEMA
        return bool(later)

    def _payload(self, request: Request, seed: int, dialect: Dialect) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "model": self._model,
            "messages": [_turn(message) for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": self._server.temperature,
            "top_p": self._server.top_p,
            "seed": seed,
            "stream": False,
        }
        if dialect is Dialect.JSON_SCHEMA:
            schema = {"name": request.name, "schema": request.schema, "strict": True}
            payload["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif dialect is Dialect.JSON_OBJECT:
            payload["response_format"] = {"type": "json_object", "schema": request.schema}
        return payload

    async def _post(self, payload: dict[str, Any]) -> object:
        try:
            async with asyncio.timeout(self._server.timeout_s):
                return await self._send("POST", "/chat/completions", payload)
        except TimeoutError:
            raise CallError(
                Failure.TIMEOUT, f"No whole answer came within {self._server.timeout_s:g} s."
            ) from None

    async def _send(self, method: str, path: str, payload: dict[str, Any] | None) -> object:
        """Send and read one JSON body; failures become `CallError`."""
        http = self._httpx
        try:
            async with self._http.stream(method, self._base + path, json=payload) as response:
                body = await _read(response)
        except http.ConnectError as problem:
            raise CallError(Failure.UNREACHABLE, f"No connection: {_said(problem)}.") from None
        except http.ConnectTimeout:
            raise CallError(Failure.UNREACHABLE, "No connection in time.") from None
        except http.TimeoutException:
            raise TimeoutError from None
        except http.HTTPError as problem:
            raise CallError(Failure.BROKEN_OFF, f"The answer broke off: {_said(problem)}.") from None
        if response.status_code != 200:
            raise _refusal(response.status_code, response.headers.get("retry-after"), body)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise CallError(Failure.NONSENSE, "The server sent no JSON.") from None


async def _read(response: httpx.Response) -> bytes:
    """The whole body, unless it has no end."""
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LONGEST_BODY_BYTES:
            raise CallError(Failure.NONSENSE, f"An answer is over {LONGEST_BODY_BYTES} bytes long.")
    return bytes(body)


def _refusal(status: int, retry_after: str | None, body: bytes) -> CallError:
    """What a status other than 200 means."""
    kind = Failure.REJECTED
    if status in (401, 403):
        kind = Failure.FORBIDDEN
    elif status in (429, 503):
        kind = Failure.BUSY
    elif status in (408, 425):
        kind = Failure.BROKEN_OFF
    elif status >= 500 or status < 300:
        kind = Failure.SERVER
    said = clip(" ".join(body[:2000].decode("utf-8", "replace").split()), 200)
    return CallError(kind, f"The server says {status}: {said or 'nothing more'}", _pause(retry_after))


def _pause(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date (RFC 9110 section 10.2.3)."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def _models(body: object) -> tuple[Mapping[str, Any], ...]:
    """The rows of a model list that have a name."""
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise CallError(Failure.NONSENSE, "The server's list of models is none.")
    return tuple(row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str))


def _completion(body: object) -> Reply:
    """The first choice of a chat completion."""
    try:
        choice = body["choices"][0]  # type: ignore[index]  # checked by the except
        content = choice["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise CallError(Failure.NONSENSE, "The server's answer is no chat completion.") from None
    if content is not None and not isinstance(content, str):
        raise CallError(Failure.NONSENSE, "The server's answer holds no text.")
    usage = body.get("usage") if isinstance(body, dict) else None
    return Reply(
        content or "",
        choice.get("finish_reason") == "length",
        _tokens(usage, "prompt_tokens"),
        _tokens(usage, "completion_tokens"),
    )


def _tokens(usage: object, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _said(problem: Exception) -> str:
    return clip(" ".join(str(problem).split()), 160).rstrip(".") or type(problem).__name__
