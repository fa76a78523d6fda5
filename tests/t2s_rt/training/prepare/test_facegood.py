from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import AudioError
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.training.prepare.facegood import ACTION_NAMES, CONTROL_MAPS, load_captures

CONTROLS = sorted({name for row in CONTROL_MAPS for name in row.controls})


def write_take(folder: Path, name: str = "take", **changed: np.ndarray) -> None:
    weights = np.zeros((30, len(CONTROLS)), np.float32)
    weights[:, CONTROLS.index("mouth_stretch_c")] = np.linspace(0, 0.5, 30)
    weights[:, CONTROLS.index("mouth_press_l")] = 0.3
    arrays = {"weights": weights, "names": np.array(CONTROLS), "fps": np.float32(30)} | changed
    np.savez(folder / f"{name}.npz", **arrays)
    soundfile.write(folder / f"{name}.wav", np.zeros(16_000, np.float32), 16_000)


def test_controls_become_actions_by_the_table(tmp_path: Path) -> None:
    write_take(tmp_path)
    (capture,) = load_captures(tmp_path)
    scales = {row.action: row.scale for row in CONTROL_MAPS}
    assert capture.targets.shape == (30, len(ACTION_NAMES))
    assert capture.targets[-1, ACTION_NAMES.index("jaw_open")] == pytest.approx(0.5 * scales["jaw_open"])
    assert capture.targets[0, ACTION_NAMES.index("lip_closure")] == pytest.approx(
        0.3 * scales["lip_closure"]
    )
    assert capture.targets[:, ACTION_NAMES.index("lip_rounding")].max() == 0.0


def test_times_between_rows_are_interpolated_and_ends_held(tmp_path: Path) -> None:
    write_take(tmp_path)
    (capture,) = load_captures(tmp_path)
    jaw = ACTION_NAMES.index("jaw_open")
    at = capture.targets_at(np.array([-1.0, 0.5 / 30, 99.0], np.float32))[:, jaw]
    rows = capture.targets[:, jaw]
    np.testing.assert_allclose(at, [rows[0], (rows[0] + rows[1]) / 2, rows[-1]], atol=1e-6)


def test_every_name_in_the_table_is_an_action_and_stands_once() -> None:
    assert len(set(ACTION_NAMES)) == len(ACTION_NAMES)
    assert set(ACTION_NAMES) <= ACTION_INDEX.keys()


def test_an_empty_folder_says_what_a_take_is(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="A take is"):
        load_captures(tmp_path)


def test_a_take_without_its_controls_says_which(tmp_path: Path) -> None:
    write_take(tmp_path, names=np.array([f"x{i}" for i in range(len(CONTROLS))]))
    with pytest.raises(AudioError, match="mouth_stretch_c"):
        load_captures(tmp_path)


def test_a_take_without_sound_says_so(tmp_path: Path) -> None:
    write_take(tmp_path)
    (tmp_path / "take.wav").write_bytes(b"text")
    with pytest.raises(AudioError, match=r"take\.wav cannot be read"):
        load_captures(tmp_path)


@pytest.mark.corpus
def test_the_real_takes_reach_singing_intensity(shared_data: Path) -> None:
    captures = load_captures(shared_data / "facegood")
    assert sum(len(c.samples) / c.sample_rate_hz for c in captures) == pytest.approx(495.4, abs=1.0)
    jaw = np.concatenate([c.targets[:, ACTION_NAMES.index("jaw_open")] for c in captures])
    assert 0.5 < np.percentile(jaw, 99.5) < 0.8
