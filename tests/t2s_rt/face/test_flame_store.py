"""Calibrations on disk, chosen by the content of the FLAME file; shape parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ConfigError, ModelError, SetupError
from t2s_rt.face.flame_store import KEYS, calibrated_head, data_folder, head_of, load, place_of, save
from tests.t2s_rt.face.flame_toys import write_npz

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def flame_file(calibrated, tmp_path: Path) -> Path:
    return write_npz(tmp_path / "anything.npz", calibrated[0].arrays)


def test_a_file_finds_its_own_calibration(calibrated, flame_file: Path, tmp_path: Path) -> None:
    model, calibration = calibrated
    with pytest.raises(SetupError, match=f"t2s flame calibrate {flame_file}"):
        calibrated_head(flame_file, folder=tmp_path, identity_count=2)
    save(calibration, place_of(model.basis_hash, tmp_path))
    head, again = calibrated_head(flame_file, folder=tmp_path, identity_count=2)
    assert head.basis_hash == model.basis_hash
    np.testing.assert_array_equal(head.arkit_map.matrix, calibration.arkit_map.matrix)
    np.testing.assert_array_equal(again.eyelids, calibration.eyelids)
    changed = {**model.arrays, "shapedirs": 1.01 * model.arrays["shapedirs"]}
    with pytest.raises(SetupError):
        calibrated_head(write_npz(flame_file, changed), folder=tmp_path, identity_count=2)


def test_a_calibration_under_a_false_name_is_refused(
    calibrated, flame_file: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    model, calibration = calibrated
    save(replace(calibration, basis_hash="0" * 64), place_of(model.basis_hash, tmp_path))
    with pytest.raises(ModelError, match="another FLAME file"):
        calibrated_head(flame_file, folder=tmp_path, identity_count=2)


def test_damaged_calibrations_get_sentences(calibrated, tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    save(calibrated[1], path)
    whole = path.read_bytes()
    for data in (b"", b"text", whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(ModelError, match="cannot be read"):
            load(path)
    np.savez(path, **{key: np.zeros(1) for key in KEYS[:-1]})
    with pytest.raises(ModelError, match="lacks lids_mm"):
        load(path)
    np.savez(path, **{key: np.zeros(1) for key in KEYS})
    with pytest.raises(ModelError, match="another version"):
        load(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        save(calibrated[1], tmp_path / "file" / "map.npz")


def test_the_data_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == tmp_path / "t2s-rt" / "flame"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert data_folder().parts[-4:] == (".local", "share", "t2s-rt", "flame")
    monkeypatch.setattr("sys.platform", "darwin")
    assert "Application Support" in str(data_folder())


def test_shape_parameters_make_another_face_of_the_same_basis(calibrated) -> None:
    head = head_of(*calibrated)
    other = head.shaped(np.array([2.0, -1.0], np.float32))
    wanted = head.v_template + 2.0 * head.identity[:, :, 0] - head.identity[:, :, 1]
    np.testing.assert_allclose(other.v_template, wanted, atol=1e-6)
    assert other.basis_hash == head.basis_hash
    assert np.abs(other.joints - head.joints).max() > 1e-4
    np.testing.assert_array_equal(head.shaped(np.zeros(1, np.float32)).v_template, head.v_template)
    for wrong in (np.zeros(3), np.array([np.nan]), np.zeros((1, 2))):
        with pytest.raises(ModelError, match="takes up to 2 finite shape parameters"):
            head.shaped(wrong.astype(np.float32))
