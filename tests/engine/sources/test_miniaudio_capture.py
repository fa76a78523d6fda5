"""miniaudio's devices, and what it says when there are none or they go away."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.sources import miniaudio_capture
from engine.sources.miniaudio_capture import MiniaudioBackend, native_format
from t2s_rt.errors import DeviceError


@pytest.fixture
def backend():
    backend = MiniaudioBackend(SystemClock())
    yield backend
    backend.close()


@pytest.mark.mic
def test_the_first_device_is_the_systems_default_and_the_others_have_their_names(pulse, backend):
    default, *others = backend.devices()
    assert (default.index, default.name, default.default) == (0, "System default input", True)
    (monitor,) = others
    assert (monitor.index, monitor.default) == (1, False)
    assert "Monitor" in monitor.name
    assert (monitor.channels, monitor.default_rate_hz) == (1, 48_000)
    assert monitor.api == "PulseAudio"


@pytest.mark.mic
def test_a_device_that_went_away_cannot_be_opened_and_leaves_no_open_file(pulse, backend):
    folder = Path("/proc/self/fd")
    _, monitor = backend.devices()
    pulse.kill()

    def open_files() -> int:
        with pytest.raises(DeviceError, match=r"cannot be opened: .*Another program may be using it"):
            backend.open(monitor, print)
        return len(list(folder.iterdir())) if folder.exists() else 0

    open_files()
    assert open_files() == open_files()


def test_a_machine_without_a_sound_system_has_no_devices(backend, monkeypatch):
    class NullSystem:
        backend = miniaudio_capture.NO_SOUND_SYSTEM

        def get_captures(self):
            return [{"name": "NULL Capture Device", "id": None, "formats": []}]

    monkeypatch.setattr(miniaudio_capture.miniaudio, "Devices", NullSystem)
    assert backend.devices() == []


def test_a_sound_system_that_does_not_answer_has_no_devices(backend, monkeypatch):
    def broken():
        raise miniaudio_capture.miniaudio.MiniaudioError("cannot init context", -1)

    monkeypatch.setattr(miniaudio_capture.miniaudio, "Devices", broken)
    assert backend.devices() == []


def test_a_device_that_names_no_format_runs_at_any():
    assert native_format({"formats": []}) == {}
    formats = [{"format": "16-bit", "samplerate": 44_100, "channels": 2}, {"samplerate": 8_000}]
    assert native_format({"formats": formats}) == {"samplerate": 44_100, "channels": 2}
