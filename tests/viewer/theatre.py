"""The engine's real server with a face that a test moves by hand, and a browser that looks at it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from engine.mailbox import FrameMailbox
from engine.metrics import Metrics
from engine.server.audio import AudioSink
from engine.server.http import Site
from engine.server.protocol import Hello, SourceState, Status
from engine.server.switching import OutputDesk
from engine.server.transport import TransportSink
from engine.server.websocket import Server, ServerConfig
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.timebase import FRAME_S, FRAME_SAMPLES
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, Frame, VoiceReading

REPOSITORY: Final = Path(__file__).resolve().parents[2]
VIEWER_DIR: Final = REPOSITORY / "engine" / "viewer"
HEAD_GLB: Final = REPOSITORY / "t2s_rt" / "face" / "assets" / "head.glb"
PATIENCE_MS: Final = 40_000
"""How long a page may take: WebGL runs on the processor here."""

Result = TypeVar("Result")


@dataclass(slots=True)
class Scene:
    """What the face does until a test says otherwise."""

    weights: Mapping[str, float]
    f0_hz: float = 0.0
    song_s: float = -1.0
    song_runs: bool = False


class Theatre:
    """The server on an event loop in a thread of its own; sends 60 frames a second.

    Args:
        status: What clients are told that the engine does.
        token: What clients must present.
        song: Served as `/song`.
        audio_sink: Takes the audio of clients.
        transport_sink: Takes the word of a client that plays the song.
        output_desk: Knows outputs that clients may switch.
    """

    def __init__(
        self,
        status: Status | None = None,
        *,
        token: str = "",
        song: Path | None = None,
        audio_sink: AudioSink | None = None,
        transport_sink: TransportSink | None = None,
        output_desk: OutputDesk | None = None,
    ) -> None:
        self.scene = Scene({})
        self._status = status or Status("a test", SourceState.RUNNING, "a puppet")
        self._token = token
        self._site = Site(VIEWER_DIR, HEAD_GLB, song)
        self._song_name = song.name if song else ""
        self._audio_sink = audio_sink
        self._transport_sink = transport_sink
        self._output_desk = output_desk
        self._seq = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="theatre")
        self._thread.start()
        self.port = 0
        self.open()

    def url(self, query: str = "") -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/?{query}"

    def open(self) -> None:
        """Start a server; again on the same port after `shut`."""
        self._await(self._open())

    def shut(self) -> None:
        """Stop the server as Ctrl-C would."""
        self._await(self._shut())

    def show_script(self, script: Mapping[str, Any]) -> None:
        """Serve a song's words and subtitles, as after an edit."""
        self._await(self._show_script(script))

    async def _show_script(self, script: Mapping[str, Any]) -> None:
        self._server.set_script(json.dumps(script).encode())

    def close(self) -> None:
        """Stop everything."""
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _await(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=20)

    async def _open(self) -> None:
        mailbox = FrameMailbox()
        hello = Hello("t2s-rt test", 0, "no-basis", self._song_name)
        config = ServerConfig(port=self.port, token=self._token)
        self._server = Server(config, hello, mailbox, Metrics(), self._site, self._audio_sink)
        if self._transport_sink is not None:
            self._server.accept_transport(self._transport_sink)
        if self._output_desk is not None:
            self._server.accept_switching(self._output_desk)
        await self._server.start()
        self._server.set_status(self._status)
        self.port = self._server.port
        self._puppeteer = asyncio.create_task(self._play(mailbox))

    async def _shut(self) -> None:
        self._puppeteer.cancel()
        await asyncio.gather(self._puppeteer, return_exceptions=True)
        await self._server.close()

    async def _play(self, mailbox: FrameMailbox) -> None:
        start = time.perf_counter()
        first = self._seq
        while True:
            mailbox.put(self._frame())
            self._seq += 1
            if self.scene.song_runs:
                self.scene.song_s += FRAME_S
            await asyncio.sleep(start + (self._seq - first) * FRAME_S - time.perf_counter())

    def _frame(self) -> Frame:
        arkit = np.zeros(ARKIT_COUNT, np.float32)
        for name, weight in self.scene.weights.items():
            arkit[ARKIT_INDEX[name]] = weight
        still = np.zeros(3, np.float32)
        flame = FlamePose(
            np.zeros(EXPRESSION_COUNT, np.float32), still, still, np.zeros(6, np.float32), still
        )
        sung = self.scene.f0_hz > 0
        return Frame(
            seq=self._seq,
            pts_samples=self._seq * FRAME_SAMPLES,
            available_samples=(self._seq + 1) * FRAME_SAMPLES,
            captured_ns=time.perf_counter_ns(),
            song_s=self.scene.song_s,
            actions=np.full(ACTION_COUNT, 0.5, np.float32),
            arkit=arkit,
            flame=flame,
            voice=VoiceReading(self.scene.f0_hz, sung, -20.0 if sung else -100.0, float(sung)),
        )


@dataclass(slots=True)
class Visit:
    """A page that looks at a theatre, and what it complained about or asked for."""

    page: Page
    errors: list[str]
    requests: list[str]

    def waits_for(self, expression: str) -> None:
        """Until a JavaScript expression is true."""
        self.page.wait_for_function(expression, timeout=PATIENCE_MS)

    def mouth_mm(self) -> float:
        """How far the lips are apart, from the vertices as drawn."""
        return float(self.page.evaluate("t2s.mouthOpening()"))


@contextmanager
def visit(browser: Browser, url: str, *, permissions: tuple[str, ...] = ()) -> Iterator[Visit]:
    """Open a page at 640x360 and close it again."""
    context = browser.new_context(viewport={"width": 640, "height": 360}, permissions=list(permissions))
    page = context.new_page()
    here = Visit(page, [], [])

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            here.errors.append(message.text)

    def see(request: Request) -> None:
        here.requests.append(request.url)

    page.on("console", hear)
    page.on("pageerror", lambda error: here.errors.append(str(error)))
    page.on("request", see)
    page.on("websocket", lambda socket: here.requests.append(socket.url))
    try:
        page.goto(url, timeout=PATIENCE_MS)
        yield here
    finally:
        context.close()
