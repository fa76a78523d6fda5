"""A whole `t2s live`: real threads, real sockets, real time."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
import soundfile
from websockets.asyncio.client import connect

from engine.app import App, RunReport
from engine.commands.render import render
from engine.config import LiveConfig
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT
from tests.engine.outputs.receiving import receiving
from tests.engine.server.test_tls import make_certificate

pytestmark = pytest.mark.alone  # real time, and Ctrl-C at given moments of a start

DURATION_SAMPLES = 120_000
MSGPACK = "t2s.v1.msgpack"
STREAMS = ["actions", "arkit", "flame", "voice"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two and a half seconds at 44.1 kHz: rest, a vowel, rest."""
    rest = np.zeros(22_050, np.float32)
    sung = vowel("a", 262.0, 1.5, sample_rate_hz=44_100)
    soundfile.write(tmp_path / "voice.wav", np.concatenate([rest, sung, rest]), 44_100, subtype="FLOAT")
    return tmp_path / "voice.wav"


async def watch(config: LiveConfig) -> tuple[RunReport, dict[int, list[Any]]]:
    """Run the engine, collect what one client receives, by sequence number."""
    app, received = App(config), {}

    async def client() -> None:
        async with connect(app.server.websocket_url, subprotocols=[MSGPACK], compression=None) as face:
            await face.send(msgpack.packb({"type": "subscribe", "streams": STREAMS}))
            async for message in face:
                decoded = msgpack.unpackb(message)
                if isinstance(decoded, list):
                    received[decoded[1]] = decoded

    tasks: list[asyncio.Task[None]] = []
    report = await app.run(on_start=lambda _url: tasks.append(asyncio.create_task(client())))
    await asyncio.gather(*tasks)
    return report, received


def test_live_gives_the_frames_that_render_gives(recording: Path) -> None:
    offline = {frame.seq: frame for frame in render(recording, Pipeline(seed=3, style=0.9))}
    config = LiveConfig(source=f"file:{recording}", port=0, seed=3, style=0.9)
    _, received = asyncio.run(watch(config))
    common = sorted(received.keys() & offline.keys())
    assert len(common) > 0.8 * len(offline)
    for seq in common:
        frame, (_, _, pts_samples, _, song_s, actions, arkit, flame, voice) = offline[seq], received[seq]
        assert pts_samples == frame.pts_samples
        if pts_samples < DURATION_SAMPLES:  # where the recording is over, no song plays
            assert song_s == pytest.approx(frame.song_s, abs=1e-5)
        np.testing.assert_allclose(np.frombuffer(actions, "<f4"), frame.actions, atol=1e-5)
        np.testing.assert_allclose(np.frombuffer(arkit, "<f4"), frame.arkit, atol=1e-5)
        np.testing.assert_allclose(np.frombuffer(flame, "<f4")[:100], frame.flame.expression, atol=1e-5)
        assert voice[0] == pytest.approx(frame.voice.f0_hz, abs=1e-3)
        assert len(actions) == 4 * ACTION_COUNT
        assert len(arkit) == 4 * ARKIT_COUNT


def test_a_run_ends_by_itself_and_reports_every_stage() -> None:
    config = LiveConfig(source="synthetic:vowels", port=0, seconds=1.5)
    begun_s = time.perf_counter()
    report, received = asyncio.run(watch(config))
    assert time.perf_counter() - begun_s < 6
    assert report.frames > 60
    assert len(received) > 50
    assert report.stages["hop"].count > 120
    assert 0 < report.stages["capture to wire"].p50_ms < 200


def test_what_happens_is_counted_for_prometheus() -> None:
    app = App(LiveConfig(source="synthetic:vowels", port=0, seconds=1.0))
    asyncio.run(app.run())
    count = app.metrics.registry.get_sample_value
    assert (count("t2s_frames_total") or 0) > 40
    assert (count("t2s_hops_total") or 0) > 80
    assert count("t2s_hop_seconds_count") == count("t2s_hops_total")
    assert (count("t2s_hop_seconds_sum") or 0) > 0
    assert count("t2s_audio_dropped_samples_total") == 0
    assert count("t2s_device_lost_total") == 0
    assert count("t2s_model_fallback") == 0


def test_a_run_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    asyncio.run(watch(LiveConfig(source="synthetic:tone", port=0, seconds=0.3)))
    left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    assert left == []


BEGIN = "print('begun', flush=True); import sys; from engine.__main__ import main; sys.exit(main())"


@contextmanager
def live(*options: str, begun: bool = False) -> Iterator[subprocess.Popen[str]]:
    """The engine in a process of its own, which does not outlive the test; ``begun`` waits until Python
    runs there, however slowly."""
    program = ["-c", BEGIN] if begun else ["-m", "engine"]
    command = [sys.executable, *program, "live", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            if begun:
                assert process.stdout is not None
                assert process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one child alone")
@pytest.mark.parametrize("delay_s", [0.05, 0.3, 0.6, 0.9, 1.2, 2.0])
def test_ctrl_c_at_any_moment_ends_without_a_traceback(delay_s: float) -> None:
    with live("--source", "synthetic:vowels", begun=True) as process:
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        told, complaint = process.communicate(timeout=10)
    if delay_s < 0.6 and process.returncode in (1, -signal.SIGINT):
        return  # Python itself was still starting: nothing of ours ran
    assert process.returncode in (0, 130)
    if delay_s >= 0.6:  # earlier, Ctrl-C may meet the interpreter in the middle of an import
        assert "Traceback" not in complaint, complaint
    if process.returncode == 0:
        assert "frames; " in told


def test_the_command_prints_where_to_look_and_a_latency_table() -> None:
    with live("--source", "demo", "--seconds", "1") as process:
        told, complaint = process.communicate(timeout=30)
    assert process.returncode == 0, complaint
    assert re.search(r"http://127\.0\.0\.1:\d+/", told)
    for stage in ("features", "motion", "perform", "rig", "flame", "hop"):
        assert re.search(rf"^{stage} +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$", told, re.MULTILINE), told


def test_a_client_switches_an_output_of_a_live_engine_over_tls(tmp_path):
    certificate, key = make_certificate(tmp_path)

    async def scene(port: int) -> list[str]:
        app = App(
            LiveConfig(
                source="synthetic:vowels",
                port=0,
                seconds=20,
                certificate=certificate,
                key=key,
                outputs=(f"livelink:127.0.0.1:{port},off",),
            )
        )
        states: list[str] = []

        async def client() -> None:
            trust = ssl.create_default_context(cafile=str(certificate))
            async with connect(app.server.websocket_url, subprotocols=[MSGPACK], ssl=trust) as socket:
                for on in (True, False):
                    message = {"type": "switch_output", "name": "livelink", "on": on}
                    await socket.send(msgpack.packb(message))
                    while (answer := msgpack.unpackb(await socket.recv()))["type"] != "outputs":
                        pass
                    states.append(answer["outputs"][0]["state"])
            app.end()

        tasks: list[asyncio.Task[None]] = []
        await app.run(on_start=lambda _url: tasks.append(asyncio.create_task(client())))
        await asyncio.gather(*tasks)
        return states

    with receiving() as receiver:
        assert asyncio.run(scene(receiver.port)) == ["running", "off"]
