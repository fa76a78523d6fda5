from __future__ import annotations

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from engine.outputs.vmc import BUNDLE_BYTES, Names, VmcOptions, VmcOutput
from t2s_rt.errors import ConfigError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.mapping import parse_mapping
from t2s_rt.face.vowels import VOWEL_RECIPES
from tests.engine.outputs.receiving import receiving
from tests.t2s_rt.face.frames import arkit, both, frame, signals
from tests.t2s_rt.face.test_vrm import glb, vrm1

SINGING = frame(
    weights=arkit(**VOWEL_RECIPES[0], eyeBlinkLeft=0.75), neck=(0, 0.2, 0), eyes=(0, 0.1, 0, 0, 0.1, 0)
)


PLAIN = VmcOptions()


def sent(options: VmcOptions = PLAIN, text: str = "", given=SINGING) -> list[bytes]:
    """The datagrams of one frame as a receiver gets them."""

    async def send() -> list[bytes]:
        with receiving() as receiver:
            mapping = parse_mapping(text)
            output = VmcOutput("vmc", "127.0.0.1", receiver.port, options, mapping)
            await output.start()
            output.offer(signals(given), 0)
            got = [receiver.get()]
            got += receiver.drain()
            await output.close()
            return got

    return asyncio.run(send())


def messages(datagrams: list[bytes]) -> list[OscMessage]:
    return [
        m for data in datagrams for m in (OscBundle(data) if data[:1] == b"#" else [OscMessage(data)])
    ]


def blends(datagrams: list[bytes]) -> dict[str, float]:
    found = [m.params for m in messages(datagrams) if m.address == "/VMC/Ext/Blend/Val"]
    return dict(found)


def test_a_frame_is_one_bundle_that_ends_with_apply() -> None:
    (data,) = sent()
    addresses = [m.address for m in messages([data])]
    assert addresses[:3] == ["/VMC/Ext/OK", "/VMC/Ext/T", "/VMC/Ext/Root/Pos"]
    assert addresses[-1] == "/VMC/Ext/Blend/Apply"
    assert addresses.count("/VMC/Ext/Bone/Pos") == 4
    assert len(data) < 1500
    assert messages([data])[0].params == [1, 3, 0, 1]
    assert messages([data])[2].params == ["root", 0, 0, 0, 0, 0, 0, 1]


def test_vrm0_names_are_the_default_and_carry_the_face() -> None:
    values = blends(sent())
    assert set(values) == {"A", "I", "U", "E", "O", "Blink_L", "Blink_R"}
    assert values["A"] == pytest.approx(1.0, abs=0.01)
    assert values["Blink_L"] == pytest.approx(0.75)
    assert values["Blink_R"] == 0.0


def test_vrm1_names_and_look_expressions_and_emotions_on_request() -> None:
    smiling = frame(weights=arkit(**both("mouthSmile", 0.6), eyeLookUpLeft=0.5, eyeLookUpRight=0.5))
    options = VmcOptions(names=Names.VRM1, emotions=True, look=True)
    values = blends(sent(options, given=smiling))
    assert values["happy"] == pytest.approx(0.6)
    assert values["lookUp"] == pytest.approx(0.5)
    assert {"aa", "ih", "ou", "ee", "oh", "blinkLeft", "blinkRight", "sad"} <= set(values)


def test_perfect_sync_is_split_below_1500_bytes_with_apply_last() -> None:
    datagrams = sent(VmcOptions(names=Names.PERFECT))
    assert len(datagrams) >= 2
    assert max(map(len, datagrams)) <= BUNDLE_BYTES < 1500
    addresses = [m.address for m in messages(datagrams)]
    assert addresses[-1] == "/VMC/Ext/Blend/Apply"
    assert addresses.count("/VMC/Ext/Blend/Apply") == 1
    values = blends(datagrams)
    assert [name[0].lower() + name[1:] for name in values] == list(ARKIT_NAMES)
    for name, value in values.items():
        given = SINGING.arkit[list(ARKIT_NAMES).index(name[0].lower() + name[1:])]
        assert value == pytest.approx(float(given), abs=1e-6)


