"""Pickles: what FLAME files hold is read, whatever else a pickle asks for is refused by name."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.face.flame_pickle import read_pickle
from tests.t2s_rt.face.flame_toys import foreign_classes, small_arrays, write_old_pickle


class Runs:
    def __init__(self, call, *arguments):
        self.call = call, arguments

    def __reduce__(self):
        return self.call


def read(value: object, protocol: int = 2) -> dict[str, np.ndarray]:
    return read_pickle(io.BytesIO(pickle.dumps(value, protocol=protocol)), "toy.pkl")


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_are_read_from_every_protocol(protocol: int) -> None:
    given = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(3, dtype=np.uint32), "note": "text"}
    found = read(given, protocol)
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["a"], given["a"])


def test_chumpy_and_scipy_are_read_without_either(tmp_path: Path) -> None:
    arrays = small_arrays()
    with write_old_pickle(tmp_path / "old.pkl", arrays).open("rb") as stream:
        found = read_pickle(stream, "old.pkl")
    np.testing.assert_array_equal(found["shapedirs"], arrays["shapedirs"])
    np.testing.assert_array_equal(found["J_regressor"], arrays["J_regressor"])


def test_a_pickle_of_python_2_keeps_its_numbers() -> None:
    raw = np.array([1.5, -2.0]).tobytes().decode("latin1")
    text = "".join(f"\\x{ord(letter):02x}" for letter in raw)
    # Protocol 0 as Python 2 wrote it: the bytes of an array are a str.
    old = (
        "(dp0\nS'v'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\n"
        "S'b'\np5\ntp6\nRp7\n(I1\n(I2\ntp8\ncnumpy\ndtype\np9\n(S'f8'\np10\nI0\nI1\ntp11\nRp12\n"
        "(I3\nS'<'\np13\nNNNI-1\nI-1\nI0\ntp14\nbI00\n"
        f"S'{text}'\np15\ntp16\nbs."
    )
    found = read_pickle(io.BytesIO(old.encode("ascii")), "old.pkl")
    assert found["v"].tolist() == [1.5, -2.0]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (Runs(os.system, "touch {flag}"), "system"),
        (Runs(eval, "open('{flag}', 'w')"), "builtin.*eval"),
        (Runs(exec, "open('{flag}', 'w')"), "builtin.*exec"),
        (Runs(getattr, np, "save"), "getattr"),
        (Runs(np.load, "{flag}"), "numpy"),
    ],
)
def test_code_in_a_pickle_is_refused_and_not_run(call: Runs, name: str, tmp_path: Path) -> None:
    flag = tmp_path / "ran"
    function, arguments = call.call
    filled = [a.format(flag=flag) if isinstance(a, str) else a for a in arguments]
    if any(isinstance(a, type(np)) for a in filled):
        filled[0] = "numpy"
    for protocol in (0, 2, 4):
        with pytest.raises(ModelError, match=f"refused: it asks for .*{name}"):
            read({"v_template": Runs(function, *filled)}, protocol)
    assert not flag.exists()


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x02}q\x00(X\x01", b"garbage", b"\x00" * 50, b"."])
def test_a_damaged_pickle_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(ModelError):
        read_pickle(io.BytesIO(data), "toy.pkl")


def test_a_pickle_cut_anywhere_gets_a_sentence(tmp_path: Path) -> None:
    whole = write_old_pickle(tmp_path / "old.pkl", small_arrays(150)).read_bytes()
    for end in (10, 100, 1000, len(whole) // 2, len(whole) - 1):
        with pytest.raises(ModelError):
            read_pickle(io.BytesIO(whole[:end]), "old.pkl")


def test_something_else_than_a_dictionary_is_named() -> None:
    with pytest.raises(ModelError, match="holds a list"):
        read([1, 2])


@pytest.mark.parametrize(
    "state",
    [
        {
            "data": np.ones(1),
            "indices": np.array([7]),
            "indptr": np.array([0, 1, 1, 1]),
            "_shape": (2, 3),
        },
        {
            "data": np.ones(1),
            "indices": np.array([-1]),
            "indptr": np.array([0, 1, 1, 1]),
            "_shape": (2, 3),
        },
        {
            "data": np.ones(1),
            "indices": np.array([0]),
            "indptr": np.array([0, 9, 1, 1]),
            "_shape": (2, 3),
        },
        {
            "data": np.ones(1),
            "indices": np.array([0]),
            "indptr": np.array([0, 1]),
            "_shape": (10**9, 10**9),
        },
        {"data": np.ones(1), "indices": np.array([0]), "_shape": (2, 3)},
        {},
    ],
)
def test_a_sparse_matrix_that_contradicts_itself_is_refused(state: dict) -> None:
    with foreign_classes() as (_, csc):
        matrix = csc()
        matrix.__dict__.update(state)
        data = pickle.dumps({"J_regressor": matrix}, protocol=2)
    with pytest.raises(ModelError, match="contradicts itself"):
        read_pickle(io.BytesIO(data), "toy.pkl")
