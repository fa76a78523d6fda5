"""Motion subtitles as WebVTT, which any subtitle editor opens.

    WEBVTT

    NOTE t2s motion subtitles
    title: Sakura Sakura
    planner: embedded-1

    00:00:01.725 --> 00:00:03.000
    [brows] raise 0.7: hopeful, lifts on "light"
    [mouth] smile 0.4

The header is a comment, as WebVTT has no other place for it; the last comment is the ledger
(`t2s_rt.subtitles.ledger`). A line that begins with ``#`` is muted. Identifiers and settings of cues are
passed over, as are styles and regions.
"""

from __future__ import annotations

import re
from typing import Final

from t2s_rt.lyrics.srt import blocks
from t2s_rt.subtitles.cue import KNOWN_KEYS, SubtitleTrack
from t2s_rt.subtitles.draft import Draft, header_entries
from t2s_rt.subtitles.ledger import entries
from t2s_rt.subtitles.timed_text import (
    add_blocks,
    escape_note,
    format_time,
    is_timing,
    resolve,
    timed_lines,
)

HEADER: Final = "t2s motion subtitles"
LEDGER: Final = (
    "t2s wrote these cues; leave this list, it shows which ones you changed, added or took away"
)

_SIGNATURE: Final = re.compile(r"WEBVTT(?:\s|$)")
_NOTE: Final = re.compile(r"NOTE(?:\s|$)")
_OTHER: Final = re.compile(r"(?:STYLE|REGION)\s*$")


def parse_vtt(lines: list[str], draft: Draft) -> None:
    """Read the lines of a WebVTT file into ``draft``.

    Raises:
        SubtitleError: It does not begin with WEBVTT, or a cue is broken.
    """
    if not _SIGNATURE.match(lines[0]):
        raise draft.error(f"expected WEBVTT at the start, found {lines[0][:60]!r}.", line=1)
    pending: list[str] = []
    for first, block in blocks(lines):
        numbered = list(enumerate(block, first))
        cue_at = next((i for i, line in enumerate(block) if is_timing(line)), len(block))
        if first == 1:
            _read_first(draft, block[1:cue_at])
        elif cue_at and _NOTE.match(block[0]):
            _read_note(draft, block[:cue_at], pending)
        elif cue_at and _OTHER.match(block[0]):
            continue
        else:
            cue_at = 0
        if cue_at < len(block):
            starts_s = add_blocks(draft, numbered[cue_at:])
            draft.comments += [(starts_s, text) for text in pending]
            pending.clear()
    last_s = max((cue.end_s for cue in draft.all_cues()), default=0.0)
    draft.comments += [(last_s, text) for text in pending]


def format_vtt(track: SubtitleTrack) -> str:
    """The file's text."""
    parts = ["WEBVTT", _note(HEADER, [f"{key}: {value}" for key, value in header_entries(track.header)])]
    comments = list(track.comments)
    for start_ms, end_ms, lines in timed_lines(track):
        while comments and round(1000 * comments[0][0]) <= start_ms:
            parts.append(_comment(comments.pop(0)[1]))
        times = f"{format_time(start_ms, '.')} --> {format_time(end_ms, '.')}"
        parts.append("\n".join([times, *lines]))
    parts += [_comment(text) for _, text in comments]
    if written := entries(track):
        parts.append(_note(LEDGER, written))
    return "\n\n".join(parts) + "\n"


def _note(title: str, lines: list[str]) -> str:
    return "\n".join([f"NOTE {title}", *(escape_note(line) for line in lines)])


def _comment(text: str) -> str:
    lines = [escape_note(line.strip()) for line in text.splitlines() if line.strip()]
    return f"NOTE {lines[0]}" if len(lines) == 1 else "\n".join(["NOTE", *lines])


def _read_first(draft: Draft, lines: list[str]) -> None:
    """WebVTT's own header lines: what is known is taken, the rest belongs to players."""
    for line in lines:
        if line.partition(":")[0].strip().lower() in KNOWN_KEYS:
            draft.add_header(line)


def _read_note(draft: Draft, block: list[str], pending: list[str]) -> None:
    lines = [block[0].removeprefix("NOTE").strip(), *(line.strip() for line in block[1:])]
    if not lines[0]:
        lines = lines[1:]
    if not lines:
        return
    title = lines[0].lower()
    if title.startswith(HEADER):
        for line in lines[1:]:
            draft.add_header(resolve(line))
    elif title.startswith("t2s wrote"):
        for line in lines[1:]:
            draft.ledger.read(line)
    else:
        pending.append(resolve("\n".join(lines)))
