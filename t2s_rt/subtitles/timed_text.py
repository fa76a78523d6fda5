"""What WebVTT and SubRip share: times, timed blocks, tags and character references."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from typing import Final

from t2s_rt.subtitles.cue import ROUNDING_S, SHORTEST_CUE_S, SubtitleTrack
from t2s_rt.subtitles.draft import Draft
from t2s_rt.subtitles.line import MUTE, format_line

NumberedLine = tuple[int, str]

_TIME: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?$")
_ARROW: Final = re.compile(r"\s*(\S+?)\s*-->\s*(\S+)(?:\s.*)?$")
_TAG: Final = re.compile(r"</?(?:[a-zA-Z][^<>]*|\d[\d:.]*)?>")
_OVERRIDE: Final = re.compile(r"^\s*(?:\{\\[^{}]*\}\s*)+")
_REFERENCE: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|lrm|rlm|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_TIMES_EXAMPLE: Final = "a cue's times as 00:01.500 --> 00:04.000"


def is_timing(line: str) -> bool:
    """Whether a line gives a cue's times, rightly or not."""
    return "-->" in line


def add_blocks(draft: Draft, lines: list[NumberedLine]) -> float:
    """Take the lines between two blank ones: identifier, times, cues; again where a blank is missing.

    Returns:
        When the first of them starts, in seconds.

    Raises:
        SubtitleError: The times are missing, broken or descend, or a line is no cue.
    """
    timings = [i for i, (_, line) in enumerate(lines) if is_timing(line)]
    if not timings or timings[0] > 1:
        number, line = lines[timings[0] - 1 if timings else 0]
        raise draft.error(f"expected {_TIMES_EXAMPLE}, found {line.strip()[:60]!r}.", line=number)
    starts_s: list[float] = []
    for first, following in itertools.pairwise([*timings, len(lines)]):
        number, timing = lines[first]
        start_s, end_s = _read_times(draft, timing, number)
        body = lines[first + 1 : following]
        if following < len(lines) and body and body[-1][1].strip().isdecimal():
            body = body[:-1]  # the number of the cue that follows without a blank line
        draft.add_lines([(n, plain(line)) for n, line in body], start_s, end_s)
        starts_s.append(start_s)
    return starts_s[0]


def timed_lines(track: SubtitleTrack) -> Iterator[tuple[int, int, list[str]]]:
    """Cues with equal times together, as (start, end, their lines); times in whole milliseconds."""
    lines = [(cue, escape(format_line(cue))) for cue in track.cues]
    lines += [(cue, f"{MUTE} {escape(format_line(cue))}") for cue in track.muted]
    timed = sorted(
        (round(1000 * cue.start_s), round(1000 * cue.end_s), i) for i, (cue, _) in enumerate(lines)
    )
    for (start_ms, end_ms), members in itertools.groupby(timed, key=lambda one: one[:2]):
        yield start_ms, end_ms, [lines[i][1] for _, _, i in members]


def format_time(time_ms: int, point: str) -> str:
    """``00:01:02.345`` with the point of the format."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"


def plain(line: str) -> str:
    """A line without tags and override codes, its character references replaced."""
    return resolve(_TAG.sub("", _OVERRIDE.sub("", line)))


def resolve(text: str) -> str:
    """Text with its character references replaced."""
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)


def escape(text: str) -> str:
    """Text that reads the same after `plain` and cannot be taken for times or a tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "--&gt;")


def escape_note(text: str) -> str:
    """Text that reads the same after `resolve`, changed only where it must be; for comments."""
    return _REFERENCE.sub(lambda reference: f"&amp;{reference[0][1:]}", text).replace("-->", "--&gt;")


def _read_times(draft: Draft, timing: str, number: int) -> tuple[float, float]:
    times = _ARROW.match(timing)
    if times is None:
        raise draft.error(f"expected {_TIMES_EXAMPLE}, found {timing.strip()[:60]!r}.", line=number)
    start_s, end_s = (_seconds(draft, text, number) for text in times.groups())
    if end_s - start_s < SHORTEST_CUE_S - ROUNDING_S:
        raise draft.error(
            f"expected a cue that ends at least {SHORTEST_CUE_S} s after its start, found "
            f"{timing.strip()!r}.",
            line=number,
        )
    return start_s, end_s


def _seconds(draft: Draft, text: str, number: int) -> float:
    time = _TIME.match(text)
    if time is None or int(time[2]) > 59 or int(time[3]) > 59:
        raise draft.error(f"expected a time as 00:01.500 or 01:02:03.500, found {text!r}.", line=number)
    milliseconds = int((time[4] or "0").ljust(3, "0"))
    whole_s = 3600 * int(time[1] or 0) + 60 * int(time[2]) + int(time[3])
    return (1000 * whole_s + milliseconds) / 1000
