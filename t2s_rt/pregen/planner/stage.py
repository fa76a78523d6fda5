"""What a phrase asks of its face, and how wishes that fight over an action become cues that do not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.planner.points import Span
from t2s_rt.subtitles.cue import LONGEST_TEXT, Cue, cue_order
from t2s_rt.subtitles.moves import MOVE_INDEX

SHORTEST_S: Final = 0.3
"""What is left of a wish after stronger ones took their time, and is shorter than that, is dropped."""
SHORTEST_ACCENT_S: Final = 0.3
"""The same for wishes that stand on a word or note."""
DELAY_S: Final = {Region.BROWS: 0.0, Region.EYES: 0.07, Region.NECK: 0.14, Region.MOUTH: 0.21}
"""How much later than the brows a region starts: one impulse, but no drill."""
EARLY_S: Final = 0.12
"""How much earlier than asked the brows start, where there is time."""
UNHURRIED_S: Final = 1.6
"""In shorter phrases the regions follow each other faster."""
FAINT: Final = 0.12
"""A weaker cue is not seen and is dropped, in phrases that have stronger ones."""
LEAST_CUES: Final = 5
CUES_A_SECOND: Final = 0.8
"""What a viewer can read: more is clutter, and the weaker wishes go."""
MOST_CUES: Final = 9
SHUT: Final = 0.34
"""Lids lower than that hide where the eyes look."""
AGAINST: Final = {"widen": "squint", "squint": "widen", "smile": "furrow", "furrow": "smile",
                  "shut": "look", "look": "shut"}  # fmt: skip
"""What a face does not do at once: wide and narrowed eyes, a cross smile, a look through shut lids."""
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
    cues: list[tuple[int, Cue]] = []
    for wish in sorted(wishes, key=lambda one: -one.rank):
        takes, avoids = _claims(wish)
        busy = sorted(span for claim in avoids for span in taken[claim])
        start_s = round(max(wish.span.start_s, window[0]), 3)
        end_s = round(min(wish.span.end_s, window[1]), 3)
        shortest_s = SHORTEST_ACCENT_S if wish.accent else SHORTEST_S
        why = wish.why
        for piece in _free(start_s, end_s, busy):
            if piece[1] - piece[0] < shortest_s or wish.intensity < 0.01:
                continue
            cues.append((wish.rank, _cue(wish, piece, why)))
            why = f"{wish.why}, on" if not wish.why.endswith(", on") else wish.why
            for claim in takes:
                taken[claim].append(piece)
    kept = _readable(cues, window[1] - window[0])
    return tuple(sorted(_joined(kept), key=cue_order))


def _claims(wish: Wish) -> tuple[list[str], list[str]]:
    """What a wish takes for itself, and what must be free for it."""
    actions = [action for action, _ in MOVE_INDEX[wish.region, wish.move].drives]
    kind = "look" if wish.move.startswith("look_") else wish.move
    if wish.move == "close" and wish.intensity >= SHUT:
        kind = "shut"
    return [*actions, kind], [*actions, *([AGAINST[kind]] if kind in AGAINST else [])]


def stagger(wishes: list[Wish], window: tuple[float, float]) -> list[Wish]:
    """The same wishes, one region after the other: brows first, then eyes, head and mouth."""
    haste = min(1.0, (window[1] - window[0]) / UNHURRIED_S)
    staggered = []
    for wish in wishes:
        delay_s = haste * DELAY_S[wish.region]
        start_s = max(wish.span.start_s - EARLY_S, window[0]) + delay_s
        end_s = max(wish.span.end_s - EARLY_S + delay_s, start_s)
        staggered.append(replace(wish, span=replace(wish.span, start_s=start_s, end_s=end_s)))
    return staggered


def _readable(cues: list[tuple[int, Cue]], length_s: float) -> list[Cue]:
    """The cues a viewer can take in: the best of each region, then the strongest."""
    seen = [pair for pair in cues if pair[1].intensity >= FAINT] or cues
    most = round(min(MOST_CUES, LEAST_CUES + CUES_A_SECOND * max(0.0, length_s - 2.0)))

    def worth(pair: tuple[int, Cue]) -> float:
        rank, cue = pair
        return cue.intensity * min(cue.duration_s, 1.2) + 0.2 * min(rank, 2)

    best = sorted(seen, key=worth, reverse=True)
    leads = list({cue.region: (rank, cue) for rank, cue in reversed(best)}.values())
    rest = [pair for pair in best if pair not in leads]
    return [cue for _, cue in [*leads, *rest][: max(most, len(leads))]]


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
