"""The TypeScript kit, compiled and run in Node."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import msgpack
import pytest

from tests.clients.jitter import judge
from tests.clients.running import beside_an_engine, words_of

REPOSITORY = Path(__file__).resolve().parents[2]
KIT = REPOSITORY / "clients/typescript"
PROGRAM = REPOSITORY / "tests/clients/programs/kit.mjs"
COMPILER = REPOSITORY / "viewer/node_modules/typescript/bin/tsc"
BESIDE_PYTHON = REPOSITORY / ".venv" / ("Scripts" if os.name == "nt" else "bin")


def node_program() -> str:
    found = shutil.which("node", path=f"{BESIDE_PYTHON}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None or not COMPILER.exists():
        pytest.skip("no Node or no TypeScript: make setup")
    return found


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    node, folder = node_program(), tmp_path_factory.mktemp("typescript")
    words_of([node, str(COMPILER), "-p", str(KIT), "--outDir", str(folder)])
    (folder / "package.json").write_text('{"type": "module"}')

    def run(*words: str, options: tuple[str, ...] = ()) -> str:
        return words_of([node, *options, str(PROGRAM), str(folder), *words])

    return run


def test_golden_messages_are_read(kit, golden, hello_hex, tmp_path):
    vectors = [v for v in golden if v["from"] == "server" and v["value"]]
    file = tmp_path / "messages.json"
    file.write_text(json.dumps([*(v["hex"] for v in vectors), hello_hex]))
    *read, hello = json.loads(kit("decode", str(file)))
    for vector, message in zip(vectors, read, strict=True):
        value = vector["value"]
        if "streams" not in value:
            camel = {"source_state": "sourceState", "song_state": "songState"}
            assert message == {camel.get(key, key): item for key, item in value.items()}
            continue
        for key in ("seq", "pts_samples", "captured_ns", "song_s"):
            assert message[key] == value[key]
        for stream in ("actions", "arkit", "flame", "voice"):
            assert message[stream] == (value[stream] if stream in value["streams"] else None)
    assert hello["arkit"][0] == "eyeBlinkLeft"
    assert hello["flame"]["parts"][1] == {"name": "jaw_pose", "offset": 100, "size": 3, "unit": "rad"}


def test_it_says_golden_bytes(kit, golden, tmp_path):
    vectors = [v for v in golden if v["from"] == "client"]
    file = tmp_path / "messages.json"
    file.write_text(
        json.dumps([v["value"] | {"type": v["value"].get("type", v["name"])} for v in vectors])
    )
    assert json.loads(kit("encode", str(file))) == [v["hex"] for v in vectors]


@pytest.mark.parametrize("size", [0, 1, 96, 200, 255, 256, 3840, 65536])
def test_audio_of_any_size_is_said_whole(kit, tmp_path, size):
    pcm = bytes(i % 251 for i in range(size))
    file = tmp_path / "messages.json"
    file.write_text(json.dumps([{"type": "audio", "pcm_hex": pcm.hex() or " "}]))
    (said,) = json.loads(kit("encode", str(file)))
    assert msgpack.unpackb(bytes.fromhex(said)) == {"type": "audio", "pcm": pcm}


def test_numbers_of_every_size_are_said_whole(kit, tmp_path):
    values = [0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1, -1, -32, -33, 0.5]
    values += ["a" * n for n in (0, 31, 32, 115, 255, 256, 70000)] + [[1] * 15, [1] * 16]
    messages = [{"type": "x", "filler": "f" * n, "value": v} for v in values for n in range(100, 120)]
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(messages))
    said = [msgpack.unpackb(bytes.fromhex(data)) for data in json.loads(kit("encode", str(file)))]
    assert said == messages


def test_torn_messages_are_refused_in_one_way(kit, golden, hello_hex):
    for whole in (next(v["hex"] for v in golden if v["name"] == "frame"), hello_hex):
        size = len(whole) // 2
        assert kit("broken", whole).strip() == f"refused {size} of {size}"


def test_jitter_is_smoothed(kit, demo):
    trace, weights = demo
    judge(kit("replay", str(trace)).splitlines(), weights).check("TypeScript")


def test_it_reads_from_our_server(kit):
    version = words_of([node_program(), "--version"]).strip().lstrip("v").split(".")
    if (int(version[0]), int(version[1])) < (20, 10):
        pytest.skip("this Node has no WebSocket: 20.10 or newer")
    options = ("--experimental-websocket",) if int(version[0]) < 22 else ()
    words = beside_an_engine(lambda url, _port: kit("live", url, "60", options=options))
    server, frames, jaw, latency_ms = json.loads(words)
    assert (server, jaw) == ("test", 0.5)
    assert frames >= 60
    assert 0 < latency_ms < 500


def test_it_depends_on_nothing():
    package = json.loads((KIT / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
    for source in (KIT / "src").glob("*.ts"):
        text = source.read_text(encoding="utf-8")
        assert "SPDX-License-Identifier: MIT" in text.splitlines()[0]
        origins = re.findall(r'^(?:import|export|\}).* from "([^"]+)"', text, re.MULTILINE)
        assert all(origin.startswith("./") for origin in origins)
