"""Real capture libraries on a real device: a PulseAudio null sink that is played into with paplay."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import aubio
import numpy as np
import pytest
import soundfile

from engine.clock import NS_PER_S, SystemClock
from engine.ring import AudioRing
from engine.sources.base import SourceState
from engine.sources.microphone import MicrophoneSource, list_devices
from engine.sources.miniaudio_capture import MiniaudioBackend
from t2s_rt.audio import synthesis
from t2s_rt.errors import DeviceError
from tests.engine.sources.listening import eventually, listen

pytestmark = pytest.mark.mic

TONE_HZ = 220.0
LOUDNESS_DBFS = -20.0
TOLERANCE_CENTS = 10.0


def pyaudio_backend():
    pytest.importorskip("pyaudio", reason="no PyAudio: pip install pyaudio (needs portaudio19-dev)")
    from engine.sources.portaudio import PortAudioBackend

    return PortAudioBackend(SystemClock())


def miniaudio_backend():
    return MiniaudioBackend(SystemClock())


BACKENDS = {"pyaudio": pyaudio_backend, "miniaudio": miniaudio_backend}


@pytest.fixture(params=BACKENDS)
def backend(request, pulse):
    return BACKENDS[request.param]()


@pytest.fixture
def ring():
    return AudioRing(96_000)


@pytest.fixture
def source(backend, ring):
    source = MicrophoneSource(backend=backend)
    source.start(ring)
    yield source
    source.stop()


@pytest.fixture(scope="module")
def tone(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sung") / "tone.wav"
    soundfile.write(path, synthesis.vowel("a", TONE_HZ, 6.0, loudness_dbfs=LOUDNESS_DBFS), 48_000)
    return path


def is_running(source):
    return source.status().state is SourceState.RUNNING


def hear_tone(ring: AudioRing) -> np.ndarray:
    """A second of what is heard, from when it is no longer silent."""
    assert eventually(lambda: np.abs(listen(ring, 480)).max(initial=0.0) > 0.1)
    return listen(ring, 48_000)


def pitch_hz(samples: np.ndarray, rate_hz: int) -> float:
    """aubio's median pitch of a steady tone."""
    hop = 256
    pitch = aubio.pitch("yinfft", 2048, hop, rate_hz)
    pitch.set_unit("Hz")
    read = [pitch(samples[at : at + hop])[0] for at in range(0, len(samples) - hop, hop)]
    return float(np.median(read[10:]))


@pytest.mark.alone
def test_a_sung_tone_arrives_at_its_pitch(source, ring, pulse, tone):
    assert eventually(lambda: is_running(source))
    player = pulse.play(tone)
    try:
        heard = hear_tone(ring)
    finally:
        player.kill()
        player.wait()
    heard_hz = pitch_hz(heard, ring.rate_hz)
    cents = 1_200 * abs(np.log2(heard_hz / TONE_HZ))
    assert cents < TOLERANCE_CENTS, f"{heard_hz} Hz"
    assert abs(20 * np.log10(np.sqrt(np.mean(heard**2))) - LOUDNESS_DBFS) < 1.0


@pytest.mark.alone
def test_captured_time_is_just_before_now_and_goes_with_the_samples(source, ring):
    assert eventually(lambda: is_running(source))
    listen(ring, ring.unread_samples)
    times = []
    for _ in range(100):
        listen(ring, 240)
        times.append((SystemClock().now_ns(), ring.captured_ns))
    now, captured = np.array(times, np.float64).T / NS_PER_S
    assert np.all(now > captured), "nothing comes from the future"
    assert np.min(now - captured) < 0.05
    assert np.all(np.diff(captured) > -0.012), "it does not jump back"


@pytest.mark.alone
@pytest.mark.slow
def test_a_killed_server_is_awaited_on_silence_and_reopened(source, ring, pulse, tone):
    assert eventually(lambda: is_running(source))
    pulse.kill()
    assert eventually(lambda: source.status().state is SourceState.LOST)
    assert "is gone; looking for it" in source.status().detail
    listen(ring, ring.unread_samples)
    began_ns = SystemClock().now_ns()
    silence = listen(ring, 3 * 48_000)
    passed_s = (SystemClock().now_ns() - began_ns) / NS_PER_S
    assert len(silence) == 3 * 48_000, "frames go on"
    assert not silence.any()
    assert 2.5 < passed_s < 8.0, "in real time, or later on a busy machine"
    pulse.start()
    assert eventually(lambda: is_running(source))
    assert source.status().counters.reopens == 1
    player = pulse.play(tone)
    try:
        assert abs(1_200 * np.log2(pitch_hz(hear_tone(ring), ring.rate_hz) / TONE_HZ)) < TOLERANCE_CENTS
    finally:
        player.kill()
        player.wait()


def test_a_device_that_stops_delivering_is_lost_and_comes_back(source, ring, pulse):
    assert eventually(lambda: is_running(source))
    pulse.suspend(suspended=True)
    try:
        assert eventually(lambda: source.status().state is SourceState.LOST)
    finally:
        pulse.suspend(suspended=False)
    assert eventually(lambda: is_running(source))


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_a_device_is_chosen_by_its_name(pulse, ring, backend_name):
    backend = BACKENDS[backend_name]()
    devices = backend.devices()
    backend.close()
    assert sum(device.default for device in devices) == 1
    chosen = next(device for device in devices if not device.default)
    source = MicrophoneSource(chosen.name[1:].upper(), backend=BACKENDS[backend_name]())
    source.start(ring)
    try:
        assert eventually(lambda: is_running(source))
        assert source.name == chosen.name
    finally:
        source.stop()


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_without_a_server_there_is_no_device_and_a_sentence(pulse, ring, backend_name):
    pulse.kill()
    backend = BACKENDS[backend_name]()
    assert backend.devices() == []
    backend.close()
    with pytest.raises(DeviceError, match="There is no microphone on this machine"):
        MicrophoneSource(backend=BACKENDS[backend_name]()).start(ring)


def test_looking_for_devices_writes_nothing_to_stderr(pulse):
    pulse.kill()
    look = "from engine.sources.microphone import list_devices; print(list_devices())"
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("spec", ["mic", "ws", "synthetic"])
@pytest.mark.parametrize("delay_s", [0.0, 0.2])
def test_ctrl_c_ends_a_program_that_listens(pulse, spec, delay_s):
    program = (
        "import time; from engine.ring import AudioRing; from engine.sources.spec import open_source\n"
        f"source = open_source({spec!r})\n"
        "try:\n    print('go', flush=True); source.start(AudioRing(48_000)); time.sleep(60)\n"
        "finally:\n    source.stop()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"go\n"
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=15)[1]
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith(b"KeyboardInterrupt")


def test_the_list_names_this_machines_inputs(pulse):
    devices = list_devices()
    assert devices
    assert all(device.name and device.api for device in devices)


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_a_server_that_starts_later_is_found(pulse, backend_name):
    pulse.kill()
    backend = BACKENDS[backend_name]()
    try:
        assert backend.devices() == []
        pulse.start()
        assert backend.devices()
    finally:
        backend.close()


@pytest.mark.slow
def test_many_starts_and_stops_leave_no_thread_and_no_open_file(backend, ring):
    folder = Path("/proc/self/fd")

    def cycle(times: int) -> tuple[int, int]:
        for _ in range(times):
            source = MicrophoneSource(backend=backend)
            source.start(ring)
            source.stop()
        files = len(list(folder.iterdir())) if folder.exists() else 0
        return threading.active_count(), files

    first = cycle(5)
    assert cycle(40) == first
