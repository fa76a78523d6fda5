"""Motion subtitles as SubRip, for editors that know nothing else.

SubRip has no comments, so header, ledger and an artist's comments stand in cues of one millisecond, each
line marked ``[t2s]``: the one thing that every editor keeps.
"""

from __future__ import annotations

import re
from typing import Final

from t2s_rt.lyrics.srt import blocks
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.draft import Draft, header_entries
from t2s_rt.subtitles.ledger import entries
from t2s_rt.subtitles.timed_text import add_blocks, escape, format_time, is_timing, plain, timed_lines

MARK: Final = "[t2s]"

_COMMENT: Final = re.compile(r"comment (\d{1,8})\.(\d{3}) (.*)$")
_ENTRY: Final = re.compile(r"(?:deleted\s+)?\d+\.\d{3}\s")


def parse_srt(lines: list[str], draft: Draft) -> None:
    """Read the lines of a SubRip file into ``draft``.

    Raises:
        SubtitleError: A cue is broken.
    """
    for first, block in blocks(lines):
        ours = [line for line in block if line.lstrip().startswith(MARK)]
        for line in ours:
            _read_marked(draft, plain(line).strip().removeprefix(MARK).strip())
        rest = [(n, line) for n, line in enumerate(block, first) if not line.lstrip().startswith(MARK)]
        if not ours or any(not is_timing(line) and not line.strip().isdecimal() for _, line in rest):
            add_blocks(draft, rest)


def format_srt(track: SubtitleTrack) -> str:
    """The file's text."""
    head = [f"{key}: {value}" for key, value in header_entries(track.header)]
    tail = entries(track)
    for at_s, text in track.comments:
        shown = "\\n".join(line.strip() for line in text.splitlines() if line.strip())
        at_ms = round(1000 * at_s)
        tail.append(f"comment {at_ms // 1000}.{at_ms % 1000:03} {shown}")
    last_ms = max((round(1000 * cue.end_s) for cue in (*track.cues, *track.muted)), default=0)
    parts = [_marked(0, head)]
    parts += timed_lines(track)
    parts.append(_marked(last_ms, tail))
    texts = [
        "\n".join([f"{format_time(start, ',')} --> {format_time(end, ',')}", *lines])
        for start, end, lines in parts
        if lines
    ]
    return "\n\n".join(f"{number}\n{text}" for number, text in enumerate(texts, 1)) + "\n"


def _marked(at_ms: int, lines: list[str]) -> tuple[int, int, list[str]]:
    return at_ms, at_ms + 1, [f"{MARK} {escape(line)}" for line in lines]


def _read_marked(draft: Draft, line: str) -> None:
    if comment := _COMMENT.match(line):
        at_s = int(comment[1] + comment[2]) / 1000
        draft.comments.append((at_s, comment[3].replace("\\n", "\n")))
    elif _ENTRY.match(line):
        draft.ledger.read(line)
    else:
        draft.add_header(line)
