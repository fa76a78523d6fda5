"""Capture through miniaudio: no system package needed, so it works where PyAudio is not installed."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any, Final

import miniaudio
import numpy as np

from engine.clock import NS_PER_S, Clock
from engine.sources.base import BLOCK_S
from engine.sources.capture import BlockHandler, InputDevice
from engine.sources.quiet import quieten_drivers
from t2s_rt.errors import DeviceError
from t2s_rt.timebase import SAMPLE_RATE_HZ

BACKEND: Final = "miniaudio"
APP_NAME: Final = "t2s"
LISTENED_CHANNELS: Final = 2
NO_SOUND_SYSTEM: Final = "Null"
"""The name of miniaudio's stand-in where a machine has no sound system; it captures nothing."""
DEFAULT_NAME: Final = "System default input"


def native_format(capture: dict[str, Any]) -> dict[str, int]:
    """The ``channels`` and ``samplerate`` that a listed device runs at; empty where not known."""
    formats = capture["formats"]
    return {key: int(formats[0][key]) for key in ("channels", "samplerate")} if formats else {}


class _CaptureDevice(miniaudio.CaptureDevice):  # type: ignore[misc] # the package is untyped
    """miniaudio's device, with the context that it makes for itself and never lets go of."""

    def __init__(self, handle: Any, rate_hz: int, channels: int) -> None:  # noqa: ANN401 - a C struct
        self._context: Any = None
        try:
            super().__init__(
                input_format=miniaudio.SampleFormat.FLOAT32,
                nchannels=channels,
                sample_rate=rate_hz,
                buffersize_msec=round(BLOCK_S * 1_000),
                device_id=handle,
                app_name=APP_NAME,
            )
        except miniaudio.MiniaudioError:
            self.close()
            raise

    def close(self) -> None:
        """Close the device, then its context: five open files and a thread of the sound system."""
        super().close()
        context, self._context = self._context, None
        if context is not None:
            miniaudio.lib.ma_context_uninit(context)


class MiniaudioStream:
    """An open miniaudio input.

    Args:
        handle: miniaudio's device id.
        rate_hz: At which rate; miniaudio converts where the device runs at another.
        channels: With how many inputs.
        on_block: Who gets the blocks.
        clock: Time of the blocks.

    Raises:
        DeviceError: The device cannot be opened.
    """

    def __init__(
        self,
        handle: Any,  # noqa: ANN401 - a C struct of an untyped package
        rate_hz: int,
        channels: int,
        on_block: BlockHandler,
        clock: Clock,
    ) -> None:
        self._rate_hz = rate_hz
        self._channels = channels
        self._on_block = on_block
        self._clock = clock
        self._stopped = False
        try:
            self._device = _CaptureDevice(handle, rate_hz, channels)
        except miniaudio.MiniaudioError as problem:
            raise DeviceError(
                f"The microphone cannot be opened: {problem}.",
                "Another program may be using it; close that, or choose another with --source mic:NAME.",
            ) from problem
        self._device.stop_callback = self._note_stop

    @property
    def rate_hz(self) -> int:
        """Rate of the blocks, in Hz."""
        return self._rate_hz

    def start(self) -> None:
        """Begin to hand over blocks; see `CaptureStream.start`."""
        blocks = self._take()
        next(blocks)
        try:
            self._device.start(blocks)
        except miniaudio.MiniaudioError as problem:
            raise DeviceError(f"miniaudio does not start the microphone: {problem}.") from problem

    def is_alive(self) -> bool:
        """Whether miniaudio regards the device as running."""
        return not self._stopped

    def close(self) -> None:
        """Stop and close; the device may be gone."""
        with contextlib.suppress(miniaudio.MiniaudioError):  # a device that is gone is closed
            self._device.close()

    def _note_stop(self) -> None:
        self._stopped = True

    def _take(self) -> Generator[None, bytes, None]:
        """Takes miniaudio's blocks, on its audio thread. They carry no time: a block ends now."""
        while True:
            data = yield
            samples = np.frombuffer(data, np.float32).reshape(-1, self._channels)
            captured_ns = self._clock.now_ns() - len(samples) * NS_PER_S // self._rate_hz
            self._on_block(samples, captured_ns, False)


class MiniaudioBackend:
    """miniaudio's inputs.

    Args:
        clock: Time of the captured blocks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._handles: list[Any] = []

    def devices(self) -> list[InputDevice]:
        """Look anew at which inputs there are; see `CaptureBackend.devices`."""
        self._handles = []
        quieten_drivers()
        try:
            system = miniaudio.Devices()
            if system.backend == NO_SOUND_SYSTEM:
                return []
            captures = system.get_captures()
        except miniaudio.MiniaudioError:
            return []  # no sound system answers: there are no inputs
        if not captures:
            return []
        # miniaudio does not say which one is the default, but opens it where no id is given.
        self._handles = [None, *(capture["id"] for capture in captures)]
        named = [
            (DEFAULT_NAME, {}),
            *((str(capture["name"]), native_format(capture)) for capture in captures),
        ]
        return [
            InputDevice(
                backend=BACKEND,
                api=str(system.backend),
                index=index,
                name=name,
                channels=native.get("channels", 0),
                default_rate_hz=native.get("samplerate", 0),
                default=index == 0,
            )
            for index, (name, native) in enumerate(named)
        ]

    def open(self, device: InputDevice, on_block: BlockHandler) -> MiniaudioStream:
        """Open a device at its own rate; see `CaptureBackend.open`."""
        rate_hz = device.default_rate_hz or SAMPLE_RATE_HZ
        channels = min(device.channels or 1, LISTENED_CHANNELS)
        return MiniaudioStream(self._handles[device.index], rate_hz, channels, on_block, self._clock)

    def close(self) -> None:
        """Nothing is held between calls."""
        self._handles = []
