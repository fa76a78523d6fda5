"""A microphone may vanish, return with another rate, or never come: the ring goes on all the same."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.clock import SystemClock
from engine.ring import AudioRing
from engine.sources import microphone
from engine.sources.base import SourceState
from engine.sources.microphone import MicrophoneSource, open_backend
from engine.sources.miniaudio_capture import MiniaudioBackend
from t2s_rt.errors import DeviceError
from tests.engine.sources.listening import CaptureBench, eventually, listen, named


@pytest.fixture
def ring():
    return AudioRing(48_000)


@pytest.fixture
def started(ring):
    """Starts microphones and stops them after the test."""
    sources = []

    def start(bench, device="", **options):
        source = MicrophoneSource(device, backend=bench, **options)
        sources.append(source)
        source.start(ring)
        return source

    yield start
    for source in sources:
        source.stop()


def state_of(source):
    return source.status().state


def hear(source, bench, value=0.5, count=3):
    """Deliver a few blocks and wait until the source says that it runs."""
    for _ in range(count):
        bench.stream.deliver(np.full(240, value))
    assert eventually(lambda: state_of(source) is SourceState.RUNNING)


def test_what_the_device_delivers_comes_out_of_the_ring(ring, started):
    bench = CaptureBench(named("Scarlett", default=True))
    source = started(bench)
    assert state_of(source) is SourceState.WAITING
    assert source.name == "Scarlett"
    assert "waiting for its first sound" in source.status().detail
    hear(source, bench)
    heard = listen(ring, ring.unread_samples)
    assert np.count_nonzero(heard == np.float32(0.5)) >= 480
    assert source.status().detail == "Listening to 'Scarlett' at 48000 Hz."
    assert (source.audio_path, source.song_s(48_000)) == (None, -1.0)


def test_many_channels_are_mixed_to_one_and_an_overrun_is_counted(ring, started):
    bench = CaptureBench(named("Interface", channels=2))
    source = started(bench)
    listen(ring, ring.unread_samples)
    bench.stream.deliver(np.tile([0.2, 0.6], (4_800, 1)), overrun=True)
    assert source.status().counters.overruns == 1
    heard = listen(ring, ring.unread_samples)
    assert np.count_nonzero(np.isclose(heard, 0.4)) >= 4_560


def test_no_device_is_a_sentence_and_leaves_nothing(ring):
    source = MicrophoneSource(backend=CaptureBench())
    threads = threading.active_count()
    with pytest.raises(DeviceError, match=r"no microphone on this machine\. Plug one in"):
        source.start(ring)
    assert threading.active_count() == threads
    assert state_of(source) is SourceState.FAILED


def test_a_device_that_is_busy_is_a_sentence(ring):
    bench = CaptureBench(named("Scarlett"))
    bench.is_busy = True
    with pytest.raises(DeviceError, match="'Scarlett' cannot be opened: busy"):
        MicrophoneSource(backend=bench).start(ring)
    assert bench.is_closed


def test_a_device_that_does_not_start_is_a_sentence_and_is_closed(ring):
    bench = CaptureBench(named("Scarlett"))
    bench.refuses_to_start = True
    with pytest.raises(DeviceError, match="does not start"):
        MicrophoneSource(backend=bench).start(ring)
    assert bench.stream.closed


def test_asked_to_wait_it_waits_on_silence_and_opens_what_comes(ring, started, monkeypatch):
    monkeypatch.setattr(microphone, "RETRY_FIRST_S", 0.02)
    bench = CaptureBench()
    source = started(bench, "scarlett", wait=True)
    assert state_of(source) is SourceState.WAITING
    assert "Waiting for a microphone" in source.status().detail
    assert not listen(ring, 4_800).any()
    bench.present = [named("Webcam", default=True)]
    assert eventually(lambda: "Webcam" in source.status().detail)
    bench.present.append(named("Scarlett", index=1))
    assert eventually(lambda: bench.streams)
    hear(source, bench)
    assert source.name == "Scarlett"


@pytest.mark.parametrize("how", ["unplugged", "silent"])
def test_a_lost_device_is_reopened_by_name_and_may_come_back_at_another_rate(
    ring, started, monkeypatch, how
):
    monkeypatch.setattr(microphone, "RETRY_FIRST_S", 0.02)
    bench = CaptureBench(named("Webcam", default=True), named("Scarlett", index=1))
    source = started(bench, "scarlett")
    hear(source, bench)
    first = bench.stream
    bench.present.pop()
    if how == "unplugged":
        bench.unplugged.set()
    assert eventually(lambda: state_of(source) is SourceState.LOST)
    assert first.closed
    assert source.status().detail == "The microphone 'Scarlett' is gone; looking for it."
    looks = bench.looks
    assert eventually(lambda: bench.looks >= looks + 3), "it looks for the device again and again"
    listen(ring, ring.unread_samples)
    assert len(listen(ring, 9_600)) == 9_600, "silence flows while it is gone"

    blocks = source.status().counters.blocks
    first.deliver(np.full(240, 0.9))
    assert source.status().counters.blocks == blocks, "a driver that wakes up late is not heard"
    bench.rate_hz = 16_000
    bench.present.append(named("Scarlett", index=7))
    assert eventually(lambda: len(bench.streams) == 2)
    assert state_of(source) is SourceState.LOST, "opened is not yet heard"
    hear(source, bench, value=0.25)
    heard = listen(ring, ring.unread_samples)
    assert ring.rate_hz == 16_000
    assert np.count_nonzero(heard == np.float32(0.25)) >= 480
    counters = source.status().counters
    assert (counters.losses, counters.reopens) == (1, 1)


def test_a_device_that_never_delivers_is_opened_again(ring, started, monkeypatch):
    monkeypatch.setattr(microphone, "FIRST_BLOCK_S", 0.2)
    monkeypatch.setattr(microphone, "RETRY_FIRST_S", 0.02)
    bench = CaptureBench(named("Mute"))
    source = started(bench)
    assert eventually(lambda: len(bench.streams) >= 2)
    assert source.status().counters.losses >= 1


def test_waiting_for_the_first_sound_is_not_a_loss(ring, started):
    bench = CaptureBench(named("Slow"))
    source = started(bench)
    assert not eventually(lambda: state_of(source) is not SourceState.WAITING, patience_s=0.9)
    hear(source, bench)
    assert len(bench.streams) == 1


@pytest.mark.parametrize("moment", ["unstarted", "waiting", "running", "lost", "twice"])
def test_it_can_be_stopped_at_any_moment(ring, monkeypatch, moment):
    bench = CaptureBench(named("Scarlett"))
    source = MicrophoneSource(backend=bench)
    if moment != "unstarted":
        source.start(ring)
    if moment in ("running", "lost"):
        hear(source, bench)
    if moment == "lost":
        bench.present.clear()
        bench.unplugged.set()
        assert eventually(lambda: state_of(source) is SourceState.LOST)
    source.stop()
    if moment == "twice":
        source.stop()
    assert state_of(source) is SourceState.ENDED
    assert all(stream.closed for stream in bench.streams)


def test_ctrl_c_while_a_driver_takes_its_time_leaves_nothing(ring, monkeypatch):
    bench = CaptureBench(named("Scarlett"))
    source = MicrophoneSource(backend=bench)

    def interrupt() -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(source._tried, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        source.start(ring)
    assert bench.is_closed
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("t2s-")]


def test_two_hundred_starts_and_stops_leave_no_thread(ring):
    before = threading.active_count()
    for _ in range(200):
        bench = CaptureBench(named("Scarlett"))
        source = MicrophoneSource(backend=bench)
        source.start(ring)
        bench.stream.deliver(np.zeros(240))
        source.stop()
    assert threading.active_count() == before


def test_without_pyaudio_miniaudio_captures(monkeypatch):
    monkeypatch.setattr(microphone.importlib.util, "find_spec", lambda _name: None)
    assert isinstance(open_backend(SystemClock()), MiniaudioBackend)
