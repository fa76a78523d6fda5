"""FLAME clips: parameters, the animated GLB of a user's head, and tracks back to ARKit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.face.clip import rows_of
from t2s_rt.face.clip_glb import read_glb
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_calibrate import fit
from t2s_rt.face.flame_export import arkit_arrays, clip_arrays, encode_clip, flame_clip, read_track
from t2s_rt.face.flame_generated import expression_basis, make_model
from t2s_rt.face.flame_selftest import singing
from t2s_rt.face.flame_store import head_of
from tests.t2s_rt.face.frames import frame
from tests.viewer.avatars import VIEWER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SIZES = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
KINDS = {5126: "<f4", 5123: "<u2", 5121: "u1"}


@pytest.fixture(scope="module")
def rows():
    return rows_of(
        frame(i, weights=weights, neck=(0.02 * i, 0.1, 0)) for i, weights in enumerate(singing(24))
    )


@pytest.fixture(scope="module")
def blinkless(toy):
    blank, _ = toy
    model = make_model(blank, expression_basis(blank, "blinkless"), np.zeros((6446, 3, 1)), "toy")
    calibration = fit(model, blank.targets, blank.trust)
    return head_of(model, calibration), calibration


def accessor(document: dict, binary: bytes, index: int) -> np.ndarray:
    """The values of an accessor, sparse ones too, by the glTF specification."""
    entry = document["accessors"][index]
    width = SIZES[entry["type"]]

    def view(at: int, kind: int, count: int) -> np.ndarray:
        return np.frombuffer(binary, KINDS[kind], count, document["bufferViews"][at]["byteOffset"])

    values = np.zeros((entry["count"], width), KINDS[entry["componentType"]])
    if "bufferView" in entry:
        values = view(entry["bufferView"], entry["componentType"], values.size).reshape(values.shape)
    if "sparse" in entry:
        sparse = entry["sparse"]
        at = view(sparse["indices"]["bufferView"], sparse["indices"]["componentType"], sparse["count"])
        moved = view(sparse["values"]["bufferView"], entry["componentType"], sparse["count"] * width)
        values[at] = moved.reshape(-1, width)
    return values


def play(data: bytes, at: int) -> np.ndarray:
    """Vertices of one frame as a glTF player makes them: morphs, then linear blend skinning."""
    document, binary = read_glb(data)
    (animation,) = document["animations"]
    turned, weights = {}, None
    for channel in animation["channels"]:
        values = accessor(document, binary, animation["samplers"][channel["sampler"]]["output"])
        if channel["target"]["path"] == "rotation":
            turned[channel["target"]["node"]] = values[at]
        else:
            frames = len(accessor(document, binary, animation["samplers"][channel["sampler"]]["input"]))
            weights = values.reshape(frames, -1)[at]
    (primitive,) = document["meshes"][0]["primitives"]
    position = accessor(document, binary, primitive["attributes"]["POSITION"]).astype(float)
    for weight, target in zip(weights, primitive["targets"], strict=True):
        position = position + weight * accessor(document, binary, target["POSITION"])
    world: dict[int, np.ndarray] = {}

    def visit(node: int, parent: np.ndarray) -> None:
        entry = document["nodes"][node]
        local = np.eye(4)
        x, y, z, w = turned.get(node, (0, 0, 0, 1))
        local[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
        local[:3, 3] = entry.get("translation", (0, 0, 0))
        world[node] = parent @ local
        for child in entry.get("children", ()):
            visit(child, world[node])

    for root in document["scenes"][0]["nodes"]:
        visit(root, np.eye(4))
    skin = document["skins"][0]
    inverse = (
        accessor(document, binary, skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    )
    joints = accessor(document, binary, primitive["attributes"]["JOINTS_0"])
    shares = accessor(document, binary, primitive["attributes"]["WEIGHTS_0"])
    matrices = np.stack([world[node] @ inverse[k] for k, node in enumerate(skin["joints"])])
    extended = np.concatenate([position, np.ones((len(position), 1))], axis=1)
    return np.einsum("vk,vkij,vj->vi", shares, matrices[joints], extended)[:, :3]


def wanted(head: FlameHead, clip, calibration, at: int) -> np.ndarray:
    lids = np.tensordot(clip.eyelid[at], calibration.eyelids, axes=1)
    arrays = {**head._arrays, "v_template": head.v_template + lids}
    pose = clip.poses[at]
    return FlameHead(arrays, head.arkit_map).vertices(
        pose.expression[None],
        pose.jaw_pose[None],
        pose.neck_pose[None],
        pose.eyes_pose[None],
        pose.global_pose[None],
    )[0]


def test_a_player_shows_the_heads_own_meshes(rows, blinkless) -> None:
    head, calibration = blinkless
    clip = flame_clip(rows, head)
    data = encode_clip(clip, head, calibration)
    assert len(data) < 8_000_000
    for at in (0, 7, 23):
        apart = np.linalg.norm(play(data, at) - wanted(head, clip, calibration, at), axis=1)
        assert apart.mean() < 0.0002
        assert apart.max() < 0.002
        assert np.abs(play(data, at) - head.v_template).max() > 0.01


def test_the_khronos_validator_finds_no_error(rows, blinkless, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (VIEWER / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("the page's packages are not installed: make setup")
    head, calibration = blinkless
    (tmp_path / "face.glb").write_bytes(encode_clip(flame_clip(rows, head), head, calibration))
    program = """
