"""The microphone: captured through PyAudio or else miniaudio, awaited and reopened when it vanishes.

Two threads of our own: one makes every call to the capture library, since any of them may block (opening
a device takes a second on some systems), the other fills in silence while there is nothing to hear
(`engine.sources.inlet`). The library's audio thread mixes a block down and copies it into the ring.
"""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.clock import Clock, SystemClock
from engine.ring import AudioRing
from engine.sources.base import SourceCounters, SourceState, SourceStatus
from engine.sources.capture import (
    BlockHandler,
    CaptureBackend,
    CaptureStream,
    InputDevice,
    choose_device,
)
from engine.sources.inlet import Inlet
from t2s_rt.audio.resample import MonoMixer
from t2s_rt.errors import DeviceError
from t2s_rt.timebase import NO_SONG_S
from t2s_rt.types import FloatArray

LOST_AFTER_S: Final = 0.5
"""A device that delivered and then delivers nothing for this long is lost."""
FIRST_BLOCK_S: Final = 5.0
"""A device that was opened may take this long to its first block; 1.0 to 1.6 s are usual on Linux."""
WATCH_S: Final = 0.1
"""How often a running device is looked at."""
RETRY_FIRST_S: Final = 0.25
RETRY_LAST_S: Final = 2.0
"""A lost device is looked for after 0.25 s, then half as often each time, at last every 2 s."""
JOIN_S: Final = 5.0
"""How long `stop` waits for a capture library that hangs in a driver."""


def open_backend(clock: Clock) -> CaptureBackend:
    """The capture library of this machine: PyAudio where it is installed, else miniaudio.

    Args:
        clock: Time of the captured blocks.
    """
    if importlib.util.find_spec("pyaudio") is not None:
        from engine.sources.portaudio import PortAudioBackend

        return PortAudioBackend(clock)
    from engine.sources.miniaudio_capture import MiniaudioBackend

    return MiniaudioBackend(clock)


def list_devices() -> list[InputDevice]:
    """The inputs of this machine, empty where it has none."""
    backend = open_backend(SystemClock())
    try:
        return backend.devices()
    finally:
        backend.close()


