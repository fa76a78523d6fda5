"""Capture through PyAudio, that is PortAudio."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Final

import numpy as np
import pyaudio

from engine.clock import NS_PER_S, Clock
from engine.sources.base import BLOCK_S
from engine.sources.capture import BlockHandler, InputDevice
from engine.sources.quiet import quieten_drivers
from t2s_rt.errors import DeviceError
from t2s_rt.timebase import SAMPLE_RATE_HZ

BACKEND: Final = "PyAudio"
LISTENED_CHANNELS: Final = 2
"""A device is opened with two inputs where it can: which of them the singer uses is then no question."""
PLAUSIBLE_DELAY_S: Final = 0.1
"""A driver is not believed that says the sound is older than this, or younger than the block is long."""
PLAUSIBLE_JUMP_NS: Final = NS_PER_S // 100
"""Nor one whose clock jumps by more than 10 ms between blocks. Through PulseAudio, ALSA says 0.3 ms for
most blocks of 5 ms, and now and then 90 or 420 ms, while blocks keep coming every 5 ms."""

OPEN_ERRORS: Final = (OSError, ValueError)
"""What PyAudio raises for PortAudio's errors and for a device that does not exist."""


class PortAudioStream:
    """An open PortAudio input.

    Args:
        library: The initialised PyAudio object.
        device: What to open.
        rate_hz: At which rate.
        channels: With how many inputs.
        on_block: Who gets the blocks.
        clock: Time of the blocks.
    """

    def __init__(
        self,
        library: Any,  # noqa: ANN401 - pyaudio.PyAudio; the package is untyped
        device: InputDevice,
        rate_hz: int,
        channels: int,
        on_block: BlockHandler,
        clock: Clock,
    ) -> None:
        self._rate_hz = rate_hz
        self._channels = channels
        self._on_block = on_block
        self._clock = clock
        self._expected_ns = 0
        self._stream = library.open(
            rate=rate_hz,
            channels=channels,
            format=pyaudio.paFloat32,
            input=True,
            input_device_index=device.index,
            frames_per_buffer=round(rate_hz * BLOCK_S),
            start=False,
            stream_callback=self._callback,
        )

    @property
    def rate_hz(self) -> int:
        """Rate of the blocks, in Hz."""
        return self._rate_hz

    def start(self) -> None:
        """Begin to hand over blocks; see `CaptureStream.start`."""
        try:
            self._stream.start_stream()
        except OPEN_ERRORS as problem:
            raise DeviceError(f"PortAudio does not start the microphone: {problem}.") from problem

    def is_alive(self) -> bool:
        """Whether PortAudio regards the stream as running."""
        try:
            return bool(self._stream.is_active())
        except OSError:
            return False

    def close(self) -> None:
        """Stop and close; the device may be gone."""
        with contextlib.suppress(OSError):  # a device that is gone has nothing left to close
            self._stream.close()

    def _callback(
        self, data: bytes, _count: int, times: dict[str, float], flags: int
    ) -> tuple[None, int]:
        samples = np.frombuffer(data, np.float32).reshape(-1, self._channels)
        block_s = len(samples) / self._rate_hz
        captured_ns = self._capture_time(times, block_s)
        self._expected_ns = captured_ns + round(block_s * NS_PER_S)
        self._on_block(samples, captured_ns, bool(flags & pyaudio.paInputOverflow))
        return None, pyaudio.paContinue

    def _capture_time(self, times: dict[str, float], block_s: float) -> int:
        """When the block began: as the driver says where that can be true, else its length ago."""
        now_ns = self._clock.now_ns()
        arrived_ns = now_ns - round(block_s * NS_PER_S)
        delay_s = times["current_time"] - times["input_buffer_adc_time"]
        if not (times["input_buffer_adc_time"] > 0 and block_s <= delay_s < PLAUSIBLE_DELAY_S):
            return arrived_ns
        said_ns = now_ns - round(delay_s * NS_PER_S)
        is_steady = abs(said_ns - (self._expected_ns or said_ns)) < PLAUSIBLE_JUMP_NS
        return said_ns if is_steady else arrived_ns


class PortAudioBackend:
    """PortAudio's inputs. Looking for devices initialises PortAudio anew, or it would see no new ones.

    Args:
        clock: Time of the captured blocks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._library: Any = None

    def devices(self) -> list[InputDevice]:
        """Look anew at which inputs there are; see `CaptureBackend.devices`."""
        self.close()
        quieten_drivers()
        self._library = pyaudio.PyAudio()
        default = self._default_index()
        infos = [
            self._library.get_device_info_by_index(index)
            for index in range(self._library.get_device_count())
        ]
        return [
            InputDevice(
                backend=BACKEND,
                api=str(self._library.get_host_api_info_by_index(info["hostApi"])["name"]),
                index=int(info["index"]),
                name=str(info["name"]),
                channels=int(info["maxInputChannels"]),
                default_rate_hz=round(info["defaultSampleRate"]),
                default=info["index"] == default,
            )
            for info in infos
            if info["maxInputChannels"] > 0
        ]

    def open(self, device: InputDevice, on_block: BlockHandler) -> PortAudioStream:
        """Open a device at 48 kHz or else its own rate; see `CaptureBackend.open`."""
        two = min(device.channels, LISTENED_CHANNELS)
        problem = ""
        for rate_hz in dict.fromkeys((SAMPLE_RATE_HZ, device.default_rate_hz)):
            for channels in dict.fromkeys((two, 1, device.channels)):
                try:
                    return PortAudioStream(
                        self._library, device, rate_hz, channels, on_block, self._clock
                    )
                except OPEN_ERRORS as refusal:
                    problem = problem or str(refusal)
        raise DeviceError(
            f"The microphone {device.name!r} cannot be opened: {problem}.",
            "Another program may be using it; close that, or choose another with --source mic:NAME.",
        )

    def close(self) -> None:
        """Let go of PortAudio."""
        if self._library is not None:
            self._library.terminate()
            self._library = None

    def _default_index(self) -> int:
        """The default input; that of WASAPI on Windows, where PortAudio's own has long buffers."""
        try:
            if sys.platform == "win32":
                wasapi = self._library.get_host_api_info_by_type(pyaudio.paWASAPI)
                return int(wasapi["defaultInputDevice"])
            return int(self._library.get_default_input_device_info()["index"])
        except OSError:
            return -1