const bytes = new Uint8Array(require("fs").readFileSync(process.argv[1]));
require("gltf-validator").validateBytes(bytes).then(({ issues, info }) =>
  console.log(issues.numErrors, issues.numWarnings, info.animationCount));
"""
    done = subprocess.run(
        [node, "-e", program, str(tmp_path / "face.glb")],
        cwd=VIEWER,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0", "0", "1"]


def test_a_face_at_rest_has_no_morph_and_still_validates_as_glb(blinkless) -> None:
    head, calibration = blinkless
    document, _ = read_glb(
        encode_clip(flame_clip(rows_of([frame(0), frame(1)]), head), head, calibration)
    )
    assert "targets" not in document["meshes"][0]["primitives"][0]
    assert "copyright" not in document["asset"]


def test_parameters_name_their_basis_and_come_back_as_arkit(rows, blinkless, tmp_path: Path) -> None:
    head, _ = blinkless
    clip = flame_clip(rows, head)
    named = clip_arrays(clip, head, np.array([1.0, 2.0], np.float32))
    assert str(named["basis_hash"]) == head.basis_hash
    assert named["expression"].shape == (24, 100)
    assert named["eyelid"].shape == (24, 2)
    assert named["shape"].tolist() == [1.0, 2.0]
    np.savez(tmp_path / "track.npz", **named)
    back = arkit_arrays(read_track(tmp_path / "track.npz"), head)
    assert np.abs(back["arkit"][:, 14:] - rows["arkit"][:, 14:]).mean() < 0.02


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"jaw_pose": np.zeros((4, 3))}, "no array expression"),
        ({"expression": np.zeros(100)}, "no array expression"),
        ({"expression": np.zeros((4, 101))}, "expression should be"),
        ({"expression": np.zeros((4, 50)), "jaw_pose": np.zeros((3, 3))}, "jaw_pose should be"),
        ({"expression": np.full((4, 50), np.inf)}, "finite"),
    ],
)
def test_a_wrong_track_gets_a_sentence(tmp_path: Path, arrays: dict, words: str) -> None:
    np.savez(tmp_path / "track.npz", **arrays)
    with pytest.raises(ModelError, match=words):
        read_track(tmp_path / "track.npz")


def test_fifty_expressions_without_eyes_are_enough(tmp_path: Path) -> None:
    np.savez(tmp_path / "track.npz", expression=np.ones((4, 50)), jaw_pose=np.full((4, 3), 0.1))
    poses = read_track(tmp_path / "track.npz")
    assert len(poses) == 4
    assert poses[0].expression.tolist() == [1.0] * 50 + [0.0] * 50
    assert not poses[0].eyes_pose.any()
