"""The user's FLAME files: what is read, and the sentence for what cannot be."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.face.flame_files import load_flame, load_landmarks, read_arrays
from tests.t2s_rt.face.flame_toys import COUNT, small_arrays, write_npz, write_old_pickle
from tests.t2s_rt.face.test_flame_pickle import Runs

TEMPLATE = Path(__file__).parents[3].parent / "shared/data/flame_template/flame2023_open_identity.npz"


@pytest.mark.parametrize(("directions", "identity"), [(400, 300), (350, 300), (150, 100)])
def test_identity_and_expression_are_told_apart(tmp_path: Path, directions: int, identity: int) -> None:
    arrays = small_arrays(directions)
    model = load_flame(write_npz(tmp_path / "toy.npz", arrays))
    assert model.identity.shape == (COUNT, 3, identity)
    assert model.expression.shape == (COUNT, 3, directions - identity)
    np.testing.assert_allclose(model.expression, arrays["shapedirs"][:, :, identity:], rtol=1e-6)
    assert model.head_arrays()["shapedirs"].shape == (COUNT, 3, 100)


def test_one_basis_has_one_hash_however_it_is_stored(tmp_path: Path) -> None:
    arrays = small_arrays()
    single = {key: value.astype(np.float32) for key, value in arrays.items() if key[0] != "k"}
    paths = [
        write_npz(tmp_path / "a.npz", arrays),
        write_npz(tmp_path / "b.npz", {**arrays, **single, "f": arrays["f"].astype(np.uint32)}),
        write_old_pickle(tmp_path / "c.pkl", arrays),
    ]
    assert len({load_flame(path).basis_hash for path in paths}) == 1
    arrays["shapedirs"][0, 0, 350] += 1e-5
    assert (
        load_flame(write_npz(tmp_path / "d.npz", arrays)).basis_hash != load_flame(paths[0]).basis_hash
    )


def test_an_npz_with_pickled_members_is_read_as_carefully(tmp_path: Path) -> None:
    arrays = small_arrays()
    boxed = np.empty((), object)
    boxed[()] = arrays["J_regressor"]
    np.savez(tmp_path / "ok.npz", **{**arrays, "J_regressor": boxed})
    assert load_flame(tmp_path / "ok.npz").basis_hash
    boxed[()] = Runs(os.system, f"touch {tmp_path / 'ran'}")
    np.savez(tmp_path / "bad.npz", **{**arrays, "J_regressor": boxed})
    with pytest.raises(ModelError, match=r"J_regressor is refused: it asks for posix\.system"):
        load_flame(tmp_path / "bad.npz")
    assert not (tmp_path / "ran").exists()


def broken(**changes: object) -> dict[str, np.ndarray]:
    arrays = {**small_arrays(), **changes}
    return {key: value for key, value in arrays.items() if value is not None}


def holed(key: str) -> np.ndarray:
    array = small_arrays()[key].copy()
    array.reshape(-1)[7] = np.nan
    return array


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (broken(weights=None, posedirs=np.zeros((COUNT, 3, 36))), "lacks weights"),
        (broken(J_regressor=None, f=None), "lacks J_regressor, f"),
        (broken(shapedirs=holed("shapedirs")), "shapedirs has 1 values that are not finite"),
        (broken(v_template=holed("v_template")), "v_template has 1 values"),
        (broken(weights=np.ones((COUNT, 24)) / 24), "weights has the shape .* another topology"),
        (broken(posedirs=np.zeros((COUNT, 3, 207))), "posedirs has the shape"),
        (broken(v_template=np.zeros((COUNT, 2))), "v_template has the shape"),
        (broken(f=np.full((9, 3), COUNT)), "vertices that do not exist"),
        (broken(kintree_table=np.array([[-1, 0, 1, 2, 3], [0, 1, 2, 3, 4]])), "the joints hang"),
        (broken(weights=np.full((COUNT, 5), 0.5)), "do not sum to 1"),
        (broken(v_template=1000 * small_arrays()["v_template"]), "FLAME is in metres"),
        (broken(v_template=small_arrays()["v_template"] * [-1, 1, 1]), "left eye should lie at"),
        (broken(shapedirs=small_arrays(60)["shapedirs"]), "cannot be told which are expression"),
        (broken(shapedirs=small_arrays(400)["shapedirs"] * (np.arange(400) < 300)), "every expression"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(tmp_path: Path, arrays: dict, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        load_flame(write_npz(tmp_path / "toy.npz", arrays))


def test_a_template_with_identity_alone_says_what_is_missing(tmp_path: Path) -> None:
    arrays = {key: small_arrays(60)[key] for key in ("v_template", "shapedirs", "f")}
    with pytest.raises(ModelError, match=r"60 identity directions: it lacks posedirs.*--landmarks"):
        load_flame(write_npz(tmp_path / "identity.npz", arrays))


@pytest.mark.corpus
def test_the_real_template_says_what_is_missing() -> None:
    if not TEMPLATE.is_file():
        pytest.skip("needs ../shared/data/flame_template")
    with pytest.raises(ModelError, match="template with 60 identity directions"):
        load_flame(TEMPLATE)
    landmarks = load_landmarks(TEMPLATE, TEMPLATE)
    assert landmarks is not None
    assert len(landmarks["landmark_indices"]) == 105


def test_identity_can_be_told_and_must_leave_expression(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "toy.npz", small_arrays(60))
    assert load_flame(path, 40).expression.shape[2] == 20
    for count in (60, 61, -1):
        with pytest.raises(ModelError, match="--identity"):
            load_flame(path, count)
    with pytest.raises(ModelError, match="at most 100"):
        load_flame(write_npz(tmp_path / "wide.npz", small_arrays(400)), 100)


def test_a_truncated_npz_gets_a_sentence(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "toy.npz", small_arrays())
    whole = path.read_bytes()
    for end in (0, 3, 10, 400, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:end])
        with pytest.raises(ModelError):
            load_flame(path)
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0xFF
    path.write_bytes(bytes(flipped))
    with pytest.raises(ModelError, match="damaged"):
        load_flame(path)


def test_no_file_a_folder_and_a_text_get_sentences(tmp_path: Path) -> None:
    text = tmp_path / "toy.pkl"
    text.write_text("no pickle at all")
    for path in (tmp_path / "absent.pkl", tmp_path, text):
        with pytest.raises(ModelError):
            load_flame(path)
    text.write_bytes(pickle.dumps({"v_template": "words"}))
    with pytest.raises(ModelError, match="lacks v_template"):
        load_flame(text)


def test_landmarks_are_found_beside_the_file_and_checked(tmp_path: Path) -> None:
    flame = write_npz(tmp_path / "toy.npz", small_arrays())
    assert load_landmarks(flame, None) is None
    with pytest.raises(ModelError, match="--landmarks"):
        load_flame(flame).face()
    embedding = {
        "lmk_face_idx": np.arange(4),
        "lmk_b_coords": np.full((4, 3), 1 / 3),
        "landmark_indices": np.arange(4),
    }
    beside = write_npz(tmp_path / "mediapipe_landmark_embedding.npz", embedding)
    found = load_landmarks(flame, None)
    assert load_flame(flame).face(found).landmarks.shape == (4, 3)
    write_npz(beside, {**embedding, "lmk_face_idx": np.array([0, 1, 2, 10**6])})
    with pytest.raises(ModelError, match="triangles that the mesh does not have"):
        load_flame(flame).face(load_landmarks(flame, None))
    write_npz(beside, {**embedding, "lmk_b_coords": np.zeros((3, 3))})
    with pytest.raises(ModelError, match="contradicts itself"):
        load_landmarks(flame, None)
    write_npz(beside, {"lmk_face_idx": np.arange(4)})
    with pytest.raises(ModelError, match="lacks lmk_b_coords"):
        load_landmarks(flame, None)
    assert set(read_arrays(beside)) == {"lmk_face_idx"}