class MicrophoneSource:
    """A microphone, by name or the default one.

    A device that vanishes, breaks or delivers nothing for 0.5 s is lost: silence flows instead, and the
    device is looked for by the same name until it is back. The rate may change then; the ring says so.

    Args:
        device: A part of its name, or its index; empty for the default.
        wait: Whether to wait for it at the start too, instead of raising.
        clock: Time of capture and of silence.
        backend: The capture library; the machine's own where None.
    """

    def __init__(
        self,
        device: str = "",
        *,
        wait: bool = False,
        clock: Clock | None = None,
        backend: CaptureBackend | None = None,
    ) -> None:
        self._wanted = device
        self._wait = wait
        self._clock = clock or SystemClock()
        self._backend = backend or open_backend(self._clock)
        self._name = device or "default microphone"
        self._state = SourceState.WAITING
        self._detail = "Looking for the microphone."
        self._inlet: Inlet | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._refusal: DeviceError | None = None
        self._take = 0
        self._counters = SourceCounters()
        self._overruns = 0

    @property
    def name(self) -> str:
        """The device's name once it was found."""
        return self._name

    @property
    def audio_path(self) -> Path | None:
        """None: nothing is played."""
        return None

    def song_s(self, pts_samples: int) -> float:
        """-1: no song is known."""
        return NO_SONG_S

    def start(self, ring: AudioRing) -> None:
        """Open the device and begin to fill the ring; silence until the first block comes.

        Raises:
            DeviceError: There is no such device or it cannot be opened, and waiting was not asked for.
        """
        self._inlet = Inlet(ring, self._clock, LOST_AFTER_S, "t2s-microphone-silence")
        # A daemon, since a driver that never returns must not keep the process alive.
        self._thread = threading.Thread(
            target=self._keep, args=(self._inlet,), name="t2s-microphone", daemon=True
        )
        try:
            self._inlet.start()
            self._thread.start()
            self._tried.wait()
        except BaseException:  # Ctrl-C while a driver takes its time
            self.stop()
            raise
        if self._refusal is not None and not self._wait:
            self.stop()
            raise self._refusal

    def stop(self) -> None:
        """Close the device and join the threads; harmless when not started."""
        self._stopping.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join(JOIN_S)
        if self._inlet is not None:
            self._inlet.stop()
        if self._state is not SourceState.FAILED:
            self._say(SourceState.ENDED, "The microphone was closed.")

    def status(self) -> SourceStatus:
        """How it is doing now."""
        counters = replace(self._counters, overruns=self._overruns)
        if self._inlet is not None:
            counters = replace(
                counters,
                blocks=self._inlet.blocks,
                silence_samples=self._inlet.silence_samples,
                refused_samples=self._inlet.refused_samples,
            )
        return SourceStatus(self._state, self._detail, counters)

    # ---- the device's thread

    def _keep(self, inlet: Inlet) -> None:
        """Open, watch, close, wait, again: until stopped, or until the first try fails unawaited."""
        retry_s = RETRY_FIRST_S
        try:
            while not self._stopping.is_set():
                heard = self._listen(inlet)
                self._tried.set()
                if self._state is SourceState.FAILED:
                    return
                retry_s = RETRY_FIRST_S if heard else min(2 * retry_s, RETRY_LAST_S)
                self._stopping.wait(retry_s)
        finally:
            self._backend.close()
            self._tried.set()

    def _listen(self, inlet: Inlet) -> bool:
        """Open the device and watch it until it is lost; whether anything was heard of it."""
        try:
            device = choose_device(self._backend.devices(), self._wanted)
            stream = self._backend.open(device, self._handler(inlet))
        except DeviceError as refusal:
            self._refuse(refusal)
            return False
        try:
            inlet.open(stream.rate_hz)
            stream.start()
            self._name = device.name
            if self._counters.losses == 0:
                self._say(SourceState.WAITING, f"Opened {device.name!r}; waiting for its first sound.")
            self._tried.set()
            return self._watch(stream, inlet)
        except DeviceError as refusal:
            self._refuse(refusal)
            return False
        finally:
            self._take += 1  # blocks that come late are no longer taken
            stream.close()

    def _refuse(self, refusal: DeviceError) -> None:
        self._refusal = self._refusal or refusal
        if self._counters.losses:
            self._say(SourceState.LOST, f"The microphone {self._name!r} is gone; looking for it.")
        elif self._wait:
            self._say(SourceState.WAITING, f"Waiting for a microphone. {refusal}")
        else:
            self._say(SourceState.FAILED, str(refusal))

    def _watch(self, stream: CaptureStream, inlet: Inlet) -> bool:
        """Return once the device is lost or the source is stopped; whether anything was heard.

        Counts looks without news instead of asking the clock, so that a machine that slept for an hour
        does not take its microphone for lost.
        """
        heard = False
        blocks, looks = inlet.blocks, 0
        while not self._stopping.wait(WATCH_S):
            looks = 0 if inlet.blocks != blocks else looks + 1
            if looks == 0 and not heard:
                heard = True
                self._greet(stream)
            blocks = inlet.blocks
            patience_s = LOST_AFTER_S if heard else FIRST_BLOCK_S
            if looks * WATCH_S >= patience_s or not stream.is_alive():
                self._counters = replace(self._counters, losses=self._counters.losses + 1)
                self._say(SourceState.LOST, f"The microphone {self._name!r} is gone; looking for it.")
                break
        return heard

    def _greet(self, stream: CaptureStream) -> None:
        if self._counters.losses:
            self._counters = replace(self._counters, reopens=self._counters.reopens + 1)
        self._say(SourceState.RUNNING, f"Listening to {self._name!r} at {stream.rate_hz} Hz.")

    def _say(self, state: SourceState, detail: str) -> None:
        self._state, self._detail = state, detail

    # ---- the library's audio thread

    def _handler(self, inlet: Inlet) -> BlockHandler:
        """Takes the blocks of the stream that is about to be opened, and of no earlier one."""
        take = self._take
        mixer: MonoMixer | None = None

        def on_block(samples: FloatArray, captured_ns: int, overrun: bool) -> None:  # noqa: FBT001
            nonlocal mixer
            if take != self._take:
                return
            if mixer is None:
                mixer = MonoMixer(samples.shape[1])
            if overrun:
                self._overruns += 1
            inlet.deliver(mixer.mix(samples), captured_ns)

        return on_block
