"""What the readers of all three formats collect, and how it becomes a track."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from t2s_rt.errors import SubtitleError
from t2s_rt.subtitles.cue import (
    KNOWN_KEYS,
    Cue,
    SubtitleTrack,
    TrackHeader,
    cue_order,
    describe_overlap,
    one_line,
    overlaps,
)
from t2s_rt.subtitles.ledger import Ledger
from t2s_rt.subtitles.line import begins_cue, parse_line, unmuted

MOST_CUES: Final = 100_000


@dataclass(slots=True)
class Draft:
    """A track while its file is read.

    Attributes:
        file: Name for errors, empty where the text came from elsewhere.
        header: Entries as (key, value, line).
        ledger: Who wrote what.
        cues: Each with the line it stands on.
        muted: Those that are not played.
        comments: As in `SubtitleTrack.comments`, their times still missing where no cue followed.
    """

    file: str
    header: list[tuple[str, str, int | None]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    cues: list[tuple[Cue, int | None]] = field(default_factory=list)
    muted: list[Cue] = field(default_factory=list)
    comments: list[tuple[float, str]] = field(default_factory=list)

    def error(self, problem: str, hint: str = "", line: int | None = None) -> SubtitleError:
        """The error to raise: it names the file and, where there is one, the line."""
        return SubtitleError(problem, hint, file=self.file, line=line)

    def add_header(self, line: str, number: int | None = None) -> None:
        """Take ``key: value``; anything else in a header is passed over."""
        key, colon, value = line.partition(":")
        if colon and key.strip():
            self.header.append((one_line(key).lower(), one_line(value), number))

    def add_lines(self, lines: list[tuple[int, str]], start_s: float, end_s: float) -> None:
        """Take the lines of one timed block, each with its number; a cue's text may go on in the next.

        Raises:
            SubtitleError: A line is no cue, or the cue is impossible.
        """
        wishes: list[tuple[int, str]] = []
        for number, line in lines:
            if begins_cue(line) or unmuted(line) or not wishes:
                wishes.append((number, line))
            else:
                first, begun = wishes[-1]
                wishes[-1] = (first, f"{begun} {line.strip()}")
        for number, line in wishes:
            if len(self.cues) + len(self.muted) >= MOST_CUES:
                raise self.error(f"expected at most {MOST_CUES} cues.", line=number)
            sounding = unmuted(line)
            try:
                cue = parse_line(sounding or line).cue(start_s, end_s)
                if sounding is None:
                    self.cues.append((cue, number))
                else:
                    self.muted.append(replace(cue, by_hand=True))
            except SubtitleError as error:
                raise self.error(error.problem, error.hint, number) from None

    def all_cues(self) -> list[Cue]:
        """Played and muted cues."""
        return [cue for cue, _ in self.cues] + self.muted

    def track(self) -> SubtitleTrack:
        """Everything collected, in order.

        Raises:
            SubtitleError: The header is impossible or two cues fight over one action.
        """
        self._check_overlap()
        cues, deleted = self.ledger.recognise(sorted((cue for cue, _ in self.cues), key=cue_order))
        comments = tuple(sorted(self.comments, key=lambda comment: comment[0]))
        muted = tuple(sorted(self.muted, key=cue_order))
        return SubtitleTrack(tuple(cues), self._header(), tuple(deleted), comments, muted)

    def _check_overlap(self) -> None:
        clash = next(overlaps(cue for cue, _ in self.cues), None)
        if clash is None:
            return
        first, second, _ = clash
        lines = [next(line for cue, line in self.cues if cue is one) for one in (first, second)]
        stands = f" The first stands on line {lines[0]}." if lines[0] is not None else ""
        raise self.error(describe_overlap(*clash) + stands, line=lines[1])

    def _header(self) -> TrackHeader:
        known: dict[str, Any] = {}
        further: list[tuple[str, str]] = []
        for key, value, number in self.header:
            name = KNOWN_KEYS.get(key.replace("_", " "))
            if name is None:
                further.append((key, value))
            elif name == "seed":
                known[name] = self._seed(value, number)
            else:
                known[name] = value
        return TrackHeader(**known, further=tuple(further))

    def _seed(self, value: str, number: int | None) -> int:
        if not (value.isascii() and value.isdecimal() and len(value) < 20):
            raise self.error(f"expected a whole number as seed, found {value!r}.", line=number)
        return int(value)


def header_entries(header: TrackHeader) -> list[tuple[str, str]]:
    """A header as (key, value) in the order of a file, without what is empty."""
    known = [(key, str(getattr(header, name))) for key, name in KNOWN_KEYS.items()]
    if header.planner == "hand" and header.seed == 0:
        known.remove(("seed", "0"))
    return [(key, value) for key, value in known if value] + list(header.further)
