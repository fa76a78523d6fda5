"""What AGRA finds, as a language model reads it: similar lines, and what faces did in them."""

from __future__ import annotations

from typing import Final

from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.descriptors import describe
from t2s_rt.pregen.exemplar import Exemplar, RelativeCue, usual_line
from t2s_rt.pregen.phrase import Phrase
from t2s_rt.pregen.prompt import ENERGY_MOST, Example

MOST_MOVES: Final = 6
"""Moves shown of one exemplar."""
EARLY, LATE = 0.35, 0.65
"""Parts of a phrase: what ends before is early, what starts after is late."""


def similar_lines(bank: Bank, phrase: Phrase, count: int) -> tuple[Example, ...]:
    """The exemplars of a bank that fit a phrase best, best first, ready for a question."""
    found = bank.retrieve(phrase.text, phrase.language, phrase.descriptors, max(1, count))
    return tuple(example_of(one.exemplar) for one in found[:count])


def example_of(exemplar: Exemplar) -> Example:
    """An exemplar in the words of a question: "brows raise 6, early"."""
    line = usual_line(exemplar.descriptors)

    def told(cue: RelativeCue) -> str:
        start, end = ((t - line.start_s) / (line.end_s - line.start_s) for t in cue.span_s(line))
        place = "early" if end < EARLY else "late" if start > LATE else "middle"
        place = "throughout" if end - start > LATE else place
        strength = max(1, round(ENERGY_MOST * cue.intensity))
        return f"{cue.region} {cue.move} {strength}, {place}"

    moves = tuple(told(cue) for cue in exemplar.cues[:MOST_MOVES])
    return Example(exemplar.text, describe(exemplar.descriptors), exemplar.emotion, moves)
