"""Our engine as a subject: the same faces as `t2s render`, whatever was watched before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.quality.cost import measure
from bench.quality.engine_subject import EngineSubject
from bench.quality.figures import load_bars
from bench.quality.loudness import LoudnessMeter
from bench.quality.sound import in_silence
from engine.commands.render import render
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.errors import ModelError
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.timebase import SAMPLE_RATE_HZ, seconds

SUNG = in_silence(vowel("a", 220.0, 0.7), 0.2, 0.3)


def test_it_is_the_render_of_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "sung.wav"
    soundfile.write(path, SUNG, SAMPLE_RATE_HZ, subtype="FLOAT")
    frames = render(path, Pipeline(seed=5))
    subject = EngineSubject(seed=5)
    subject.watch(vowel("i", 300.0, 0.5))  # what was watched before leaves no trace
    track = subject.watch(SUNG)
    assert track.face is not None
    assert np.array_equal(track.face.arkit, np.stack([frame.arkit for frame in frames]))
    assert track.time_s.tolist() == [seconds(frame.pts_samples) for frame in frames]
    assert track.available_s.tolist() == [seconds(frame.available_samples) for frame in frames]
    assert (track.available_s >= track.time_s).all()
    jaw, shut = (track.face.arkit[:, ARKIT_INDEX[name]] for name in ("jawOpen", "mouthClose"))
    assert track.opening == pytest.approx(np.clip(jaw - shut, 0.0, 1.0), abs=1e-6)
    assert track.opening[20:50].mean() > 0.2


def test_a_recording_is_rendered_once_and_a_seed_changes_no_mouth() -> None:
    subject = EngineSubject()
    assert subject.watch(SUNG) is subject.watch(SUNG.copy())
    other = subject.with_seed(1).watch(SUNG)
    assert other.opening == pytest.approx(subject.watch(SUNG).opening)
    assert other.face is not None
    assert not np.array_equal(other.face.actions, subject.watch(SUNG).face.actions)  # type: ignore[union-attr]


def test_a_model_that_is_not_there_is_never_replaced_by_the_baseline(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        EngineSubject(tmp_path)


@pytest.mark.torch  # onnx comes with the train extra
def test_the_cost_of_the_bundled_model_and_of_a_peer() -> None:
    figures = {figure.key: figure.value for figure in measure(EngineSubject())}
    assert set(figures) <= set(load_bars())
    assert 0.001 < figures["cost.step"] < 50.0
    assert (
        figures["cost.parameters"] * 4e6 < figures["cost.file"] * 1e6 * 1.05
    )  # float32 inside the file
    assert figures["cost.lookahead"] <= 20.0
    assert measure(LoudnessMeter()) == []
