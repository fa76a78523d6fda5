"""The connection to VTube Studio while it is fed: an injection and its answer at the least cost.

Sixty times a second there is an injection and an answer that says yes. Sent by `send` and heard by
`recv`, each would wake a task and go through a queue and a JSON parser. That cost more than all that the
other outputs do for a frame.
"""

from __future__ import annotations

import os
import struct
from typing import Any, Final

from websockets.asyncio.client import ClientConnection

# frames has the compiled apply_mask where there is one, though not in its __all__.
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]
from websockets.protocol import State
from websockets.streams import StreamReader

INJECTION: Final = "t2s"
"""The requestID of every injection."""
YES: Final = "InjectParameterDataResponse"
"""The messageType of the answer that says yes."""
_YES_BYTES: Final = f'"{YES}"'.encode()
"""Never a part of another answer's sentence: there its last quotation mark would be escaped."""

_HEAD: Final = struct.Struct("!BBH4s")
_TEXT: Final = 0x81
"""A whole text message in one frame (RFC 6455, 5.2)."""
_MASKED: Final = 0x80 | 126
"""Masked, with a length of 126 to 65,535 bytes in the two bytes that follow."""
_ANSWER: Final = bytes((_TEXT, 126))
"""Not masked, with its length in the two bytes that follow: no answer of VTube Studio is shorter."""
MIN_BYTES: Final = 126
MAX_BYTES: Final = 65_535
_KEY_BYTES: Final = 4
_KEYS_BYTES: Final = 1024


_BETWEEN: Final = StreamReader.at_eof.__code__
"""Where the parser waits between two frames."""


def _is_yes(data: bytes) -> bool:
    """Whether these bytes, from the beginning of a frame, are one that says yes and nothing more."""
    whole = data[:2] == _ANSWER and len(data) == 4 + int.from_bytes(data[2:4], "big")
    return whole and _YES_BYTES in data


class VtsLine(ClientConnection):
    """A connection that counts the injections under way.

    Attributes:
        unanswered: Injections that VTube Studio has not answered.
        sent_ns: When the newest was sent, on the caller's clock.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - websockets' own
        super().__init__(*args, **kwargs)
        self.unanswered = 0
        self.sent_ns = 0
        self._keys = b""

    def inject(self, text: bytes, now_ns: int) -> None:
        """Send an injection; never waits. Where the connection has ended, nothing happens.

        Args:
            text: The request, `MIN_BYTES` to `MAX_BYTES` long.
            now_ns: The caller's clock.
        """
        if self.protocol.state is not State.OPEN:
            return
        self.unanswered += 1
        self.sent_ns = now_ns
        key = self._next_key()
        self.transport.write(_HEAD.pack(_TEXT, _MASKED, len(text), key) + apply_mask(text, key))

    def _next_key(self) -> bytes:
        """A masking key that nobody can foresee; many are drawn at once, a system call each is slow."""
        if not self._keys:
            self._keys = os.urandom(_KEYS_BYTES)
        key, self._keys = self._keys[:_KEY_BYTES], self._keys[_KEY_BYTES:]
        return key

    # typing.override is new in Python 3.12.
    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]
        """Hear a yes that comes alone, which is how it mostly comes, without taking it apart."""
        if _is_yes(data) and self._between_frames():
            self.hear_yes()
        else:
            super().data_received(data)

    def _between_frames(self) -> bool:
        """Whether nothing of a message has come yet."""
        protocol = self.protocol
        waits: Any = protocol.parser
        while (inner := waits.gi_yieldfrom) is not None:
            waits = inner
        return (
            waits.gi_code is _BETWEEN and protocol.state is State.OPEN and protocol.current_size is None
        )

    def process_event(self, event: Any) -> None:  # type: ignore[explicit-override] # noqa: ANN401
        """Hear a yes at once; everything else goes the usual way, to `recv`."""
        if (
            isinstance(event, Frame)
            and event.opcode is Opcode.TEXT
            and event.fin
            and _YES_BYTES in event.data
        ):
            self.hear_yes()
        else:
            super().process_event(event)

    def hear_yes(self) -> None:
        """Count an answer."""
        self.unanswered = max(0, self.unanswered - 1)
