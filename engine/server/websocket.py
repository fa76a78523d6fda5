"""The server: WebSocket clients and HTTP on one port, on one event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import json
import logging
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers as HeaderTable
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from engine.config import DEFAULT_HOST, DEFAULT_PORT
from engine.mailbox import FrameMailbox
from engine.metrics import Metrics
from engine.server.audio import AudioSink, Microphone
from engine.server.broadcast import Broadcaster, Client
from engine.server.connection import DirectPipe, tracked_connection
from engine.server.http import (
    PRIVATE_PATHS,
    WEBSOCKET_PATHS,
    Gatekeeper,
    Headers,
    Library,
    Refusal,
    Reply,
    Site,
    is_loopback,
    sentence,
)
from engine.server.protocol import (
    MAX_MESSAGE_BYTES,
    PROTOCOL_VERSION,
    Acknowledge,
    AskOutputs,
    Audio,
    AudioStart,
    AudioStop,
    ClientMessage,
    ClientReader,
    Encoding,
    ErrorCode,
    Hello,
    Ping,
    Status,
    Subscribe,
    SwitchOutput,
    Transport,
    Unknown,
    close_reason,
    encode_error,
    encode_hello,
    encode_pong,
)
from engine.server.switching import OutputDesk, Switchboard
from engine.server.tls import server_context
from engine.server.transport import PlayerSeat, TransportSink
from t2s_rt.errors import ConfigError, ProtocolError

logger = logging.getLogger(__name__)
_transport_logger = logging.getLogger(f"{__name__}.transport")

BACKLOG: Final = 2048
PING_INTERVAL_S: Final = 5.0
PING_TIMEOUT_S: Final = 10.0
HANDSHAKE_TIMEOUT_S: Final = 15.0
CLOSE_TIMEOUT_S: Final = 10.0
EXPEL_TIMEOUT_S: Final = 1.0
"""How long a client that broke the protocol may take to answer the close frame."""
CLOSE_GRACE_S: Final = 2.0
"""How long `Server.close` waits for clients to answer before it cuts them off."""
UNREAD_MESSAGES: Final = 8
"""How many messages of one client may wait to be handled before reading from it pauses."""
SPARE_CONNECTIONS: Final = 64
"""TCP connections allowed beyond `ServerConfig.max_clients`, for HTTP and for refusals."""
MESSAGES_PER_S: Final = 400
"""Most messages a second that a client may send for long."""
MESSAGE_BURST: Final = 800


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How the server listens.

    Attributes:
        host: Name or address of one interface; beyond loopback a token is required.
        port: TCP port; 0 takes a free one.
        token: What clients must present; empty for none.
        max_clients: How many WebSocket clients may be connected at once.
        certificate: PEM file that makes it https and wss; None for http and ws.
        key: Its private key.

    Raises:
        ConfigError: Open to the network without a token, only one of certificate and key, or a value out
            of range.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    token: str = ""
    max_clients: int = 256
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"Port {self.port} does not exist.", "Choose one from 1 to 65535.")
        if self.max_clients < 1:
            raise ConfigError(f"max_clients must be at least 1, not {self.max_clients}.")
        if not is_loopback(self.host) and not self.token:
            raise ConfigError(
                f"{self.host} is open to the network, so a token is needed.",
                "Give one with --token, or listen on 127.0.0.1.",
            )
        if (self.certificate is None) != (self.key is None):
            raise ConfigError("A certificate and its key go together.", "Give --certificate and --key.")


class Server:
    """WebSocket and HTTP on one port.

    Made anywhere, started and closed on the event loop that runs it. Reads the site's files when made.

    Args:
        config: How to listen.
        hello: What clients are told first.
        mailbox: Where frames come from.
        metrics: Where everything is counted; `/metrics` shows it.
        site: What HTTP serves.
        audio_sink: Where audio from clients goes; None refuses it.
        clock_ns: The monotonic clock of the frames' ``captured_ns``, in ns.

    Raises:
        ConfigError: A file of the site, the certificate or its key cannot be read.
    """

    def __init__(
        self,
        config: ServerConfig,
        hello: Hello,
        mailbox: FrameMailbox,
        metrics: Metrics,
        site: Site,
        audio_sink: AudioSink | None = None,
        *,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._config = config
        self._tls: ssl.SSLContext | None = None
        if config.certificate is not None and config.key is not None:
            self._tls = server_context(config.certificate, config.key)
        self._greet_with(dataclasses.replace(hello, takes_audio=audio_sink is not None))
        self._metrics = metrics
        self._library = Library(site)
        self._microphone = Microphone(audio_sink, metrics)
        self._player = PlayerSeat(None, clock_ns)
        self._switchboard = Switchboard()
        self._clock_ns = clock_ns
        self._gatekeeper = Gatekeeper(loopback=is_loopback(config.host), token=config.token)
        self._broadcaster = Broadcaster(mailbox, metrics, clock_ns)
        self._listener: WebSocketServer | None = None
        self._connections: set[ServerConnection] = set()
        self._open_clients = 0
        self._script_revision = 0
        self._tasks: list[asyncio.Task[None]] = []

    @staticmethod
    def pipe(connection: ServerConnection) -> DirectPipe:
        """How a connection's messages are written; a bench overrides this to look at the clock."""
        return DirectPipe(connection)

    @property
    def port(self) -> int:
        """The port that is listened on; once started, never 0."""
        if self._listener is None:
            return self._config.port
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"{'http' if self._tls is None else 'https'}://{self._authority}/"

    @property
    def websocket_url(self) -> str:
        """Address of the WebSocket."""
        return f"{'ws' if self._tls is None else 'wss'}://{self._authority}/ws"

    @property
    def _authority(self) -> str:
        host = self._config.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def accept_transport(self, sink: TransportSink) -> None:
        """Let a client be the player of the song; call it before `start`. Without it they are refused.

        Args:
            sink: Where the player's word goes.
        """
        self._player = PlayerSeat(sink, self._clock_ns)
        self._greet_with(dataclasses.replace(self._hello, takes_transport=True))

    def accept_switching(self, desk: OutputDesk) -> None:
        """Let clients see outputs and switch them; call it before `start`. Without it they are refused.

        Args:
            desk: Who knows the outputs.
        """
        self._switchboard = Switchboard(desk)
        self._greet_with(dataclasses.replace(self._hello, switches_outputs=True))

    def _greet_with(self, hello: Hello) -> None:
        self._hello = hello
        self._greetings = {encoding: encode_hello(encoding, hello) for encoding in Encoding}

    async def start(self) -> None:
        """Listen, and send frames from now on.

        Raises:
            ConfigError: The port is taken or the address is not this machine's.
        """
        config = self._config
        try:
            self._listener = await serve(
                self._handle,
                config.host,
                config.port,
                process_request=self._answer,
                subprotocols=[Subprotocol(encoding) for encoding in Encoding],
                select_subprotocol=_first_spoken,
                compression=None,
                server_header=None,
                open_timeout=HANDSHAKE_TIMEOUT_S,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PING_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=MAX_MESSAGE_BYTES,
                max_queue=UNREAD_MESSAGES,
                logger=_transport_logger,
                create_connection=tracked_connection(
                    self._connections, config.max_clients + SPARE_CONNECTIONS
                ),
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S if self._tls is not None else None,
            )
        except OSError as problem:
            raise _cannot_listen(config, problem) from problem
        self._tasks = [
            asyncio.create_task(self._broadcaster.run(), name="t2s broadcast"),
            asyncio.create_task(self._broadcaster.run_status(), name="t2s status"),
        ]

    async def close(self) -> None:
        """Say goodbye (1001) and end, leaving no task and no socket. Clients have 2 s to answer."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        listener = self._listener
        if listener is None:
            return
        listener.close(reason="The engine stops.")
        ended = asyncio.ensure_future(listener.wait_closed())
        try:
            await asyncio.wait([ended], timeout=CLOSE_GRACE_S)
        finally:
            for connection in tuple(self._connections):
                connection.transport.abort()
            await ended
        self._listener = None

    def set_script(self, script: bytes) -> None:
        """Serve what is known of the song at `/script` and tell clients; call it on the event loop.

        Args:
            script: JSON, as docs/protocol.md has it.
        """
        self._library.put("/script", Reply(HTTPStatus.OK, "application/json", script))
        self._script_revision += 1
        self.set_status(self._broadcaster.status)

    def set_status(self, status: Status) -> None:
        """Tell clients what the engine is doing, at once where it changed; call it on the event loop."""
        status = dataclasses.replace(
            status, script=self._script_revision, song_state=self._player.song_state
        )
        if status != self._broadcaster.status:
            self._broadcaster.status = status
            self._broadcaster.tell()

    # --- HTTP, and who may connect ----------------------------------------------------------------

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """An HTTP response, or None to go on with the WebSocket handshake."""
        upgrade = "websocket" in _header(request, "Upgrade").lower()
        path = urlsplit(request.path).path
        refusal = self._gatekeeper.refuse(
            request.path,
            Headers(
                host=_header(request, "Host"),
                origin=_header(request, "Origin") if "Origin" in request.headers else None,
                authorization=_header(request, "Authorization"),
            ),
            private=upgrade or path in PRIVATE_PATHS,
        )
        if refusal is None and upgrade:
            refusal = self._refuse_websocket(request, path)
        if refusal is not None:
            self._metrics.refusals.labels(reason=refusal.reason).inc()
            return _response(refusal.reply)
        return None if upgrade else _response(self._serve(request, path))

    def _refuse_websocket(self, request: Request, path: str) -> Refusal | None:
        if path not in WEBSOCKET_PATHS:
            return Refusal("path", sentence(HTTPStatus.NOT_FOUND, "The WebSocket lives at /ws."))
        offered = {name.strip() for name in _header(request, "Sec-WebSocket-Protocol").split(",")}
        if offered.isdisjoint(Encoding):
            names = " or ".join(Encoding)
            return Refusal(
                "subprotocol",
                sentence(HTTPStatus.BAD_REQUEST, f"Offer {names} as Sec-WebSocket-Protocol."),
            )
        if self._open_clients >= self._config.max_clients:
            return Refusal(
                "full",
                sentence(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f"All {self._config.max_clients} places are taken. Try again later.",
                ),
            )
        return None

    def _serve(self, request: Request, path: str) -> Reply:
        if request.method != "GET":
            return sentence(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered here.")
        if path == "/health":
            status = self._broadcaster.status
            body = {
                "ok": True,
                "protocol": PROTOCOL_VERSION,
                "source_state": str(status.source_state),
                "model": status.model,
                "warnings": list(status.warnings),
                "clients": self._open_clients,
            }
            return Reply(HTTPStatus.OK, "application/json", json.dumps(body).encode())
        if path == "/metrics":
            text, media_type = self._metrics.exposition()
            return Reply(HTTPStatus.OK, media_type, text)
        return self._library.find(path)

    # --- one client -------------------------------------------------------------------------------

    async def _handle(self, connection: ServerConnection) -> None:
        """A client from hello to goodbye."""
        encoding = Encoding(str(connection.subprotocol))
        client = Client(self.pipe(connection), encoding, self._metrics)
        self._open_clients += 1
        self._metrics.connections.inc()
        try:
            await _send(connection, encoding, self._greetings[encoding])
            client.tell(self._broadcaster.status)
            self._broadcaster.add(client)
            await self._listen(connection, client)
        except ProtocolError as problem:
            self._metrics.violations.labels(code=str(problem.close_code)).inc()
            logger.info("client closed with %d: %s", problem.close_code, problem)
            await _expel(connection, problem)
        except ConnectionClosed as gone:
            if gone.sent is not None and not gone.rcvd_then_sent:
                self._metrics.violations.labels(code=str(gone.sent.code)).inc()
        finally:
            self._open_clients -= 1
            self._broadcaster.remove(client)
            self._microphone.release(client)
            self._player.release(client)

    async def _listen(self, connection: ServerConnection, client: Client) -> None:
        """Handle a client's messages until it goes."""
        reader = ClientReader(client.encoding)
        allowance = _Allowance(MESSAGES_PER_S, MESSAGE_BURST, self._clock_ns)
        async for message in connection:
            allowance.take()
            request = reader.read(message)
            if isinstance(request, SwitchOutput):
                reply: bytes | None = await self._switchboard.switch(client.encoding, request)
            else:
                reply = self._act(client, request)
            if reply is not None:
                await _send(connection, client.encoding, reply)

    def _act(self, client: Client, message: ClientMessage) -> bytes | None:
        """Do what a client asks.

        Returns:
            What to answer, if anything.
        """
        match message:
            case Subscribe():
                client.subscribe(message)
            case Acknowledge():
                client.acknowledge(message.seq)
            case Ping():
                return encode_pong(client.encoding, message.client_ns, self._clock_ns())
            case Audio():
                self._microphone.write(client, message.pcm)
            case AudioStart():
                return self._microphone.take(client, message)
            case AudioStop():
                self._microphone.release(client)
            case Transport():
                reply = self._player.take(client, message)
                self.set_status(self._broadcaster.status)
                return reply
            case AskOutputs():
                return self._switchboard.tell(client.encoding)
            case Unknown():
                return encode_error(
                    client.encoding,
                    ErrorCode.UNKNOWN,
                    f"This server (protocol {PROTOCOL_VERSION}) does not know '{message.name}'.",
                )
        return None


