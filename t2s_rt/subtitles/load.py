"""Motion subtitles from and to files: WebVTT, SubRip and JSON, told apart by suffix, else by content."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from t2s_rt.errors import LyricsError, SubtitleError
from t2s_rt.lyrics.source import read_source
from t2s_rt.subtitles.as_json import format_json, parse_json
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.draft import Draft
from t2s_rt.subtitles.srt import format_srt, parse_srt
from t2s_rt.subtitles.vtt import format_vtt, parse_vtt

_FORMATS: Final = {".vtt": "vtt", ".webvtt": "vtt", ".srt": "srt", ".json": "json"}
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
SUFFIXES: Final = tuple(_FORMATS)


def load_track(path: Path) -> SubtitleTrack:
    """Read motion subtitles.

    Raises:
        SubtitleError: The file is absent, unreadable or too large, or its content is broken; the error
            names file, line and what was expected.
    """
    try:
        source = read_source(path)
        text = source.text()
    except LyricsError as error:
        problem = error.problem.replace("a song", "motion subtitles")
        raise SubtitleError(problem, error.hint.replace("a song file", "the subtitles")) from None
    return parse_track(text, file=path.name)


def parse_track(text: str, file: str = "") -> SubtitleTrack:
    """Read motion subtitles from text.

    Args:
        text: WebVTT, SubRip or JSON.
        file: Name for errors; its suffix says the format. Without a known one the content does.

    Raises:
        SubtitleError: The content is broken; the error names line and what was expected.
    """
    text = text.removeprefix("\ufeff")
    draft = Draft(file)
    kind = _FORMATS.get(Path(file).suffix.lower()) or _guess(text)
    if kind == "json":
        parse_json(text, draft)
    else:
        lines = _LINE_END.split(text)
        (parse_vtt if kind == "vtt" else parse_srt)(lines, draft)
    try:
        return draft.track()
    except SubtitleError as error:
        if error.file == file:
            raise
        raise draft.error(error.problem, error.hint) from None


def format_track(track: SubtitleTrack, suffix: str = ".vtt") -> str:
    """Motion subtitles as text.

    Args:
        track: What to write; times are rounded to the millisecond.
        suffix: ``.vtt``, ``.srt`` or ``.json``.

    Raises:
        SubtitleError: There is no such format.
    """
    writers = {"vtt": format_vtt, "srt": format_srt, "json": format_json}
    kind = _FORMATS.get(suffix.lower())
    if kind is None:
        raise SubtitleError(
            f"Motion subtitles are not written as {suffix!r}.", f"Choose {', '.join(SUFFIXES)}."
        )
    return writers[kind](track)


def save_track(track: SubtitleTrack, path: Path) -> None:
    """Write motion subtitles; a reader sees the old file or the whole new one, never half.

    Raises:
        SubtitleError: The suffix is unknown, or the folder does not exist or cannot be written.
    """
    text = format_track(track, path.suffix)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as problem:
        raise _unwritable(path, problem) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if path.exists():
            Path(temporary).chmod(path.stat().st_mode & 0o777)
        else:
            Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as problem:
        raise _unwritable(path, problem) from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def _unwritable(path: Path, problem: OSError) -> SubtitleError:
    reason = problem.strerror or str(problem)
    return SubtitleError(f"{path} cannot be written ({reason}).", "Name a file in a folder of yours.")


def _guess(text: str) -> str:
    start = text.lstrip()
    if start.startswith("WEBVTT"):
        return "vtt"
    return "json" if start.startswith("{") else "srt"
