"""The file as such; tests/viewer/test_avatars.py has it validated and acted by others."""

from __future__ import annotations

from t2s_rt.face.clip import rows_of
from t2s_rt.face.clip_glb import read_glb
from t2s_rt.face.clip_vrma import encode_vrma
from t2s_rt.face.mapping import parse_mapping
from tests.t2s_rt.face.frames import arkit, frame

ROWS = rows_of(frame(i, weights=arkit(jawOpen=0.1 * i)) for i in range(4))


def names(data: bytes, kind: str) -> set[str]:
    document, _ = read_glb(data)
    extension = document["extensions"]["VRMC_vrm_animation"]
    assert {"hips", "neck", "head"} <= set(extension["humanoid"]["humanBones"])
    return set(extension["expressions"].get(kind, {}))


def test_presets_are_vrm1s_and_perfect_sync_is_custom() -> None:
    plain, perfect = encode_vrma(ROWS), encode_vrma(ROWS, perfect_sync=True)
    assert names(plain, "preset") == {"aa", "ih", "ou", "ee", "oh", "blinkLeft", "blinkRight"}
    assert names(plain, "custom") == set()
    assert len(names(perfect, "custom")) == 52
    assert names(perfect, "preset") == set()


def test_a_mapping_adds_an_avatars_own_expression() -> None:
    mapping = parse_mapping("[vrm1.Belt]\nnew = true\nfrom = { jawOpen = 1 }")
    assert names(encode_vrma(ROWS, mapping=mapping), "custom") == {"Belt"}


def test_every_channel_has_its_own_node() -> None:
    document, _ = read_glb(encode_vrma(ROWS))
    channels = document["animations"][0]["channels"]
    targets = [(channel["target"]["node"], channel["target"]["path"]) for channel in channels]
    assert len(set(targets)) == len(targets) == 3 + 7
