"""The file as such; tests/viewer/test_avatars.py has it validated and played by others."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.clip import rows_of
from t2s_rt.face.clip_glb import animate_head, read_glb, turns
from t2s_rt.face.head import HEAD_GLB
from t2s_rt.face.signals import quaternion
from tests.t2s_rt.face.frames import arkit, frame


@pytest.fixture(scope="module")
def head() -> bytes:
    if not HEAD_GLB.exists():
        pytest.skip("the head is not built: make setup")
    return HEAD_GLB.read_bytes()


def values(document: dict, binary: bytes, accessor: int) -> np.ndarray:
    entry = document["accessors"][accessor]
    begin = document["bufferViews"][entry["bufferView"]]["byteOffset"]
    size = entry["count"] * {"SCALAR": 1, "VEC4": 4}[entry["type"]]
    return np.frombuffer(binary, "<f4", size, begin)


def test_every_channel_has_a_value_for_every_frame(head: bytes) -> None:
    rows = rows_of(frame(i, weights=arkit(jawOpen=0.1 * i), neck=(0, 0.1, 0)) for i in range(7))
    document, binary = read_glb(animate_head(head, rows))
    (animation,) = document["animations"]
    times = values(document, binary, animation["samplers"][0]["input"])
    np.testing.assert_allclose(times, np.arange(7) / 60, atol=1e-6)
    turned = weighed = 0
    for channel in animation["channels"]:
        node = document["nodes"][channel["target"]["node"]]
        data = values(document, binary, animation["samplers"][channel["sampler"]]["output"])
        if channel["target"]["path"] == "rotation":
            turned += 1
            assert np.linalg.norm(data.reshape(7, 4), axis=1) == pytest.approx(1.0, abs=1e-6)
            continue
        weighed += 1
        names = document["meshes"][node["mesh"]]["extras"]["targetNames"]
        found = data.reshape(7, len(names))
        for i, name in enumerate(names):
            np.testing.assert_array_equal(found[:, i], rows["arkit"][:, ARKIT_INDEX[name]])
    assert turned == 4  # trunk, neck and two eyes
    assert weighed >= 2


def test_times_rise_even_where_a_clip_stands_still(head: bytes) -> None:
    rows = rows_of([frame(0), frame(1), frame(1), frame(2)])
    document, binary = read_glb(animate_head(head, rows))
    times = values(document, binary, document["animations"][0]["samplers"][0]["input"])
    assert (np.diff(times) > 0).all()
    assert len(times) == 3


def test_turns_are_unit_quaternions_also_without_a_turn() -> None:
    poses = np.array([[0, 0, 0], [0.3, -0.2, 0.1], [0, 0, 1e-9]], np.float32)
    for row, (x, y, z) in zip(turns(poses), poses.tolist(), strict=True):
        w, *rest = quaternion(x, y, z)
        assert row.tolist() == pytest.approx([*rest, w], abs=1e-6)


@pytest.mark.parametrize("data", [b"", b"glTF", b"glTF" + bytes(40), b"x" * 100])
def test_a_damaged_head_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(ModelError, match="damaged"):
        read_glb(data)
