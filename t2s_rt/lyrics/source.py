"""A song file as bytes with its name: decoding, lines, and errors that say where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from t2s_rt.errors import LyricsError

LARGEST_FILE_BYTES: Final = 8 * 1024 * 1024
"""A long opera in MusicXML is below it; more is no song."""
SHOWN_CHARACTERS: Final = 60

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


@dataclass(slots=True)
class Source:
    """What a format's reader gets: the bytes, the name to show, and where it leaves its warnings."""

    data: bytes
    name: str
    warnings: list[str] = field(default_factory=list)

    def text(self, fallback: str = "cp1252") -> str:
        """The file as text: by its byte order mark, else UTF-8, else the fallback, else latin-1.

        Raises:
            LyricsError: If it contains NUL characters, which no text has.
        """
        text = decode(self.data, fallback)
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise self.error("expected text, found binary data.", line=line)
        return text

    def lines(self, fallback: str = "cp1252") -> list[str]:
        """The text's lines without their ends (CR, LF or CRLF); line number = index + 1."""
        return _LINE_END.split(self.text(fallback))

    def error(self, problem: str, hint: str = "", line: int | None = None) -> LyricsError:
        """The error to raise: it names the file and, where there is one, the line."""
        return LyricsError(problem, hint, file=self.name, line=line)

    def expected(self, what: str, found: str, line: int | None = None) -> LyricsError:
        """The error for something else than expected."""
        return self.error(f"expected {what}, found {shown(found)}.", line=line)

    def warn(self, sentence: str, line: int | None = None) -> None:
        """Note what is ignored or mended; repeated sentences are kept once."""
        place = "" if line is None else f"line {line}: "
        if len(self.warnings) < 100 and place + sentence not in self.warnings:
            self.warnings.append(place + sentence)

    def reference(self, value: str, what: str, line: int | None = None) -> str:
        """A reference to a file beside the song, with forward slashes.

        Absolute paths, addresses and paths that leave the song's folder are dropped with a warning: a
        song file from anywhere must not decide which file of this machine is opened.

        Returns:
            The relative path, empty where it is dropped.
        """
        path = value.strip().replace("\\", "/")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        outside = path.startswith(("/", "~")) or ":" in path or ".." in parts or not parts
        if outside or any(ord(character) < 32 for character in path):
            self.warn(
                f"the {what} reference {shown(value)} does not stay in the song's folder; ignored.", line
            )
            return ""
        return "/".join(parts)


def decode(data: bytes, fallback: str = "cp1252") -> str:
    """Bytes as text: by the byte order mark, else UTF-8, else the fallback codec, else latin-1."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, errors="replace")
    for codec in ("utf-8", fallback):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def read_source(path: Path) -> Source:
    """Read a song file.

    Raises:
        LyricsError: If it is absent, no file, unreadable, empty or larger than `LARGEST_FILE_BYTES`.
    """
    try:
        if not path.is_file():
            raise LyricsError("there is no such file.", "Give the path of a song file.", file=str(path))
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise LyricsError(f"cannot be read ({error}).", file=str(path)) from error
    source = Source(data, path.name)
    check_size(source)
    return source


def check_size(source: Source) -> None:
    """Refuse what is too large to be a song, or empty.

    Raises:
        LyricsError: If it is.
    """
    if len(source.data) > LARGEST_FILE_BYTES:
        megabytes = LARGEST_FILE_BYTES // (1024 * 1024)
        raise source.error(f"expected a song of at most {megabytes} MB, found a larger file.")
    if not source.data.strip():
        raise source.error("expected a song, found an empty file.")


def shown(text: str) -> str:
    """Text for an error message: quoted, escaped and short."""
    if not text.strip():
        return "nothing" if not text else "only white space"
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…")
