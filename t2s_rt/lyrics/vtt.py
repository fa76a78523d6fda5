"""WebVTT: cues with ``00:01.500 --> 00:04.000``, word times such as ``<00:00:01.500>`` inside the text.

A voice tag (``<v Ann>``) names the singer; other tags carry no time and are dropped.
"""

from __future__ import annotations

import html
import re
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source
from t2s_rt.lyrics.srt import blocks

_TIME: Final = re.compile(r"(?:(\d{2,3}):)?([0-5]\d):([0-5]\d)\.(\d{3})$")
_TIMING: Final = re.compile(r"\s*(\S+)\s+-->\s+(\S+)(?:\s.*)?$")
_TAG: Final = re.compile(r"<([^<>]*)>")
_VOICE: Final = re.compile(r"v(?:\.\S*)?\s+(.+)$", re.DOTALL)
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|lrm|rlm|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_NO_CUE: Final = ("NOTE", "STYLE", "REGION")


def parse_vtt(source: Source) -> Song:
    """Read WebVTT.

    Raises:
        LyricsError: If it does not begin with WEBVTT, or a cue's times are broken or descend.
    """
    lines = source.lines()
    if not re.match(r"WEBVTT(?:\s|$)", lines[0]):
        raise source.expected("WEBVTT at the start", lines[0], 1)
    header = Header("vtt")
    singers: dict[str, int] = {}
    drafts: list[LineDraft] = []
    for number, block in blocks(lines):
        if number == 1:
            _read_header(header, block)
        elif not block[0].startswith(_NO_CUE) or "-->" in block[0]:
            drafts.append(_draft(source, block, number, singers))
    if singers:
        header.voices = list(singers)
    return build_song(source, header, drafts)


def _read_header(header: Header, block: list[str]) -> None:
    for line in block[1:]:
        key, colon, value = line.partition(":")
        if not colon or not value.strip():
            continue
        header.metadata.append((key.strip().lower(), value.strip()))
        if key.strip().lower() == "language":
            header.language = language_code(value)


def _draft(source: Source, block: list[str], number: int, singers: dict[str, int]) -> LineDraft:
    if "-->" not in block[0] and len(block) > 1:
        block, number = block[1:], number + 1
    timing = _TIMING.match(block[0])
    if timing is None:
        raise source.expected("a cue's times as 00:01.500 --> 00:04.000", block[0].strip(), number)
    start_s, end_s = (_seconds(source, time, number) for time in timing.groups())
    if end_s < start_s:
        raise source.expected("a cue that ends after its start", block[0].strip(), number)
    draft = LineDraft([], start_s, end_s, number=number)
    _read_text(source, draft, "\n".join(block[1:]), singers)
    return draft


def _read_text(source: Source, draft: LineDraft, text: str, singers: dict[str, int]) -> None:
    time_s: float | None = None
    cursor = 0
    line = (draft.number or 0) + 1
    counted = 0
    for tag in _TAG.finditer(text):
        _add(draft, text[cursor : tag.start()], time_s)
        if tag.start() > cursor:
            time_s = None
        cursor = tag.end()
        line += text.count("\n", counted, tag.start())
        counted = tag.start()
        if tag[1][:1].isdigit():
            time_s = _seconds(source, tag[1], line)
            if not draft.start_s <= time_s <= (draft.end_s or 0.0):
                raise source.expected("a word time inside its cue", tag[0], line)
        elif voice := _VOICE.match(tag[1]):
            draft.voice = singers.setdefault(" ".join(voice[1].split()), len(singers))
    if "<" in text[cursor:]:
        raise source.expected("a tag that is closed with >", text[cursor:], line)
    _add(draft, text[cursor:], time_s)


def _add(draft: LineDraft, text: str, time_s: float | None) -> None:
    if text:
        draft.fragments.append(Fragment(_ENTITY.sub(_character, text), time_s))


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def _seconds(source: Source, text: str, number: int) -> float:
    time = _TIME.match(text)
    if time is None:
        raise source.expected("a time as 00:01.500 or 00:00:01.500", text, number)
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in time.groups())
    return 3600 * hours + 60 * minutes + seconds + milliseconds / 1000
