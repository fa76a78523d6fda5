"""What a peer's visemes look like as a mouth.

Our own outputs say what each viseme is in ARKit weights (`t2s_rt.face.vowels`); it is read as our own
faces are (`bench.quality.engine_subject`): opening is jawOpen less mouthClose, rounding pucker and
funnel, width the mean of both sides of stretch and dimple. Shapes add up by their weights, as on an
avatar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bench.quality.track import Curve, MouthTrack
from t2s_rt.face.vowels import VOWEL_RECIPES, VOWELS
from t2s_rt.timebase import FRAME_RATE_HZ
from t2s_rt.types import FloatArray

Look = tuple[float, float, float, float]
"""Opening, rounding, width and closure at full weight."""


def look_of(recipe: dict[str, float]) -> Look:
    """How a recipe of ARKit weights looks."""

    def total(*names: str) -> float:
        return sum(recipe.get(name, 0.0) for name in names)

    sides = total("mouthStretchLeft", "mouthStretchRight", "mouthDimpleLeft", "mouthDimpleRight")
    opening = total("jawOpen") - total("mouthClose")
    return opening, total("mouthPucker", "mouthFunnel"), 0.5 * sides, 0.0


PARTED: Final = 0.10
"""Opening of visemes that draw the lips off the teeth without the jaw: they are not closed."""
REST: Final[Look] = (0.0, 0.0, 0.0, 0.0)
VOWEL_LOOKS: Final = {name: look_of(r) for name, r in zip(VOWELS, VOWEL_RECIPES, strict=True)}
OCULUS_LOOKS: Final[dict[str, Look]] = {
    "viseme_sil": REST,
    "viseme_PP": (0.0, 0.0, 0.0, 1.0),
    "viseme_FF": (0.06, 0.0, 0.0, 0.5),
    "viseme_TH": (0.15, 0.0, 0.0, 0.0),
    "viseme_DD": (0.12, 0.0, 0.0, 0.0),
    "viseme_kk": (0.20, 0.0, 0.0, 0.0),
    "viseme_CH": (0.06, 0.75, 0.0, 0.0),
    "viseme_SS": (PARTED, 0.0, 0.70, 0.0),
    "viseme_nn": (0.12, 0.0, 0.20, 0.0),
    "viseme_RR": (PARTED, 0.70, 0.0, 0.0),
    "viseme_aa": VOWEL_LOOKS["A"],
    "viseme_E": VOWEL_LOOKS["E"],
    "viseme_I": VOWEL_LOOKS["I"],
    "viseme_O": VOWEL_LOOKS["O"],
    "viseme_U": VOWEL_LOOKS["U"],
}
"""Oculus' fifteen, as HeadAudio and wawa-lipsync name them."""
ULIPSYNC_LOOKS: Final[dict[str, Look]] = {**VOWEL_LOOKS, "N": (0.0, 0.0, 0.0, 1.0), "-": REST}
"""uLipSync's vowels, its closed nasal and its noise, as wLipSync's profile names them."""


def mouth_of(
    names: Sequence[str], weights: FloatArray, looks: dict[str, Look], late_s: float = 0.0
) -> MouthTrack:
    """The mouth of a peer's weights.

    Args:
        names: Of the visemes.
        weights: ``(T, V)`` 0 to 1; row i is drawn when (i + 1) / 60 s have been heard.
        looks: Of every viseme.
        late_s: By how much a peer's documentation says to delay the sound; a frame then depicts the
            moment so much earlier, and is available no sooner.

    Raises:
        KeyError: A viseme has no look.
    """
    shown = np.clip(weights.astype(np.float64) @ np.array([looks[name] for name in names]), 0.0, 1.0)
    opening, rounding, width, closure = (np.ascontiguousarray(column) for column in shown.T)
    heard_s: Curve = (np.arange(len(shown)) + 1.0) / FRAME_RATE_HZ
    return MouthTrack(heard_s - late_s, heard_s, opening, opening, rounding, width, closure)
