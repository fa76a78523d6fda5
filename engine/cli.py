"""The command line: parse, run one command, say failures in sentences."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Final

from t2s_rt.errors import T2SError
from t2s_rt.interrupts import interrupts_held

EXIT_REFUSED = 2
COMMANDS: Final = (
    "live",
    "render",
    "render-song",
    "edit",
    "export",
    "flame",
    "compile",
    "profile",
    "mapping",
    "listen",
    "conformance",
    "devices",
    "doctor",
)
"""The engine's own; each is a module of `engine.commands` with `register(commands)`."""

ABOUT = """\
Makes an avatar sing: a live voice in, a singing 3D face out, while it is still being sung.

  t2s live --source demo       a head sings the demo song; open the address it prints
  t2s live --source mic        a head sings what you sing
  t2s render VOICE.wav -o FACE.npz   the same, from a file to arrays, without a clock
  t2s listen                   watch the face that a running engine sends
  t2s doctor                   what this machine has and what it lacks
"""


def parser(wanted: str = "") -> argparse.ArgumentParser:
    """The parser with every command, those of installed extensions too (entry points `t2s.commands`).

    Args:
        wanted: A command of the engine to have alone: a show starts sooner without loading the others.
    """
    top = argparse.ArgumentParser(
        prog="t2s", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    version = importlib.metadata.version("t2s-rt")
    top.add_argument("--version", action="version", version=f"t2s-rt {version}")
    top.add_argument("-v", "--verbose", action="store_true", help="log what happens to stderr")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    with interrupts_held():
        for name in (wanted,) if wanted in COMMANDS else COMMANDS:
            importlib.import_module(f"engine.commands.{name.replace('-', '_')}").register(commands)
        if wanted not in COMMANDS:
            for extension in importlib.metadata.entry_points(group="t2s.commands"):
                extension.load()(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when it did what was asked, 2 for what the user can mend.
    """
    given = sys.argv[1:] if arguments is None else arguments
    wanted = next((word for word in given if not word.startswith("-")), "")
    options = parser(wanted).parse_args(given)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except T2SError as problem:
        print(f"t2s: {problem}", file=sys.stderr)
        return EXIT_REFUSED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe went away: nothing is left to say
        return 0
