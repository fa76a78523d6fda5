"""Made-up sound whose every property is known: what the bench and a first try listen to."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from engine.clock import Clock, SystemClock
from engine.ring import AudioRing
from engine.sources.base import BLOCK_S, SourceStatus
from engine.sources.player import Player
from t2s_rt.audio import synthesis
from t2s_rt.timebase import NO_SONG_S, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray


class SyntheticKind(StrEnum):
    """What it sounds like."""

    CLICKS = "clicks"
    """A 2 ms click every half second, the first at 0.25 s, in silence."""
    TONE = "tone"
    """A 220 Hz sine, two seconds long, a gap of half a second, again."""
    VOWELS = "vowels"
    """a, i, u, e, o, sung with vibrato on five notes, half a second of silence after each."""
    SILENCE = "silence"
    """Nothing."""


VOWEL_NOTES: Final[tuple[tuple[float, synthesis.Vowel], ...]] = (
    (220.0, "a"),
    (262.0, "i"),
    (294.0, "u"),
    (330.0, "e"),
    (262.0, "o"),
)
NOTE_S: Final = 1.5
TONE_HZ: Final = 220.0
TONE_S: Final = 2.0
GAP_S: Final = 0.5
VIBRATO_CENTS: Final = 40.0


def synthetic_period(kind: SyntheticKind) -> FloatArray:
    """The sound that a synthetic source repeats, ``(N,)`` at 48 kHz; N is a whole number of 5 ms."""
    gap = synthesis.silence(GAP_S)
    if kind is SyntheticKind.CLICKS:
        return synthesis.clicks(1.0)
    if kind is SyntheticKind.TONE:
        return np.concatenate([synthesis.tone(TONE_HZ, TONE_S), gap])
    if kind is SyntheticKind.VOWELS:
        parts: list[FloatArray] = []
        for f0_hz, vowel in VOWEL_NOTES:
            parts += [synthesis.vowel(vowel, f0_hz, NOTE_S, vibrato_cents=VIBRATO_CENTS), gap]
        return np.concatenate(parts)
    return synthesis.silence(1.0)


class SyntheticSource:
    """A device that sings by itself, at real speed, without end, at 48 kHz in 5 ms buffers.

    Args:
        kind: What it sounds like.
        clock: Whose real time.
    """

    def __init__(self, kind: SyntheticKind = SyntheticKind.CLICKS, clock: Clock | None = None) -> None:
        self._kind = kind
        self._period = synthetic_period(kind)
        self._player = Player(
            self._repeat(), SAMPLE_RATE_HZ, clock or SystemClock(), paced=True, name="t2s-synthetic"
        )

    @property
    def name(self) -> str:
        """Which kind."""
        return f"synthetic {self._kind}"

    @property
    def audio_path(self) -> Path | None:
        """None: there is no recording."""
        return None

    def song_s(self, pts_samples: int) -> float:
        """-1: no song plays."""
        return NO_SONG_S

    def start(self, ring: AudioRing) -> None:
        """Begin to fill the ring."""
        self._player.start(ring)

    def stop(self) -> None:
        """Stop and join; harmless when not started."""
        self._player.stop()

    def status(self) -> SourceStatus:
        """How it is doing now."""
        return SourceStatus(
            self._player.state, f"Playing synthetic {self._kind}.", self._player.counters
        )

    def _repeat(self) -> Iterator[FloatArray]:
        count = round(SAMPLE_RATE_HZ * BLOCK_S)
        while True:
            for first in range(0, len(self._period), count):
                yield self._period[first : first + count]
