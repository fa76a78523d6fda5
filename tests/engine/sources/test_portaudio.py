"""PortAudio's word for the capture time is taken where it can be true, else the time of arrival."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clock import NS_PER_S, ManualClock
from tests.engine.sources.listening import named

pyaudio = pytest.importorskip("pyaudio", reason="no PyAudio: pip install pyaudio")

from engine.sources.portaudio import PortAudioBackend, PortAudioStream  # noqa: E402 - needs PyAudio
from t2s_rt.errors import DeviceError  # noqa: E402

MS = NS_PER_S // 1_000


class Library:
    """Stands where PyAudio does: keeps what a stream was opened with, refuses what it is told to."""

    def __init__(self, *refused: tuple[int, int]) -> None:
        self.refused = refused
        self.opened: dict[str, object] = {}

    def open(self, **options):
        if (options["rate"], options["channels"]) in self.refused:
            raise OSError(-9997, "Invalid sample rate")
        self.opened = options
        return self


@pytest.fixture
def clock():
    return ManualClock(NS_PER_S)


@pytest.fixture
def heard():
    return []


@pytest.fixture
def call(clock, heard):
    """Calls a stream's callback as PortAudio would: a block that is ``delay_ms`` old, in ms."""
    library = Library()
    PortAudioStream(library, named("Mic"), 48_000, 2, lambda *block: heard.append(block), clock)
    callback = library.opened["stream_callback"]

    def deliver(delay_ms, *, adc_s=10.0, flags=0):
        samples = np.tile(np.float32([0.25, 0.5]), 240)
        times = {"input_buffer_adc_time": adc_s, "current_time": adc_s + delay_ms / 1_000}
        assert callback(samples.tobytes(), 240, times, flags) == (None, pyaudio.paContinue)
        return (clock.now_ns() - heard[-1][1]) / MS

    return deliver


def test_a_block_arrives_as_rows_of_channels(call, heard):
    call(5)
    samples, _, overrun = heard[0]
    assert samples.shape == (240, 2)
    np.testing.assert_array_equal(samples[100], np.float32([0.25, 0.5]))
    assert not overrun


def test_an_overrun_is_passed_on(call, heard):
    call(5, flags=pyaudio.paInputOverflow)
    assert heard[0][2] is True


def test_a_true_delay_is_believed(call):
    assert call(30) == pytest.approx(30, abs=0.01)


@pytest.mark.parametrize("delay_ms", [0.3, 4.9, -20, 423])
def test_a_delay_that_cannot_be_is_not_believed(call, delay_ms):
    assert call(delay_ms) == pytest.approx(5)


def test_a_driver_that_gives_no_time_is_not_believed(call):
    assert call(30, adc_s=0.0) == pytest.approx(5)


def test_a_clock_that_jumps_is_not_believed(call, clock):
    assert call(6) == pytest.approx(6, abs=0.01)
    clock.advance_ns(5 * MS)
    assert call(90) == pytest.approx(5)
    clock.advance_ns(5 * MS)
    assert call(6) == pytest.approx(6, abs=0.01)


@pytest.mark.parametrize(
    ("refused", "rate_hz", "channels", "frames"),
    [
        ([], 48_000, 2, 240),
        ([(48_000, 2)], 48_000, 1, 240),
        ([(48_000, 2), (48_000, 1)], 48_000, 4, 240),
        ([(48_000, 2), (48_000, 1), (48_000, 4)], 44_100, 2, 220),
    ],
)
def test_a_device_is_opened_at_48_khz_or_else_as_it_likes(clock, refused, rate_hz, channels, frames):
    backend = PortAudioBackend(clock)
    backend._library = library = Library(*refused)
    device = named("Interface", channels=4, default_rate_hz=44_100)
    assert backend.open(device, print).rate_hz == rate_hz
    assert library.opened["rate"] == rate_hz
    assert library.opened["channels"] == channels
    assert library.opened["frames_per_buffer"] == frames


def test_a_device_that_refuses_everything_is_a_sentence(clock):
    backend = PortAudioBackend(clock)
    backend._library = Library((48_000, 1))
    with pytest.raises(DeviceError, match=r"'Mic' cannot be opened: .*Invalid sample rate.* mic:NAME"):
        backend.open(named("Mic"), print)
