"""Audio that comes in over the WebSocket: a browser page or a DAW as the microphone."""

from __future__ import annotations

from typing import Protocol

from engine.metrics import Metrics
from engine.server.broadcast import Client
from engine.server.protocol import AudioStart, ErrorCode, encode_error


class AudioSink(Protocol):
    """Where audio that a client sends goes. Called on the event loop, so it must not wait."""

    def start(self, rate_hz: int, channels: int, sample_format: str) -> None:
        """A client becomes the microphone; ``sample_format`` is ``s16`` or ``f32``, little-endian."""
        ...

    def write(self, data: bytes) -> None:
        """Interleaved samples of the announced format; a whole number of samples of all channels."""
        ...

    def stop(self) -> None:
        """The client is the microphone no longer, or went away."""
        ...


class Microphone:
    """At most one client is the microphone; audio of others is refused."""

    def __init__(self, sink: AudioSink | None, metrics: Metrics) -> None:
        self._sink = sink
        self._metrics = metrics
        self._owner: Client | None = None
        self._frame_bytes = 1

    def take(self, client: Client, start: AudioStart) -> bytes | None:
        """Make ``client`` the microphone; the encoded refusal where that cannot be."""
        if self._sink is None:
            return encode_error(
                client.encoding,
                ErrorCode.AUDIO_UNAVAILABLE,
                "This engine listens elsewhere. Start it with --source ws to send audio.",
            )
        if self._owner is not None:
            return encode_error(
                client.encoding, ErrorCode.AUDIO_BUSY, "Another client is the microphone already."
            )
        self._owner = client
        self._frame_bytes = start.frame_bytes
        self._sink.start(start.rate_hz, start.channels, start.sample_format)
        return None

    def write(self, client: Client, pcm: bytes) -> None:
        """Pass samples on; those of a client that was refused are discarded."""
        if self._sink is not None and self._owner is client:
            self._sink.write(pcm)
            self._metrics.audio_received_samples.inc(len(pcm) // self._frame_bytes)

    def release(self, client: Client) -> None:
        """``client`` stops being the microphone, if it was."""
        if self._sink is not None and self._owner is client:
            self._owner = None
            self._sink.stop()
