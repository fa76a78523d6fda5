"""Live Link Face (UDP): Unreal Engine's Live Link takes it with nothing to install.

Layout of the iOS app's ARKit mode, version 6, big-endian: id, subject name, timecode, frame rate, and 61
values where there is a face.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.outputs.base import OutputStatus, Pace
from engine.outputs.datagrams import DatagramSender
from t2s_rt.errors import ConfigError
from t2s_rt.face.mapping import NO_CHANGE, Mapping
from t2s_rt.face.phones import LIVE_LINK
from t2s_rt.face.retarget import Retargeter, Table, Target
from t2s_rt.face.signals import Signals
from t2s_rt.timebase import seconds

PORT: Final = 11111
VERSION: Final = 6
MAX_NAME_BYTES: Final = 64
DAY_S: Final = 86_400
_TIME: Final = struct.Struct(">ifii")
_TIME_AND_COUNT: Final = struct.Struct(">ifiiB")
"""Before the values."""


def wall_time_s() -> float:
    """Seconds since local midnight: what a phone's timecode counts."""
    now = datetime.now().astimezone()
    return now.hour * 3600 + now.minute * 60 + now.second + now.microsecond * 1e-6


class LiveLinkOutput:
    """Sends the face as a Live Link Face phone does.

    Args:
        name: Unique among the outputs of a run.
        host: The machine that runs Unreal.
        port: Its Live Link Face port.
        subject: The subject's name in Unreal.
        rate_hz: Frames a second.
        mapping: The user's changes.
        wall_s: Seconds since midnight, asked once when the first frame goes out.

    Raises:
        ConfigError: The subject's name is empty or too long.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int = PORT,
        *,
        subject: str = "t2s",
        rate_hz: int = 60,
        mapping: Mapping = NO_CHANGE,
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        title = subject.encode()
        if not 0 < len(title) <= MAX_NAME_BYTES:
            raise ConfigError(
                f"The Live Link subject {subject!r} should have 1 to {MAX_NAME_BYTES} bytes.",
                "Give a short name, such as subject=singer.",
            )
        self.name = name
        table = _in_order(mapping.apply(LIVE_LINK))
        self._retargeter = Retargeter(table)
        self.retargeters: tuple[Retargeter, ...] = (self._retargeter,)
        device = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"t2s-rt.{subject}")).upper().encode()
        self._head = struct.pack(">Bi36si", VERSION, len(device), device, len(title)) + title
        fixed = self._head + bytes(_TIME_AND_COUNT.size)
        before = -len(fixed) % 4  # bytes before the packet that bring its values to whole words
        memory = memoryview(bytearray(before + len(fixed) + 4 * len(table.targets)))
        self._packet = memory[before:]
        self._packet[: len(fixed)] = fixed
        self._values: npt.NDArray[np.float32] = np.frombuffer(self._packet, ">f4", offset=len(fixed))
        self._rate_hz = rate_hz
        self._pace = Pace(rate_hz)
        self._wall_s = wall_s
        self._midnight_s: float | None = None
        self._last_s = 0.0
        self._sender = DatagramSender(name, host, port)

    async def start(self) -> None:
        """Find the receiver and open the socket."""
        await self._sender.start()

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame unless the receiver refuses or the frame is not due."""
        frame = signals.frame
        assert frame is not None
        if not self._pace.due(frame.seq) or not self._sender.ready(now_ns):
            return
        pts_s = seconds(frame.pts_samples)
        if self._midnight_s is None:
            self._midnight_s = self._wall_s() - pts_s
        self._last_s = self._midnight_s + pts_s
        time = self._time(self._last_s)
        _TIME_AND_COUNT.pack_into(self._packet, len(self._head), *time, len(self._values))
        self._values[:] = self._retargeter.view(signals)
        self._sender.send([self._packet], now_ns)

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        return self._sender.status(now_ns)

    async def close(self) -> None:
        """Say that the face is gone and close the socket."""
        if self._midnight_s is not None:
            self._sender.send([self._head + self._timecode(self._last_s)], 0)
        self._sender.close()

    def _timecode(self, at_s: float) -> bytes:
        return _TIME.pack(*self._time(at_s))

    def _time(self, at_s: float) -> tuple[int, float, int, int]:
        """Frame number since midnight, sub-frame 0 to 1, and the rate as a fraction."""
        number, part = divmod(at_s % DAY_S * self._rate_hz, 1.0)
        return int(number), part, self._rate_hz, 1


def _in_order(table: Table) -> Table:
    """The table with its targets as they stand on the wire; one that is not sent stays 0."""
    sent = {target.name: target for target in table.targets}
    return replace(table, targets=tuple(sent.get(n, Target(n, (), 0.0, 0.0)) for n in LIVE_LINK.names))
