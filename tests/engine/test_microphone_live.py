"""`t2s live --source mic` on a real PortAudio device: a null sink that plays what a singer sings."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
import soundfile
from websockets.asyncio.client import connect

from engine.app import App, RunReport
from engine.config import LiveConfig
from t2s_rt.audio.synthesis import vowel
from tests.pulse import PulseServer

pytestmark = pytest.mark.alone  # a real device at its pace, and nothing dropped

F0_HZ = 262.0
TONE_S = 6.0
SETTLED = 20
"""Voiced frames at the beginning of the note that are not judged."""


async def sing_into(pulse: PulseServer, recording: Path, seconds: float) -> tuple[RunReport, list[Any]]:
    """Run the engine on the default microphone while the recording plays; collect voice readings."""
    app = App(LiveConfig(source="mic", port=0, seconds=seconds))
    frames: list[Any] = []

    async def client() -> None:
        async with connect(
            app.server.websocket_url, subprotocols=["t2s.v1.msgpack"], compression=None
        ) as face:
            await face.send(msgpack.packb({"type": "subscribe", "streams": ["arkit", "voice"]}))
            async for message in face:
                decoded = msgpack.unpackb(message)
                if isinstance(decoded, list):
                    frames.append(decoded)

    tasks: list[asyncio.Task[None]] = []

    def begin(_url: str) -> None:
        tasks.append(asyncio.create_task(client()))

    singer = pulse.play(recording)
    try:
        report = await app.run(on_start=begin)
        await asyncio.gather(*tasks)
    finally:
        singer.terminate()
        singer.wait()
    return report, frames


@pytest.mark.mic
@pytest.mark.slow
def test_a_sung_tone_arrives_at_a_client_in_tune_and_stage_by_stage(
    pulse: PulseServer, tmp_path: Path
) -> None:
    recording = tmp_path / "tone.wav"
    soundfile.write(recording, vowel("a", F0_HZ, TONE_S, sample_rate_hz=48_000), 48_000)
    report, frames = asyncio.run(sing_into(pulse, recording, 5.0))

    readings = [voice for *_, voice in frames]
    pitches_hz = [f0_hz for f0_hz, voiced, _, _ in readings if voiced][SETTLED:]
    assert len(pitches_hz) > 60
    cents = 1200 * math.log2(float(np.median(pitches_hz)) / F0_HZ)
    assert abs(cents) < 10
    jaw_open = [np.frombuffer(arkit, "<f4")[17] for *_, arkit, _, voice in frames if voice[1]]
    assert np.median(jaw_open[SETTLED:]) > 0.1

    for stage in ("resample", "features", "motion", "perform", "rig", "flame", "hop", "capture to wire"):
        assert report.stages[stage].count > 0, stage
    assert report.dropped_samples == 0
    captured_ns = np.array([frame[3] for frame in frames])
    # PulseAudio may restate its latency once when the singer's stream joins; the pace is what holds.
    assert np.median(np.diff(captured_ns)) == pytest.approx(1e9 / 60, rel=0.01)
