"""How much of each vowel, and of each Oculus viseme, is in a face: a non-negative fit of mouth shapes.

A mouth is described by a few features (how far the lips are apart, how round, how wide, ...). Each vowel
is a recipe in the same features; the weights are those that together come closest to the face.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.types import ARKIT_COUNT, FloatArray

FEATURES: Final[dict[str, dict[str, float]]] = {
    "apart": {"jawOpen": 1.4, "mouthClose": -1.4},
    "funnel": {"mouthFunnel": 1.0},
    "pucker": {"mouthPucker": 1.0},
    "wide": {"mouthStretchLeft": 0.5, "mouthStretchRight": 0.5},
    "smile": {"mouthSmileLeft": 0.25, "mouthSmileRight": 0.25},
    "dimple": {"mouthDimpleLeft": 0.4, "mouthDimpleRight": 0.4},
    "lower": {"mouthLowerDownLeft": 0.4, "mouthLowerDownRight": 0.4},
    "upper": {"mouthUpperUpLeft": 0.4, "mouthUpperUpRight": 0.4},
    "pressed": {"mouthPressLeft": 0.6, "mouthPressRight": 0.6, "mouthClose": 0.6},
    "rolled": {"mouthRollLower": 1.0},
    "tongue": {"tongueOut": 1.0},
}
"""Feature to the ARKit shapes it is made of. Gains weigh how much a feature matters to the eye."""

VOWELS: Final = ("A", "I", "U", "E", "O")
VOWEL_RECIPES: Final[tuple[dict[str, float], ...]] = (
    {"jawOpen": 0.70, "mouthLowerDownLeft": 0.25, "mouthLowerDownRight": 0.25},
    {
        "jawOpen": 0.15, "mouthStretchLeft": 0.55, "mouthStretchRight": 0.55,
        "mouthDimpleLeft": 0.30, "mouthDimpleRight": 0.30,
    },
    {"jawOpen": 0.12, "mouthPucker": 0.80, "mouthFunnel": 0.20},
    {
        "jawOpen": 0.40, "mouthStretchLeft": 0.35, "mouthStretchRight": 0.35,
        "mouthDimpleLeft": 0.15, "mouthDimpleRight": 0.15,
    },
    {"jawOpen": 0.45, "mouthFunnel": 0.50, "mouthPucker": 0.35},
)  # fmt: skip
"""ARKit weights of each vowel at full strength, in the order of `VOWELS`."""

VISEMES: Final = (
    "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou",
)  # fmt: skip
"""Oculus' fifteen, in the order of its table."""
_CONSONANTS: Final[dict[str, dict[str, float]]] = {
    "PP": {"mouthPressLeft": 0.4, "mouthPressRight": 0.4, "mouthRollLower": 0.25},
    "FF": {"mouthRollLower": 0.7, "mouthUpperUpLeft": 0.35, "mouthUpperUpRight": 0.35, "jawOpen": 0.06},
    "TH": {"tongueOut": 0.4, "jawOpen": 0.15, "mouthUpperUpLeft": 0.2, "mouthUpperUpRight": 0.2},
    "DD": {"jawOpen": 0.12, "mouthLowerDownLeft": 0.4, "mouthLowerDownRight": 0.4},
    "kk": {"jawOpen": 0.20, "mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3},
    "CH": {"mouthFunnel": 0.75, "jawOpen": 0.06, "mouthUpperUpLeft": 0.1, "mouthUpperUpRight": 0.1},
    "SS": {"mouthStretchLeft": 0.7, "mouthStretchRight": 0.7, "mouthLowerDownLeft": 0.3,
           "mouthLowerDownRight": 0.3},
    "nn": {"jawOpen": 0.12, "mouthUpperUpLeft": 0.2, "mouthUpperUpRight": 0.2, "mouthStretchLeft": 0.2,
           "mouthStretchRight": 0.2},
    "RR": {"mouthFunnel": 0.35, "mouthPucker": 0.35, "mouthLowerDownLeft": 0.3,
           "mouthLowerDownRight": 0.3},
}  # fmt: skip
_VISEME_VOWELS: Final = {"aa": "A", "E": "E", "ih": "I", "oh": "O", "ou": "U"}

PRICE: Final = 0.02
"""What each unit of a viseme costs in the fit: of two equal explanations the shorter one wins."""
FIT_STEPS: Final = 40
ROUNDING: Final = 1e-6
"""How far below 0 a weight or slope is still 0, in float32."""
PARTED: Final = 0.10
"""jawOpen minus mouthClose from which wide lips count wholly as I or E; a shut smile is no vowel."""


def _row(recipe: dict[str, float]) -> FloatArray:
    row = np.zeros(ARKIT_COUNT, np.float32)
    for name, weight in recipe.items():
        row[ARKIT_INDEX[name]] = weight
    return row


FEATURE_MATRIX: Final = np.stack([_row(parts) for parts in FEATURES.values()])


class VowelFit:
    """The weights of the five vowels: exact non-negative least squares.

    Murty's least-index principal pivoting (Opsearch 11, 1974): a subset of the vowels is solved for; the
    first vowel that came out negative leaves it, or the first whose increase would bring the fit closer
    joins it, until there is none. For linearly independent recipes it ends at the one best fit.

    A face at rest gives zeros; a vowel's recipe gives 1 for that vowel and 0 for the others. The weights
    sum to at most 1, because the shapes of most avatars tear where vowels add up.
    """

    def __init__(self) -> None:
        basis = (FEATURE_MATRIX @ np.stack([_row(recipe) for recipe in VOWEL_RECIPES]).T).astype(float)
        self._tableaus = [_tableau(basis, subset) for subset in range(2 ** len(VOWELS))]
        self._values: FloatArray = np.zeros(len(VOWELS), np.float32)
        self._subset = 0
        self._jaw, self._close = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]

    def step(self, arkit: FloatArray, out: FloatArray) -> None:
        """Write the weights of one face.

        Args:
            arkit: ``(52,)`` weights.
            out: ``(5,)`` in the order of `VOWELS`; overwritten.
        """
        out[:] = self.weights(arkit)

    def weights(self, arkit: FloatArray) -> tuple[float, float, float, float, float]:
        """The weights of one face in the order of `VOWELS`.

        Args:
            arkit: ``(52,)`` weights.
        """
        a, i, u, e, o = self._fit(arkit)
        parted = min(max((arkit.item(self._jaw) - arkit.item(self._close)) / PARTED, 0.0), 1.0)
        i *= parted
        e *= parted
        scale = 1.0 / max(1.0, a + i + u + e + o)
        return a * scale, i * scale, u * scale, e * scale, o * scale

    def _fit(self, arkit: FloatArray) -> list[float]:
        """The best weights before any other rule.

        It begins with the last face's vowels, which are mostly this one's too; from any other beginning
        it ends at the same fit.
        """
        values: list[float] = []
        for _ in self._tableaus:  # more steps than it ever takes, should rounding make it cycle
            self._tableaus[self._subset].dot(arkit, out=self._values)
            values = self._values.tolist()
            if min(values) >= -ROUNDING:
                break
            self._subset ^= 1 << next(i for i, value in enumerate(values) if value < -ROUNDING)
        return [
            value if value > 0.0 and self._subset >> i & 1 else 0.0 for i, value in enumerate(values)
        ]


