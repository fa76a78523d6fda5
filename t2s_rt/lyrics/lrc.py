"""LRC and enhanced LRC: ``[mm:ss.xx]`` before lines, ``<mm:ss.xx>`` before words.

``[offset:+500]`` means 500 ms sooner. Several tags before one line repeat it. A time after the last word
ends it; a time without words ends the line before. Older files put ``[mm:ss.xx]`` between characters
instead of ``<mm:ss.xx>``. ``v1:`` and ``v2:`` name singers, ``[bg: ...]`` is a backing vocal.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from t2s_rt.lyrics.assemble import (
    MOST_SYLLABLES,
    Fragment,
    Header,
    LineDraft,
    build_song,
    checked_number,
)
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source

_TIME: Final = r"(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?"
_LEADING_TIME: Final = re.compile(rf"\s*\[{_TIME}\]")
_INNER_TIME: Final = re.compile(rf"[<\[]{_TIME}[>\]]")
_HEADER: Final = re.compile(r"\[([a-zA-Z#][\w#-]*)\s*:(.*)\]\s*$")
_BROKEN_INNER: Final = re.compile(r"[<\[]\s*\d+[:.][^<>\[\]]*[>\]]?")
_AGENT: Final = re.compile(r"\s*v([1-9]):\s?")
_NAMES: Final = {
    "ti": "title",
    "ar": "artist",
    "la": "language",
    "lang": "language",
    "language": "language",
}
_MOST_TAGS: Final = 200


class _Reader:
    """Reads line after line; the drafts are complete at the end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.header = Header("lrc")
        self.drafts: list[LineDraft] = []
        self._latest: list[LineDraft] = []
        self._voices: dict[str, int] = {}
        self._fragments = 0

    def read_line(self, text: str, number: int) -> None:
        if not text.strip() or text.lstrip().startswith("#"):
            return
        starts, rest = self._leading_times(text, number)
        if starts:
            self._read_timed(starts, rest, number)
            return
        header = _HEADER.match(text.strip())
        if header and header[1].lower() == "bg":
            self._read_background(header[2], number)
        elif header:
            self._read_header(header[1].lower(), header[2].strip(), number)
        elif text.lstrip().startswith(("[", "<")):
            raise self.source.expected("[mm:ss.xx] or [key:value]", text.strip(), number)
        else:
            self.source.warn("words without a time; ignored.", number)

    def _leading_times(self, text: str, number: int) -> tuple[list[float], str]:
        starts: list[float] = []
        while (tag := _LEADING_TIME.match(text)) and len(starts) < _MOST_TAGS:
            starts.append(_seconds(self.source, tag, number))
            text = text[tag.end() :]
        return starts, text

    def _read_header(self, key: str, value: str, number: int) -> None:
        if key == "offset":
            if value:
                sooner_ms = checked_number(self.source, value, "[offset:] in ms, such as +250", number)
                self.header.shift_s = -sooner_ms / 1000.0
        elif name := _NAMES.get(key):
            setattr(self.header, name, language_code(value) if name == "language" else value)
        if value and key != "offset":
            self.header.metadata.append((key, value))

    def _read_timed(self, starts: list[float], rest: str, number: int) -> None:
        background = rest.strip().removeprefix("[").startswith("bg:")
        agent = _AGENT.match(rest)
        singer = agent[1] if agent else "1"
        if agent:
            rest = rest[agent.end() :]
        elif background:
            rest = rest.strip().removeprefix("[").removeprefix("bg:").removesuffix("]")
        if not rest.strip():
            self._end_line(starts[0])
            return
        voice = self._voices.setdefault(singer, len(self._voices))
        if background and self._latest:
            voice = self._latest[-1].voice
        first = min(starts)
        sung = _draft(self.source, rest, starts[0], number)
        sung.voice, sung.background = voice, background
        self._fragments += len(sung.fragments) * len(starts)
        if self._fragments > MOST_SYLLABLES:
            raise self.source.error(
                f"expected at most {MOST_SYLLABLES} timed words, found more.", line=number
            )
        made = [_repeat(sung, start - starts[0]) for start in starts]
        self.drafts += made
        if not background:
            self._latest = [draft for draft in made if draft.start_s == first]

    def _read_background(self, text: str, number: int) -> None:
        tag = _INNER_TIME.search(text)
        if tag is None:
            raise self.source.expected("<mm:ss.xx> before the words of [bg: ...]", text, number)
        draft = _draft(self.source, text[tag.start() :], _seconds(self.source, tag, number), number)
        draft.background = True
        draft.voice = self._latest[-1].voice if self._latest else 0
        self.drafts.append(draft)

    def _end_line(self, time_s: float) -> None:
        """A time without words: what was sung until now ends."""
        for draft in self._latest:
            if draft.end_s is None and time_s > draft.start_s:
                draft.end_s = time_s

    def song(self) -> Song:
        self.header.voices = [""] * max(len(self._voices), 1)
        return build_song(self.source, self.header, self.drafts)


def parse_lrc(source: Source) -> Song:
    """Read LRC.

    Raises:
        LyricsError: If a tag is broken, word times descend or no line has a time.
    """
    reader = _Reader(source)
    for number, text in enumerate(source.lines(), 1):
        reader.read_line(text, number)
    return reader.song()


def _seconds(source: Source, tag: re.Match[str], number: int) -> float:
    minutes, seconds, fraction = tag.groups()
    if int(seconds) >= 60:
        raise source.expected("seconds from 00 to 59 in [mm:ss.xx]", tag[0].strip(), number)
    return 60 * int(minutes) + int(seconds) + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)


def _draft(source: Source, text: str, start_s: float, number: int) -> LineDraft:
    """One line; inner times belong to its first leading tag."""
    fragments: list[Fragment] = []
    time_s: float | None = None
    cursor = 0
    for tag in _INNER_TIME.finditer(text):
        fragments += _fragment(source, text[cursor : tag.start()], time_s, number)
        time_s = _seconds(source, tag, number)
        cursor = tag.end()
    tail = text[cursor:]
    fragments += _fragment(source, tail, time_s, number)
    if time_s is not None and not tail.strip() and fragments:
        return LineDraft(fragments, start_s, end_s=max(time_s, start_s), number=number)
    return LineDraft(fragments, start_s, number=number)


def _repeat(draft: LineDraft, later_s: float) -> LineDraft:
    """The same line at another time."""
    fragments = [
        fragment if fragment.start_s is None else replace(fragment, start_s=fragment.start_s + later_s)
        for fragment in draft.fragments
    ]
    end_s = None if draft.end_s is None else draft.end_s + later_s
    return replace(draft, fragments=fragments, start_s=draft.start_s + later_s, end_s=end_s)


def _fragment(source: Source, text: str, time_s: float | None, number: int) -> list[Fragment]:
    if broken := _BROKEN_INNER.search(text):
        raise source.expected("<mm:ss.xx>", broken[0], number)
    if not text:
        return []
    return [Fragment(text, time_s if text.strip() else None)]
