"""A recording as a source: at real speed, or as fast as it is taken."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from engine.clock import Clock, SystemClock
from engine.ring import AudioRing
from engine.sources.base import BLOCK_S, SourceState, SourceStatus
from engine.sources.player import Player
from t2s_rt.audio.files import open_audio
from t2s_rt.timebase import NO_SONG_S, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray


class FileSource:
    """Plays a recording into the ring in 5 ms blocks.

    At real speed silence follows its end, until it is stopped. As fast as possible, the reader of the
    ring sets the speed and no sample is lost.

    Args:
        path: A WAV, FLAC, OGG or MP3 file.
        paced: Whether to play at real speed.
        loop: Whether to start again at its end.
        clock: Whose real time.

    Raises:
        AudioError: The file is missing or cannot be read.
    """

    def __init__(
        self, path: Path, *, paced: bool = True, loop: bool = False, clock: Clock | None = None
    ) -> None:
        with open_audio(path) as audio:
            self._rate_hz = audio.sample_rate_hz
            self._duration_s = audio.duration_s
        self._path = path
        self._loop = loop
        self._paced = paced
        self._blocks = self._read()
        self._player = Player(
            self._blocks, self._rate_hz, clock or SystemClock(), paced=paced, name="t2s-file"
        )
        self._ring: AudioRing | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def audio_path(self) -> Path | None:
        """The file."""
        return self._path

    @property
    def duration_s(self) -> float:
        """Its length, in s."""
        return self._duration_s

    def song_s(self, pts_samples: int) -> float:
        """Position in the recording; -1 before its start and after its end.

        What a late reader lost counts as heard, so that the song stays where the singer is.
        """
        lost = self._ring.dropped_samples if self._ring is not None else 0
        position_s = pts_samples / SAMPLE_RATE_HZ + lost / self._rate_hz
        if position_s < 0 or (position_s >= self._duration_s and not self._loop):
            return NO_SONG_S
        return position_s % self._duration_s

    def start(self, ring: AudioRing) -> None:
        """Begin to play."""
        self._ring = ring
        self._player.start(ring)

    def stop(self) -> None:
        """Stop, join, close the file; harmless when not started."""
        self._player.stop()
        self._blocks.close()

    def status(self) -> SourceStatus:
        """How it is doing now."""
        state = self._player.state
        played_s = self._player.played_samples / self._rate_hz % self._duration_s
        if state is SourceState.FAILED:
            detail = self._player.problem
        elif state is SourceState.ENDED:
            detail = f"{self.name} has ended."
        else:
            speed = "Playing" if self._paced else "Reading"
            detail = (
                f"{speed} {self.name}, {played_s % self._duration_s:.0f} of {self._duration_s:.0f} s."
            )
        return SourceStatus(state, detail, self._player.counters)

    def _read(self) -> Generator[FloatArray, None, None]:
        while True:
            with open_audio(self._path) as audio:
                yield from audio.blocks(round(self._rate_hz * BLOCK_S))
            if not self._loop:
                return
