"""Whether vowels look like themselves: shares of pairs in the right order by a visible margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.quality.track import VISIBLE, Curve

OPENING, ROUNDING, WIDTH = range(3)


@dataclass(frozen=True, slots=True)
class Order:
    """Which classes of vowels have more of one shape than which.

    Attributes:
        name: Of the row.
        more: Classes out of ``a i u e o``.
        less: Classes.
        column: `OPENING`, `ROUNDING` or `WIDTH`.
    """

    name: str
    more: str
    less: str
    column: int


SONG_ORDERS: Final = (
    Order("open", "a", "iu", OPENING),
    Order("round", "ou", "ie", ROUNDING),
    Order("wide", "ie", "ou", WIDTH),
)
VOWEL_ORDERS: Final = (
    Order("open", "a", "iu", OPENING),
    Order("round", "ou", "aie", ROUNDING),
    Order("wide", "ie", "aou", WIDTH),
)
"""For single vowels, round and wide ones against all three others."""

_CLASSES: Final = {"a": "a\u0251", "i": "i", "u": "u", "e": "e\u025b", "o": "o\u0254"}


def class_of(ipa: str) -> str:
    """``a i u e o`` for a vowel that clearly is one, else empty.

    Only full vowels: what is reduced, lax, central, front rounded or back spread stands between the
    classes, and how far is a matter of the language. Marks other than length and stress leave it out.
    """
    letter = ipa[:1]
    if len(ipa) > 1 and set(ipa[1:]) - set("\u02d0\u02c8\u02cc"):
        return ""
    return next((name for name, letters in _CLASSES.items() if letter and letter in letters), "")


@dataclass(frozen=True, slots=True)
class Seen:
    """One vowel as it was shown.

    Attributes:
        vowel: Its class.
        shape: ``(3,)`` opening, rounding, width.
    """

    vowel: str
    shape: Curve


def share(vowels: Sequence[Seen], order: Order, margin: float = VISIBLE) -> float:
    """Share of pairs in the right order by the margin, those within it counted half.

    NaN where there is no pair.
    """
    more = np.array([v.shape[order.column] for v in vowels if v.vowel in order.more])
    less = np.array([v.shape[order.column] for v in vowels if v.vowel in order.less])
    if not len(more) or not len(less):
        return float("nan")
    difference = np.subtract.outer(more, less)
    return float(np.mean((difference > margin) + 0.5 * (np.abs(difference) <= margin)))


def mean_share(groups: Sequence[Sequence[Seen]], order: Order) -> float:
    """Mean over groups (speakers, pitches), whose vowels are compared only with each other."""
    shares = [share(group, order) for group in groups]
    kept = [value for value in shares if not np.isnan(value)]
    return float(np.mean(kept)) if kept else float("nan")
