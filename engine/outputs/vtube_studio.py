"""VTube Studio (WebSocket plug-in API 1.0): Live2D models.

The user allows the plug-in once in VTube Studio; the token is kept and used from then on. A parameter
must be sent at least once a second or VTube Studio takes it back.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from engine.clock import NS_PER_S
from engine.outputs.base import Backoff, OutputState, OutputStatus, Pace, Tally
from engine.outputs.token_file import TokenFile, config_dir
from engine.outputs.vts_discovery import discover
from engine.outputs.vts_line import INJECTION, YES, VtsLine
from t2s_rt.errors import ConfigError, ProtocolError
from t2s_rt.face.live2d import VTS
from t2s_rt.face.mapping import NO_CHANGE, Mapping
from t2s_rt.face.retarget import Retargeter, Table
from t2s_rt.face.signals import Signals

logger = logging.getLogger(__name__)
_transport_logger = logging.getLogger(f"{__name__}.transport")

PORT: Final = 8001
PLUGIN_NAME: Final = "t2s singer"
PLUGIN_DEVELOPER: Final = "t2s-rt"
RESEND_S: Final = 0.5
"""A second is the limit after which VTube Studio takes parameters back."""
UNANSWERED: Final = 3
"""Injections under way; further frames are left out until one is answered."""
ANSWER_S: Final = 5.0
APPROVAL_S: Final = 180.0
"""How long the user has to answer VTube Studio's question."""
CONNECT_S: Final = 5.0
MAX_ANSWER_BYTES: Final = 2**20
NOT_AUTHENTICATED: Final = 8
DENIED: Final = 50
ASKED_ALREADY: Final = 51


@dataclass(frozen=True, slots=True)
class VtsOptions:
    """How to send.

    Attributes:
        arkit: Whether a parameter of its own is made for each ARKit shape (T2SJawOpen, ...).
        rate_hz: Frames a second.
        discover: Whether VTube Studio's broadcast is heard where nobody listens at the port.
        token_path: Where the token is kept; None for the user's settings folder.
    """

    arkit: bool = False
    rate_hz: int = 60
    discover: bool = True
    token_path: Path | None = None


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """VTube Studio answered with an error.

    Args:
        number: Its error number.
        sentence: Its message.
    """

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__(sentence)
        self.number = number


