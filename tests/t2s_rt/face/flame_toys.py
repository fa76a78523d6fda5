"""FLAME-format files for tests: one small enough to write in each, and a whole head, made once."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from t2s_rt.face import flame_proof
from t2s_rt.face.flame_calibrate import Calibration, fit
from t2s_rt.face.flame_files import FlameModel
from t2s_rt.face.flame_generated import Blank, expression_basis, make_model, smooth_fields

COUNT = 120


@cache
def toy_blank() -> tuple[Blank, np.ndarray]:
    """Our head as someone else, its carried shapes and its true motion; takes some ten seconds."""
    return flame_proof.toy_blank()


@cache
def calibrated_toy() -> tuple[FlameModel, Calibration]:
    """The toy with a basis in disguise and two identity directions."""
    blank, _ = toy_blank()
    identity = 0.001 * smooth_fields(blank.face.vertices, 2, 5).transpose(1, 2, 0)
    model = make_model(blank, expression_basis(blank, "mixed"), identity, "the toy")
    return model, fit(model, blank.targets, blank.trust)


def small_arrays(directions: int = 400) -> dict[str, np.ndarray]:
    """A ball of points with FLAME's joints: every array of the format, nothing of a face."""
    rng = np.random.default_rng(3)
    vertices = rng.normal(0, 1, (COUNT, 3))
    vertices *= 0.12 / np.linalg.norm(vertices, axis=1, keepdims=True)
    regressor = np.zeros((5, COUNT))
    vertices[:5] = [[0, -0.1, 0], [0, -0.05, 0], [0, 0, 0.02], [0.03, 0.02, 0.05], [-0.03, 0.02, 0.05]]
    regressor[np.arange(5), np.arange(5)] = 1.0
    return {
        "v_template": vertices,
        "shapedirs": rng.normal(0, 0.001, (COUNT, 3, directions)),
        "posedirs": np.zeros((COUNT, 3, 36)),
        "J_regressor": regressor,
        "weights": np.eye(5)[rng.integers(0, 5, COUNT)],
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "f": np.stack([np.arange(COUNT - 2), np.arange(1, COUNT - 1), np.arange(2, COUNT)], axis=1),
    }


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path, **arrays)
    return path


@contextmanager
def foreign_classes() -> Iterator[tuple[type, type]]:
    """Modules named as chumpy and scipy name theirs, for as long as a pickle is written."""
    chumpy, sparse = types.ModuleType("chumpy.ch"), types.ModuleType("scipy.sparse.csc")
    ch = type("Ch", (), {"__module__": "chumpy.ch"})
    csc = type("csc_matrix", (), {"__module__": "scipy.sparse.csc"})
    chumpy.Ch, sparse.csc_matrix = ch, csc
    names = ("chumpy", "chumpy.ch", "scipy", "scipy.sparse", "scipy.sparse.csc")
    before = {name: sys.modules.get(name) for name in names}
    for name in names:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["chumpy.ch"], sys.modules["scipy.sparse.csc"] = chumpy, sparse
    try:
        yield ch, csc
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def write_old_pickle(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """As FLAME 2020 is pickled: chumpy directions, a sparse regressor, notes."""
    with foreign_classes() as (ch, csc):
        directions, regressor = ch(), csc()
        directions.__dict__.update(x=arrays["shapedirs"], dterms=(), name=None)
        dense = arrays["J_regressor"]
        columns = [np.flatnonzero(dense[:, k]) for k in range(dense.shape[1])]
        regressor.__dict__.update(
            data=np.concatenate([dense[rows, k] for k, rows in enumerate(columns)]),
            indices=np.concatenate(columns).astype(np.int32),
            indptr=np.cumsum([0, *map(len, columns)]).astype(np.int32),
            _shape=dense.shape,
            maxprint=50,
        )
        found = {**arrays, "shapedirs": directions, "J_regressor": regressor, "bs_style": "lbs"}
        path.write_bytes(pickle.dumps(found, protocol=2))
    return path
