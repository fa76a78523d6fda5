"""Whether lips close for p, b and m."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bench.quality.track import MouthTrack

BILABIALS: Final = frozenset("pbm")
NEAR_S: Final = 0.25
"""How far around a label the greatest opening is sought."""
REACH_S: Final = 0.04
SHUT: Final = 0.2
"""Of the greatest opening nearby."""
LEAST: Final = 0.05
"""A mouth that opens no further nearby does not speak; that it is shut proves nothing."""


def is_bilabial(ipa: str) -> bool:
    """Whether a sound begins with lips together: p, b, m with any marks."""
    return ipa[:1] in BILABIALS


def closes(track: MouthTrack, start_s: float, end_s: float) -> bool:
    """Whether the lips are closed at a label.

    Two frames together, within 40 ms of the label, with less than a fifth of the greatest opening
    within 250 ms.
    """
    most = float(track.opening[track.between(start_s - NEAR_S, end_s + NEAR_S)].max(initial=0.0))
    if most < LEAST:
        return False
    shut = track.opening[track.between(start_s - REACH_S, end_s + REACH_S)] < SHUT * most
    return bool((shut[1:] & shut[:-1]).any())


def closed(track: MouthTrack, sounds: Iterable[tuple[str, float, float]]) -> tuple[int, int]:
    """How many p, b and m are closed, of how many.

    Args:
        track: The mouth.
        sounds: ``(ipa, start_s, end_s)``.
    """
    verdicts = [closes(track, start, end) for ipa, start, end in sounds if is_bilabial(ipa)]
    return sum(verdicts), len(verdicts)
