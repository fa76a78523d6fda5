from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.vrm import Expression, Override, VrmModel, pascal


def glb(document: object) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text), len(text), b"JSON") + text


def vrm1(**expressions: dict) -> dict:
    humanoid = {"humanBones": {"head": {"node": 0}, "leftEye": {"node": 1}}}
    return {
        "nodes": [{"translation": [0, 0.1, 0]}, {}],
        "extensions": {
            "VRMC_vrm": {
                "specVersion": "1.0",
                "humanoid": humanoid,
                "expressions": {"preset": expressions, "custom": {n: {} for n in ARKIT_NAMES}},
            }
        },
    }


def model(**expressions: Expression) -> VrmModel:
    return VrmModel(1, {"aa": Expression("aa"), "blink": Expression("blink"), **expressions}, {})


def happy(rule: Override, **facts: bool) -> Expression:
    return Expression("happy", overrides={"mouth": rule}, **facts)


@pytest.mark.parametrize(
    ("rule", "happy_weight", "mouth"),
    [
        (Override.NONE, 1.0, 0.8),
        (Override.BLOCK, 0.01, 0.0),
        (Override.BLOCK, 0.0, 0.8),
        (Override.BLEND, 0.25, 0.6),
        (Override.BLEND, 1.0, 0.0),
    ],
)
def test_an_expression_overrides_the_mouth_as_vrm_says(rule, happy_weight, mouth) -> None:
    shown = model(happy=happy(rule)).resolve({"aa": 0.8, "happy": happy_weight, "blink": 0.5})
    assert shown["aa"] == pytest.approx(mouth)
    assert shown["blink"] == 0.5
    assert shown["happy"] == happy_weight


def test_a_binary_expression_is_on_or_off_and_blends_as_what_it_shows() -> None:
    on = model(happy=happy(Override.BLEND, binary=True)).resolve({"aa": 0.8, "happy": 0.6})
    assert (on["happy"], on["aa"]) == (1.0, 0.0)
    off = model(happy=happy(Override.BLEND, binary=True)).resolve({"aa": 0.8, "happy": 0.5})
    assert (off["happy"], off["aa"]) == (0.0, 0.8)


def test_overrides_add_up_and_never_go_below_nothing() -> None:
    sad = Expression("sad", overrides={"mouth": Override.BLEND})
    shown = model(happy=happy(Override.BLEND), sad=sad).resolve({"aa": 1.0, "happy": 0.7, "sad": 0.6})
    assert shown["aa"] == 0.0


def test_a_vrm1_file_tells_its_expressions_rules_and_bones(tmp_path: Path) -> None:
    file = tmp_path / "a.vrm"
    file.write_bytes(glb(vrm1(happy={"overrideMouth": "blend", "isBinary": True})))
    read = VrmModel.load(file)
    assert read.version == 1
    assert read.perfect_sync
    assert read.expressions["happy"].binary
    assert read.expressions["happy"].silences
    assert read.bones == {"head": (0.0, 0.1, 0.0), "leftEye": (0.0, 0.0, 0.0)}


def test_a_vrm0_file_is_read_with_vmcs_spelling(tmp_path: Path) -> None:
    clips = [{"name": "aaa", "presetName": "a"}, {"name": "BlinkL", "presetName": "blink_l"}]
    clips += [{"name": pascal(name), "presetName": "unknown"} for name in ARKIT_NAMES]
    bones = [{"bone": "neck", "node": 0}]
    document = {
        "nodes": [{}],
        "extensions": {
            "VRM": {"blendShapeMaster": {"blendShapeGroups": clips}, "humanoid": {"humanBones": bones}}
        },
    }
    (tmp_path / "b.vrm").write_bytes(glb(document))
    read = VrmModel.load(tmp_path / "b.vrm")
    assert {"A", "Blink_L", "JawOpen"} <= set(read.expressions)
    assert read.perfect_sync
    assert "neck" in read.bones


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", "too short"),
        (b"not a model at all, only text", "not a VRM file"),
        (glb({"nodes": []}), "no VRM"),
        (glb({"extensions": {"VRMC_vrm": {}}, "nodes": []}), "damaged"),
        (glb(vrm1(happy={"overrideMouth": "perhaps"})), "damaged"),
        (glb(vrm1())[:-8], "not a VRM file"),
        (glb([1, 2]), "damaged"),
    ],
)
def test_a_file_that_is_no_vrm_gets_a_sentence(tmp_path: Path, data: bytes, wanted: str) -> None:
    (tmp_path / "bad.vrm").write_bytes(data)
    with pytest.raises(ConfigError, match=wanted):
        VrmModel.load(tmp_path / "bad.vrm")
    with pytest.raises(ConfigError, match="cannot be read"):
        VrmModel.load(tmp_path / "absent.vrm")
