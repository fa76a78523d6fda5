"""TTML as Apple Music writes it: lines ``p``, words and syllables ``span``, singers ``ttm:agent``.

A span with the role x-bg is a backing vocal and becomes a line of its own; translations and
transliterations are not sung and are left out. ``itunes:song-part`` names the section.
"""

from __future__ import annotations

import re
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.markup import Element, parse_xml
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source

_CLOCK: Final = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5})(?:\.(\d{1,9}))?$")
_COUNT: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|m|s|ms)$")
_UNIT_S: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_NOT_SUNG: Final = ("x-translation", "x-roman")
_BACKGROUND: Final = "x-bg"


class _Reader:
    """Walks through body, div and p; the drafts are complete at the end."""

    def __init__(self, source: Source, root: Element) -> None:
        self.source = source
        self.header = Header("ttml", language=language_code(root.attributes.get("lang", "")))
        self.drafts: list[LineDraft] = []
        self._names = dict(_agents(root))
        self._singers: dict[str, int] = {}

    def read_body(self, body: Element) -> None:
        for element in [body, *body.descendants("div")]:
            section = _section(element)
            for paragraph in element.children("p"):
                self._read_line(paragraph, _section(paragraph) or section)

    def _read_line(self, paragraph: Element, section: str) -> None:
        if not paragraph.text.strip():
            return
        agent = paragraph.attributes.get("agent", "")
        voice = self._singers.setdefault(agent, len(self._singers))
        begin_s, end_s = self._times(paragraph)
        if begin_s is None:
            timed = [span for span in paragraph.descendants("span") if "begin" in span.attributes]
            if not timed:
                raise self.source.error(
                    "expected begin and end on the line or its words, found none.",
                    "Lyrics without times cannot be sung along.",
                    paragraph.line,
                )
            begin_s = min(self._times(span)[0] or 0.0 for span in timed)
        line = LineDraft([], begin_s, end_s, voice, section=section, number=paragraph.line)
        self._read_content(paragraph, line)
        if line.fragments:
            self.drafts.append(line)

    def _read_content(self, parent: Element, line: LineDraft) -> None:
        for item in parent.content:
            if isinstance(item, str):
                _add_text(line, item)
            elif item.name == "br":
                line.fragments.append(Fragment(" "))
            elif item.name == "span":
                self._read_span(item, line)

    def _read_span(self, span: Element, line: LineDraft) -> None:
        role = span.attributes.get("role", "")
        if role.startswith(_NOT_SUNG):
            return
        begin_s, end_s = self._times(span)
        if role == _BACKGROUND:
            self._read_background(span, line, begin_s, end_s)
        elif any(child.name == "span" for child in span.children()):
            self._read_content(span, line)
        else:
            line.fragments.append(Fragment(span.text, begin_s, end_s if begin_s is not None else None))

    def _read_background(
        self, span: Element, line: LineDraft, begin_s: float | None, end_s: float | None
    ) -> None:
        """A backing vocal becomes a line of its own, at its first word's time where it has none."""
        inner = LineDraft(
            [], 0.0, end_s, line.voice, background=True, section=line.section, number=span.line
        )
        self._read_content(span, inner)
        starts = [fragment.start_s for fragment in inner.fragments if fragment.start_s is not None]
        inner.start_s = begin_s if begin_s is not None else min(starts, default=line.start_s)
        if inner.fragments:
            self.drafts.append(inner)

    def _times(self, element: Element) -> tuple[float | None, float | None]:
        written = element.attributes
        begin_s = _seconds(self.source, written["begin"], element.line) if "begin" in written else None
        end_s = _seconds(self.source, written["end"], element.line) if "end" in written else None
        if end_s is None and begin_s is not None and "dur" in written:
            end_s = begin_s + _seconds(self.source, written["dur"], element.line)
        if begin_s is not None and end_s is not None and end_s < begin_s:
            raise self.source.expected("an end after the begin", written.get("end", ""), element.line)
        return begin_s, end_s

    def song(self) -> Song:
        if self._singers:
            self.header.voices = [self._names.get(agent, "") for agent in self._singers]
        return build_song(self.source, self.header, self.drafts)


def parse_ttml(source: Source) -> Song:
    """Read Apple's TTML.

    Raises:
        LyricsError: If it is no well-formed TTML, a line has no times, or times are broken or descend.
    """
    root = parse_xml(source)
    if root.name != "tt":
        raise source.expected("a TTML document <tt>", f"<{root.name}>", root.line)
    body = root.child("body")
    if body is None:
        raise source.error("expected <body>, found none.", line=root.line)
    reader = _Reader(source, root)
    for title in root.descendants("title"):
        reader.header.title = title.text.strip()
        break
    names = [name.text.strip() for name in root.descendants("songwriter")]
    if names:
        reader.header.metadata.append(("songwriters", ", ".join(names)))
    reader.read_body(body)
    return reader.song()


def _agents(root: Element) -> list[tuple[str, str]]:
    return [
        (agent.attributes["id"], agent.child_text("name"))
        for agent in root.descendants("agent")
        if "id" in agent.attributes
    ]


def _section(element: Element) -> str:
    return element.attributes.get("song-part", element.attributes.get("songPart", ""))


def _add_text(line: LineDraft, text: str) -> None:
    if text:
        line.fragments.append(Fragment(text))


def _seconds(source: Source, text: str, line: int) -> float:
    if clock := _CLOCK.match(text.strip()):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups()[:3])
        if clock[2] is None or seconds < 60:
            fraction = clock[4]
            whole = 3600 * hours + 60 * minutes + seconds
            return whole + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)
    if count := _COUNT.match(text.strip()):
        return float(count[1]) * _UNIT_S[count[2]]
    raise source.expected("a time as 1:02.345, 62.345 or 62.345s", text, line)
