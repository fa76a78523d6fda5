"""`t2s flame` as it is typed: what each action writes, and the sentence for every bad file."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from engine.cli import main
from engine.commands import flame as command
from t2s_rt.face import flame_selftest
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.clip import arrays as clip_arrays
from t2s_rt.face.clip import rows_of
from t2s_rt.face.clip_glb import read_glb
from t2s_rt.face.flame_selftest import Finding
from t2s_rt.face.head import HEAD_NPZ
from tests.t2s_rt.face.flame_toys import calibrated_toy, small_arrays, write_npz
from tests.t2s_rt.face.frames import arkit, frame
from tests.t2s_rt.face.test_flame_pickle import Runs

needs_head = pytest.mark.skipif(not HEAD_NPZ.exists(), reason="the head is not built: make setup")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip of ten frames whose jaw opens."""
    rows = rows_of(frame(i, weights=arkit(jawOpen=i / 20)) for i in range(10))
    return write_npz(tmp_path / "clip.npz", clip_arrays(rows))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibrations go where no test finds another's."""
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["flame", *map(str, words)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("t2s: ")
    assert "Traceback" not in said.err
    return said.err


def broken(**changes: object) -> dict[str, np.ndarray]:
    return {**small_arrays(), **changes}


def with_a_hole() -> np.ndarray:
    basis = small_arrays()["shapedirs"].copy()
    basis[3, 1, 340] = np.nan
    return basis


def test_info_says_what_is_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_npz(tmp_path / "anything.npz", small_arrays())
    assert main(["flame", "info", str(file)]) == 0
    told = capsys.readouterr().out
    assert "120 vertices, 118 triangles" in told
    assert "300 identity and 100 expression directions" in told
    assert "landmarks: none" in told
    assert f"no; run t2s flame calibrate {file}" in told
    assert main(["flame", "info", str(file), "--identity", "350"]) == 0
    assert "350 identity and 50 expression directions" in capsys.readouterr().out


ACTIONS = {
    "info": ("info", "{file}"),
    "calibrate": ("calibrate", "{file}", "-o", "{out}.npz"),
    "export": ("export", "{clip}", "-o", "{out}.npz", "--flame", "{file}"),
    "arkit": ("arkit", "{clip}", "-o", "{out}.npz", "--flame", "{file}"),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (broken(shapedirs=with_a_hole()), "shapedirs has 1 values that are not finite"),
        (broken(weights=np.ones((120, 24)) / 24), "another topology"),
        (broken(f=np.full((9, 3), 120)), "vertices that do not exist"),
    ],
    ids=["not a number", "SMPL's joints", "faces of another mesh"],
)
def test_a_wrong_model_is_refused_by_every_action(
    action: str, arrays: dict, words: str, tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_npz(tmp_path / "wrong.npz", arrays)
    typed = [word.format(file=file, clip=clip, out=tmp_path / "out") for word in ACTIONS[action]]
    complaint = refused(capsys, *typed)
    assert words in complaint
    assert "wrong.npz" in complaint
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_code_in_a_pickle_is_refused_by_name_and_never_runs(
    action: str, tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = tmp_path / "ran"
    file = tmp_path / "evil.pkl"
    file.write_bytes(pickle.dumps({"v_template": Runs(os.system, f"touch {flag}")}, protocol=2))
    typed = [word.format(file=file, clip=clip, out=tmp_path / "out") for word in ACTIONS[action]]
    assert "refused: it asks for" in refused(capsys, *typed)
    assert not flag.exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_file_that_is_cut_short_gets_a_sentence(
    action: str, tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_npz(tmp_path / "cut.npz", small_arrays())
    file.write_bytes(file.read_bytes()[:5000])
    typed = [word.format(file=file, clip=clip, out=tmp_path / "out") for word in ACTIONS[action]]
    assert "cut.npz" in refused(capsys, *typed)


def test_calibrating_without_landmarks_says_where_they_are_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_npz(tmp_path / "toy.npz", small_arrays())
    assert "landmark" in refused(capsys, "calibrate", file)


def test_where_nothing_can_be_written_is_said_before_the_work(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = tmp_path / "absent" / "face.npz"
    assert "no folder" in refused(capsys, "export", clip, "-o", absent)
    assert "no folder" in refused(capsys, "arkit", clip, "-o", absent)
    assert "no folder" in refused(capsys, "calibrate", tmp_path / "any.npz", "--picture", absent)
    folder = tmp_path / "face.glb"
    folder.mkdir()
    assert "is a folder" in refused(capsys, "export", clip, "-o", folder)
    assert "should end in .npz or .glb" in refused(capsys, "export", clip, "-o", tmp_path / "face.fbx")


def test_a_clip_that_is_none_gets_a_sentence(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "face.npz"
    other = write_npz(tmp_path / "other.npz", {"something": np.zeros(3)})
    assert "other.npz" in refused(capsys, "export", other, "-o", out)
    assert "other.npz" in refused(capsys, "arkit", other, "-o", out)
    assert "absent.npz" in refused(capsys, "export", tmp_path / "absent.npz", "-o", out)
    shape = write_npz(tmp_path / "shape.npz", {"shape": np.zeros(2)})
    assert "--shape needs --flame" in refused(capsys, "export", clip, "-o", out, "--shape", shape)
    assert not out.exists()


def test_a_model_that_was_never_calibrated_says_how(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_npz(tmp_path / "toy.npz", small_arrays())
    complaint = refused(capsys, "export", clip, "-o", tmp_path / "face.npz", "--flame", file)
    assert f"t2s flame calibrate {file}" in complaint


@needs_head
def test_our_own_head_exports_parameters_that_come_back_as_arkit(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    face, back = tmp_path / "face.npz", tmp_path / "back.npz"
    assert main(["flame", "export", str(clip), "-o", str(face)]) == 0
    assert "10 frames" in capsys.readouterr().out
    with np.load(face, allow_pickle=False) as track:
        assert track["expression"].shape == (10, 100)
        assert len(str(track["basis_hash"])) == 64
    glb = tmp_path / "face.glb"
    assert main(["flame", "export", str(clip), "-o", str(glb)]) == 0
    document, _ = read_glb(glb.read_bytes())
    assert document["animations"]
    posed = write_npz(tmp_path / "posed.npz", jaw_track())
    assert main(["flame", "arkit", str(posed), "-o", str(back)]) == 0
    with np.load(back, allow_pickle=False) as found:
        weights = found["arkit"]
    assert weights.shape == (5, 52)
    jaw = weights[:, ARKIT_INDEX["jawOpen"]]
    assert jaw[0] < 0.05
    assert np.all(np.diff(jaw) > 0)


def jaw_track() -> dict[str, np.ndarray]:
    """FLAME parameters of a jaw that opens to 0.2 rad."""
    jaw = np.zeros((5, 3), np.float32)
    jaw[:, 0] = np.linspace(0, 0.2, 5)
    return {"expression": np.zeros((5, 100), np.float32), "jaw_pose": jaw}


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_selftest_prints_its_table_and_fails_where_a_number_does(
    passed: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Finding("worst of 52 shapes", 0.1 if passed else 0.7, 0.5, "mm")]
    monkeypatch.setattr(flame_selftest, "run", lambda template, tell: found)
    assert main(["flame", "selftest"]) == code
    told = capsys.readouterr().out
    assert "worst of 52 shapes" in told
    assert f"{0 if passed else 1} of 1 failed" in told


@needs_head
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_calibrated_model_is_found_again_under_any_name(
    tmp_path: Path,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, calibration = calibrated_toy()
    monkeypatch.setattr(command, "calibrate", lambda *_: calibration)  # its own tests carry the shapes
    file = write_npz(tmp_path / "toy.npz", model.arrays)
    own, shapes = ("--identity", "2"), tmp_path / "shapes.png"
    assert main(["flame", "calibrate", str(file), *own, "--picture", str(shapes)]) == 0
    told = capsys.readouterr().out
    assert "52 of 52 shapes within" in told
    assert shapes.read_bytes().startswith(b"\x89PNG")
    renamed = file.rename(tmp_path / "renamed.npz")
    assert main(["flame", "info", str(renamed), *own]) == 0
    assert "no; run" not in capsys.readouterr().out

    flame = ("--flame", str(renamed), *own)
    track, glb, back = (str(tmp_path / name) for name in ("track.npz", "face.glb", "back.npz"))
    shape = write_npz(tmp_path / "shape.npz", {"betas": np.array([[0.5, -0.5]])})
    assert main(["flame", "export", str(clip), "-o", track, *flame, "--shape", str(shape)]) == 0
    with np.load(track, allow_pickle=False) as found:
        assert str(found["basis_hash"]) == model.basis_hash
        np.testing.assert_allclose(found["shape"][:2], [0.5, -0.5])
    assert main(["flame", "export", str(clip), "-o", glb, *flame]) == 0
    document, _ = read_glb(Path(glb).read_bytes())
    assert document["animations"]
    assert main(["flame", "arkit", track, "-o", back, *flame]) == 0
    with np.load(back, allow_pickle=False) as found:
        jaw = found["arkit"][:, ARKIT_INDEX["jawOpen"]]
    np.testing.assert_allclose(jaw, np.arange(10) / 20, atol=0.02)

    capsys.readouterr()
    long = write_npz(tmp_path / "long.npz", {"shape": np.zeros(9)})
    typed = ("export", clip, "-o", tmp_path / "no.npz", *flame, "--shape", long)
    assert "shape" in refused(capsys, *typed)
    assert "neither" in refused(capsys, *typed[:-1], clip)
