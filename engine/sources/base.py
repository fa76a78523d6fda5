"""What every source of sound is, and what it says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from engine.ring import AudioRing

BLOCK_S: Final = 0.005
"""Sound goes into the ring in blocks of 5 ms, from every source: 240 samples at 48 kHz."""


class SourceState(StrEnum):
    """Where a source is in its life. In every state but `ENDED` and `FAILED` samples keep coming."""

    WAITING = "waiting"
    """Nothing was heard yet: the device is still opening, or nobody sends. Silence flows meanwhile."""
    RUNNING = "running"
    """Sound flows."""
    LOST = "lost"
    """The device vanished; it is looked for, and silence flows meanwhile."""
    ENDED = "ended"
    """The recording is over, or the source was stopped."""
    FAILED = "failed"
    """Something broke that waiting does not mend; the detail says what."""


@dataclass(frozen=True, slots=True)
class SourceCounters:
    """What happened so far, for metrics. Samples dropped by a late reader are counted by the ring.

    Attributes:
        blocks: Blocks of sound received from the device, file or sender.
        silence_samples: Samples of silence filled in while there was nothing to hear.
        overruns: Times the device or its driver reported that it lost sound.
        refused_samples: Samples not taken: faster than real time, or just as silence was being written.
        losses: Times the device or sender was lost.
        reopens: Times it came back.
    """

    blocks: int = 0
    silence_samples: int = 0
    overruns: int = 0
    refused_samples: int = 0
    losses: int = 0
    reopens: int = 0


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One look at a source.

    Attributes:
        state: Where it is in its life.
        detail: One sentence for the status line: what it listens to, or what it waits for.
        counters: What happened so far.
    """

    state: SourceState
    detail: str
    counters: SourceCounters


class Source(Protocol):
    """Where sound comes from. It owns its threads; `stop` leaves none behind.

    A source writes mono float32 into the ring at a rate of its own choosing, which `AudioRing.start`
    tells the reader; nobody else writes into that ring.
    """

    @property
    def name(self) -> str:
        """What it is called on screen: a device, a file, a kind of signal."""
        ...

    @property
    def audio_path(self) -> Path | None:
        """The recording that plays, so that a page can play it too; None where there is none."""
        ...

    def start(self, ring: AudioRing) -> None:
        """Begin to fill the ring.

        Raises:
            DeviceError: There is no such device, or it cannot be opened.
            AudioError: The recording cannot be read.
        """
        ...

    def stop(self) -> None:
        """Stop filling the ring, join the threads, close the device. Harmless when not started."""
        ...

    def status(self) -> SourceStatus:
        """How it is doing now; any thread may ask."""
        ...

    def song_s(self, pts_samples: int) -> float:
        """Position in the song, in s, of a position in the stream.

        Args:
            pts_samples: Samples at 48 kHz since the stream began.

        Returns:
            Seconds into the recording, -1 where no song plays.
        """
        ...
