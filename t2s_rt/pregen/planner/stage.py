"""What a phrase asks of its face, and how wishes that fight over an action become cues that do not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.planner.points import Span
from t2s_rt.subtitles.cue import LONGEST_TEXT, Cue, cue_order
from t2s_rt.subtitles.moves import MOVE_INDEX

SHORTEST_S: Final = 0.28
"""What is left of a wish after stronger ones took their time, and is shorter than that, is dropped."""
SHORTEST_ACCENT_S: Final = 0.16
"""The same for wishes that stand on a word or note."""
SAME: Final = 0.06
"""Less of a difference between two neighbouring cues is not seen as two."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One region should do one thing for a while.

    Attributes:
        region: The lane.
        move: A word of the vocabulary.
        intensity: 0 to 1.
        span: When.
        why: In plain words.
        rank: A higher one takes the time of a lower one that drives the same action.
        accent: Whether it stands on a word or note, and may be short.
    """

    region: Region
    move: str
    intensity: float
    span: Span
    why: str
    rank: int
    accent: bool = False


def settle(wishes: list[Wish], window: tuple[float, float]) -> tuple[Cue, ...]:
    """Make cues of wishes.

    Args:
        wishes: In the order in which they occurred to the planner; of one rank, earlier ones win.
        window: Start and end in seconds; no cue leaves it.

    Returns:
        Cues in order; no two ask one action for two things at once.
    """
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    cues: list[Cue] = []
    for wish in sorted(wishes, key=lambda one: -one.rank):
        actions = [action for action, _ in MOVE_INDEX[wish.region, wish.move].drives]
        busy = sorted(span for action in actions for span in taken[action])
        start_s = round(max(wish.span.start_s, window[0]), 3)
        end_s = round(min(wish.span.end_s, window[1]), 3)
        shortest_s = SHORTEST_ACCENT_S if wish.accent else SHORTEST_S
        why = wish.why
        for piece in _free(start_s, end_s, busy):
            if piece[1] - piece[0] < shortest_s or wish.intensity < 0.01:
                continue
            cues.append(_cue(wish, piece, why))
            why = f"{wish.why}, on" if not wish.why.endswith(", on") else wish.why
            for action in actions:
                taken[action].append(piece)
    return tuple(sorted(_joined(cues), key=cue_order))


def _joined(cues: list[Cue]) -> list[Cue]:
    """Neighbours that ask for nearly the same become one cue: it keeps the stronger one's reason."""
    kept: list[Cue] = []
    for cue in sorted(cues, key=lambda one: (one.region, one.move, one.start_s)):
        before = kept[-1] if kept else None
        if (
            before is not None
            and (before.region, before.move, before.end_s) == (cue.region, cue.move, cue.start_s)
            and abs(before.intensity - cue.intensity) <= SAME
        ):
            strong = max(before, cue, key=lambda one: (one.intensity, one.duration_s))
            kept[-1] = replace(strong, start_s=before.start_s, end_s=cue.end_s)
        else:
            kept.append(cue)
    return kept


def _cue(wish: Wish, piece: tuple[float, float], why: str) -> Cue:
    intensity = round(min(max(wish.intensity, 0.0), 1.0), 2)
    return Cue(
        piece[0], piece[1], wish.region, wish.move, intensity, " ".join(why.split())[:LONGEST_TEXT]
    )


def _free(start_s: float, end_s: float, busy: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What remains of a span when busy ones, sorted, are taken out of it."""
    pieces: list[tuple[float, float]] = []
    at_s = start_s
    for busy_from_s, busy_to_s in busy:
        if busy_to_s <= at_s:
            continue
        if busy_from_s >= end_s:
            break
        if busy_from_s > at_s:
            pieces.append((at_s, busy_from_s))
        at_s = max(at_s, busy_to_s)
    if at_s < end_s:
        pieces.append((at_s, end_s))
    return pieces