class VtsOutput:
    """Feeds tracking parameters as a plug-in.

    Args:
        name: Unique among the outputs of a run.
        host: The machine that runs VTube Studio.
        port: Its plug-in API port.
        options: How to send.
        mapping: The user's changes.
        now_ns: The monotonic clock.
    """

    def __init__(
        self,
        name: str,
        host: str = "127.0.0.1",
        port: int = PORT,
        options: VtsOptions = VtsOptions(),
        mapping: Mapping = NO_CHANGE,
        *,
        now_ns: Callable[[], int],
    ) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._options = options
        self._now_ns = now_ns
        asked_for = mapping.changes.get("vts", {}).keys()
        kept = {t.name for t in VTS.targets if options.arkit or not t.own} | set(asked_for)
        self._table = mapping.apply(VTS.only(frozenset(kept)))
        self._retargeter = Retargeter(self._table)
        self.retargeters: tuple[Retargeter, ...] = (self._retargeter,)
        self._values: list[float] = []
        self._line: VtsLine | None = None
        self._payload = injection(self._table).encode()
        known = (
            "vtube_studio.token" if _is_here(host) else f"vtube_studio_{host.replace(':', '_')}.token"
        )
        self._token = TokenFile(options.token_path or config_dir() / known)
        self._pace = Pace(options.rate_hz)
        self._tally = Tally()
        self._backoff = Backoff()
        self._state = OutputState.WAITING
        self._detail = ""
        self._listening = False
        self._task: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)

    async def start(self) -> None:
        """Begin to look for VTube Studio.

        Raises:
            ConfigError: The token file is not safe to use.
        """
        await asyncio.to_thread(self._token.read)
        self._detail = f"Looks for VTube Studio at {self._where}."
        self._task = asyncio.create_task(self._run(), name=f"t2s output {self.name}")

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame, unless VTube Studio is behind with its answers; never waits."""
        assert signals.frame is not None
        line = self._line
        if line is None or not self._pace.due(signals.frame.seq):
            return
        self._values = self._retargeter.read(signals)
        if line.unanswered >= UNANSWERED:
            self._tally.skipped += 1
            return
        self._inject(line, now_ns)

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        return OutputStatus(
            self.name,
            self._state,
            self._detail,
            self._listening,
            self._tally.rate_hz(now_ns),
            self._tally.sent,
            self._tally.skipped,
            self._tally.failures,
        )

    async def close(self) -> None:
        """Disconnect; VTube Studio's own tracking takes over within a second."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._state = OutputState.OFF
        self._listening = False

    @property
    def _given_up(self) -> bool:
        return self._state is OutputState.STOPPED

    @property
    def _where(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._port}"

    # --- the task: connect, ask, feed, and again --------------------------------------------------

    async def _run(self) -> None:
        while not self._given_up:
            try:
                await self._session()
            except Refused as answer:
                self._hear_refusal(answer)
            except ConfigError as problem:
                self._stop(str(problem))
            except (OSError, TimeoutError, WebSocketException, ProtocolError) as problem:
                await self._lose(problem)
            finally:
                self._listening = False
            if not self._given_up:
                await asyncio.sleep(self._backoff.fail(self._now_ns()))

    async def _session(self) -> None:
        async with connect(
            f"ws://{self._where}",
            open_timeout=CONNECT_S,
            close_timeout=1,
            ping_interval=5,
            ping_timeout=10,
            max_size=MAX_ANSWER_BYTES,
            max_queue=8,
            compression=None,
            proxy=None,
            logger=_transport_logger,
            create_connection=VtsLine,
        ) as socket:
            assert isinstance(socket, VtsLine)
            try:
                await self._talk(socket)
            finally:
                await socket.close()  # as a leaving client, also where this task is cancelled

    async def _talk(self, line: VtsLine) -> None:
        """Introduce ourselves, then feed until something ends it."""
        self._listening = True
        await self._introduce(line)
        await self._create_parameters(line)
        self._state = OutputState.RUNNING
        self._detail = f"Feeds {len(self._table.targets)} parameters to VTube Studio at {self._where}."
        self._line = line
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep(line), name=f"t2s output {self.name} keep")
                group.create_task(self._hear(line), name=f"t2s output {self.name} hear")
        except ExceptionGroup as ended:
            raise ended.exceptions[0] from None
        finally:
            self._line = None

    async def _introduce(self, socket: ClientConnection) -> None:
        """Authenticate, with the kept token or a new one."""
        about = {"pluginName": PLUGIN_NAME, "pluginDeveloper": PLUGIN_DEVELOPER}
        state = await self._ask(socket, "APIStateRequest", {})
        if state.get("currentSessionAuthenticated") is True:
            return
        token = await asyncio.to_thread(self._token.read)
        if token:
            answer = await self._ask(
                socket, "AuthenticationRequest", {**about, "authenticationToken": token}
            )
            if answer.get("authenticated") is True:
                return
            await asyncio.to_thread(self._token.forget)
        self._state = OutputState.WAITING
        self._detail = "VTube Studio asks you whether t2s may control your model: allow it there."
        answer = await self._ask(socket, "AuthenticationTokenRequest", about, APPROVAL_S)
        token = str(answer.get("authenticationToken", ""))
        answer = await self._ask(
            socket, "AuthenticationRequest", {**about, "authenticationToken": token}
        )
        if answer.get("authenticated") is not True:
            raise ProtocolError(f"VTube Studio did not take its own token: {answer.get('reason')}")
        await asyncio.to_thread(self._token.write, token)

    async def _create_parameters(self, socket: ClientConnection) -> None:
        """Make the parameters that VTube Studio does not bring."""
        for target in self._table.targets:
            if target.own:
                facts = {
                    "parameterName": target.name,
                    "explanation": f"t2s: {', '.join(signal for signal, _ in target.terms)}"[:255],
                    "min": target.minimum,
                    "max": target.maximum,
                    "defaultValue": min(max(target.offset, target.minimum), target.maximum),
                }
                await self._ask(socket, "ParameterCreationRequest", facts)

    async def _ask(
        self, socket: ClientConnection, kind: str, data: dict[str, Any], patience_s: float = ANSWER_S
    ) -> dict[str, Any]:
        """One request and its answer; other messages in between are passed over."""
        number = f"t2s{next(self._ids)}"
        await socket.send(json.dumps(envelope(kind, data, number)))
        async with asyncio.timeout(patience_s):
            while True:
                message = read_message(await socket.recv())
                if message.get("requestID") == number:
                    return answer_data(message)

    def _inject(self, line: VtsLine, now_ns: int) -> None:
        line.inject(self._payload % tuple(self._values), now_ns)
        self._tally.send(now_ns)

    async def _keep(self, line: VtsLine) -> None:
        """Send the last values again where no frames come, and notice where no answers do."""
        while True:
            await asyncio.sleep(RESEND_S / 2)
            now_ns = self._now_ns()
            quiet_ns = now_ns - line.sent_ns
            if line.unanswered >= UNANSWERED:
                if quiet_ns > ANSWER_S * NS_PER_S:
                    raise ProtocolError("VTube Studio stopped answering.")
            elif self._values and quiet_ns >= RESEND_S * NS_PER_S:
                self._inject(line, now_ns)

    async def _hear(self, line: VtsLine) -> None:
        """Raise what VTube Studio refuses; what it takes is mostly heard by the line itself."""
        async for data in line:
            message = read_message(data)
            answer_data(message)
            if message.get("messageType") == YES:
                line.hear_yes()
        raise ProtocolError("VTube Studio closed the connection.")

    # --- when it goes wrong -----------------------------------------------------------------------

    def _hear_refusal(self, answer: Refused) -> None:
        self._tally.failures += 1
        if answer.number in (DENIED, NOT_AUTHENTICATED):
            self._stop(
                "VTube Studio does not allow t2s to control the model. Switch this output off and on to "
                "be asked again."
            )
        elif answer.number == ASKED_ALREADY:
            self._state = OutputState.WAITING
            self._detail = "VTube Studio shows another question; answer it there."
        else:
            self._state = OutputState.RETRYING
            self._detail = f"VTube Studio refuses (error {answer.number}): {answer}"

    async def _lose(self, problem: Exception) -> None:
        """Note a lost or missing connection; look where VTube Studio announces itself."""
        self._tally.failures += 1
        self._state = OutputState.RETRYING
        self._detail = (
            f"VTube Studio is not at {self._where}: start it, and switch on its plug-in API (port "
            f"{self._port})."
        )
        if isinstance(problem, InvalidHandshake | InvalidURI | ProtocolError):
            self._detail = f"What answers at {self._where} is not VTube Studio ({problem})."
        if self._options.discover and _is_here(self._host) and isinstance(problem, OSError):
            found = await discover()
            if found is not None and not found.active:
                self._detail = "VTube Studio runs, but its plug-in API is off: switch it on there."
            elif found is not None:
                self._port = found.port

    def _stop(self, detail: str) -> None:
        self._state = OutputState.STOPPED
        self._detail = detail
        logger.warning("%s: %s", self.name, detail)


