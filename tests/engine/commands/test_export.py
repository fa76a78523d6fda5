from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.cli import main
from t2s_rt.face.clip import arrays, rows_of
from t2s_rt.face.clip_glb import read_glb
from tests.t2s_rt.face.frames import arkit, frame


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    rows = rows_of(frame(i, weights=arkit(jawOpen=0.01 * i)) for i in range(30))
    np.savez(tmp_path / "clip.npz", **arrays(rows))
    return tmp_path / "clip.npz"


def test_a_clip_becomes_what_the_ending_says(clip: Path, capsys) -> None:
    for ending in ("csv", "glb", "flame.npz", "npz"):
        out = clip.with_name(f"out.{ending}")
        assert main(["export", str(clip), "-o", str(out)]) == 0
        assert out.stat().st_size > 500
    assert "30 frames, 0.5 s" in capsys.readouterr().out
    document, _ = read_glb(clip.with_name("out.glb").read_bytes())
    assert len(document["animations"]) == 1
    with np.load(clip.with_name("out.npz")) as again, np.load(clip) as before:
        np.testing.assert_array_equal(again["arkit"], before["arkit"])


@pytest.mark.parametrize(
    ("source", "target", "wanted"),
    [
        ("clip.npz", "out.mp4", "no ending that can be recorded"),
        ("absent.npz", "out.csv", "cannot be read as a clip"),
        ("clip.npz", "deep/out.csv", "no folder"),
    ],
)
def test_a_mistake_gets_a_sentence(clip: Path, capsys, source: str, target: str, wanted: str) -> None:
    folder = clip.parent
    assert main(["export", str(folder / source), "-o", str(folder / target)]) == 2
    assert wanted in capsys.readouterr().err
