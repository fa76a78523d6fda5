"""Every error the library and the engine raise on purpose.

    T2SError
    ├── AudioError          a recording cannot be read or is not audio
    ├── LyricsError         a song file cannot be read or is no song (carries the line)
    ├── SubtitleError       motion subtitles cannot be read or ask for the impossible (carries the line)
    ├── MappingError        a mapping file asks for what no program has (carries the line)
    ├── PlanError           a song cannot be planned: no server, no answer that holds
    ├── CorpusError         training material is missing, damaged or not what its source promises
    ├── DeviceError         a microphone is absent, busy or vanished
    ├── ModelError          a model, manifest or head file is missing, damaged or of another version
    ├── ConfigError         a setting is out of range or contradicts another
    ├── ProtocolError       a peer on the wire broke the protocol (carries the WebSocket close code)
    └── SetupError          the machine lacks something; the message names the command that adds it

Each message says what was expected, what came, where, and what to do. The command line prints it and
exits with code 2; it never shows a traceback for one of these.
"""

from __future__ import annotations

from typing import ClassVar


class T2SError(Exception):
    """Base of all errors a user can do something about.

    Args:
        problem: What is wrong and where, as a sentence.
        hint: What to do about it, as a sentence. Empty where the problem says it.
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem} {hint}".strip())
        self.problem = problem
        self.hint = hint


class AudioError(T2SError):
    """A recording is missing, unreadable, empty or not audio."""


class _PlacedError(T2SError):
    """An error that has a place in a text file.

    Args:
        problem: What was expected and what was found, as a sentence.
        hint: What to do about it, as a sentence. Empty where the problem says it.
        file: The file, empty where it did not come from one.
        line: The line in it, from 1; None where there are no lines (MIDI) or the whole file is meant.
    """

    what: ClassVar[str]

    def __init__(self, problem: str, hint: str = "", *, file: str = "", line: int | None = None) -> None:
        place = file if line is None else f"{file or self.what}, line {line}"
        super().__init__(f"{place}: {problem}" if place else problem, hint)
        self.file = file
        self.line = line


class LyricsError(_PlacedError):
    """A song file is missing, unreadable, of a format without lyrics or broken."""

    what = "song"


class SubtitleError(_PlacedError):
    """Motion subtitles are missing, unreadable, or ask for what no face can do."""

    what = "subtitles"


class MappingError(_PlacedError):
    """A mapping file is missing, unreadable, or asks for a parameter that does not exist."""

    what = "mapping"


class PlanError(T2SError):
    """A song cannot be planned: the language model cannot be reached or was given wrongly."""


class CorpusError(T2SError):
    """Training material is missing, damaged or not what its source promises."""


class DeviceError(T2SError):
    """An audio device is absent, busy or vanished."""


class ModelError(T2SError):
    """A model, its manifest or a head file is missing, damaged or of another version."""


class ConfigError(T2SError):
    """A setting is out of range or contradicts another."""


class SetupError(T2SError):
    """The machine lacks something that set-up should have added."""


class ProtocolError(T2SError):
    """A peer sent something the protocol does not allow.

    Args:
        problem: What the peer did, as a sentence; sent back as the close reason.
        close_code: The WebSocket close code (RFC 6455 section 7.4) that answers it.
    """

    def __init__(self, problem: str, close_code: int = 1008) -> None:
        super().__init__(problem)
        self.close_code = close_code
