"""The source that a specification such as ``mic:USB`` or ``file:song.wav`` names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.clock import Clock
from engine.demo import demo_song_path
from engine.sources.base import Source
from engine.sources.file import FileSource
from engine.sources.microphone import MicrophoneSource
from engine.sources.synthetic import SyntheticKind, SyntheticSource
from engine.sources.websocket import WebSocketSource
from t2s_rt.errors import ConfigError

KINDS: Final = ", ".join(SyntheticKind)
USAGE: Final = (
    "Give mic, mic:NAME, file:PATH, demo, ws or synthetic:KIND with KIND one of " + KINDS + "."
)


def open_source(
    spec: str,
    *,
    clock: Clock | None = None,
    loop: bool = False,
    wait: bool = False,
    paced: bool = True,
) -> Source:
    """The source that ``spec`` names; it does not run yet.

    Args:
        spec: ``mic[:NAME]``, ``file:PATH``, ``demo``, ``ws`` or ``synthetic[:KIND]``.
        clock: Whose real time; the machine's where None.
        loop: Whether a recording starts again at its end.
        wait: Whether to wait for a microphone that is not there at the start.
        paced: Whether a recording plays at real speed, else as fast as it is taken.

    Raises:
        ConfigError: There is no such source.
        AudioError: The recording cannot be read.
    """
    kind, colon, rest = spec.partition(":")
    if colon and not rest:
        raise ConfigError(f"The source {spec!r} has nothing after its colon.", USAGE)
    if kind == "mic":
        return MicrophoneSource(rest, wait=wait, clock=clock)
    if kind == "file" and rest:
        return FileSource(Path(rest), paced=paced, loop=loop, clock=clock)
    if spec == "demo":
        return FileSource(demo_song_path(), paced=paced, loop=loop, clock=clock)
    if spec == "ws":
        return WebSocketSource(clock)
    if kind == "synthetic":
        if rest and rest not in set(SyntheticKind):
            raise ConfigError(f"There is no synthetic sound {rest!r}.", f"Choose one of {KINDS}.")
        return SyntheticSource(SyntheticKind(rest or SyntheticKind.CLICKS), clock)
    raise ConfigError(f"There is no source {spec!r}.", USAGE)
