import numpy as np
import pytest

from t2s_rt.inference.baseline import BaselineMotion
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.timebase import HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, Feature


def settled(loudness_dbfs: float, centroid_hz: float, voice: float = 1.0) -> np.ndarray:
    features = np.zeros((HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
    features[:, Feature.LOUDNESS_DBFS] = loudness_dbfs
    features[:, Feature.REFERENCE_DBFS] = -20.0
    features[:, Feature.CENTROID_HZ] = centroid_hz
    features[:, Feature.VOICE] = voice
    motion, out = BaselineMotion(), np.full(ACTION_COUNT, np.nan, np.float32)
    for _ in range(60):
        motion.step(features, out)
    return out


def test_a_louder_voice_opens_the_jaw_further() -> None:
    soft, loud = (settled(level, 1100.0)[ACTION_INDEX["jaw_open"]] for level in (-35.0, -20.0))
    assert 0.1 < soft < loud <= 1.0


def test_a_dark_voice_rounds_and_a_bright_one_spreads() -> None:
    dark, bright = settled(-20.0, 450.0), settled(-20.0, 3000.0)
    assert dark[ACTION_INDEX["lip_rounding"]] > 0.5 > 0.1 > dark[ACTION_INDEX["lip_spread"]]
    assert bright[ACTION_INDEX["lip_spread"]] > 0.5 > 0.1 > bright[ACTION_INDEX["lip_rounding"]]


@pytest.mark.parametrize(("loudness_dbfs", "voice"), [(-100.0, 1.0), (-60.0, 1.0), (-20.0, 0.0)])
def test_silence_faint_noise_and_what_is_no_voice_leave_the_face_at_rest(
    loudness_dbfs: float, voice: float
) -> None:
    np.testing.assert_array_equal(settled(loudness_dbfs, 1500.0, voice), 0.0)


def test_only_what_it_knows_moves() -> None:
    moved = {i for level in (450.0, 1200.0, 3000.0) for i in np.flatnonzero(settled(-20.0, level))}
    assert moved == {ACTION_INDEX[name] for name in BaselineMotion.knows}


def test_reset_starts_over() -> None:
    features = np.zeros((HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
    features[:, [Feature.LOUDNESS_DBFS, Feature.REFERENCE_DBFS]] = -20.0
    features[:, Feature.VOICE] = 1.0
    features[:, Feature.CENTROID_HZ] = 700.0
    motion, first, again = (
        BaselineMotion(),
        np.zeros(ACTION_COUNT, np.float32),
        np.zeros(ACTION_COUNT, np.float32),
    )
    motion.step(features, first)
    motion.step(features, again)
    assert not np.array_equal(first, again)
    motion.reset()
    motion.step(features, again)
    np.testing.assert_array_equal(first, again)
