"""What a capture library looks like to the microphone source, and how a device is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from t2s_rt.errors import DeviceError
from t2s_rt.types import FloatArray

BlockHandler: TypeAlias = Callable[[FloatArray, int, bool], None]
"""Called by the library's audio thread with samples ``(N, channels)``, the clock time in ns at which the
first of them was captured, and whether the driver lost sound before them. Copies and returns."""

NO_DEVICE_HINT = (
    "Plug one in and allow microphones in the system's privacy settings; "
    "`t2s devices` lists what is there. Without one, use --source demo, file:PATH or ws."
)


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A microphone as a capture library names it.

    Attributes:
        backend: The capture library, ``PyAudio`` or ``miniaudio``.
        api: The system's own sound interface behind it, such as ``ALSA``, ``WASAPI`` or ``Core Audio``.
        index: Number in the library's list; may change when devices come and go.
        name: What the system calls it.
        channels: How many inputs it has; 0 where the library does not say.
        default_rate_hz: The rate it runs at by itself, in Hz; 0 where the library does not say.
        default: Whether it is the one taken when none is named.
    """

    backend: str
    api: str
    index: int
    name: str
    channels: int
    default_rate_hz: int
    default: bool


class CaptureStream(Protocol):
    """An open device."""

    @property
    def rate_hz(self) -> int:
        """Rate of the blocks, in Hz."""
        ...

    def start(self) -> None:
        """Begin to hand over blocks.

        Raises:
            DeviceError: The device does not start.
        """
        ...

    def is_alive(self) -> bool:
        """Whether the library regards the device as running. It may notice a loss late or never."""
        ...

    def close(self) -> None:
        """Stop and let go of the device; never raises, the device may be gone."""
        ...


class CaptureBackend(Protocol):
    """A capture library. One thread uses it at a time."""

    def devices(self) -> list[InputDevice]:
        """Look anew at which inputs there are; empty where there are none. No stream may be open."""
        ...

    def open(self, device: InputDevice, on_block: BlockHandler) -> CaptureStream:
        """Open one of the devices of the last `devices`, with buffers of 5 ms.

        Raises:
            DeviceError: The device is busy or gone, or offers no format that can be taken.
        """
        ...

    def close(self) -> None:
        """Let go of the library; `devices` takes it up again."""
        ...


def choose_device(devices: Sequence[InputDevice], wanted: str) -> InputDevice:
    """The device that a user means.

    Args:
        devices: What there is.
        wanted: Empty for the default; else an index, or a part of a name in any case. A whole name wins
            over a part, the default over others.

    Raises:
        DeviceError: There is no device, or none is called so.
    """
    if not devices:
        raise DeviceError("There is no microphone on this machine.", NO_DEVICE_HINT)
    by_preference = sorted(devices, key=lambda device: not device.default)
    if not wanted:
        return by_preference[0]
    if wanted.isdecimal():
        matching = [device for device in devices if device.index == int(wanted)]
    else:
        part = wanted.casefold()
        matching = [device for device in by_preference if part in device.name.casefold()]
        matching.sort(key=lambda device: device.name.casefold() != part)
    if matching:
        return matching[0]
    names = ", ".join(f"{device.index} {device.name!r}" for device in devices)
    raise DeviceError(
        f"No microphone is called {wanted!r}; there are: {names}.",
        "Give a part of one of these names, or its number.",
    )
