"""Style, from calm to wild: one number that scales how far and how often a performer moves.

Asked to play without expression, as in concert and exaggeratedly, musicians make the same movements at
the same places of the piece, smaller and fewer or larger and more (Davidson 1993; Thompson, Luck 2012:
most in head and shoulders; Massie-Laberge 2019), and viewers who may scale the motion of a performance
choose a larger one (Trevor, Huron 2018). So style scales sizes and chances and adds no movement of its
own. How far, ``(calm, wild)`` beside what it scales, is ours: no figures for a singer's face were found.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from t2s_rt.errors import ConfigError

USUAL: Final = 0.5
"""The style in which every constant of the performer counts as it is written."""

Factors: TypeAlias = tuple[float, float]
"""What a size, a chance or a time is multiplied with at 0 (calm) and at 1 (wild)."""


def factor(style: float, calm_and_wild: Factors) -> float:
    """The factor of a style: exactly 1 at `USUAL`, by equal ratios from there to each end.

    Args:
        style: 0 to 1.
        calm_and_wild: The factors at 0 and at 1, above 0.
    """
    calm, wild = calm_and_wild
    away = style / USUAL - 1.0
    return math.pow(calm, -away) if away < 0.0 else math.pow(wild, away)


def chance(usual: float, style: float, calm_and_wild: Factors) -> float:
    """A chance in a style: ``usual`` at `USUAL`, and never above 1."""
    return min(1.0, usual * factor(style, calm_and_wild))


def check_style(style: float) -> None:
    """Refuse what is no style.

    Raises:
        ConfigError: It is outside 0 to 1, or NaN.
    """
    if not 0.0 <= style <= 1.0:
        raise ConfigError(f"The style is {style}.", "Choose from 0 (calm) over 0.5 (usual) to 1 (wild).")
