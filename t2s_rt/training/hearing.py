"""Hearing for training: the engine's own extractor, and the cheap colours of a microphone at 48 kHz."""

from __future__ import annotations

import numpy as np
import soxr

from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.types import FloatArray


def extract(samples: FloatArray) -> FloatArray:
    """``(hops, FEATURE_COUNT)`` of mono samples at 48 kHz."""
    features = FeatureExtractor().extract(np.ascontiguousarray(samples, np.float32))
    if not np.isfinite(features).all():
        raise FloatingPointError("the feature extractor gave numbers that are not finite")
    return features


def resample(samples: FloatArray, from_hz: float, to_hz: float) -> FloatArray:
    """Samples at another rate."""
    return np.asarray(soxr.resample(samples, from_hz, to_hz), np.float32)


def coloured(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Another microphone, distance and room: gain, tilt and noise."""
    tilted = shelf(samples, float(rng.uniform(-0.3, 0.45)))
    gain = 10.0 ** (float(rng.uniform(-14.0, 5.0)) / 20.0)
    hiss = shelf(rng.standard_normal(len(samples)).astype(np.float32), float(rng.uniform(-0.9, 0.5)))
    level = 10.0 ** (float(rng.choice([-100.0, rng.uniform(-80.0, -45.0)])) / 20.0)
    return np.clip(tilted * np.float32(gain) + hiss * np.float32(level), -1.0, 1.0).astype(np.float32)


def shelf(samples: FloatArray, slope: float) -> FloatArray:
    """Tilt of level 1 at mid band: ``slope`` above 0 brightens, below 0 darkens."""
    tilted = samples.copy()
    tilted[1:] -= np.float32(slope) * samples[:-1]
    return tilted / np.float32(np.sqrt(1.0 + slope * slope))
