"""Finds out what a song file is, by its content first and its name second, and reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from t2s_rt.errors import LyricsError
from t2s_rt.lyrics.ass import parse_ass
from t2s_rt.lyrics.lrc import parse_lrc
from t2s_rt.lyrics.midi import parse_midi
from t2s_rt.lyrics.musicxml import parse_musicxml
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source, check_size, decode, read_source
from t2s_rt.lyrics.srt import parse_srt
from t2s_rt.lyrics.ttml import parse_ttml
from t2s_rt.lyrics.ultrastar import parse_ultrastar
from t2s_rt.lyrics.vtt import parse_vtt

PARSERS: Final[dict[str, Callable[[Source], Song]]] = {
    "ass": parse_ass,
    "lrc": parse_lrc,
    "midi": parse_midi,
    "musicxml": parse_musicxml,
    "srt": parse_srt,
    "ttml": parse_ttml,
    "ultrastar": parse_ultrastar,
    "vtt": parse_vtt,
}
"""By the name that `Song.format` bears."""

_BY_SUFFIX: Final = {
    ".ass": "ass", ".ssa": "ass", ".elrc": "lrc", ".lrc": "lrc", ".kar": "midi", ".mid": "midi",
    ".midi": "midi", ".rmi": "midi", ".mxl": "musicxml", ".musicxml": "musicxml", ".srt": "srt",
    ".ttml": "ttml", ".txt": "ultrastar", ".vtt": "vtt", ".webvtt": "vtt",
}  # fmt: skip
_FORMATS: Final = "LRC, UltraStar, ASS, SRT, WebVTT, TTML, MIDI/KAR or MusicXML"
_SNIFFED_CHARACTERS: Final = 4096
_CONTENTS: Final = (
    ("vtt", re.compile(r"\A\s*WEBVTT(?:\s|$)")),
    ("ass", re.compile(r"\A\s*\[Script Info\]", re.IGNORECASE)),
    ("ultrastar", re.compile(r"\A\s*#[A-Za-z][\w-]*:")),
    ("srt", re.compile(r"\A\s*(?:\d+\s+)?\d+:\d+:\d+[,.]\d+\s*-->")),
    (
        "lrc",
        re.compile(r"(?m)^[ \t]*\[(?:\d+:\d+|(?:ti|ar|al|by|re|ve|length|offset):)"),
    ),
)
_REFUSED: Final = {
    ".cdg": "CDG holds pictures of the words, no text, so nothing can be read from it.",
    ".kfn": "KFN is a program's own archive, which is not read.",
    ".kbp": "KBP is a program's own project file, which is not read.",
}
_CDG_PACKET_BYTES: Final = 24
_CDG_COMMAND: Final = 9


def load_song(path: Path | str) -> Song:
    """Read a song from any of the formats, recognised by content, then by name.

    Raises:
        LyricsError: If the file is absent, too large, of no format with lyrics or broken; the message
            names file, line and what was expected.
    """
    path = Path(path)
    if (reason := _REFUSED.get(path.suffix.lower())) is not None:
        raise LyricsError(reason, "Find the song as LRC, KAR or UltraStar.", file=path.name)
    return parse_song(read_source(path))


def parse_song(source: Source) -> Song:
    """Read a song from bytes; as `load_song` without the file system.

    Raises:
        LyricsError: As `load_song`.
    """
    check_size(source)
    return PARSERS[detect_format(source)](source)


def detect_format(source: Source) -> str:
    """The format's name, a key of `PARSERS`.

    Raises:
        LyricsError: If it is CDG, or nothing that we know.
    """
    head = source.data[:_SNIFFED_CHARACTERS]
    if head.startswith(b"MThd") or (head.startswith(b"RIFF") and head[8:12] == b"RMID"):
        return "midi"
    if head.startswith(b"PK\x03\x04"):
        return "musicxml"
    if _is_cdg(head):
        raise source.error(_REFUSED[".cdg"], "Find the song as LRC, KAR or UltraStar.")
    text = decode(head)
    if text.lstrip().startswith("<"):
        return _xml_format(source, text)
    by_name = _BY_SUFFIX.get(Path(source.name).suffix.lower())
    by_content = [name for name, pattern in _CONTENTS if pattern.search(text)]
    if by_content:
        return by_name if by_name in by_content else by_content[0]
    if by_name is None:
        raise source.error(
            f"expected {_FORMATS}, found none of them.", "Give a song file in one of these."
        )
    return by_name


def _xml_format(source: Source, text: str) -> str:
    if re.search(r"<(?:\w+:)?score-(?:partwise|timewise)\b", text):
        return "musicxml"
    if re.search(r"<(?:\w+:)?tt\b", text):
        return "ttml"
    by_name = _BY_SUFFIX.get(Path(source.name).suffix.lower())
    if Path(source.name).suffix.lower() == ".xml" or by_name not in ("ttml", "musicxml"):
        raise source.error("expected TTML <tt> or MusicXML <score-partwise>, found other XML.")
    return by_name


def _is_cdg(head: bytes) -> bool:
    """True where the first packets are CD graphics: 24 bytes each, command 9 or empty."""
    if len(head) < 4 * _CDG_PACKET_BYTES:
        return False
    commands = [head[i] & 0x3F for i in range(0, len(head) - _CDG_PACKET_BYTES + 1, _CDG_PACKET_BYTES)]
    return _CDG_COMMAND in commands and all(command in (0, _CDG_COMMAND) for command in commands)