def test_unbundled_every_message_is_a_datagram() -> None:
    datagrams = sent(VmcOptions(bundle=False))
    assert len(datagrams) == 3 + 4 + 7 + 1
    assert all(data[:1] == b"/" for data in datagrams)


def test_bones_turn_in_unitys_directions() -> None:
    """Singer's left is Unity's -y; neck and head share the turn; eyes are relative to the head."""
    bones = {m.params[0]: m.params[4:] for m in messages(sent()) if m.address == "/VMC/Ext/Bone/Pos"}
    assert set(bones) == {"Neck", "Head", "LeftEye", "RightEye"}
    assert bones["Neck"][1] == pytest.approx(-math.sin(0.4 * 0.2 / 2), abs=1e-6)
    assert bones["Head"][1] == pytest.approx(-math.sin(0.6 * 0.2 / 2), abs=1e-6)
    assert bones["LeftEye"][1] == pytest.approx(-math.sin(0.1 / 2), abs=1e-6)
    nod = {m.params[0]: m.params[4:] for m in messages(sent(given=frame(neck=(0.2, 0, 0))))
           if m.address == "/VMC/Ext/Bone/Pos"}  # fmt: skip
    assert nod["Head"][0] > 0.05
    for turn in bones.values():
        assert np.linalg.norm(turn) == pytest.approx(1.0, abs=1e-6)


def test_no_bones_on_request() -> None:
    assert not [m for m in messages(sent(VmcOptions(bones=False))) if "Bone" in m.address]


@pytest.mark.parametrize("absolute", [False, True])
def test_a_performer_gets_a_gaze_point_and_no_bones(absolute: bool) -> None:
    datagrams = sent(VmcOptions(performer=True, absolute_eye=absolute))
    read = messages(datagrams)
    assert {m.address for m in read} == {
        "/VMC/Ext/Set/Eye", "/VMC/Ext/Blend/Val", "/VMC/Ext/Blend/Apply",
    }  # fmt: skip
    enable, x, y, z = read[0].params
    angle = 0.3 if absolute else 0.1
    assert enable == 1
    assert x == pytest.approx(-math.sin(angle), abs=1e-5)
    assert y == pytest.approx(1.5 if absolute else 0.0, abs=1e-5)
    assert z == pytest.approx(math.cos(angle), abs=1e-5)


def write_model(folder: Path, document: dict) -> Path:
    (folder / "a.vrm").write_bytes(glb(document))
    return folder / "a.vrm"


def test_a_model_with_arkit_expressions_gets_perfect_sync_by_itself(tmp_path: Path) -> None:
    values = blends(sent(VmcOptions(model=write_model(tmp_path, vrm1()))))
    assert len(values) == 52


def test_a_models_emotion_that_would_stop_the_mouth_is_never_driven(tmp_path: Path) -> None:
    presets = {name: {} for name in ("aa", "ih", "ou", "ee", "oh", "sad")}
    document = vrm1(happy={"overrideMouth": "block"}, **presets)
    model = write_model(tmp_path, document)
    values = blends(sent(VmcOptions(names=Names.VRM1, emotions=True, model=model)))
    assert set(values) == {"aa", "ih", "ou", "ee", "oh", "sad"}


def test_a_models_bones_keep_their_places(tmp_path: Path) -> None:
    options = VmcOptions(names=Names.VRM1, model=write_model(tmp_path, vrm1(aa={})))
    heads = [m for m in messages(sent(options)) if m.params[:1] == ["Head"]]
    assert heads[0].params[1:4] == [0.0, pytest.approx(0.1), 0.0]


def test_a_mapping_changes_what_is_sent_and_may_ask_for_an_emotion() -> None:
    text = "[vrm0.A]\ngain = 0.5\n[vrm0.Joy]\ngain = 1\n[vrm0.Sing]\nnew = true\nfrom = { jawOpen = 1 }"
    values = blends(sent(text=text))
    assert values["A"] == pytest.approx(0.5, abs=0.01)
    assert values["Sing"] == pytest.approx(0.7)
    assert "Joy" in values


def test_a_model_that_is_missing_gets_a_sentence() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        VmcOutput("vmc", "127.0.0.1", 1, VmcOptions(model=Path("nowhere.vrm")))
