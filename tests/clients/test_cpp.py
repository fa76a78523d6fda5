"""The C++ header, compiled with g++: golden bytes, hostile bytes, and our server through websocketpp."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.jitter import judge
from tests.clients.running import beside_an_engine, words_of

REPOSITORY = Path(__file__).resolve().parents[2]
HEADER = REPOSITORY / "clients/cpp/t2s_face.hpp"

pytestmark = pytest.mark.timeout(120)  # compilers are slow on busy machines


def compiler() -> list[str]:
    if not shutil.which("g++"):
        pytest.skip("no g++: apt install g++")
    return ["g++", "-std=c++17", f"-I{HEADER.parent}"]


def build(folder: Path, name: str, *options: str):
    program = folder / name
    source = REPOSITORY / f"tests/clients/programs/{name}.cpp"
    words_of([*compiler(), "-w", *options, "-o", str(program), str(source)], patience_s=100)
    return lambda *words: words_of([str(program), *words])


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return build(tmp_path_factory.mktemp("cpp"), "kit", "-O1")


def test_the_header_stands_alone_without_a_warning(tmp_path):
    program = tmp_path / "alone.cpp"
    program.write_text(
        f'#include "{HEADER.name}"\nint main() {{ return t2s::Hello().arkit_index("jawOpen") + 1; }}'
    )
    strict = [
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-fno-exceptions",
        "-fno-rtti",
    ]
    words_of([*compiler(), *strict, "-fsyntax-only", str(program)])


def test_golden_frames_are_read(kit, golden):
    for vector in (v for v in golden if v["name"] in ("frame", "frame voice")):
        head, *arrays, voice = kit("show", vector["hex"]).splitlines()
        value = vector["value"]
        keys = ("seq", "pts_samples", "captured_ns", "song_s")
        assert [float(word) for word in head.split()] == [value[key] for key in keys]
        for stream, row in zip(("actions", "arkit", "flame"), arrays, strict=True):
            wanted = value[stream] if stream in value["streams"] else []
            assert [float(word) for word in row.split()] == wanted
        assert voice == "1 440 1 -20.5 1"


def test_golden_messages_and_hello_are_read(kit, golden, hello_hex):
    by_name = {v["name"]: v["hex"] for v in golden}
    assert kit("show", by_name["pong"]).strip() == "pong 1000 1234567890123"
    error = kit("show", by_name["error"]).strip()
    assert error == "error audio_busy Another client is the microphone already."
    assert kit("show", by_name["status"]).strip() == "kind 2"
    outputs = next(v["hex"] for v in golden if v["name"] == "outputs" and v["from"] == "server")
    assert kit("show", outputs).strip() == "kind 5"  # unknown to this kit, and no fault
    assert kit("show", hello_hex).strip() == "hello test 52 eyeBlinkLeft 22 jaw_pose 100 3"


def test_it_says_golden_bytes(kit, golden):
    by_name = {v["name"]: v["hex"] for v in golden}
    names = ("subscribe", "subscribe window", "ack", "ping")
    assert kit("say").split() == [by_name[name] for name in names]


def test_a_frame_allocates_nothing(kit, golden):
    assert kit("allocation", next(v["hex"] for v in golden if v["name"] == "frame")).strip() == "0"


def test_jitter_is_smoothed(kit, demo):
    trace, weights = demo
    judge(kit("replay", str(trace)).splitlines(), weights).check("C++")


def test_it_reads_from_our_server(tmp_path):
    if not Path("/usr/include/websocketpp").is_dir():
        pytest.skip("no websocketpp: apt install libwebsocketpp-dev")
    live = build(tmp_path, "live")
    words = beside_an_engine(lambda _url, port: live(str(port), "60")).strip()
    assert words == "test|60|0.5|0|220|1"


def test_hostile_bytes_harm_nothing(tmp_path, golden, hello_hex):
    kit = build(tmp_path, "kit", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    for whole in (next(v["hex"] for v in golden if v["name"] == "frame"), hello_hex):
        assert kit("broken", whole).strip() == "refused all"
