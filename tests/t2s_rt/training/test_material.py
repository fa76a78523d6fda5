"""What is told of what a training hears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2s_rt.training.material import _noted, _Told, _wanted, mel_profile
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.rendering import Rendering, unlabelled
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS, Feature

HALF_A_MINUTE = LabelledClip(
    name="a", samples=np.zeros(30 * RATE_HZ, np.float32), rate_hz=RATE_HZ, sounds=(), text="",
    speaker="one", language="it", source="voices", licence="GPL-2+, one", alignment_score=None,
)  # fmt: skip
CLIPS = (HALF_A_MINUTE, replace(HALF_A_MINUTE, speaker="two", language="fi", licence="MIT, two"))


def test_a_source_is_told_with_minutes_share_and_the_licences_of_all_its_voices() -> None:
    told: dict[str, _Told] = {}
    assert tuple(_noted((*CLIPS, *CLIPS), told, 0.5)) == (*CLIPS, *CLIPS)
    sentence = "a random 50 % of 2 min, faces by the articulation teacher; GPL-2+, one; MIT, two"
    assert told["voices"].sentence("voices") == f"voices: {sentence}"
    assert "random" not in _Told(1.0, 2.0).sentence("all")


def test_who_is_left_out_is_left_out_by_name_or_by_language() -> None:
    assert list(_wanted(CLIPS, {"two"})) == [CLIPS[0]]
    assert list(_wanted(CLIPS, {"it"})) == [CLIPS[1]]


def test_the_profile_is_of_voiced_speech_against_its_reference() -> None:
    def heard(kind: str, level_db: float) -> Rendering:
        features = np.zeros((4, FEATURE_COUNT), np.float32)
        features[:, Feature.MEL] = level_db
        features[:, Feature.REFERENCE_DBFS] = -20.0
        features[:2, Feature.VOICED] = 1.0
        features[2:, Feature.MEL] = -90.0
        nothing = np.zeros((4, 1), np.float32)
        return unlabelled("", kind, features, nothing, np.ones(1, np.float32))  # type: ignore[arg-type]

    profile = mel_profile([heard("read", -30.0), heard("song", 0.0)])
    np.testing.assert_allclose(profile, np.full(MEL_BANDS, -10.0), atol=0.01)
