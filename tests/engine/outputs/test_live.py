"""A whole `t2s live` with every output on: the face arrives everywhere, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgpack
import numpy as np
import pytest
from pylivelinkface import FaceBlendShape, PyLiveLinkFace
from websockets.asyncio.client import connect

from engine.app import App
from engine.cli import main
from engine.config import LiveConfig
from tests.engine.outputs.receiving import free_port, receiving


async def run(config: LiveConfig) -> tuple[App, list[int]]:
    """Run to the end beside a WebSocket client; the numbers of the frames that it got."""
    app = App(config)
    listening = asyncio.get_running_loop().create_future()
    running = asyncio.ensure_future(app.run(on_start=lambda _: listening.set_result(None)))
    await asyncio.wait([listening, running], return_when=asyncio.FIRST_COMPLETED)
    seen: list[int] = []
    if not running.done():
        url = app.server.websocket_url
        async with connect(url, subprotocols=["t2s.v1.msgpack"], compression=None) as socket:
            await socket.send(msgpack.packb({"type": "subscribe", "streams": ["arkit"]}))
            async for data in socket:
                message = msgpack.unpackb(data)
                if isinstance(message, list):
                    seen.append(message[1])
    await running
    return app, seen


def test_every_output_gets_the_face_and_the_websocket_loses_nothing(tmp_path: Path) -> None:
    with receiving() as vmc, receiving() as livelink, receiving() as stalled:
        config = LiveConfig(
            source="synthetic:vowels",
            port=0,
            seconds=3.0,
            outputs=(
                f"vmc:127.0.0.1:{vmc.port}",
                f"livelink:127.0.0.1:{livelink.port},subject=sing",
                f"openseeface:127.0.0.1:{free_port()}",
                f"vmc:127.0.0.1:{stalled.port},name=stalled,names=perfect",
                f"vts:{free_port()},token={tmp_path}/token,discover=off",
                f"ifacialmocap:127.0.0.1:{free_port()}",
                f"record:{tmp_path}/take.npz",
            ),
        )
        app, seen = asyncio.run(run(config))
        assert len(vmc.drain()) > 120
        faces = [PyLiveLinkFace.decode(data)[1] for data in livelink.drain()[:-1]]
    jaws = [face.get_blendshape(FaceBlendShape.JawOpen) for face in faces]
    assert len(jaws) > 120
    assert max(jaws) > 0.2
    assert len(seen) > 120
    assert len(seen) > 0.8 * (seen[-1] - seen[0])  # a busy machine may lose a few, in step with nobody
    with np.load(tmp_path / "take.npz") as take:
        assert len(take["time_s"]) > 120
        assert np.asarray(take["arkit"])[:, list(take["arkit_names"]).index("jawOpen")].max() > 0.2
    count = app.metrics.registry.get_sample_value
    assert count("t2s_client_drops_total") == 0
    assert (count("t2s_output_frames_total", {"output": "vmc"}) or 0) > 120
    assert (count("t2s_output_failures_total", {"output": "openseeface"}) or 0) >= 2
    assert (count("t2s_output_failures_total", {"output": "vts"}) or 0) >= 2
    assert (count("t2s_output_frames_total", {"output": "ifacialmocap"}) or 0) == 0


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--output", "vmcc"], "There is no output 'vmcc'"),
        (["--output", "vmc", "--output", "vmc"], "an output 'vmc' already"),
        (["--outputs", "absent.txt"], "absent.txt cannot be read"),
        (["--mapping", "absent.toml"], "absent.toml: cannot be read"),
        (["--output", "vmc", "--mapping", "absent.toml"], "absent.toml: cannot be read"),
    ],
)
def test_a_mistake_on_the_command_line_gets_a_sentence(
    options: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", "--source", "synthetic:vowels", "--port", "0", "--seconds", "1", *options]) == 2
    assert wanted in capsys.readouterr().err
