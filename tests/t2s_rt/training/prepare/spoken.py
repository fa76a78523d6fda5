"""A made-up utterance: 'sa-si', with times that are exactly known."""

import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.types import FloatArray

SOUNDS = (("s", 0.2, 0.35), ("a", 0.35, 0.65), ("s", 0.65, 0.8), ("i", 0.8, 1.1))
PITCH_HZ = 130.0
_FORMANTS_HZ = {"a": (750.0, 1300.0, 2600.0), "i": (280.0, 2300.0, 3000.0)}


def vowel(ipa: str, pitch_hz: float, duration_s: float) -> FloatArray:
    """Harmonics under three resonances."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    total = np.zeros(len(time_s))
    for k in range(1, int(7000 / pitch_hz)):
        hz = k * pitch_hz
        level = sum(0.5**i / (1 + ((hz - f) / 80) ** 2) for i, f in enumerate(_FORMANTS_HZ[ipa]))
        total += (level + 0.003) * np.cos(2 * np.pi * hz * time_s + 0.3 * k * k)
    return (0.2 * total).astype(np.float32)


def clip(name: str = "sasi") -> LabelledClip:
    """Of 1.3 s, at a pitch of 130 Hz."""
    rng = np.random.default_rng(0)
    samples = (1e-4 * rng.standard_normal(round(1.3 * RATE_HZ))).astype(np.float32)
    for ipa, start_s, end_s in SOUNDS:
        at = slice(round(start_s * RATE_HZ), round(end_s * RATE_HZ))
        if ipa == "s":
            hiss = np.diff(rng.standard_normal(at.stop - at.start + 1), n=1)
            samples[at] += (0.02 * hiss).astype(np.float32)
        else:
            samples[at] += vowel(ipa, PITCH_HZ, end_s - start_s)
    return LabelledClip(
        name, samples, RATE_HZ, SOUNDS, "sa si", "test/nobody", "it", "test", "CC0", None
    )  # fmt: skip
