"""What the network sees of a frame: the one place that turns features into model input.

Training and the running engine both call `assemble`, so a model meets the numbers it was trained on.
Everything is judged against the singer's own level (`Feature.REFERENCE_DBFS`): gain does not matter.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.timebase import HOPS_PER_FRAME
from t2s_rt.types import MEL_BANDS, Feature, FloatArray

MEL_SCALE_DB: Final = 20.0
MEL_OFFSET_DB: Final = 40.0
"""A band this far below the reference level is 0; one scale above it is 1."""
MEL_LIMIT: Final = 2.5
LOUDNESS_SCALE_DB: Final = 20.0
LOUDNESS_LIMIT: Final = 3.0
PITCH_CENTRE_HZ: Final = 220.0
SCALARS_PER_HOP: Final = 5

INPUT_VERSION: Final = 1
"""Rises with every change of this file's arithmetic; a model of another version is refused."""
INPUT_COUNT: Final = HOPS_PER_FRAME * (MEL_BANDS + SCALARS_PER_HOP)


def assemble(features: FloatArray, out: FloatArray) -> None:
    """Turn frames of features into frames of model input.

    Args:
        features: ``(..., HOPS_PER_FRAME, FEATURE_COUNT)``, oldest hop first.
        out: ``(..., INPUT_COUNT)``, about -2.5 to 2.5: per hop ``MEL_BANDS`` levels against the
            reference, then loudness against the reference, periodicity, voicing, octaves above 220 Hz
            (0 where unvoiced) and voice presence.
    """
    rows = out.reshape(*features.shape[:-1], MEL_BANDS + SCALARS_PER_HOP)
    reference = features[..., Feature.REFERENCE_DBFS, None]
    mel = rows[..., :MEL_BANDS]
    np.subtract(features[..., Feature.MEL], reference - MEL_OFFSET_DB, out=mel)
    mel *= 1.0 / MEL_SCALE_DB
    np.maximum(mel, -MEL_LIMIT, out=mel)
    np.minimum(mel, MEL_LIMIT, out=mel)
    loudness = rows[..., MEL_BANDS]
    np.subtract(
        features[..., Feature.LOUDNESS_DBFS], features[..., Feature.REFERENCE_DBFS], out=loudness
    )
    loudness *= 1.0 / LOUDNESS_SCALE_DB
    loudness += 1.0
    np.maximum(loudness, -LOUDNESS_LIMIT, out=loudness)
    np.minimum(loudness, LOUDNESS_LIMIT, out=loudness)
    rows[..., MEL_BANDS + 1] = features[..., Feature.PERIODICITY]
    rows[..., MEL_BANDS + 2] = features[..., Feature.VOICED]
    octaves = rows[..., MEL_BANDS + 3]
    np.maximum(features[..., Feature.F0_HZ], 1.0, out=octaves)
    octaves *= 1.0 / PITCH_CENTRE_HZ
    np.log2(octaves, out=octaves)
    octaves *= features[..., Feature.VOICED]
    rows[..., MEL_BANDS + 4] = features[..., Feature.VOICE]
