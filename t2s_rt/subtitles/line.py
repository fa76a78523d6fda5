"""One cue as one line of text: ``[brows] raise 0.7: hopeful, lifts on "light"``.

Written strictly, read leniently: any case, ``70%``, ``.7``, ``0,7``, ``look down`` for ``look_down``,
missing brackets and a missing text are all understood.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.cue import Cue
from t2s_rt.subtitles.moves import MOVE_INDEX, MOVES, moves_of

EXAMPLE: Final = "[brows] raise 0.7: why"
MUTE: Final = "#"
"""Before a line: kept, not played."""
INTENSITY_DIGITS: Final = 4
"""Digits after the point that a file keeps; no face shows more."""

_WORD: Final = r"[^\W\d_]+"
_LANE: Final = re.compile(r"\[\s*([^\[\]]*?)\s*\]\s*(.*)$", re.DOTALL)
_BARE_LANE: Final = re.compile(rf"({_WORD})\s*[:,]?\s+(.*)$", re.DOTALL)
_ASKED: Final = re.compile(
    rf"(?P<move>{_WORD}(?:[ _-]+{_WORD})*)[ :=]*"
    r"(?P<number>[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+))\s*(?P<percent>%?)"
    r"(?:\s*[:;,]\s*|\s+|$)(?P<text>.*)$",
    re.DOTALL,
)
_MOVE_ONLY: Final = re.compile(rf"({_WORD}(?:[ _-]+{_WORD})*)")
_SEPARATORS: Final = re.compile(r"[ _-]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a cue's line says; its times stand elsewhere.

    Attributes:
        region: The lane.
        move: A move of that lane.
        intensity: 0 to 1.
        text: Why.
    """

    region: Region
    move: str
    intensity: float
    text: str

    def cue(self, start_s: float, end_s: float) -> Cue:
        """The cue that asks for it from ``start_s`` to ``end_s``, in seconds of the song.

        Raises:
            SubtitleError: The times are impossible.
        """
        return Cue(start_s, end_s, self.region, self.move, self.intensity, self.text)


def format_line(cue: Cue) -> str:
    """The line that says what a cue asks for."""
    asked = f"[{cue.region}] {cue.move} {format_intensity(cue.intensity)}"
    return f"{asked}: {cue.text}" if cue.text else asked


def format_intensity(intensity: float) -> str:
    """The shortest decimal with at most `INTENSITY_DIGITS` digits after the point."""
    return f"{intensity:.{INTENSITY_DIGITS}f}".rstrip("0").rstrip(".")


def unmuted(line: str) -> str | None:
    """The line behind the mark of a muted cue; None where it is not muted."""
    stripped = line.strip()
    rest = stripped.lstrip(MUTE).strip()
    return rest if stripped.startswith(MUTE) and begins_cue(rest) else None


def begins_cue(line: str) -> bool:
    """Whether a line starts a cue; else it goes on with the text of the cue before."""
    if line.lstrip().startswith("["):
        return True
    bare = _BARE_LANE.match(line.strip())
    if bare is None or bare[1].lower() not in tuple(Region):
        return False
    asked = _ASKED.match(bare[2])
    return asked is not None and (Region(bare[1].lower()), _plain(asked["move"])) in MOVE_INDEX


def parse_line(line: str) -> Wish:
    """Read one cue's line.

    Raises:
        SubtitleError: It has no lane, no such move there, or no intensity from 0 to 1. The error knows
            neither file nor line.
    """
    lane = _LANE.match(line.strip()) or (_BARE_LANE.match(line.strip()) if begins_cue(line) else None)
    if lane is None:
        raise SubtitleError(f"expected a cue such as {EXAMPLE}, found {line.strip()!r}.")
    region = _region(lane[1])
    asked = _ASKED.match(lane[2])
    if asked is None:
        raise _without_intensity(region, lane[2])
    move = _move(region, asked["move"])
    return Wish(region, move, _intensity(move, asked["number"], asked["percent"]), asked["text"].strip())


def parse_region(word: str) -> Region:
    """A lane's name in any case.

    Raises:
        SubtitleError: There is no such lane; says which was probably meant.
    """
    return _region(word)


def parse_move(region: Region, word: str) -> str:
    """A move's name in any case, with spaces or hyphens for underscores.

    Raises:
        SubtitleError: The lane has no such move; says which was probably meant.
    """
    return _move(region, word)


def _plain(word: str) -> str:
    return _SEPARATORS.sub("_", word.strip().lower())


def _region(word: str) -> Region:
    if word.lower() in tuple(Region):
        return Region(word.lower())
    meant = _meant(_OTHER_NAMES.get(word.lower(), word), tuple(Region))
    raise SubtitleError(f"there is no lane [{word}].{meant}", f"Lanes are: {', '.join(Region)}.")


def _move(region: Region, word: str) -> str:
    name = _plain(word)
    if (region, name) in MOVE_INDEX:
        return name
    elsewhere = [move.region for move in MOVES if move.name == name]
    known = tuple(move.name for move in moves_of(region))
    meant = f" {name} is a move of [{elsewhere[0]}]." if elsewhere else _meant(name, known)
    raise SubtitleError(f"[{region}] has no move {name!r}.{meant}", f"It has: {', '.join(known)}.")


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word.lower(), known, 1, 0.5)
    return f" Did you mean {close[0]}?" if close else ""


def _intensity(move: str, number: str, percent: str) -> float:
    value = float(number.replace(",", ".")) / (100.0 if percent else 1.0)
    if 0.0 <= value <= 1.0:
        return round(value, INTENSITY_DIGITS)
    hint = f"Did you mean {number}%?" if 1.0 < value <= 100.0 and not percent else ""
    raise SubtitleError(f"expected an intensity from 0 to 1, but {move} has {number}{percent}.", hint)


def _without_intensity(region: Region, rest: str) -> SubtitleError:
    word = _MOVE_ONLY.match(rest)
    if word is None:
        return SubtitleError(
            f"expected a move after [{region}], found {rest.strip()[:60]!r}.",
            f"It has: {', '.join(move.name for move in moves_of(region))}.",
        )
    # "raise gently" says its move and forgets how much; a typo is reported as one
    words = _plain(word[1]).split("_")
    named = ("_".join(words[:n]) for n in range(len(words), 0, -1))
    move = next((name for name in named if (region, name) in MOVE_INDEX), None)
    move = move or _move(region, words[0])
    return SubtitleError(
        f"expected an intensity after {move!r}, found {rest[word.end() :].strip()[:60]!r}.",
        f"Write for example [{region}] {move} 0.7.",
    )


_OTHER_NAMES: Final = {"head": "neck", "lips": "mouth", "jaw": "mouth", "lids": "eyes", "gaze": "eyes"}
"""Lanes by names that people might give them; suggested, not accepted, so that files stay alike."""
