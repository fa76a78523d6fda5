from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from t2s_rt.face.live2d import PARAMETERS, VTS
from t2s_rt.face.mapping import TABLES
from t2s_rt.face.phones import IFACIALMOCAP, LIVE_LINK
from t2s_rt.face.retarget import GLTF_VISEMES, OCULUS, Curve, RetargetBatch, Retargeter, Table, Target
from t2s_rt.face.signals import SIGNAL_COUNT
from t2s_rt.face.vrm import PERFECT_SYNC, VRM0, VRM1
from tests.t2s_rt.face.frames import arkit, both, frame, signals


def values(table: Table, given=None, **weights: float) -> dict[str, float]:
    out = np.empty(len(table.targets), np.float32)
    Retargeter(table).step((given or signals(visemes=True, **weights)).values, out)
    return dict(zip(table.names, out.tolist(), strict=True))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_stays_in_its_ranges_whatever_the_face(table: Table) -> None:
    retargeter, out = Retargeter(table), np.empty(len(table.targets), np.float32)
    low = np.array([t.minimum for t in table.targets], np.float32)
    high = np.array([t.maximum for t in table.targets], np.float32)
    chance = np.random.default_rng(7)
    for _ in range(500):
        retargeter.step(chance.uniform(-3, 3, SIGNAL_COUNT).astype(np.float32), out)
        assert (out >= low).all()
        assert (out <= high).all()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_name_comes_twice_not_even_in_another_case(table: Table) -> None:
    names = [name.lower() for name in table.names]
    assert len(set(names)) == len(names)


def test_left_stays_left() -> None:
    closing = values(VRM0, eyeBlinkLeft=0.8)
    assert (closing["Blink_L"], closing["Blink_R"]) == (pytest.approx(0.8), 0.0)
    assert values(VRM1, eyeBlinkRight=0.8)["blinkRight"] == pytest.approx(0.8)
    assert values(PERFECT_SYNC, mouthSmileLeft=0.4)["MouthSmileLeft"] == pytest.approx(0.4)
    assert values(LIVE_LINK, mouthSmileRight=0.4)["MouthSmileRight"] == pytest.approx(0.4)
    assert values(IFACIALMOCAP, mouthSmileRight=0.35)["mouthSmile_R"] == pytest.approx(35.0)
    assert values(VTS, eyeBlinkLeft=1.0)["EyeOpenLeft"] < 0.05 < values(VTS)["EyeOpenLeft"]
    assert values(VTS, eyeBlinkLeft=1.0)["EyeOpenRight"] == values(VTS)["EyeOpenRight"]
    assert values(PARAMETERS, eyeBlinkRight=1.0)["ParamEyeROpen"] == 0.0
    assert values(VTS, mouthLeft=0.5)["MouthX"] == pytest.approx(0.5)


