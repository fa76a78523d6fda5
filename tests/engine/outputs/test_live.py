"""A whole `t2s live` with every output on: the face arrives everywhere, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
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


async def run(
    config: LiveConfig, on_start: Callable[[App], None] = lambda _: None
) -> tuple[App, list[int]]:
    """Run to the end beside a WebSocket client; the numbers of the frames that it got."""
    app = App(config)
    listening = asyncio.get_running_loop().create_future()
    running = asyncio.ensure_future(app.run(on_start=lambda _: listening.set_result(None)))
    await asyncio.wait([listening, running], return_when=asyncio.FIRST_COMPLETED)
    seen: list[int] = []
    on_start(app)
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


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What `t2s live` says when it refuses to start: one sentence, no traceback."""
    assert main(["live", "--source", "synthetic:vowels", "--port", "0", "--seconds", "1", *options]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1
    return said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a user's folder private by itself")
def test_a_token_that_others_can_read_stops_the_run_with_the_command_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o644)
    said = refused(capsys, "--output", f"vts:{free_port()},discover=off,token={token}")
    assert f"{token} can be read by others. Run: chmod 600 {token}" in said
    assert "secret" not in said


def test_a_mapping_of_a_parameter_that_does_not_exist_stops_the_run_and_names_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "my.toml"
    mapping.write_text("# louder\n[livelink.JawOpn]\ngain = 2\n")
    said = refused(capsys, "--output", f"livelink:127.0.0.1:{free_port()},map={mapping}")
    assert f"{mapping}, line 2: livelink has no parameter 'JawOpn'. Did you mean JawOpen" in said


def test_a_port_that_is_taken_stops_the_run_and_says_what_to_do_instead(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with receiving() as other:
        said = refused(capsys, "--output", f"ifacialmocap:127.0.0.1:{other.port}")
    assert f"UDP port {other.port} is taken" in said
    assert f"ifacialmocap:to=127.0.0.1:{other.port}" in said