class _Allowance:
    """A token bucket: so many messages a second, so many at once."""

    def __init__(self, per_s: float, burst: float, clock_ns: Callable[[], int]) -> None:
        self._per_ns = per_s * 1e-9
        self._burst = burst
        self._left = burst
        self._clock_ns = clock_ns
        self._seen_ns = clock_ns()

    def take(self) -> None:
        """Use one up.

        Raises:
            ProtocolError: None is left.
        """
        now_ns = self._clock_ns()
        self._left = min(self._burst, self._left + (now_ns - self._seen_ns) * self._per_ns)
        self._seen_ns = now_ns
        if self._left < 1:
            raise ProtocolError(f"More than {MESSAGES_PER_S} messages a second.")
        self._left -= 1


def _first_spoken(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The client's order counts; the library would go by the server's."""
    return next((name for name in offered if name in {str(e) for e in Encoding}), None)


async def _expel(connection: ServerConnection, problem: ProtocolError) -> None:
    """Close with a code and a reason; one that does not answer, or floods on, is soon cut off."""
    try:
        async with asyncio.timeout(EXPEL_TIMEOUT_S):
            await connection.close(problem.close_code, close_reason(problem.problem))
    except TimeoutError:
        connection.transport.abort()


async def _send(connection: ServerConnection, encoding: Encoding, payload: bytes) -> None:
    """Send one control message with flow control."""
    await connection.send(payload, text=encoding is Encoding.JSON)


def _header(request: Request, name: str) -> str:
    """A header's value, several joined; empty where absent."""
    return ", ".join(request.headers.get_all(name))


def _response(reply: Reply) -> Response:
    headers: Sequence[tuple[str, str]] = (
        ("Content-Type", reply.media_type),
        ("Content-Length", str(len(reply.body))),
        ("Connection", "close"),
        ("Cache-Control", "no-cache"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Response(reply.status.value, reply.status.phrase, HeaderTable(headers), reply.body)


def _cannot_listen(config: ServerConfig, problem: OSError) -> ConfigError:
    if problem.errno in (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", None)):
        return ConfigError(
            f"Port {config.port} on {config.host} is in use.",
            "Stop the program that uses it, or choose another with --port.",
        )
    if problem.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(
            f"Port {config.port} on {config.host} may not be used by this user.",
            "Choose one above 1023 with --port.",
        )
    return ConfigError(
        f"Cannot listen on {config.host} port {config.port}: {problem.strerror or problem}.",
        "Choose an address of this machine with --host, such as 127.0.0.1.",
    )