def test_a_look_to_the_singers_left_is_a_look_to_the_left() -> None:
    looking = {"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6}
    assert values(VRM1, **looking)["lookLeft"] == pytest.approx(0.6)
    assert values(VRM1, **looking)["lookRight"] == 0.0
    assert values(VRM0, **looking)["LookLeft"] == pytest.approx(0.6)
    turned = signals(frame(neck=(0, 0.3, 0), eyes=(0, 0.2, 0, 0, 0.2, 0)))
    assert values(VTS, turned)["FaceAngleX"] > 10
    assert values(VTS, turned)["EyeLeftX"] > 0.2
    assert values(LIVE_LINK, turned)["HeadYaw"] == pytest.approx(0.3, abs=1e-4)
    assert values(IFACIALMOCAP, turned)["head.y"] > 10


def test_a_head_that_nods_down_nods_down_everywhere() -> None:
    nodding = signals(frame(neck=(0.2, 0, 0)))
    assert values(VTS, nodding)["FaceAngleY"] < -10
    assert values(LIVE_LINK, nodding)["HeadPitch"] == pytest.approx(-0.2, abs=1e-4)
    assert values(IFACIALMOCAP, nodding)["head.x"] > 10


def test_lips_closed_over_an_open_jaw_are_closed_everywhere() -> None:
    closed = {"jawOpen": 0.6, "mouthClose": 0.6}
    assert values(VTS, **closed)["MouthOpen"] == pytest.approx(0.0, abs=1e-6)
    assert values(VRM0, **closed)["A"] < 0.01
    both_sent = values(PERFECT_SYNC, **closed)
    assert both_sent["MouthClose"] == both_sent["JawOpen"] == pytest.approx(0.6)


def test_lips_never_close_further_than_the_jaw_opens() -> None:
    table = PERFECT_SYNC.only(frozenset({"MouthClose", "JawOpen"}))
    small = Table(
        table.name,
        (Target("JawOpen", (("jawOpen", 1.0),), gain=0.5), Target("MouthClose", (("mouthClose", 1.0),))),
        table.caps,
    )
    assert values(small, jawOpen=0.6, mouthClose=0.6)["MouthClose"] == pytest.approx(0.3)
    alone = Table(table.name, (Target("MouthClose", (("mouthClose", 1.0),)),), table.caps)
    assert values(alone, jawOpen=0.6, mouthClose=0.6)["MouthClose"] == 0.0


def test_gain_offset_and_curve_act_in_that_order() -> None:
    def one(**facts) -> float:
        return values(Table("t", (Target("x", (("jawOpen", 1.0),), **facts),)), jawOpen=0.25)["x"]

    assert one(gain=2.0, offset=0.1) == pytest.approx(0.6)
    assert one(curve=Curve(0.5)) == pytest.approx(0.5)
    assert one(curve=Curve(2.0), gain=4.0) == pytest.approx(0.25)
    assert one(curve=Curve(points=((0.0, 0.0), (0.5, 1.0)))) == pytest.approx(0.5)
    assert one(gain=100.0) == 1.0
    assert one(gain=-1.0) == 0.0


def test_a_curve_keeps_the_sign() -> None:
    assert Curve(0.5).bend(-0.25) == pytest.approx(-0.5)


def test_gltf_avatars_get_their_spelling_of_the_visemes() -> None:
    assert GLTF_VISEMES.names[-5:] == ("viseme_aa", "viseme_E", "viseme_I", "viseme_O", "viseme_U")
    assert len(OCULUS.names) == 15
    assert values(OCULUS, jawOpen=0.7, **both("mouthLowerDown", 0.25))["aa"] > 0.8


def test_phone_apps_get_the_names_they_use() -> None:
    assert len(LIVE_LINK.names) == 61
    assert LIVE_LINK.names[17] == "JawOpen"
    assert LIVE_LINK.names[51:55] == ("TongueOut", "HeadYaw", "HeadPitch", "HeadRoll")
    short = IFACIALMOCAP.names
    assert {"eyeBlink_L", "mouthSmile_R", "jawOpen", "jawLeft", "mouthRight", "noseSneer_L"} <= set(
        short
    )


def test_a_batch_computes_what_each_of_its_members_does_alone() -> None:
    curved = replace(VTS.targets[3], curve=Curve(0.5), gain=1.5, offset=0.1)
    tables = (
        PERFECT_SYNC,
        replace(VTS, targets=(*VTS.targets[:3], curved, *VTS.targets[4:])),
        LIVE_LINK,
    )
    members = [Retargeter(table) for table in tables]
    batch = RetargetBatch(members)
    given = signals(jawOpen=0.3, mouthClose=0.5, mouthPucker=0.4)
    together = [member.read(given) for member in members]
    batch.close()
    for member, table, values in zip(members, tables, together, strict=True):
        alone = np.empty(len(table.targets), np.float32)
        Retargeter(table).step(given.values, alone)
        np.testing.assert_allclose(values, alone, atol=1e-6)
        np.testing.assert_allclose(member.read(given), alone, atol=1e-6)


def test_a_batch_computes_again_for_the_next_frame() -> None:
    member = Retargeter(PERFECT_SYNC)
    RetargetBatch([member])
    read = signals(jawOpen=0.3)
    jaw = PERFECT_SYNC.names.index("JawOpen")
    assert member.read(read)[jaw] == pytest.approx(0.3)
    seen = member.view(read)
    read.read(frame(weights=arkit(jawOpen=0.6)))
    assert member.read(read)[jaw] == pytest.approx(0.6)
    assert seen[jaw] == pytest.approx(0.6)  # a view is of the newest frame, not a copy
