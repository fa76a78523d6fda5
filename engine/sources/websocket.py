"""Sound that a client sends over the WebSocket: a browser page or a DAW as the microphone."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.clock import NS_PER_S, Clock, SystemClock
from engine.ring import AudioRing
from engine.sources.base import SourceCounters, SourceState, SourceStatus
from engine.sources.inlet import Inlet
from t2s_rt.audio.resample import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ, MonoMixer
from t2s_rt.errors import ProtocolError
from t2s_rt.timebase import NO_SONG_S, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

SILENCE_AFTER_S: Final = 0.25
"""Silence is filled in when a client sent nothing for this long; networks stutter for less."""
BURST_S: Final = 1.0
"""A client may be this far ahead of real time; what it sends beyond that is not taken."""
SAMPLE_TYPES: Final[dict[str, np.dtype[Any]]] = {"s16": np.dtype("<i2"), "f32": np.dtype("<f4")}
S16_FULL_SCALE: Final = np.float32(32_768.0)


class PcmSink:
    """Takes the PCM of one client at a time. Called on the event loop: copies and returns.

    Args:
        clock: Time of arrival.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._inlet: Inlet | None = None
        self._sending = threading.Event()
        self._type = SAMPLE_TYPES["s16"]
        self._rate_hz = SAMPLE_RATE_HZ
        self._channels = 1
        self._mixer = MonoMixer(1)
        self._began_ns = 0
        self._taken_samples = 0
        self._refused_samples = 0
        self._senders = 0

    def attach(self, inlet: Inlet | None) -> None:
        """Where sound goes from now on; None refuses senders."""
        self._inlet = inlet

    @property
    def is_sending(self) -> bool:
        """Whether a client is the microphone now."""
        return self._sending.is_set()

    @property
    def senders(self) -> int:
        """How many clients have been the microphone so far."""
        return self._senders

    @property
    def refused_samples(self) -> int:
        """How many samples came faster than real time and were not taken."""
        return self._refused_samples

    @property
    def rate_hz(self) -> int:
        """The rate that the present or last client announced, in Hz."""
        return self._rate_hz

    def start(self, rate_hz: int, channels: int, sample_format: str) -> None:
        """A client becomes the microphone.

        Args:
            rate_hz: Sample rate, 8 to 192 kHz.
            channels: Interleaved channels, 1 to 64; they are mixed to one.
            sample_format: ``s16`` or ``f32``, little-endian.

        Raises:
            ProtocolError: The format is not one of these, or another client is the microphone.
        """
        if sample_format not in SAMPLE_TYPES:
            raise ProtocolError(f"Sample format {sample_format!r} is unknown; send s16 or f32.")
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise ProtocolError(f"A rate of {rate_hz} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz.")
        if not 1 <= channels <= MAX_CHANNELS:
            raise ProtocolError(f"{channels} channels are outside 1 to {MAX_CHANNELS}.")
        if self.is_sending:
            raise ProtocolError("Another client is the microphone already.")
        if self._inlet is None:
            raise ProtocolError("The engine is not listening to clients now.", close_code=1001)
        self._type = SAMPLE_TYPES[sample_format]
        self._rate_hz = rate_hz
        self._channels = channels
        self._mixer = MonoMixer(channels)
        self._began_ns = self._clock.now_ns()
        self._taken_samples = 0
        self._senders += 1
        self._inlet.open(rate_hz)
        self._sending.set()

    def write(self, data: bytes) -> None:
        """Take interleaved samples; never waits. NaN and infinity become silence.

        Sound that is more than a second ahead of real time is not taken but counted, so that a client
        that floods the engine costs nothing.

        Args:
            data: A whole number of samples of all channels.

        Raises:
            ProtocolError: Nobody announced a format, or the bytes are no whole number of samples.
        """
        inlet = self._inlet
        if inlet is None or not self.is_sending:
            raise ProtocolError("Sound came before its format was announced.")
        frame_bytes = self._type.itemsize * self._channels
        if len(data) % frame_bytes:
            raise ProtocolError(
                f"{len(data)} bytes are no whole number of samples of {self._channels} x "
                f"{self._type.itemsize} bytes.",
                close_code=1007,
            )
        count = len(data) // frame_bytes
        now_ns = self._clock.now_ns()
        allowed_s = (now_ns - self._began_ns) / NS_PER_S + BURST_S
        taken = max(0, min(count, int(allowed_s * self._rate_hz) - self._taken_samples))
        self._refused_samples += count - taken
        self._taken_samples += taken
        if taken:
            samples = decode_pcm(data[: taken * frame_bytes], self._type, self._channels)
            inlet.deliver(self._mixer.mix(samples), now_ns - taken * NS_PER_S // self._rate_hz)

    def stop(self) -> None:
        """The client is the microphone no longer; silence follows. Harmless when none was."""
        self._sending.clear()


def decode_pcm(data: bytes, sample_type: np.dtype[Any], channels: int) -> FloatArray:
    """Interleaved little-endian PCM as float32.

    Args:
        data: A whole number of samples of all channels.
        sample_type: ``<i2`` or ``<f4``.
        channels: How many are interleaved.

    Returns:
        ``(N, channels)`` in [-1, 1]; 0 where a sample was no number.
    """
    raw = np.frombuffer(data, sample_type).reshape(-1, channels)
    if sample_type.kind == "i":
        return raw.astype(np.float32) / S16_FULL_SCALE
    samples = np.nan_to_num(raw.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(samples, -1.0, 1.0, out=samples)


class WebSocketSource:
    """Hears the client that is the microphone; silence while there is none.

    Args:
        clock: Time of arrival and of silence.

    Attributes:
        sink: Where the server puts what a client sends (`engine.server.audio.AudioSink`).
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._inlet: Inlet | None = None
        self._stopped = False
        self.sink = PcmSink(self._clock)

    @property
    def name(self) -> str:
        """What it is called on screen."""
        return "a client's microphone"

    @property
    def audio_path(self) -> Path | None:
        """None: nothing is played."""
        return None

    def song_s(self, pts_samples: int) -> float:
        """-1: no song is known."""
        return NO_SONG_S

    def start(self, ring: AudioRing) -> None:
        """Begin, with silence until a client sends."""
        self._inlet = Inlet(ring, self._clock, SILENCE_AFTER_S, "t2s-websocket-silence")
        self._inlet.start()
        self.sink.attach(self._inlet)

    def stop(self) -> None:
        """Stop taking sound and join the thread; harmless when not started."""
        self._stopped = True
        self.sink.attach(None)
        self.sink.stop()
        if self._inlet is not None:
            self._inlet.stop()

    def status(self) -> SourceStatus:
        """How it is doing now."""
        inlet, sink = self._inlet, self.sink
        counters = SourceCounters(
            blocks=inlet.blocks if inlet else 0,
            silence_samples=inlet.silence_samples if inlet else 0,
            refused_samples=sink.refused_samples + (inlet.refused_samples if inlet else 0),
            losses=sink.senders - sink.is_sending,
            reopens=max(0, sink.senders - 1),
        )
        if self._stopped:
            return SourceStatus(SourceState.ENDED, "The engine stopped listening to clients.", counters)
        if sink.is_sending:
            detail = f"Listening to a client at {sink.rate_hz} Hz."
            return SourceStatus(SourceState.RUNNING, detail, counters)
        detail = "Waiting for a client to send sound (the page's Sing button, a DAW)."
        return SourceStatus(SourceState.WAITING, detail, counters)
