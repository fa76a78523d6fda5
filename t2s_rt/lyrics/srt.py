"""SubRip: numbered cues with ``00:01:02,345 --> 00:01:04,000`` and text; times of lines only."""

from __future__ import annotations

import re
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source

_TIME: Final = r"(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[,.](\d{1,3}))?"
_TIMING: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_MARKUP: Final = re.compile(r"</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}")


def parse_srt(source: Source) -> Song:
    """Read SubRip; word times are spread over the cue.

    Raises:
        LyricsError: If a cue does not begin with its times, or ends before it starts.
    """
    drafts = [
        _draft(source, block, first_number) for first_number, block in blocks(source.lines()) if block
    ]
    return build_song(source, Header("srt"), drafts)


def blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """Stretches of lines between blank ones, each with the number of its first line from 1."""
    found: list[tuple[int, list[str]]] = []
    current: list[str] = []
    for number, text in enumerate([*lines, ""], 1):
        if text.strip():
            current.append(text)
        elif current:
            found.append((number - len(current), current))
            current = []
    return found


def _draft(source: Source, block: list[str], number: int) -> LineDraft:
    if block[0].strip().isdecimal() and len(block) > 1:
        block, number = block[1:], number + 1
    timing = _TIMING.match(block[0])
    if timing is None:
        raise source.expected("a cue's times as 00:01:02,345 --> 00:01:04,000", block[0].strip(), number)
    start_s = _seconds(source, timing.groups()[:4], number)
    end_s = _seconds(source, timing.groups()[4:], number)
    if end_s < start_s:
        raise source.expected("a cue that ends after its start", block[0].strip(), number)
    text = " ".join(_MARKUP.sub("", line).strip() for line in block[1:])
    return LineDraft([Fragment(text)], start_s, end_s, number=number)


def _seconds(source: Source, parts: tuple[str | None, ...], number: int) -> float:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if minutes >= 60 or seconds >= 60:
        raise source.expected("minutes and seconds from 00 to 59", f"{minutes:02}:{seconds:02}", number)
    fraction = parts[3]
    return (
        3600 * hours
        + 60 * minutes
        + seconds
        + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)
    )
