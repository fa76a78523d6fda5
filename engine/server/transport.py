"""The song's position from a client that plays it: a karaoke player, OBS, a browser page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from engine.server.broadcast import Client
from engine.server.protocol import ErrorCode, Transport, encode_error
from engine.song_clock import SongState

SILENCE_S: Final = 5.0
"""A player that has said nothing for so long may be replaced by another, such as itself reconnected."""
FARTHEST_S: Final = 10.0
"""A time further from the server's clock is another clock's."""


class TransportSink(Protocol):
    """Where the player's word goes. Called on the event loop, so it must not wait."""

    def transport(
        self, state: SongState, position_s: float, rate: float, at_ns: int, *, timed: bool
    ) -> None:
        """The player was, is or will be there at ``at_ns``; ``timed`` if it said so itself."""
        ...

    def abandon(self, now_ns: int) -> None:
        """The player vanished without a word."""
        ...

    def state(self, now_ns: int) -> SongState:
        """What the song does."""
        ...


class PlayerSeat:
    """At most one client is the player, until it stops, goes, or is silent while another speaks.

    Args:
        sink: Where its word goes; None refuses all.
        clock_ns: The monotonic clock of the frames' ``captured_ns``.
    """

    def __init__(self, sink: TransportSink | None, clock_ns: Callable[[], int]) -> None:
        self._sink = sink
        self._clock_ns = clock_ns
        self._owner: Client | None = None
        self._heard_ns = 0

    @property
    def song_state(self) -> SongState:
        """What the player's song does."""
        return SongState.STOPPED if self._sink is None else self._sink.state(self._clock_ns())

    def take(self, client: Client, message: Transport) -> bytes | None:
        """Pass the player's word on; the encoded refusal where that cannot be."""
        now_ns = self._clock_ns()
        refusal = self._refusal(client, message, now_ns)
        if self._sink is None or refusal is not None:
            return refusal
        self._heard_ns = now_ns
        self._owner = None if message.state is SongState.STOPPED else client
        timed = message.server_ns is not None
        at_ns = now_ns if message.server_ns is None else message.server_ns
        self._sink.transport(message.state, message.position_s, message.rate, at_ns, timed=timed)
        return None

    def release(self, client: Client) -> None:
        """``client`` is gone; if it was the player, the song plays on for a while."""
        if self._sink is not None and self._owner is client:
            self._owner = None
            self._sink.abandon(self._clock_ns())

    def _refusal(self, client: Client, message: Transport, now_ns: int) -> bytes | None:
        if self._sink is None:
            return encode_error(
                client.encoding,
                ErrorCode.TRANSPORT_UNAVAILABLE,
                "This engine plays the song itself. Let it listen to a microphone to be its player.",
            )
        silent_ns = now_ns - self._heard_ns
        if self._owner not in (None, client) and silent_ns < SILENCE_S * 1e9:
            return encode_error(
                client.encoding, ErrorCode.TRANSPORT_BUSY, "Another client is the player already."
            )
        if message.server_ns is not None and abs(message.server_ns - now_ns) > FARTHEST_S * 1e9:
            away_s = (message.server_ns - now_ns) * 1e-9
            return encode_error(
                client.encoding,
                ErrorCode.TRANSPORT_TIME,
                f"server_ns is {away_s:.0f} s from the server's clock, which ping tells; at most "
                f"{FARTHEST_S:.0f} s are taken. Leave it out for the moment the message comes.",
            )
        return None
