import numpy as np

from t2s_rt.inference.inputs import INPUT_COUNT, MEL_LIMIT, SCALARS_PER_HOP, assemble
from t2s_rt.timebase import HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS, Feature


def frames_of_voice(count: int = 5) -> np.ndarray:
    rng = np.random.default_rng(1)
    features = rng.uniform(-70, -10, (count, HOPS_PER_FRAME, FEATURE_COUNT)).astype(np.float32)
    features[..., Feature.LOUDNESS_DBFS] = -20.0
    features[..., Feature.REFERENCE_DBFS] = -18.0
    features[..., Feature.F0_HZ] = 440.0
    for column in (Feature.PERIODICITY, Feature.VOICED, Feature.VOICE):
        features[..., column] = 1.0
    return features


def assembled(features: np.ndarray) -> np.ndarray:
    out = np.full((*features.shape[:-2], INPUT_COUNT), np.nan, np.float32)
    assemble(features, out)
    return out


def test_a_louder_singer_with_a_louder_reference_looks_the_same() -> None:
    features = frames_of_voice()
    louder = features.copy()
    louder[..., Feature.MEL] += 12.0
    louder[..., Feature.LOUDNESS_DBFS] += 12.0
    louder[..., Feature.REFERENCE_DBFS] += 12.0
    np.testing.assert_allclose(assembled(louder), assembled(features), atol=1e-5)


def test_one_frame_at_a_time_gives_what_a_clip_gives() -> None:
    features = frames_of_voice()
    np.testing.assert_array_equal(
        np.stack([assembled(frame) for frame in features]), assembled(features)
    )


def test_everything_is_written_finite_and_bounded() -> None:
    features = frames_of_voice()
    features[..., Feature.MEL] = -100.0
    features[..., Feature.LOUDNESS_DBFS] = -100.0
    features[..., Feature.REFERENCE_DBFS] = -5.0
    features[..., Feature.F0_HZ] = 0.0
    features[..., Feature.VOICED] = 0.0
    rows = assembled(features).reshape(-1, HOPS_PER_FRAME, MEL_BANDS + SCALARS_PER_HOP)
    assert np.isfinite(rows).all()
    assert np.abs(rows).max() <= 3.0
    np.testing.assert_array_equal(rows[..., :MEL_BANDS], -MEL_LIMIT)


def test_pitch_is_in_octaves_above_220_hz_and_0_where_unvoiced() -> None:
    features = frames_of_voice(2)
    features[1, :, Feature.VOICED] = 0.0
    rows = assembled(features).reshape(2, HOPS_PER_FRAME, MEL_BANDS + SCALARS_PER_HOP)
    np.testing.assert_allclose(rows[0, :, MEL_BANDS + 3], 1.0, atol=1e-6)
    np.testing.assert_array_equal(rows[1, :, MEL_BANDS + 3], 0.0)


def test_features_are_left_as_they_were() -> None:
    features = frames_of_voice()
    before = features.copy()
    assembled(features)
    np.testing.assert_array_equal(features, before)
