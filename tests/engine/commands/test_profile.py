from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli import main
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.inference.manifest import bundled_model_path, dump_manifest, load_manifest
from t2s_rt.inference.profile import Profile
from t2s_rt.types import MEL_BANDS

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voice")
    notes = [vowel(name, 220.0, 1.2, sample_rate_hz=RATE_HZ) for name in ("a", "e", "i", "o", "u")]
    soundfile.write(folder / "me.wav", np.concatenate(notes), RATE_HZ)
    assert main(["profile", str(folder / "me.wav"), str(folder / "me.json")]) == 0
    return folder / "me.json"


@pytest.fixture
def model_that_says_what_it_heard(tmp_path: Path) -> Path:
    folder = shutil.copytree(bundled_model_path(), tmp_path / "model")
    heard = tuple(float(level) for level in np.linspace(-20, -50, MEL_BANDS))
    manifest = dataclasses.replace(load_manifest(folder), format=2, mel_profile_db=heard)
    (folder / "manifest.json").write_text(dump_manifest(manifest), encoding="utf-8")
    return folder


def test_a_recording_gives_a_profile(profile: Path) -> None:
    measured = Profile.load(profile)
    assert 4.0 < measured.voice_s < 6.1


def test_a_pipeline_with_a_profile_hears_otherwise(
    profile: Path, model_that_says_what_it_heard: Path
) -> None:
    sound = vowel("a", 220.0, 0.5, sample_rate_hz=48_000)
    actions = []
    for given in (None, profile):
        pipeline = Pipeline(model_that_says_what_it_heard, voice_profile=given)
        pipeline.start(48_000)
        actions.append(pipeline.push(sound)[-1].actions)
    assert np.abs(actions[0] - actions[1]).max() > 0.01


def test_what_cannot_be_calibrated_is_a_sentence_and_exit_code_2(
    profile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, face = str(profile.with_suffix(".wav")), str(tmp_path / "face.npz")
    for given, said in (
        (["render", recording, "-o", face, "--voice-profile", str(tmp_path / "no")], "cannot be read"),
        (["profile", str(tmp_path / "no.wav"), str(tmp_path / "me.json")], "no file"),
        (["profile", recording, str(tmp_path / "no" / "me.json")], "cannot be written"),
    ):
        assert main(given) == 2
        assert said in capsys.readouterr().err
