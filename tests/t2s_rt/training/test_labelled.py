from pathlib import Path

import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.training import labelled, programme
from t2s_rt.training.labelled import MusicLibrary, render_bands, render_labelled
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.rendering import Rendering
from t2s_rt.types import FEATURE_COUNT


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme, "PROGRAMME_S", 2.0)
    monkeypatch.setattr(labelled, "BAND_S", 2.0)


def clips() -> list[LabelledClip]:
    made = []
    for i, vowel in enumerate(("a", "u")):
        samples = synthesis.vowel(vowel, 200.0, 1.0, sample_rate_hz=RATE_HZ)
        made.append(
            LabelledClip(
                f"c{i}", samples, RATE_HZ, ((vowel, 0.02, 0.98),), "", "ann", "en", "test", "none", None
            )
        )
    return made


def library(tmp_path: Path) -> MusicLibrary:
    time_s = np.arange(30 * RATE_HZ) / RATE_HZ
    music = (0.3 * np.sin(2 * np.pi * 330 * time_s)).astype(np.float32)
    MusicLibrary.write(tmp_path / "music.i16", [music])
    return MusicLibrary(tmp_path / "music.i16")


def made(tmp_path: Path, *, clean: bool = True) -> list[Rendering]:
    draw = library(tmp_path).draw
    return list(render_labelled(clips(), draw, tmp_path / "heard", 0, workers=1, clean=clean))


@pytest.mark.timeout(120)
def test_a_programme_is_heard_clean_and_staged_and_kept(tmp_path: Path) -> None:
    clean, staged = made(tmp_path)[:2]
    assert clean.kind == "read"
    assert clean.features.shape == staged.features.shape
    assert clean.features.shape[1] == FEATURE_COUNT
    assert np.abs(clean.features - staged.features).max() > 1.0
    np.testing.assert_array_equal(clean.targets, staged.targets)
    assert 0.2 < clean.voice.mean() < 1.0
    assert clean.targets[clean.voice == 1, 0].mean() > 5 * clean.targets[clean.voice == 0, 0].mean()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "heard").iterdir()}
    again, dirty = made(tmp_path), made(tmp_path, clean=False)
    np.testing.assert_array_equal(dirty[0].features, staged.features)
    assert len(again) == 2 * len(dirty)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "heard").iterdir()} == before
    np.testing.assert_array_equal(again[0].features, clean.features)


@pytest.mark.timeout(120)
def test_a_band_has_no_voice_and_tells_the_mouth_nothing(tmp_path: Path) -> None:
    (band,) = render_bands(library(tmp_path).draw, 1, tmp_path / "heard", 0, workers=1)
    assert band.kind == "band"
    assert band.voice.max() == 0
    assert band.weights.max() == 0.0


def test_music_is_drawn_from_where_it_sounds(tmp_path: Path) -> None:
    silence, music = np.zeros(60 * RATE_HZ, np.float32), np.full(60 * RATE_HZ, 0.5, np.float32)
    MusicLibrary.write(tmp_path / "m.i16", [silence, music])
    drawn = MusicLibrary(tmp_path / "m.i16").draw(np.random.default_rng(0)).samples()
    assert len(drawn) == MusicLibrary.DRAWN_S * RATE_HZ
    assert drawn.max() == pytest.approx(0.5, abs=1e-3)
