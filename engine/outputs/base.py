"""What every output is: something that is offered frames, never waits, and can say how it fares."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from engine.clock import NS_PER_S
from t2s_rt.errors import ConfigError
from t2s_rt.face.retarget import Retargeter
from t2s_rt.face.signals import Signals
from t2s_rt.timebase import FRAME_RATE_HZ

HOME: Final = "127.0.0.1"
"""This machine."""
OFF: Final = "Switched off."
FIRST_PAUSE_NS: Final = NS_PER_S // 4
LONGEST_PAUSE_NS: Final = 8 * NS_PER_S
CALM_NS: Final = NS_PER_S
"""After this long without trouble the next pause is the first again."""


class OutputState(StrEnum):
    """How an output fares.

    ``off`` switched off; ``waiting`` for somebody to connect or to allow it; ``running``; ``retrying``
    after a failure, by itself; ``stopped`` for good until it is switched off and on.
    """

    OFF = "off"
    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class OutputStatus:
    """One output, for people and programs.

    Attributes:
        name: The output's name.
        state: How it fares.
        detail: A sentence: where it sends, or what is wrong and what to do.
        listening: Whether somebody is there; None where the protocol cannot know.
        rate_hz: Frames sent in the last second.
        sent: Frames sent so far.
        skipped: Frames left out because the receiver or the system was not ready for them.
        failures: How often it was refused or broke off.
    """

    name: str
    state: OutputState
    detail: str
    listening: bool | None
    rate_hz: float
    sent: int
    skipped: int
    failures: int


_Seat = TypeVar("_Seat")


def find(seats: Mapping[str, _Seat], name: str) -> _Seat:
    """What is kept of the output of a name.

    Raises:
        ConfigError: There is none of that name.
    """
    seat = seats.get(name)
    if seat is None:
        known = ", ".join(seats) or "none"
        raise ConfigError(f"There is no output {name!r}.", f"There is {known}.")
    return seat


class Output(Protocol):
    """Sends frames to one program. All methods run on the event loop's thread.

    Attributes:
        name: Unique among the outputs of a run.
        retargeters: What computes the values it sends; the runner lets those of all outputs work as one.
    """

    name: str
    retargeters: tuple[Retargeter, ...]

    async def start(self) -> None:
        """Get ready to send.

        Raises:
            ConfigError: It cannot be done as asked: a port is taken, a name is unknown.
        """
        ...

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame or leave it out; never waits.

        Args:
            signals: The newest frame. Its arrays are used again for the next one.
            now_ns: The monotonic clock.
        """
        ...

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        ...

    async def close(self) -> None:
        """Stop sending and give everything back; harmless when it never started."""
        ...


class Pace:
    """Picks frames for a receiver that wants fewer than sixty a second.

    Args:
        rate_hz: At most this many frames a second.
    """

    def __init__(self, rate_hz: int) -> None:
        self._step = max(1, FRAME_RATE_HZ // rate_hz)
        self._next_seq = 0

    def due(self, seq: int) -> bool:
        """Whether the frame of this number is one to send."""
        if seq < self._next_seq and self._next_seq - seq <= self._step:
            return False  # a number far below the expected one is a stream that began anew
        self._next_seq = seq - seq % self._step + self._step
        return True


class Backoff:
    """Longer and longer pauses after failures: 0.25 s, doubling up to 8 s."""

    def __init__(self) -> None:
        self._pause_ns = FIRST_PAUSE_NS
        self._until_ns = 0

    def fail(self, now_ns: int) -> float:
        """Note a failure.

        Returns:
            How long to pause, in s.
        """
        if self._until_ns and now_ns - self._until_ns > CALM_NS + self._pause_ns:
            self._pause_ns = FIRST_PAUSE_NS
        pause_ns = self._pause_ns
        self._until_ns = now_ns + pause_ns
        self._pause_ns = min(2 * pause_ns, LONGEST_PAUSE_NS)
        return pause_ns / NS_PER_S

    def pausing(self, now_ns: int) -> bool:
        """Whether the pause after the last failure still lasts."""
        return now_ns < self._until_ns

    def calm(self, now_ns: int) -> bool:
        """Whether nothing has failed since the last pause ended, for a while."""
        return not self._until_ns or now_ns - self._until_ns > CALM_NS


class Tally:
    """Counts what an output did.

    Attributes:
        sent: Frames sent.
        skipped: Frames left out.
        failures: Refusals and breaks.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.skipped = 0
        self.failures = 0
        self._times_ns: deque[int] = deque(maxlen=FRAME_RATE_HZ + 1)

    def send(self, now_ns: int) -> None:
        """Count a frame that was sent."""
        self.sent += 1
        self._times_ns.append(now_ns)

    def rate_hz(self, now_ns: int) -> float:
        """Frames of the last second."""
        times = self._times_ns
        while times and now_ns - times[0] > NS_PER_S:
            times.popleft()
        return float(len(times))