def envelope(kind: str, data: dict[str, Any], number: str) -> dict[str, Any]:
    """A request of the plug-in API."""
    return {
        "apiName": "VTubeStudioPublicAPI",
        "apiVersion": "1.0",
        "requestID": number,
        "messageType": kind,
        "data": data,
    }


def injection(table: Table) -> str:
    """An injection request with a ``%``-place for each value, because encoding each time is slow."""
    values = [{"id": name, "value": 0.5} for name in table.names]
    data = {"faceFound": True, "mode": "set", "parameterValues": values}
    text = json.dumps(envelope("InjectParameterDataRequest", data, INJECTION), separators=(",", ":"))
    return text.replace("%", "%%").replace('"value":0.5', '"value":%.4f')


def read_message(data: str | bytes) -> dict[str, Any]:
    """A message of VTube Studio.

    Raises:
        ProtocolError: It is none.
    """
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ProtocolError("it does not answer in JSON") from problem
    if not isinstance(message, dict) or message.get("apiName") != "VTubeStudioPublicAPI":
        raise ProtocolError("it does not speak VTube Studio's API")
    return message


def answer_data(message: dict[str, Any]) -> dict[str, Any]:
    """What a message says.

    Raises:
        Refused: It is an error.
    """
    data = message.get("data")
    facts = data if isinstance(data, dict) else {}
    if message.get("messageType") == "APIError":
        number = facts.get("errorID")
        raise Refused(number if isinstance(number, int) else -1, str(facts.get("message", ""))[:200])
    return facts


def _is_here(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")
