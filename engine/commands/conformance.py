"""`t2s conformance`: whether a server keeps the promises of docs/protocol.md."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed

from engine.commands.conformance_checks import CHECKS, Check
from engine.commands.conformance_peer import PATIENCE_S, Broken, NotAsked, Target
from engine.commands.listen import websocket_url
from engine.config import DEFAULT_HOST, DEFAULT_PORT
from t2s_rt.errors import ConfigError

DESCRIPTION = """\
Check a server that claims to speak t2s.v1: one line for each promise of docs/protocol.md. It must
be sending frames, as `t2s live --source demo` does. Takes about half a minute.

Exit code 0 where every promise is kept, 1 where one is broken.
"""
KEPT: Final = "pass"
BROKEN: Final = "FAIL"
NOT_ASKED: Final = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: What was looked at.
        promise: The words of docs/protocol.md.
        verdict: ``pass``, ``FAIL`` or ``skip``.
        detail: What the server did instead, or why it was not asked.
    """

    name: str
    promise: str
    verdict: str
    detail: str = ""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "conformance",
        help="check that a server keeps the protocol",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "url", nargs="?", default=f"ws://{DEFAULT_HOST}:{DEFAULT_PORT}/ws", help="default: %(default)s"
    )
    parser.add_argument("--token", default="", help="the server's token, where it has one")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check, print the table.

    Returns:
        0 where every promise is kept, else 1.

    Raises:
        ConfigError: The address is none, or nothing listens there.
    """
    target = Target(websocket_url(options.url), options.token)
    _knock(target.url)
    findings = []
    for check in CHECKS:
        finding = examine(check, target)
        findings.append(finding)
        if not options.json:
            print(line(finding), flush=True)
    broken = sum(finding.verdict == BROKEN for finding in findings)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print(f"\n{summary(findings)}")
    return 1 if broken else 0


def examine(check: Check, target: Target) -> Finding:
    """Run one check."""
    try:
        check.run(target)
    except NotAsked as why:
        return Finding(check.name, check.promise, NOT_ASKED, str(why))
    except Broken as how:
        return Finding(check.name, check.promise, BROKEN, str(how))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as how:
        return Finding(check.name, check.promise, BROKEN, f"a message lacks what it needs: {how!r}")
    except (ConnectionClosed, OSError) as how:
        return Finding(check.name, check.promise, BROKEN, f"the connection broke: {how}")
    return Finding(check.name, check.promise, KEPT)


def _knock(url: str) -> None:
    """Whether anything listens: without it, all promises would count as broken.

    Raises:
        ConfigError: Nothing does.
    """
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or DEFAULT_PORT), PATIENCE_S).close()
    except OSError as problem:
        raise ConfigError(
            f"Nothing listens at {parts.netloc}: {problem.strerror or problem}.",
            "Start the server first, such as: t2s live --source demo",
        ) from None


def line(finding: Finding) -> str:
    """One row of the table; a second line where something is to be said."""
    width = max(len(check.name) for check in CHECKS)
    row = f"  {finding.verdict}  {finding.name:{width}}  {finding.promise}"
    return f"{row}\n        {'':{width}}-> {finding.detail}" if finding.detail else row


def summary(findings: Sequence[Finding]) -> str:
    """How many of each."""
    counts = {v: sum(f.verdict == v for f in findings) for v in (KEPT, BROKEN, NOT_ASKED)}
    return f"{counts[KEPT]} kept, {counts[BROKEN]} broken, {counts[NOT_ASKED]} not asked of this server."
