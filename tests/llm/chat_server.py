"""A small real HTTP server that speaks the chat API, well or in every wrong way.

It runs a loop of its own in a thread, so that it can be asked by code that runs another. What it does
with a question is decided by a function of the test; `obedient` answers as the schema asks.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

MODEL = "obedient-1"


@dataclass(frozen=True)
class Ask:
    """One question that came in: its number from 0, the body and the headers."""

    number: int
    payload: dict[str, Any]
    headers: dict[str, str]

    @property
    def step(self) -> str:
        """song, section or phrase."""
        schema = self.payload["response_format"]["json_schema"]
        return str(schema["name"])

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of the answer."""
        found: dict[str, Any] = self.payload["response_format"]["json_schema"]["schema"]
        return found

    @property
    def said(self) -> str:
        """All turns in one text."""
        return "\n".join(turn["content"] for turn in self.payload["messages"])

    @property
    def is_repair(self) -> bool:
        """Whether an earlier answer is quoted back."""
        return len(self.payload["messages"]) > 2


@dataclass(frozen=True)
class Says:
    """A chat completion with this content."""

    content: str | None
    finish: str = "stop"


@dataclass(frozen=True)
class Sends:
    """This very body; `cut` bytes of it at most, and then the connection closes.

    `chunked` sends it without its length, as streams are sent: a cut one lacks its last chunk.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    chunked: bool = False


@dataclass(frozen=True)
class Waits:
    """Waits, then does the rest."""

    seconds: float
    then: Says | Sends


class Dies:
    """The server closes everything and answers nobody any more."""


Act = Says | Sends | Waits | Dies


def obedient(ask: Ask) -> Says:
    """A valid answer, the same for the same question; one cue a region, so that none overlap."""
    rng = random.Random(ask.payload["messages"][-1]["content"])
    return Says(json.dumps(instance(ask.schema, rng)))


def instance(schema: dict[str, Any], rng: random.Random) -> Any:
    """Some value that a schema allows; lists have as few items as they may, but one at least."""
    if "enum" in schema:
        return rng.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return {key: instance(part, rng) for key, part in schema["properties"].items()}
        case "array":
            count = min(max(schema["minItems"], 1), schema["maxItems"])
            return [instance(schema["items"], rng) for _ in range(count)]
        case "integer":
            return rng.randint(schema["minimum"], schema["maximum"])
        case _:
            return "as it says"


class ChatServer:
    """Use it with ``with``; `url` is its address, `asks` what it was asked."""

    def __init__(self, behave: Callable[[Ask], Act] = obedient, models: Sends | None = None) -> None:
        self.asks: list[Ask] = []
        self._behave = behave
        rows = [{"id": MODEL, "owned_by": "test", "max_model_len": 8192}]
        self._models = models or Sends(json.dumps({"data": rows}).encode())
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="chat-server")
        self.port = 0

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        self._die()

    def _die(self) -> None:
        self._listener.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if head[0].startswith("GET"):
            return await self._send(writer, self._models)
        ask = Ask(len(self.asks), json.loads(body), headers)
        self.asks.append(ask)
        return await self._do(writer, self._behave(ask))

    async def _do(self, writer: asyncio.StreamWriter, act: Act) -> bool:
        if isinstance(act, Waits):
            await asyncio.sleep(act.seconds)
            act = act.then
        if isinstance(act, Dies):
            self._die()
            return False
        return await self._send(writer, act if isinstance(act, Sends) else completion(act))

    async def _send(self, writer: asyncio.StreamWriter, sent: Sends) -> bool:
        headers = {"Content-Type": "application/json", **sent.headers}
        lines = [f"HTTP/1.1 {sent.status} Whatever", *(f"{k}: {v}" for k, v in headers.items())]
        body = sent.body[: sent.cut]
        if sent.chunked:
            lines.append("Transfer-Encoding: chunked")
            body = f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b""
            body += b"0\r\n\r\n" if sent.cut is None else b""
        else:
            lines.append(f"Content-Length: {len(sent.body)}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        await writer.drain()
        return sent.cut is None


def completion(said: Says) -> Sends:
    """The body of a chat completion."""
    choice = {"message": {"role": "assistant", "content": said.content}, "finish_reason": said.finish}
    usage = {"prompt_tokens": 100, "completion_tokens": 50}
    return Sends(json.dumps({"choices": [choice], "usage": usage}).encode())
