"""The FLAME format: skinning against hand-computed rotations, loading, refusal of damaged files."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.face.flame import ArkitMap, FlameHead, basis_hash, rodrigues

JOINTS = np.array([[0, 0, 0], [0, 1, 0], [0, 2, 0.5], [0.3, 2.5, 1], [-0.3, 2.5, 1]], np.float32)


def toy_arrays() -> dict[str, np.ndarray]:
    """A head whose vertices are its joints and, last, a chin that hangs on the jaw."""
    chin = np.array([[0.0, 1.5, 1.5]], np.float32)
    shapedirs = np.zeros((6, 3, 100), np.float32)
    shapedirs[5, 0, 4] = 0.1
    return {
        "v_template": np.concatenate([JOINTS, chin]),
        "shapedirs": shapedirs,
        "posedirs": np.zeros((6, 3, 36), np.float32),
        "J_regressor": np.eye(5, 6, dtype=np.float32),
        "weights": np.concatenate([np.eye(5), [[0, 0, 1, 0, 0]]]).astype(np.float32),
        "kintree_table": np.array([[-1, 0, 1, 1, 1], [0, 1, 2, 3, 4]]),
        "f": np.array([[0, 1, 5], [2, 3, 4]]),
    }


def toy_map() -> ArkitMap:
    matrix = np.zeros((100, 53), np.float32)
    matrix[4, 0] = 1.0
    return ArkitMap(matrix, np.array([[0, 1]]), 0.4, 0.1, np.full(4, 0.3, np.float32))


def toy_head() -> FlameHead:
    return FlameHead(toy_arrays(), toy_map())


def posed(head: FlameHead, **poses: list[float]) -> np.ndarray:
    given = {name: np.array([poses.get(name, [0.0] * size)], np.float32) for name, size in SIZES.items()}
    return head.vertices(**given)[0]


SIZES = {"expression": 100, "jaw_pose": 3, "neck_pose": 3, "eyes_pose": 6, "global_pose": 3}
QUARTER = np.pi / 2


def test_rodrigues_by_hand():
    turns = rodrigues(np.array([[0, 0, 0], [QUARTER, 0, 0], [0, QUARTER, 0], [0, 0, np.pi]]))
    np.testing.assert_allclose(turns[0], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turns[1] @ [0, 0, 1], [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(turns[2] @ [0, 0, 1], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(turns[3] @ [1, 0, 0], [-1, 0, 0], atol=1e-12)
    oblique = rodrigues(np.array([[0.3, -0.8, 0.5]]))[0]
    np.testing.assert_allclose(oblique @ oblique.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(oblique @ [0.3, -0.8, 0.5], [0.3, -0.8, 0.5], atol=1e-12)


def test_rest_is_the_template():
    np.testing.assert_allclose(posed(toy_head()), toy_arrays()["v_template"], atol=1e-6)


def test_the_jaw_turns_about_its_joint_downwards():
    # The chin lies (0, -0.5, 1) from the jaw joint; a quarter turn about +x makes that (0, -1, -0.5).
    vertices = posed(toy_head(), jaw_pose=[QUARTER, 0, 0])
    np.testing.assert_allclose(vertices[5], [0, 1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(vertices[:5], JOINTS, atol=1e-6)


def test_the_neck_carries_jaw_and_eyes():
    # A quarter turn about +y at (0, 1, 0) takes z to x.
    vertices = posed(toy_head(), neck_pose=[0, QUARTER, 0])
    np.testing.assert_allclose(vertices[5], [1.5, 1.5, 0], atol=1e-6)
    np.testing.assert_allclose(vertices[3], [1.0, 2.5, -0.3], atol=1e-6)


def test_rotations_chain_parent_first():
    # Neck a quarter left, then the jaw about the turned head's own x.
    vertices = posed(toy_head(), neck_pose=[0, QUARTER, 0], jaw_pose=[QUARTER, 0, 0])
    np.testing.assert_allclose(vertices[5], [0.0, 1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(vertices[2], [0.5, 2, 0], atol=1e-6)


def test_the_root_turns_everything_about_itself():
    vertices = posed(toy_head(), global_pose=[0, 0, np.pi])
    np.testing.assert_allclose(vertices, toy_arrays()["v_template"] * [-1, -1, 1], atol=1e-5)


def test_expression_comes_before_the_pose():
    expression = np.zeros(100)
    expression[4] = 3.0
    vertices = posed(toy_head(), expression=expression.tolist(), neck_pose=[0, QUARTER, 0])
    np.testing.assert_allclose(vertices[5], [1.5, 1.5, -0.3], atol=1e-6)


def test_pose_correctives_add_before_skinning():
    arrays = toy_arrays()
    arrays["posedirs"][5, 0, 9 + 4] = 1.0  # the jaw's entry (1, 1), the cosine of a turn about x
    vertices = posed(FlameHead(arrays, toy_map()), jaw_pose=[QUARTER, 0, 0])
    np.testing.assert_allclose(vertices[5], [-1.0, 1.0, 0.0], atol=1e-6)


def test_a_batch_is_its_frames():
    rng = np.random.default_rng(1)
    poses = {name: rng.normal(0, 0.3, (4, size)).astype(np.float32) for name, size in SIZES.items()}
    head = toy_head()
    together = head.vertices(**poses)
    for i in range(4):
        alone = head.vertices(**{name: values[i : i + 1] for name, values in poses.items()})[0]
        np.testing.assert_allclose(together[i], alone, atol=1e-6)


def test_saved_and_loaded_is_the_same_head(tmp_path):
    head = toy_head()
    head.save(tmp_path / "head.npz")
    again = FlameHead.load(tmp_path / "head.npz")
    assert again.basis_hash == head.basis_hash
    np.testing.assert_array_equal(again.arkit_map.matrix, head.arkit_map.matrix)
    np.testing.assert_array_equal(posed(again, jaw_pose=[0.2, 0, 0]), posed(head, jaw_pose=[0.2, 0, 0]))


def test_the_hash_sees_a_micrometre_and_not_the_last_bits():
    arrays = toy_arrays()
    first = basis_hash(arrays)
    arrays["shapedirs"][5, 0, 4] += 1e-8
    assert basis_hash(arrays) == first
    arrays["shapedirs"][5, 0, 4] += 2e-6
    assert basis_hash(arrays) != first


def test_a_missing_head_names_the_command(tmp_path):
    with pytest.raises(SetupError, match=r"python -m t2s_rt\.face\.build_head"):
        FlameHead.load(tmp_path / "head.npz")


def test_a_damaged_head_is_refused(tmp_path):
    path = tmp_path / "head.npz"
    toy_head().save(path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(ModelError, match="cannot be read"):
        FlameHead.load(path)
    path.write_text("no archive")
    with pytest.raises(ModelError, match="cannot be read"):
        FlameHead.load(path)


def test_a_head_without_an_array_is_refused(tmp_path):
    np.savez(tmp_path / "head.npz", v_template=np.zeros((3, 3)))
    with pytest.raises(ModelError, match="lacks shapedirs"):
        FlameHead.load(tmp_path / "head.npz")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("weights", np.zeros((6, 4)), "weights should have the shape"),
        ("weights", np.full((6, 5), 0.1), "sum to 1"),
        ("v_template", np.full((6, 3), np.nan), "not finite"),
        ("f", np.array([[0, 1, 6]]), "do not exist"),
        ("kintree_table", np.zeros((2, 5), int), "parents"),
    ],
)
def test_wrong_arrays_are_refused(key, value, words):
    with pytest.raises(ModelError, match=words):
        FlameHead({**toy_arrays(), key: value}, toy_map())
