r"""ASS and SSA karaoke: ``{\k20}sa`` sings for 20 centiseconds.

``\k`` fills at once, ``\K`` and ``\kf`` sweep, ``\ko`` outlines: one duration each for us; ``\kt``
places the next syllable by centiseconds from the line's start. A duration without text is a rest. Where
a karaoke template kept its source as comments of the effect "karaoke", those are read and the lines that
it generated ("fx") are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song, checked_number
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source

_TIME: Final = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.:](\d{1,3}))?$")
_OVERRIDES: Final = re.compile(r"\{([^{}]*)\}")
_KARAOKE: Final = re.compile(r"\\(kt|kf|ko|K|k)\s*([^\\()\s]*)")
_DRAWING: Final = re.compile(r"\\p(\d+)")
_REQUIRED: Final = ("start", "end", "text")
_DEFAULT_FORMAT: Final = (
    "layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Event:
    """One Dialogue or Comment line."""

    number: int
    comment: bool
    fields: dict[str, str]

    def field(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def effect(self) -> str:
        return self.field("effect").lower()


def parse_ass(source: Source) -> Song:
    """Read ASS or SSA.

    Raises:
        LyricsError: If an event lacks fields, times or durations are no numbers, or a line ends early.
    """
    header = Header("ass")
    events = _events(source, header)
    templates = [event for event in events if event.comment and event.effect == "karaoke"]
    shown = [event for event in events if not event.comment and event.effect != "fx"]
    singers: dict[str, int] = {}
    drafts = []
    for event in templates or shown:
        draft = _draft(source, event)
        draft.voice = singers.setdefault(event.field("name") or event.field("actor"), len(singers))
        drafts.append(draft)
    header.voices = list(singers) or [""]
    return build_song(source, header, drafts)


def _events(source: Source, header: Header) -> list[_Event]:
    section = ""
    names: tuple[str, ...] = _DEFAULT_FORMAT
    events: list[_Event] = []
    for number, line in enumerate(source.lines(), 1):
        text = line.strip()
        key, _, value = text.partition(":")
        key = key.strip().lower()
        if text.startswith("[") and text.endswith("]"):
            section = text.lower()
        elif section == "[script info]" and value.strip() and not text.startswith(";"):
            _read_info(source, header, key, value.strip(), number)
        elif section == "[events]" and key == "format":
            names = _format(source, value, number)
        elif section == "[events]" and key in ("dialogue", "comment"):
            events.append(_event(source, names, key, value, number))
    if section == "":
        raise source.expected("[Script Info] and [Events]", "no section")
    return events


def _read_info(source: Source, header: Header, key: str, value: str, number: int) -> None:
    if key in ("audio file", "audio uri", "video file"):
        value = source.reference(value, key, number)
        header.audio = value if key != "video file" else header.audio
    elif key == "title":
        header.title = value
    elif key == "language":
        header.language = language_code(value)
    elif key == "original script":
        header.artist = value
    if value:
        header.metadata.append((key, value))


def _format(source: Source, value: str, number: int) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in value.split(","))
    if any(name not in names for name in _REQUIRED) or names[-1] != "text":
        raise source.expected("a Format line with Start, End and Text, Text last", value.strip(), number)
    return names


def _event(source: Source, names: tuple[str, ...], key: str, value: str, number: int) -> _Event:
    values = value.lstrip().split(",", len(names) - 1)
    if len(values) < len(names):
        raise source.expected(f"{len(names)} fields separated by commas", value.strip(), number)
    fields = dict(zip(names, values, strict=True))
    return _Event(
        number,
        key == "comment",
        {name: text if name == "text" else text.strip() for name, text in fields.items()},
    )


def _draft(source: Source, event: _Event) -> LineDraft:
    start_s = _seconds(source, event.field("start"), event.number)
    end_s = _seconds(source, event.field("end"), event.number)
    if end_s < start_s:
        raise source.expected("a line that ends after its start", event.field("end"), event.number)
    draft = LineDraft([], start_s, end_s, number=event.number)
    text = event.field("text")
    cursor = 0
    clock_s = next_s = start_s
    timed = drawing = False
    for block in _OVERRIDES.finditer(text):
        if not drawing:
            timed = _add(draft, text[cursor : block.start()], clock_s if timed else None, next_s)
        cursor = block.end()
        for kind, written in _KARAOKE.findall(block[1]):
            duration_s = _duration_s(source, kind, written, event.number)
            if kind == "kt":
                next_s = start_s + duration_s
            else:
                clock_s, next_s = next_s, next_s + duration_s
                timed = True
        for level in _DRAWING.findall(block[1]):
            drawing = int(level[:3]) > 0
    if "{\\" in text[cursor:]:
        raise source.expected("override tags closed with }", text[cursor:], event.number)
    if not drawing:
        _add(draft, text[cursor:], clock_s if timed else None, next_s)
    return draft


def _add(draft: LineDraft, text: str, start_s: float | None, end_s: float) -> bool:
    """Add text of one syllable; what follows without another duration has no time of its own.

    Returns:
        True while the duration still waits for its text.
    """
    plain = re.sub(r"\\[Nnh]", " ", text)
    if not plain:
        return start_s is not None
    draft.fragments.append(Fragment(plain, start_s, None if start_s is None else end_s))
    return False


def _duration_s(source: Source, kind: str, written: str, number: int) -> float:
    centiseconds = checked_number(source, written, f"centiseconds after \\{kind}", number)
    if centiseconds < 0:
        raise source.expected(f"0 or more centiseconds after \\{kind}", written, number)
    return centiseconds / 100


def _seconds(source: Source, text: str, number: int) -> float:
    time = _TIME.match(text.strip())
    if time is None or int(time[2]) >= 60 or int(time[3]) >= 60:
        raise source.expected("a time as 0:01:02.34", text, number)
    fraction = time[4]
    whole = 3600 * int(time[1]) + 60 * int(time[2]) + int(time[3])
    return whole + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)
