"""One slot between the hot thread and the event loop: the latest frame wins."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from t2s_rt.types import Frame


class FrameMailbox:
    """Hands frames from one hot thread to one reader on an event loop.

    The slot holds one frame. A newer frame replaces one that nobody took, and the loss is counted.
    Waking the loop is coalesced: however many frames arrive before the loop runs, it is woken once.

    `put` may be called from one thread at a time, `get` from one task at a time. No lock is taken: each
    counter has one writer, and the slot is a deque of one, whose operations are atomic.
    """

    def __init__(self) -> None:
        self._slot: Final[deque[Frame]] = deque(maxlen=1)
        self._put_count = 0
        self._taken_count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrival = asyncio.Event()
        self._wake_scheduled = False

    @property
    def dropped(self) -> int:
        """How many frames were replaced before anyone took them. Exact whenever `put` is not running."""
        return max(0, self._put_count - self._taken_count - len(self._slot))

    def put(self, frame: Frame) -> None:
        """Leave ``frame`` in the slot and wake the reader; never waits, from any thread."""
        self._slot.append(frame)
        self._put_count += 1
        loop = self._loop
        # The frame is in the slot before the flag is read, and the loop clears the flag before it looks
        # into the slot. So a set flag means that the frame will be seen.
        if loop is None or self._wake_scheduled:
            return
        self._wake_scheduled = True
        try:
            loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            if not loop.is_closed():
                raise
            self._loop = None  # the reader's loop ended; frames wait here for the next reader

    async def get(self) -> Frame:
        """Wait for a frame and take it. Binds the mailbox to the running loop."""
        self._bind(asyncio.get_running_loop())
        while True:
            self._arrival.clear()
            if self._slot:
                frame = self._slot.popleft()
                self._taken_count += 1
                return frame
            await self._arrival.wait()

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make ``loop`` the one that `put` wakes."""
        if self._loop is not loop:
            self._arrival = asyncio.Event()
            self._wake_scheduled = False
            self._loop = loop

    def _wake(self) -> None:
        """Runs on the loop: let the waiting reader look into the slot."""
        self._wake_scheduled = False
        self._arrival.set()
