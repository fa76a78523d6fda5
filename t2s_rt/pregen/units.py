"""The numbered words of a phrase: what a language model points at instead of writing seconds.

Small models copy numbers of words reliably and invent seconds. So a cue says "words 2-4", and the
seconds come from here. Scripts without spaces, whose line is one word, are numbered by syllable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from t2s_rt.lyrics.song import Line
from t2s_rt.pregen.phrase import Phrase

SHORTEST_UNIT_S: Final = 0.12
"""A shorter word is joined to its neighbour: no face moves for less."""
MOST_UNITS: Final = 16
"""A longer line is numbered in groups of words."""
BREATH_S: Final = 0.25
"""A rest before the phrase at least this long is offered as unit 0."""
RELEASE_S: Final = 0.4
"""A cue on the last word may ring on that long."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One word or syllable, or several short ones.

    Attributes:
        number: 1 for the first sung one, 0 for the breath before it.
        text: As sung; empty for the breath.
        start_s: Start in seconds of the song.
        end_s: End, at least `t2s_rt.subtitles.cue.SHORTEST_CUE_S` later, not after the next one's start.
    """

    number: int
    text: str
    start_s: float
    end_s: float


def units_of(phrase: Phrase, window: tuple[float, float]) -> tuple[Unit, ...]:
    """What a model may point at in a phrase, ascending; empty where the window leaves no room.

    Args:
        phrase: The phrase.
        window: Start and end in seconds that its cues may use (`t2s_rt.pregen.plan.window`).
    """
    first_s, last_s = window
    spans = [
        (text, max(first_s, start_s), min(last_s, end_s))
        for text, start_s, end_s in _sung(phrase.line)
        if start_s < last_s and end_s > first_s
    ]
    joined = _join(spans, last_s)
    if not joined:
        return ()
    units = [Unit(i, text, start_s, end_s) for i, (text, start_s, end_s) in enumerate(joined, 1)]
    last = units[-1]
    units[-1] = Unit(last.number, last.text, last.start_s, min(last_s, last.end_s + RELEASE_S))
    if units[0].start_s - first_s >= BREATH_S:
        units.insert(0, Unit(0, "", first_s, units[0].start_s))
    return tuple(units)


def _sung(line: Line) -> list[tuple[str, float, float]]:
    """Words, or the syllables of a lone word, held ones joined to what they hold."""
    words = [word for word in line.words if word.text]
    if len(words) > 1:
        spans = [(word.text, word.start_s, word.end_s) for word in line.words]
    else:
        spans = [(s.text, s.start_s, s.end_s) for s in line.syllables]
    joined: list[tuple[str, float, float]] = []
    for text, start_s, end_s in spans:
        if not text and joined:
            joined[-1] = (joined[-1][0], joined[-1][1], end_s)
        else:
            joined.append((text or "~", start_s, end_s))
    return joined


def _join(spans: list[tuple[str, float, float]], last_s: float) -> list[tuple[str, float, float]]:
    """Join what is too short, or too many, to be pointed at; each then reaches `SHORTEST_UNIT_S`."""
    group = -(-len(spans) // MOST_UNITS) if spans else 1
    joined: list[tuple[str, float, float]] = []
    held = 0
    for text, start_s, end_s in spans:
        open_unit = joined and (joined[-1][2] - joined[-1][1] < SHORTEST_UNIT_S or held < group)
        if open_unit:
            before, begun_s, _ = joined[-1]
            joined[-1] = (f"{before} {text}", begun_s, end_s)
            held += 1
        else:
            joined.append((text, start_s, end_s))
            held = 1
    return _lengthen_last(joined, last_s)


def _lengthen_last(
    joined: list[tuple[str, float, float]], last_s: float
) -> list[tuple[str, float, float]]:
    """The last unit may be too short still: it borrows what follows, else joins the one before."""
    if not joined:
        return joined
    text, start_s, end_s = joined[-1]
    end_s = min(last_s, max(end_s, start_s + SHORTEST_UNIT_S))
    if end_s - start_s >= SHORTEST_UNIT_S:
        return [*joined[:-1], (text, start_s, end_s)]
    if len(joined) == 1:
        return []
    before, begun_s, _ = joined[-2]
    return [*joined[:-2], (f"{before} {text}", begun_s, end_s)]
