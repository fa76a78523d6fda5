"""`t2s devices`: which microphones there are, and what to call them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from engine.sources.capture import NO_DEVICE_HINT, InputDevice
from engine.sources.microphone import list_devices

DESCRIPTION = """\
List the microphones of this machine. Take one with `t2s live --source mic:NAME`, where NAME is any part
of its name in any case, or its number; without NAME the one marked * is taken.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "devices",
        help="list the microphones",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the list; 0 also where there are none, for that is an answer."""
    devices = list_devices()
    if options.json:
        print(json.dumps([asdict(device) for device in devices], indent=2))
    elif devices:
        print(table(devices))
    else:
        print(f"There is no microphone on this machine. {NO_DEVICE_HINT}")
    return 0


def table(devices: list[InputDevice]) -> str:
    """The list as a table."""
    width = max(4, *(len(device.name) for device in devices))
    lines = [f"    #  {'name':{width}}  inputs     rate  through"]
    for device in devices:
        mark = "*" if device.default else " "
        channels = str(device.channels or "?")
        rate = f"{device.default_rate_hz} Hz" if device.default_rate_hz else "any"
        through = f"{device.backend} ({device.api})"
        lines.append(
            f"  {mark}{device.index:2}  {device.name:{width}}  {channels:>6}  {rate:>7}  {through}"
        )
    return "\n".join(lines)
