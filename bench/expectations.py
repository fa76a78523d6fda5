"""What a rubric expects of a face, as short sentences, and what a track of cues asks for.

Directions, one line of lyrics at a time::

    corner_pull > 0.15                          somewhere in the line the cues ask for more
    gaze_y < -0.1 or head_pitch < -0.1          one of them is enough
    never brow_furrow > 0.15                    nowhere in the line
    eye_openness < -0.2 on held                 somewhere in the line's longest note
    |head_roll| > 0.08                          either way
    never everything > 1.6                      the peaks of all actions, added up

Comparisons, of the same line sung in two ways, add up the strongest that each asks for::

    brow_raise + jaw_open: second > first by 0.1
    -eye_openness: first > second by 0.05       how far down it goes
    everything: second > first by 0.2           all actions, either way

Names are actions, one of `COMPOSED` or `EVERYTHING`. Moves to and fro (nod, shake, sway) count where
either way counts and nowhere else. What is asked for less than `SEEN_S` is not seen and does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError
from t2s_rt.intensity.actions import ACTION_INDEX, ACTION_NAMES
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.moves import Manner

Curve = npt.NDArray[np.float64]

STEP_S: Final = 0.02
SEEN_S: Final = 0.1
"""About the shortest expression that a viewer notices."""

EVERYTHING: Final = "everything"
COMPOSED: Final = ("brow_raise", "brow_slant", "eye_openness", "brow_asymmetry", "eye_asymmetry")
_NUMBER: Final = r"-?\d*\.?\d+"
_CLAUSE: Final = re.compile(rf"(\|?)(\w+)(\|?) ([<>]) ({_NUMBER})( on held)?")
_COMPARISON: Final = re.compile(rf"(.+): (first|second) > (first|second) by ({_NUMBER})")


class Side(StrEnum):
    """Which way of an action is meant."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a track asks for during a while.

    Attributes:
        steady: ``(steps, ACTION_COUNT)`` intensity asked for by moves that hold.
        swing: ``(steps, ACTION_COUNT)`` how far moves to and fro go, 0 or more.
    """

    steady: npt.NDArray[np.float64]
    swing: npt.NDArray[np.float64]

    def curve(self, name: str, side: Side) -> Curve:
        """``(steps,)`` how far an action or one of `COMPOSED` is asked to go to a side, 0 or more."""
        left, right = self._of("eye_openness_left"), self._of("eye_openness_right")
        outer_left, outer_right = self._of("brow_raise_outer_left"), self._of("brow_raise_outer_right")
        match name:
            case "eye_openness":
                curve = (left + right) / 2
            case "eye_asymmetry":
                curve = np.abs(left - right)
            case "brow_raise":
                curve = np.max([self._of("brow_raise_inner"), outer_left, outer_right], axis=0)
            case "brow_slant":
                curve = self._of("brow_raise_inner") - (outer_left + outer_right) / 2
            case "brow_asymmetry":
                curve = np.abs(outer_left - outer_right)
            case _:
                curve = self._of(name)
                if side is Side.EITHER:
                    return np.maximum(np.abs(curve), self.swing[:, ACTION_INDEX[name]])
        sign = -1.0 if side is Side.DOWN else 1.0
        return np.abs(curve) if side is Side.EITHER else np.maximum(sign * curve, 0.0)

    def peak(self, name: str, side: Side) -> float:
        """The strongest that is asked for, for at least `SEEN_S`."""
        if name == EVERYTHING:
            return float(sum(self.peak(action, Side.EITHER) for action in ACTION_NAMES))
        ranked = np.sort(self.curve(name, side))[::-1]
        return float(ranked[min(len(ranked), round(SEEN_S / STEP_S)) - 1])

    def _of(self, action: str) -> Curve:
        return self.steady[:, ACTION_INDEX[action]]


def asked_of(track: SubtitleTrack, start_s: float, end_s: float) -> Asked:
    """What a track asks for from one second of the song to another."""
    times = np.arange(start_s + STEP_S / 2, max(end_s, start_s + STEP_S), STEP_S)
    steady = np.zeros((len(times), len(ACTION_NAMES)))
    swing = np.zeros_like(steady)
    for cue in track.cues:
        inside = (times >= cue.start_s) & (times < cue.end_s)
        for action, gain in cue.drives.drives:
            column = ACTION_INDEX[action]
            if cue.drives.manner is Manner.REPEATED:
                swing[inside, column] = abs(gain) * cue.intensity
            else:
                steady[inside, column] = gain * cue.intensity
    return Asked(steady, swing)


@dataclass(frozen=True, slots=True)
class Clause:
    """One action beyond one threshold.

    Attributes:
        name: An action or one of `COMPOSED`.
        side: Which way.
        beyond: 0 or more.
        on_held: Whether only the line's longest note counts.
    """

    name: str
    side: Side
    beyond: float
    on_held: bool

    def holds(self, line: Asked, held: Asked) -> bool:
        """Whether the action goes beyond the threshold, long enough to be seen."""
        return (held if self.on_held else line).peak(self.name, self.side) > self.beyond


@dataclass(frozen=True, slots=True)
class Expectation:
    """One sentence about a line.

    Attributes:
        text: As written.
        clauses: One of them is enough; one of them is too much where `never`.
        never: Whether it forbids.
    """

    text: str
    clauses: tuple[Clause, ...]
    never: bool

    def met(self, line: Asked, held: Asked) -> bool:
        """Whether it holds for what is asked during the line and during its longest note."""
        return any(clause.holds(line, held) for clause in self.clauses) is not self.never


@dataclass(frozen=True, slots=True)
class Comparison:
    """One sentence about two ways to sing a line.

    Attributes:
        text: As written.
        terms: Names and sides whose peaks are added up.
        second_greater: Whether the second must be the greater one.
        by: At least by so much.
    """

    text: str
    terms: tuple[tuple[str, Side], ...]
    second_greater: bool
    by: float

    def met(self, first: Asked, second: Asked) -> bool:
        """Whether the difference is as expected."""
        gain = self.sum_of(second) - self.sum_of(first)
        return (gain if self.second_greater else -gain) > self.by

    def sum_of(self, asked: Asked) -> float:
        """The peaks of all terms, added up."""
        return sum(asked.peak(name, side) for name, side in self.terms)


def parse_expectation(text: str) -> Expectation:
    """Read one sentence about a line.

    Raises:
        ConfigError: It is no such sentence.
    """
    never = text.startswith("never ")
    parts = text.removeprefix("never ").split(" or ")
    return Expectation(text, tuple(_parse_clause(part, text) for part in parts), never)


def parse_comparison(text: str) -> Comparison:
    """Read one sentence about two ways to sing a line.

    Raises:
        ConfigError: It is no such sentence.
    """
    found = _COMPARISON.fullmatch(text)
    if found is None or found[2] == found[3]:
        raise ConfigError(f"Expected 'ACTION + ACTION: second > first by NUMBER', got {text!r}.")
    terms = tuple(_parse_term(term, text) for term in found[1].split(" + "))
    return Comparison(text, terms, found[2] == "second", float(found[4]))


def _parse_clause(part: str, text: str) -> Clause:
    found = _CLAUSE.fullmatch(part)
    if found is None:
        raise ConfigError(
            f"Expected 'ACTION > NUMBER' or '|ACTION| > NUMBER', got {part!r} in {text!r}."
        )
    bar, name, other_bar, sign, number, held = found.groups()
    beyond = float(number)
    side = Side.EITHER if bar else Side.UP if sign == ">" else Side.DOWN
    if bar != other_bar or (sign == "<") != (beyond < 0) or (bar and sign == "<"):
        raise ConfigError(f"'> NUMBER' is for up, '< -NUMBER' for down, |bars| for either: {text!r}.")
    _check_name(name, text)
    return Clause(name, side, abs(beyond), bool(held))


def _parse_term(term: str, text: str) -> tuple[str, Side]:
    name = term.strip("-|")
    _check_name(name, text)
    if term == name:
        return name, Side.UP
    if term not in (f"-{name}", f"|{name}|"):
        raise ConfigError(f"A term is ACTION, -ACTION or |ACTION|, but one is {term!r} in {text!r}.")
    return name, Side.DOWN if term[0] == "-" else Side.EITHER


def _check_name(name: str, text: str) -> None:
    if name not in ACTION_INDEX and name not in COMPOSED and name != EVERYTHING:
        raise ConfigError(f"There is no action {name!r}, which {text!r} expects something of.")
