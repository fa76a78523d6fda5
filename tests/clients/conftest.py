"""What the tests of all kits share: golden bytes and a trace with jitter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.server.protocol import Encoding, Hello, encode_hello
from tests.clients.jitter import recorded_weights, write_trace

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def golden() -> list[dict]:
    """All golden messages in MessagePack, and a hello."""
    text = (REPOSITORY / "tests/golden/protocol_v1.json").read_text(encoding="utf-8")
    return [v for v in json.loads(text) if v["encoding"] == Encoding.MSGPACK]


@pytest.fixture(scope="session")
def hello_hex() -> str:
    return encode_hello(Encoding.MSGPACK, Hello("test", 960, "none")).hex()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """Real frames: the demo song as `t2s render` makes it, arriving unevenly; with the weights."""
    folder = tmp_path_factory.mktemp("demo")
    clip = folder / "demo.npz"
    song = REPOSITORY / "engine/demo/song.ogg"
    command = [sys.executable, "-m", "engine", "render", str(song), "-o", str(clip)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    weights = recorded_weights(clip)
    write_trace(folder / "trace.txt", weights)
    return folder / "trace.txt", weights
