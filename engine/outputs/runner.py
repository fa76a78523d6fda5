"""All outputs of a run: each frame is read once and offered to every one, none can hold up another.

This runs in a process of its own (`engine.outputs.process`); the engine holds `engine.outputs.proxy`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Final

from engine.clock import Clock
from engine.outputs.base import OFF, Backoff, Output, OutputState, OutputStatus, find
from t2s_rt.errors import ConfigError, T2SError
from t2s_rt.face.retarget import RetargetBatch
from t2s_rt.face.signals import Signals
from t2s_rt.types import Frame

logger = logging.getLogger(__name__)

MOST_OUTPUTS: Final = 16


@dataclass(slots=True)
class _Seat:
    """One output and what the runner knows about it.

    Attributes:
        output: The output.
        on: Whether it is switched on.
        backoff: Pauses after it raised what it should not have.
        faults: How often it did.
        fault: The last such fault, as a sentence.
    """

    output: Output
    on: bool
    backoff: Backoff
    faults: int = 0
    fault: str = ""


class OutputRunner:
    """Offers frames to outputs, on the event loop's thread.

    Args:
        clock: The clock of the frames' ``captured_ns``.
    """

    def __init__(self, clock: Clock) -> None:
        self._now_ns = clock.now_ns
        self._seats: dict[str, _Seat] = {}
        self._on: tuple[_Seat, ...] = ()
        self._signals = Signals()
        self._batch: RetargetBatch | None = None

    async def close(self) -> None:
        """Close every output and forget it."""
        for seat in tuple(self._seats.values()):
            if seat.on:
                await self._close(seat)
        self._seats.clear()
        self._choose()

    async def add(self, output: Output, *, on: bool = True) -> None:
        """Include an output, switched on or off.

        Raises:
            ConfigError: One of that name is there, there are too many, or it cannot start.
        """
        if output.name in self._seats:
            raise ConfigError(
                f"There is an output {output.name!r} already.", "Give the second a name=..."
            )
        if len(self._seats) >= MOST_OUTPUTS:
            raise ConfigError(f"More than {MOST_OUTPUTS} outputs are not possible at once.")
        self._seats[output.name] = _Seat(output, on=False, backoff=Backoff())
        if on:
            try:
                await self.switch(output.name, on=True)
            except BaseException:
                del self._seats[output.name]
                raise

    async def remove(self, name: str) -> None:
        """Close an output and forget it.

        Raises:
            ConfigError: There is none of that name.
        """
        await self.switch(name, on=False)
        del self._seats[name]

    async def switch(self, name: str, *, on: bool) -> None:
        """Switch an output on or off while the run goes on; harmless where it is so already.

        Raises:
            ConfigError: There is none of that name, or it cannot start.
        """
        seat = find(self._seats, name)
        if on and not seat.on:
            await seat.output.start()
            seat.on = True
        elif not on and seat.on:
            await self._close(seat)
        self._choose()

    def statuses(self) -> tuple[OutputStatus, ...]:
        """How each output fares, in the order they were added."""
        return tuple(self._status(seat) for seat in self._seats.values())

    def publish(self, frame: Frame) -> None:
        """Offer a frame to every output that is on."""
        if not self._signals.read(frame):
            return  # not finite; the server counts and reports such a frame
        now_ns = self._now_ns()
        for seat in self._on:
            if seat.faults and seat.backoff.pausing(now_ns):
                continue
            try:
                seat.output.offer(self._signals, now_ns)
            except Exception as fault:  # noqa: BLE001 - one output's fault must not end the others
                self._blame(seat, fault, now_ns)

    async def _close(self, seat: _Seat) -> None:
        seat.on = False
        self._choose()
        try:
            await seat.output.close()
        except T2SError as problem:
            logger.warning("%s", problem)
        except Exception as fault:  # noqa: BLE001 - as in publish
            self._blame(seat, fault, self._now_ns())

    def _choose(self) -> None:
        """Bring the list of outputs that frames go to up to date."""
        self._on = tuple(seat for seat in self._seats.values() if seat.on)
        retargeters = [each for seat in self._on for each in seat.output.retargeters]
        visemes = any(each.uses_visemes for each in retargeters)
        if visemes != self._signals.has_visemes:
            self._signals = Signals(visemes=visemes)
        if self._batch is not None:
            self._batch.close()
        self._batch = RetargetBatch(retargeters) if retargeters else None

    def _blame(self, seat: _Seat, fault: Exception, now_ns: int) -> None:
        if not seat.faults:
            logger.error("output %s failed (counted from now on)", seat.output.name, exc_info=fault)
        seat.faults += 1
        seat.fault = f"Failed inside: {fault!r}."
        seat.backoff.fail(now_ns)

    def _status(self, seat: _Seat) -> OutputStatus:
        now_ns = self._now_ns()
        status = seat.output.status(now_ns)
        if not seat.on:
            status = replace(status, state=OutputState.OFF, detail=OFF, listening=None, rate_hz=0.0)
        if not seat.faults:
            return status
        failing = seat.on and seat.backoff.pausing(now_ns)
        return replace(
            status,
            failures=status.failures + seat.faults,
            state=OutputState.RETRYING if failing else status.state,
            detail=seat.fault if failing else status.detail,
        )
