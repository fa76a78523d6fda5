"""How edits by hand are recognised: a file lists at its end what the planner wrote.

An artist edits with any text editor and marks nothing. So each file carries a ledger: one entry for
each cue of the planner, with its times, move and a checksum of its line. When the file is read, a cue
that the ledger knows is the planner's; any other was changed or added by hand; an entry without its cue
was changed or taken away. Where a program drops the ledger, every cue counts as the artist's: nothing is
lost, and only what nobody touched could be written anew.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.cue import Cue, Deletion, SubtitleTrack, cue_order
from t2s_rt.subtitles.line import format_line
from t2s_rt.subtitles.moves import MOVE_INDEX

DELETED: Final = "deleted"
CHECKSUM_DIGITS: Final = 8

_ENTRY: Final = re.compile(
    rf"(?:({DELETED})\s+)?(\d{{1,8}})\.(\d{{3}})\s+(\d{{1,8}})\.(\d{{3}})\s+(\w+)\s+(\w+)(?:\s+([0-9a-f]{{8}}))?$"
)


@dataclass(frozen=True, slots=True)
class Written:
    """One cue as the planner wrote it.

    Attributes:
        span: The cue's times and move.
        checksum: Of its line and times.
    """

    span: Deletion
    checksum: str


@dataclass(slots=True)
class Ledger:
    """What a file says about who wrote what.

    Attributes:
        written: The planner's cues.
        deleted: Those that an artist took away before the file was last written.
    """

    written: list[Written] = field(default_factory=list)
    deleted: list[Deletion] = field(default_factory=list)

    def read(self, entry: str) -> None:
        """Add an entry of a file; what is none is passed over: its cue then counts as the artist's."""
        match = _ENTRY.match(entry.strip())
        if match is None:
            return
        gone, start, start_ms, end, end_ms, region, move, checksum = match.groups()
        if (region, move) not in MOVE_INDEX:
            return
        start_s, end_s = int(start + start_ms) / 1000, int(end + end_ms) / 1000
        span = Deletion(start_s, end_s, Region(region), move)
        if gone:
            self.deleted.append(span)
        elif checksum:
            self.written.append(Written(span, checksum))

    def recognise(self, cues: Iterable[Cue]) -> tuple[list[Cue], list[Deletion]]:
        """Tell the planner's cues from the artist's.

        Returns:
            The cues with `Cue.by_hand` set, and the planner's that are gone.
        """
        known = Counter(entry.checksum for entry in self.written)
        told: list[Cue] = []
        for cue in cues:
            mark = checksum(cue)
            planned = known[mark] > 0
            known[mark] -= planned
            told.append(replace(cue, by_hand=not planned))
        gone = set(self.deleted)
        for entry in self.written:
            if known[entry.checksum] > 0:
                known[entry.checksum] -= 1
                gone.add(entry.span)
        return told, sorted(gone, key=cue_order)


def entries(track: SubtitleTrack) -> list[str]:
    """The ledger's entries for a track, as text."""
    wrote = [f"{_span(deletion_of(c))} {checksum(c)}" for c in track.cues if not c.by_hand]
    return wrote + [f"{DELETED} {_span(deletion)}" for deletion in track.deleted]


def deletion_of(cue: Cue) -> Deletion:
    """The mark that a cue leaves where it is taken away."""
    return Deletion(cue.start_s, cue.end_s, cue.region, cue.move)


def checksum(cue: Cue) -> str:
    """First digits of the SHA-256 of what a file shows of a cue."""
    shown = f"{_span(deletion_of(cue))} {format_line(cue)}"
    return hashlib.sha256(shown.encode()).hexdigest()[:CHECKSUM_DIGITS]


def _span(deletion: Deletion) -> str:
    start_ms, end_ms = round(1000 * deletion.start_s), round(1000 * deletion.end_s)
    times = f"{start_ms // 1000}.{start_ms % 1000:03} {end_ms // 1000}.{end_ms % 1000:03}"
    return f"{times} {deletion.region} {deletion.move}"