def _tableau(basis: npt.NDArray[np.float64], subset: int) -> FloatArray:
    """What takes a face to the weights of the subset's members and the slopes of the others.

    A slope is how the squared distance, halved, grows with a weight that is 0 now.
    """
    gram = basis.T @ basis
    count = len(gram)
    members = [i for i in range(count) if subset >> i & 1]
    solution = np.zeros((count, count))
    solution[np.ix_(members, members)] = np.linalg.inv(gram[np.ix_(members, members)])
    slopes = gram @ solution - np.eye(count)
    slopes[members] = solution[members]
    return np.ascontiguousarray(slopes @ basis.T @ FEATURE_MATRIX, np.float32)


class VisemeFit:
    """The weights of Oculus' fifteen visemes, by projected gradient with a fixed number of steps.

    Lips and jaw do not tell DD, kk and nn well apart: what the tongue does is not in a face. The weights
    sum to 1; ``sil`` is what is left.
    """

    def __init__(self) -> None:
        recipes = [
            VOWEL_RECIPES[VOWELS.index(_VISEME_VOWELS[name])]
            if name in _VISEME_VOWELS
            else _CONSONANTS[name]
            for name in VISEMES[1:]
        ]
        basis = (FEATURE_MATRIX @ np.stack([_row(recipe) for recipe in recipes]).T).astype(np.float64)
        gram = basis.T @ basis
        rate = 1.0 / float(np.linalg.eigvalsh(gram).max())
        self._move: FloatArray = (np.eye(len(gram)) - rate * gram).astype(np.float32)
        self._pull: FloatArray = (rate * basis.T).astype(np.float32)
        self._price = np.float32(rate * PRICE)
        self._weights = np.zeros(len(gram), np.float32)
        self._ahead = np.zeros(len(gram), np.float32)

    def step(self, arkit: FloatArray, out: FloatArray) -> None:
        """Write the weights of one face.

        Args:
            arkit: ``(52,)`` weights.
            out: ``(15,)`` in the order of `VISEMES`; overwritten.
        """
        pull = self._pull @ (FEATURE_MATRIX @ arkit) - self._price
        weights, ahead = self._weights, self._ahead
        weights[:] = 0.0
        ahead[:] = 0.0
        for i in range(FIT_STEPS):  # Nesterov's method, momentum i / (i + 3)
            newer = self._move @ ahead
            newer += pull
            np.maximum(newer, 0.0, out=newer)
            np.subtract(newer, weights, out=ahead)
            ahead *= i / (i + 3)
            ahead += newer
            weights[:] = newer
        total = float(weights.sum())
        if total > 1.0:
            weights /= total
        out[1:] = weights
        out[0] = max(0.0, 1.0 - total)
