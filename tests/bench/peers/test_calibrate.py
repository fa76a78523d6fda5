"""wLipSync's profile from labelled vowels."""

from __future__ import annotations

import numpy as np
import pytest

from bench.peers.calibrate import CLASSES, PARTS, WINDOW, class_name, frames_of, profile_of
from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip


def clip(sounds: tuple[tuple[str, float, float], ...], samples: np.ndarray) -> LabelledClip:
    return LabelledClip(
        "made", samples.astype(np.float32), RATE_HZ, sounds, "", "made/one", "ru", "made", "none", None
    )


def test_sounds_have_classes_and_others_none() -> None:
    assert [class_name(ipa) for ipa in ("a", "i", "u", "ɛ", "o")] == list("AIUEO")
    assert not any(class_name(ipa) for ipa in ("ɨ", "s", "n", "t"))


@pytest.mark.parametrize("speed", [1.0, 1.2])
def test_frames_stand_around_the_middles_of_sounds_at_any_speed(speed: float) -> None:
    """The recording's value is its time, so that a frame tells where it was cut."""
    time = np.arange(2 * RATE_HZ) / (2 * RATE_HZ)
    found = frames_of([clip((("a", 0.5, 0.7), ("s", 0.7, 0.8), ("o", 0.8, 1.0)), time)], speed)
    assert found.classes == ("A", "O")
    assert found.ends == (WINDOW, 2 * WINDOW)
    middles = [float(found.samples[end - WINDOW // 2]) for end in found.ends]
    assert middles == pytest.approx([0.6 / 2, 0.9 / 2], abs=0.002)


def test_short_sounds_are_passed_by() -> None:
    found = frames_of([clip((("a", 0.1, 0.2), ("o", 0.2, 0.23)), np.zeros(RATE_HZ))], 1.0)
    assert found.classes == ("A",)


def test_a_profile_has_every_class_of_every_voice_with_its_means() -> None:
    classes = [name for name in CLASSES for _ in range(2 * PARTS)]
    values = np.repeat(np.arange(len(CLASSES)), 2 * PARTS)
    cepstra = np.tile(values[:, None], (1, 12)).astype(np.float32)
    profile = profile_of(
        [(classes, cepstra), (classes, cepstra + 10), (classes, cepstra + 20)], 1, standardised=True
    )
    entries = profile["mfccs"]
    assert isinstance(entries, list)
    assert [entry["name"] for entry in entries] == [*CLASSES, *CLASSES, *CLASSES]
    assert len(entries) >= 12  # fewer, and wLipSync 1.3.1 hears fewer than twelve coefficients
    assert all(len(entry["mfccCalibrationDataList"]) == profile["mfccDataCount"] for entry in entries)
    assert entries[2]["mfccCalibrationDataList"][0]["array"] == [2.0] * 12
    assert entries[7]["mfccCalibrationDataList"][3]["array"] == [12.0] * 12


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(CorpusError, match="Of I there are 0"):
        profile_of([(["A"] * PARTS, np.zeros((PARTS, 12), np.float32))])
