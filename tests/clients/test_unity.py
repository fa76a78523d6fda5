"""The Unity kit, compiled and run with mono: what needs no Unity, and the package's layout."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.jitter import judge
from tests.clients.running import beside_an_engine, words_of

REPOSITORY = Path(__file__).resolve().parents[2]
KIT = REPOSITORY / "clients/unity"
PROGRAM = REPOSITORY / "tests/clients/programs/Kit.cs"


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    if not (shutil.which("mcs") and shutil.which("mono")):
        pytest.skip("no mono: apt install mono-mcs mono-runtime")
    program = tmp_path_factory.mktemp("unity") / "kit.exe"
    sources = [str(path) for path in sorted((KIT / "Runtime/Core").glob("*.cs"))]
    words_of(["mcs", "-langversion:7", "-warnaserror", f"-out:{program}", *sources, str(PROGRAM)])

    def run(*words: str) -> str:
        return words_of(["mono", str(program), *words])

    return run


def hex_of(golden, name):
    return next(v["hex"] for v in golden if v["name"] == name)


def test_golden_frames_are_read(kit, golden):
    for vector in (v for v in golden if v["name"] in ("frame", "frame voice")):
        head, *arrays, voice = kit("frame", vector["hex"]).splitlines()
        value = vector["value"]
        keys = ("seq", "pts_samples", "captured_ns", "song_s")
        assert [float(word) for word in head.split()] == [value[key] for key in keys]
        for stream, row in zip(("actions", "arkit", "flame"), arrays, strict=True):
            wanted = value[stream] if stream in value["streams"] else []
            assert [float(word) for word in row.split()] == wanted
        assert voice == "True 440 True -20.5 1"


def test_names_come_from_hello(kit, hello_hex):
    assert kit("hello", hello_hex).strip() == "test|52|eyeBlinkLeft|22|100|3|800"


def test_it_says_golden_bytes(kit, golden):
    names = ("subscribe", "subscribe window", "ack", "ping")
    assert kit("say").split() == [hex_of(golden, name) for name in names]


def test_broken_frames_are_refused_in_one_way(kit, golden):
    whole = hex_of(golden, "frame")
    assert kit("broken", whole).strip() == f"refused {len(whole) // 2}"


def test_a_frame_allocates_nothing(kit, golden):
    ours, one_array_each = kit("allocation", hex_of(golden, "frame")).splitlines()
    assert ours == "200000 frames, collections: 0"
    assert int(one_array_each.rpartition(" ")[2]) > 3  # the measure sees what it must


def test_jitter_is_smoothed(kit, demo):
    trace, weights = demo
    judge(kit("replay", str(trace)).splitlines(), weights).check("Unity")


def test_it_reads_from_our_server(kit):
    words = beside_an_engine(lambda url, _port: kit("live", url, "60")).strip().split("|")
    server, frames, jaw, flame, f0_hz, latency_ms = words
    assert (server, jaw, flame, f0_hz) == ("test", "0.5", "0", "220")
    assert int(frames) >= 60
    assert 0 < float(latency_ms) < 500


@pytest.mark.parametrize(
    ("wanted", "names", "place"),
    [
        ("jawOpen", ["tongueOut", "jawOpen"], "1"),
        ("jawOpen", ["Face.JawOpen"], "0"),
        ("eyeBlinkLeft", ["eyeBlink_R", "eyeBlink_L"], "1"),
        ("jawOpen", ["notjawOpen"], "-1"),
        ("jawLeft", ["jaw", "Left"], "-1"),
    ],
)
def test_shapes_are_found_however_models_spell_them(kit, wanted, names, place):
    assert kit("names", wanted, *names).strip() == place


def test_the_package_has_the_layout_that_unity_wants():
    package = json.loads((KIT / "package.json").read_text(encoding="utf-8"))
    assert package["name"] == "com.t2s-rt.face"
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    for sample in package["samples"]:
        assert list((KIT / sample["path"]).glob("*.cs"))
    assert (
        json.loads((KIT / "Runtime/T2S.Face.asmdef").read_text(encoding="utf-8"))["name"] == "T2S.Face"
    )
    assert (KIT / "LICENSE.md").read_text() == (REPOSITORY / "clients/LICENSE").read_text()
    for source in (KIT / "Runtime/Core").glob("*.cs"):
        assert "using UnityEngine" not in source.read_text(encoding="utf-8")
    for component in (KIT / "Runtime/Unity").glob("*.cs"):
        assert f"class {component.stem}" in component.read_text(encoding="utf-8")  # or Unity loses it


def test_every_file_has_the_meta_file_that_unity_wants(tmp_path):
    copy = tmp_path / "clients/unity"
    shutil.copytree(KIT, copy)
    (tmp_path / "tools").mkdir()
    maker = shutil.copy(REPOSITORY / "tools/make_unity_meta.py", tmp_path / "tools")
    subprocess.run([sys.executable, maker], check=True, capture_output=True)
    made = {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*.meta")}
    committed = {path.relative_to(KIT): path.read_bytes() for path in KIT.rglob("*.meta")}
    assert committed == made  # run tools/make_unity_meta.py where this fails


def test_no_two_files_share_a_guid():
    guids = re.findall(
        r"^guid: ([0-9a-f]{32})$",
        "".join(path.read_text(encoding="utf-8") for path in KIT.rglob("*.meta")),
        re.MULTILINE,
    )
    assets = [p for p in KIT.rglob("*") if p.suffix != ".meta" and not p.name.endswith("~")]
    assert len(guids) == len(set(guids)) == len(assets)
