"""`t2s listen`: watch the face that a running engine sends."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgpack
import numpy as np
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.config import DEFAULT_HOST, DEFAULT_PORT
from engine.metrics import LatencyRecorder
from engine.server.protocol import FRAME_KIND, RATES_HZ, VOICE_FIELDS, Encoding, Stream
from t2s_rt.errors import ConfigError

OPEN_TIMEOUT_S: Final = 5.0
CLOCK_PERIOD_S: Final = 2.0
"""How often the engine's clock is asked for again: two clocks drift apart by microseconds a second."""
LINE_PERIOD_S: Final = 0.1
PLAIN_LINE_PERIOD_S: Final = 1.0
"""Where nobody watches a terminal, one line a second is enough."""
QUIET_S: Final = 0.25
"""A wait for a message ends this often, to see whether time is up."""

ABOUT = """\
Connects to a running engine and shows what it sends.

  t2s listen                             the engine on this machine
  t2s listen ws://192.168.1.7:8760/ws --token SECRET
  t2s listen --streams flame --rate 30 --seconds 5 --json > face.jsonl
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `listen` to the command line."""
    parser = commands.add_parser(
        "listen",
        help="watch the face that a running engine sends",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "url",
        nargs="?",
        default=f"ws://{DEFAULT_HOST}:{DEFAULT_PORT}/ws",
        help="address of the engine (default %(default)s)",
    )
    parser.add_argument(
        "--streams",
        nargs="+",
        choices=[str(stream) for stream in Stream],
        default=[str(stream) for stream in Stream],
        help="parts of a frame to ask for (default all)",
    )
    parser.add_argument(
        "--rate", type=int, choices=RATES_HZ, default=RATES_HZ[0], help="frames a second (default 60)"
    )
    parser.add_argument("--seconds", type=float, default=None, help="end after this long")
    parser.add_argument("--token", default="", help="the engine's token, where it has one")
    parser.add_argument("--json", action="store_true", help="print each frame as a line of JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Listen until time is up, the engine stops or Ctrl-C.

    Raises:
        ConfigError: The engine is not reachable or refused.
    """
    if options.seconds is not None and not options.seconds > 0:
        raise ConfigError(f"--seconds {options.seconds} is not a length of time.", "Give more than 0.")
    url = websocket_url(options.url)
    with contextlib.ExitStack() as stack:
        connection = _connect(stack, url, options.token)
        listener = _Listener(connection, options.rate, as_json=options.json)
        listener.subscribe(options.streams, options.rate)
        ending = listener.run(options.seconds)
    if not options.json:
        print(f"\n{listener.watch.report()}\n{ending}")
    return 0


def websocket_url(address: str) -> str:
    """The WebSocket's URL for what a person types: ``host:port``, a page's address, or a full URL.

    Raises:
        ConfigError: It is no address.
    """
    problem = ConfigError(
        f"{address!r} is no address of an engine.", f"Try ws://{DEFAULT_HOST}:{DEFAULT_PORT}/ws."
    )
    try:
        parts = urlsplit(address if "://" in address else f"ws://{address}")
        netloc = parts.netloc if parts.port else f"{parts.netloc}:{DEFAULT_PORT}"
    except ValueError:
        raise problem from None
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise problem
    path = parts.path if parts.path not in ("", "/") else "/ws"
    return urlunsplit((scheme, netloc, path, parts.query, ""))


@dataclass(slots=True)
class Watch:
    """What has been seen of one engine.

    Attributes:
        hello: The engine's first message.
        status: Its newest status.
        frames: How many frames came.
        gaps: How many frames were missing between those that came, at the rate asked for.
        offset_ns: Engine's clock minus this program's; None until it was asked for.
        latency: From the newest captured sample to here.
    """

    hello: dict[str, Any] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)
    frames: int = 0
    gaps: int = 0
    offset_ns: int | None = None
    latency: LatencyRecorder = field(default_factory=LatencyRecorder)
    _newest_seq: int | None = None
    _best_round_trip_ns: int | None = None

    def take_pong(self, pong: dict[str, Any], now_ns: int) -> None:
        """Learn the engine's clock; the quickest round trip tells it best."""
        round_trip_ns = now_ns - pong["client_ns"]
        if self._best_round_trip_ns is None or round_trip_ns <= self._best_round_trip_ns:
            self._best_round_trip_ns = round_trip_ns
            self.offset_ns = pong["server_ns"] - (pong["client_ns"] + round_trip_ns // 2)

    def take_frame(self, message: list[Any], now_ns: int, step: int) -> dict[str, Any]:
        """Turn a frame into named values, counting gaps and latency.

        Args:
            message: The frame as it came.
            now_ns: When it came.
            step: By how much ``seq`` rises from frame to frame at the rate asked for.

        Returns:
            The frame with names from the hello message; ``latency_ms`` is None without clocks.
        """
        _, seq, pts_samples, captured_ns, song_s, actions, arkit, flame, voice = message[:9]
        if self._newest_seq is not None and seq > self._newest_seq:
            self.gaps += (seq - self._newest_seq) // step - 1
        self._newest_seq = seq
        self.frames += 1
        latency_ms = None
        if captured_ns and self.offset_ns is not None:
            latency_ms = (now_ns + self.offset_ns - captured_ns) * 1e-6
            self.latency.add_ms(latency_ms)
        frame: dict[str, Any] = {
            "seq": seq,
            "pts_s": pts_samples / self.hello["sample_rate_hz"],
            "song_s": song_s,
            "latency_ms": latency_ms,
        }
        if actions is not None:
            frame["actions"] = _named([a["name"] for a in self.hello["actions"]], actions)
        if arkit is not None:
            frame["arkit"] = _named(self.hello["arkit"], arkit)
        if flame is not None:
            values = np.frombuffer(flame, "<f4").tolist()
            frame["flame"] = {
                part["name"]: values[part["offset"] : part["offset"] + part["size"]]
                for part in self.hello["flame"]["parts"]
            }
        if voice is not None:
            frame["voice"] = dict(zip(VOICE_FIELDS, voice, strict=False))
        return frame

    def report(self) -> str:
        """What came, in two lines."""
        summary = self.latency.summary()
        timing = (
            f"capture to here p50 {summary.p50_ms:.1f}, p95 {summary.p95_ms:.1f}, "
            f"p99 {summary.p99_ms:.1f}, max {summary.max_ms:.1f} ms"
            if summary.count
            else "no latency: the source has no clock or no frame came"
        )
        dropped = self.status.get("dropped_frames", 0)
        return f"{self.frames} frames, {self.gaps} missing, {dropped} dropped for this client\n{timing}"


def _connect(stack: contextlib.ExitStack, url: str, token: str) -> ClientConnection:
    """Connect until ``stack`` ends."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    try:
        return stack.enter_context(
            connect(
                url,
                subprotocols=[Subprotocol(Encoding.MSGPACK)],
                additional_headers=headers,
                compression=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=1,
                proxy=None,
            )
        )
    except InvalidStatus as refusal:
        body = bytes(refusal.response.body or b"")
        said = body.decode(errors="replace").strip().splitlines()[:1] or ["no reason given"]
        raise ConfigError(f"{url} refused ({refusal.response.status_code}): {said[0]}") from refusal
    except InvalidURI as problem:
        raise ConfigError(f"{url} is no address of an engine.") from problem
    except (OSError, InvalidHandshake, EOFError) as problem:
        raise ConfigError(
            f"Nothing that speaks t2s answers at {url}.",
            "Start the engine (t2s live) or give its address: t2s listen HOST:PORT.",
        ) from problem


class _Listener:
    """Takes messages from one engine and shows them."""

    def __init__(self, connection: ClientConnection, rate_hz: int, *, as_json: bool) -> None:
        self._connection = connection
        self._step = RATES_HZ[0] // rate_hz
        self._show = _show_json if as_json else _LiveLine().show
        self.watch = Watch()

    def run(self, seconds: float | None) -> str:
        """Listen until time is up or the engine goes; a sentence about the end comes back."""
        began_s = time.perf_counter()
        asked_s = -CLOCK_PERIOD_S
        while True:
            passed_s = time.perf_counter() - began_s
            if seconds is not None and passed_s >= seconds:
                return f"Listened for {seconds:g} s."
            try:
                if passed_s - asked_s >= CLOCK_PERIOD_S:
                    asked_s = passed_s
                    self._send({"type": "ping", "client_ns": time.perf_counter_ns()})
                left_s = QUIET_S if seconds is None else min(QUIET_S, seconds - passed_s)
                self._take(self._connection.recv(timeout=left_s))
            except TimeoutError:
                continue
            except ConnectionClosed as closed:
                return _why_closed(closed)

    def subscribe(self, streams: Sequence[str], rate_hz: int) -> None:
        """Ask for frames."""
        self._send({"type": "subscribe", "streams": list(streams), "rate_hz": rate_hz})

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.send(msgpack.packb(message))

    def _take(self, data: str | bytes) -> None:
        now_ns = time.perf_counter_ns()
        message: Any = msgpack.unpackb(data) if isinstance(data, bytes) else None
        watch = self.watch
        match message:
            case [kind, *_] if kind == FRAME_KIND and watch.hello:
                self._show(watch.take_frame(message, now_ns, self._step), watch)
            case {"type": "hello"}:
                watch.hello = message
            case {"type": "status"}:
                watch.status = message
            case {"type": "pong"}:
                watch.take_pong(message, now_ns)


class _LiveLine:
    """One line that is written over and over."""

    def __init__(self) -> None:
        self._shown_s = 0.0
        self._live = sys.stdout.isatty()

    def show(self, frame: dict[str, Any], watch: Watch) -> None:
        now_s = time.perf_counter()
        if now_s - self._shown_s < (LINE_PERIOD_S if self._live else PLAIN_LINE_PERIOD_S):
            return
        self._shown_s = now_s
        parts = [f"frame {frame['seq']:6d}"]
        if "actions" in frame:
            jaw = min(1.0, max(0.0, frame["actions"]["jaw_open"]))
            parts.append(f"jaw {'#' * round(10 * jaw):10} {jaw:.2f}")
        if "voice" in frame:
            voice = frame["voice"]
            pitch = f"{voice['f0_hz']:6.1f} Hz" if voice["voiced"] else "   --- Hz"
            parts.append(f"{pitch} {voice['loudness_dbfs']:6.1f} dBFS")
        latency_ms = frame["latency_ms"]
        parts.append("latency  ---" if latency_ms is None else f"latency {latency_ms:5.1f} ms")
        parts.append(f"gaps {watch.gaps}")
        print("  ".join(parts), end="\r" if self._live else "\n", flush=True)


def _show_json(frame: dict[str, Any], _watch: Watch) -> None:
    print(json.dumps(frame, separators=(",", ":")), flush=True)


def _named(names: Sequence[str], values: bytes) -> dict[str, float]:
    return dict(zip(names, np.frombuffer(values, "<f4").tolist(), strict=True))


def _why_closed(closed: ConnectionClosed) -> str:
    if closed.rcvd is None:
        return "The connection broke."
    reason = closed.rcvd.reason or "no reason given"
    return f"The engine closed the connection ({closed.rcvd.code}): {reason}"
