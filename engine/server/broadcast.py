"""Fan-out: every frame to every client, the latest only, and never a queue.

A frame is encoded once per encoding and set of streams, its WebSocket header included; those bytes are
written straight to each connection's transport. docs/decisions/0002-fan-out.md has the measurements.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from engine.mailbox import FrameMailbox
from engine.metrics import Metrics
from engine.server.protocol import (
    Encoding,
    Status,
    Stream,
    Subscribe,
    encode_frame,
    encode_status,
    websocket_message,
)
from t2s_rt.errors import ProtocolError
from t2s_rt.types import Frame

logger = logging.getLogger(__name__)

WRITES_PER_TURN: Final = 128
"""After this many writes the loop gets a turn (pings, handshakes, HTTP): one to two ms of sending."""
STATUS_PERIOD_S: Final = 1.0
NO_STREAMS: Final = Subscribe(frozenset())


class Pipe(Protocol):
    """The sending side of one connection."""

    def try_write(self, message: bytes) -> bool:
        """Send a whole WebSocket message if that needs no waiting.

        Returns:
            Whether it was written: the connection is open, and all that was written before has gone to
            the operating system.
        """
        ...


class Client:
    """One connection's place in the fan-out: what it wants and one slot for what it could not take yet.

    A frame is written only when nothing waits in the transport and the client's window is not full.
    Otherwise it waits in the slot, where the next frame replaces it. So a client that does not read
    costs one partly written frame, and what it gets when it wakes is the newest.

    Args:
        pipe: Where its messages go.
        encoding: How it wants them.
        metrics: Where drops are counted for all clients together.

    Attributes:
        subscription: What it asked for last.
        divisor: Frames whose number this divides are due; 0 where it asked for none.
        format: Clients with the same number get the same bytes.
        dropped_frames: How many frames its slot replaced.
        told: What the last status that it got was about.
    """

    def __init__(self, pipe: Pipe, encoding: Encoding, metrics: Metrics) -> None:
        self.encoding = encoding
        self.subscription = NO_STREAMS
        self.divisor = 0
        self.format = 0
        self.dropped_frames = 0
        self.told: tuple[Status, int] | None = None
        self._pipe = pipe
        self._metrics = metrics
        self._window = 0
        self._slot: tuple[int, bytes] | None = None
        self._unacknowledged: deque[int] = deque()
        self._newest_sent = -1

    def subscribe(self, subscription: Subscribe) -> None:
        """Send these streams from now on, and forget what was under way."""
        self.subscription = subscription
        streams = subscription.streams
        self.divisor = subscription.divisor if streams else 0
        self.format = sum(1 << i for i, stream in enumerate(Stream) if stream in streams)
        self.format += (self.encoding is Encoding.JSON) << len(Stream)
        self._window = subscription.window
        self._slot = None
        self._unacknowledged.clear()

    def acknowledge(self, seq: int) -> None:
        """The client has handled frames up to ``seq``; may send what waits.

        Raises:
            ProtocolError: That frame was never sent.
        """
        if seq > self._newest_sent:
            raise ProtocolError(f"ack: frame {seq} was never sent.")
        under_way = self._unacknowledged
        while under_way and under_way[0] <= seq:
            under_way.popleft()
        self.flush()

    def offer(self, seq: int, message: bytes) -> bool:
        """Send a frame now, or keep it in place of the one that waits.

        Returns:
            Whether it was written.
        """
        if self._slot is not None:
            self.dropped_frames += 1
            self._metrics.client_drops.inc()
        elif not self._window and self._pipe.try_write(message):  # a thousand times a frame: no detour
            self._newest_sent = seq
            return True
        self._slot = (seq, message)
        return self.flush()

    def flush(self) -> bool:
        """Write the frame that waits, if it may go now.

        Returns:
            Whether one was written.
        """
        window = self._window
        if self._slot is None or (window and len(self._unacknowledged) >= window):
            return False
        seq, message = self._slot
        if not self._pipe.try_write(message):
            return False
        self._slot = None
        self._newest_sent = seq
        if window:
            self._unacknowledged.append(seq)
        return True

    def tell(self, status: Status) -> None:
        """Send a status if something in it is news to this client and the connection is free."""
        news = (status, self.dropped_frames)
        if news == self.told:
            return
        payload = encode_status(self.encoding, status, self.dropped_frames)
        if self._pipe.try_write(websocket_message(self.encoding, payload)):
            self.told = news


class Broadcaster:
    """Takes frames from the mailbox and gives them to all clients.

    Args:
        mailbox: Where the hot thread leaves frames.
        metrics: Where sending is counted and timed.
        clock_ns: The monotonic clock of the frames' ``captured_ns``.
    """

    def __init__(self, mailbox: FrameMailbox, metrics: Metrics, clock_ns: Callable[[], int]) -> None:
        self._mailbox = mailbox
        self._metrics = metrics
        self._clock_ns = clock_ns
        self._clients: set[Client] = set()
        self._mailbox_drops_seen = 0
        self._refused_before = False
        self.status = Status()

    def add(self, client: Client) -> None:
        """Include a client from the next frame on."""
        self._clients.add(client)
        self._metrics.clients.set(len(self._clients))

    def remove(self, client: Client) -> None:
        """Leave a client out from now on."""
        self._clients.discard(client)
        self._metrics.clients.set(len(self._clients))

    async def run(self) -> None:
        """Send frames as they come, until cancelled."""
        while True:
            frame = await self._mailbox.get()
            await self.publish(frame)
            await asyncio.sleep(0)  # a mailbox that is never empty must not starve the loop

    async def run_status(self) -> None:
        """Tell clients once a second what changed, and flush what still waits, until cancelled."""
        while True:
            await asyncio.sleep(STATUS_PERIOD_S)
            self.tell()

    def tell(self) -> None:
        """Send what is news to each client, and the frame that waits where no newer one came."""
        for client in tuple(self._clients):
            client.flush()
            client.tell(self.status)
        drops = self._mailbox.dropped
        self._metrics.mailbox_drops.inc(drops - self._mailbox_drops_seen)
        self._mailbox_drops_seen = drops

    async def publish(self, frame: Frame) -> None:
        """Offer ``frame`` to every client that is due, letting the loop breathe in between."""
        seq = frame.seq
        encoded: dict[int, bytes] = {}
        sent = turn = 0
        for client in tuple(self._clients):
            if not client.divisor or seq % client.divisor:
                continue
            message = encoded.get(client.format)
            if message is None:
                try:
                    payload = encode_frame(client.encoding, frame, client.subscription.streams)
                except ValueError as problem:
                    self._refuse(frame, problem)
                    return
                message = encoded[client.format] = websocket_message(client.encoding, payload)
            sent += client.offer(seq, message)
            turn += 1
            if turn == WRITES_PER_TURN:
                turn = 0
                await asyncio.sleep(0)
        if sent:
            self._metrics.frames_sent.inc(sent)
        if sent and frame.captured_ns:
            self._metrics.observe_capture_to_wire_ns(self._clock_ns() - frame.captured_ns)

    def _refuse(self, frame: Frame, problem: ValueError) -> None:
        """Count a frame that cannot be sent; say so once, the show goes on."""
        self._metrics.frames_refused.inc()
        if not self._refused_before:
            self._refused_before = True
            logger.error("frame %d was not sent: %s (counted from now on)", frame.seq, problem)
