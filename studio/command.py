"""The studio's commands join `t2s` here (entry point `t2s.commands`)."""

from __future__ import annotations

import argparse
from types import ModuleType
from typing import Final

from studio import exemplars, llm, retrieve, subtitles

COMMANDS: Final[tuple[ModuleType, ...]] = (subtitles, retrieve, exemplars, llm)
"""One module a command; each has `register(commands)`."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add every command of this folder to the command line."""
    for command in COMMANDS:
        command.register(commands)
