# Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT (see ../LICENSE)
"""Receive a singing face from a t2s-rt engine: one file, needs only `websockets` and `msgpack`.

    with Face("ws://127.0.0.1:8760/ws") as face:
        for frame in face:
            print(frame.seq, face.weight(frame, "jawOpen"))

Each step of the loop asks for the newest frame, so a slow loop gets fewer frames, never old ones.
"""

import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import msgpack
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import connect


class Frame(NamedTuple):
    """One face. Streams that were not asked for are None; order and units are in `Face.hello`."""

    seq: int
    pts_samples: int
    captured_ns: int
    song_s: float
    actions: tuple[float, ...] | None
    arkit: tuple[float, ...] | None
    flame: tuple[float, ...] | None
    voice: tuple[float, bool, float, float] | None


class Face:
    """A connection to an engine.

    Args:
        url: Address of the engine's WebSocket.
        streams: Parts of a frame to ask for: actions, arkit, flame, voice.
        rate_hz: 60, 30 or 15.
        token: The engine's token, where it has one.
        window: Frames that may be under way; 1 gives a slow loop a fresh frame always.
    """

    def __init__(
        self,
        url: str,
        streams: Sequence[str] = ("arkit",),
        rate_hz: int = 60,
        token: str = "",
        window: int = 1,
    ) -> None:
        options = {"compression": None, "proxy": None, "subprotocols": ["t2s.v1.msgpack"]}
        if token:
            options["additional_headers"] = {"Authorization": f"Bearer {token}"}
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(connect(url, **options))
        self._request = {
            "type": "subscribe",
            "streams": [*streams],
            "rate_hz": rate_hz,
            "window": window,
        }
        self.hello: dict = msgpack.unpackb(self._socket.recv())
        self.status: dict = {}
        self.error: dict = {}
        self.pong: dict = {}

    def __enter__(self) -> "Face":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the engine stops; a lost connection raises `websockets.ConnectionClosedError`."""
        try:
            while True:
                self._socket.send(msgpack.packb(self._request))
                frame = self._next_frame()
                self._request = {"type": "ack", "seq": frame.seq}
                yield frame
        except ConnectionClosedOK:
            return

    def _next_frame(self) -> Frame:
        while True:
            message = msgpack.unpackb(self._socket.recv())
            if isinstance(message, list) and message[0] == "frame":
                head, arrays, voice = message[1:5], message[5:8], message[8]
                return Frame(*head, *map(_floats, arrays), voice and tuple(voice))
            if isinstance(message, dict) and message.get("type") == "status":
                self.status = message
            elif isinstance(message, dict) and message.get("type") == "error":
                self.error = message
            elif isinstance(message, dict) and message.get("type") == "pong":
                self.pong = message | {"came_ns": time.perf_counter_ns()}

    def ping(self) -> None:
        """Ask for the engine's clock; the answer comes as `Face.pong`, with our `came_ns`."""
        self._socket.send(msgpack.packb({"type": "ping", "client_ns": time.perf_counter_ns()}))

    def transport(self, state: str, position_s: float = 0.0, rate: float = 1.0) -> None:
        """Say where the song is that this program plays: playing, paused or stopped; any thread may.

        Say so at each change and about once a second. Errors of the engine come as `Face.error`.
        """
        message = {"type": "transport", "state": state, "position_s": position_s, "rate": rate}
        self._socket.send(msgpack.packb(message))

    def weight(self, frame: Frame, name: str) -> float:
        """One ARKit weight by its name, such as ``jawOpen``."""
        return frame.arkit[self.hello["arkit"].index(name)]


def _floats(data: bytes | None) -> tuple[float, ...] | None:
    return None if data is None else struct.unpack(f"<{len(data) // 4}f", data)


if __name__ == "__main__":
    with Face("ws://127.0.0.1:8760/ws") as face:
        for frame in face:
            print(f"frame {frame.seq}  jaw {face.weight(frame, 'jawOpen'):.2f}", end="\r", flush=True)
