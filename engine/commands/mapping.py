"""`t2s mapping`: check a mapping file, and show what it may change."""

from __future__ import annotations

import argparse
from pathlib import Path

from t2s_rt.face.mapping import TABLES, Mapping, load_mapping
from t2s_rt.face.retarget import CURVES, STRAIGHT, Curve, Target
from t2s_rt.face.signals import EYES, HEAD, OTHERS, SIGNALS

DESCRIPTION = """\
Mapping files change what outputs send: gain, offset, curve and recipe of each parameter, as TOML
(docs/outputs.md). Use one with `t2s live --mapping FILE` or `--output vmc,map=FILE`.

  t2s mapping check FILE       is it right? says what it changes, or what is wrong and where
  t2s mapping show SECTION     a section's parameters as we send them, as TOML to start from
  t2s mapping signals          what parameters can be made of
"""
UNITS = {
    **dict.fromkeys((*HEAD, *EYES), "degrees; to the singer's left, up, to the left shoulder"),
    **dict(zip(OTHERS, ("0 to 1", "0 to 1", "0 to 1", "Hz, 0 without a pitch"), strict=True)),
}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "mapping",
        help="check a mapping file; show what it may change",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="is a mapping file right?")
    check.add_argument("file", type=Path, help="the mapping file")
    check.set_defaults(run=run_check)
    show = actions.add_parser("show", help="a section's parameters, as TOML")
    show.add_argument("section", choices=tuple(TABLES), help="what kind of program")
    show.add_argument("--mapping", type=Path, metavar="FILE", help="with this file's changes")
    show.set_defaults(run=run_show)
    actions.add_parser("signals", help="what parameters can be made of").set_defaults(run=run_signals)


def run_check(options: argparse.Namespace) -> int:
    """Check a file and say what it changes."""
    mapping = load_mapping(options.file)
    for section, changes in mapping.changes.items():
        left_out = [name for name, change in changes.items() if change.target is None]
        new = [name for name, change in changes.items() if change.new and change.target]
        changed = [n for n, change in changes.items() if not change.new and change.target]
        for what, names in (("changed", changed), ("new", new), ("not sent", left_out)):
            if names:
                print(f"{section:14}{what:10}{', '.join(names)}")
    print(f"{options.file} is right.")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print a section as TOML."""
    mapping = load_mapping(options.mapping) if options.mapping is not None else Mapping({})
    table = TABLES[options.section]
    ours = set(table.names)
    print(
        "\n\n".join(as_toml(table.name, t, new=t.name not in ours) for t in mapping.apply(table).targets)
    )
    return 0


def run_signals(_options: argparse.Namespace) -> int:
    """Print every signal."""
    for name in SIGNALS:
        print(f"{name:22}{UNITS.get(name, '0 to 1')}")
    return 0


def as_toml(section: str, target: Target, *, new: bool) -> str:
    """A parameter as a mapping file has it."""
    name = target.name if target.name.replace("_", "").isalnum() else f'"{target.name}"'
    terms = ", ".join(f"{signal} = {weight:g}" for signal, weight in target.terms)
    lines = [f"[{section}.{name}]"]
    if new:
        lines.append("new = true")
    lines += [
        f"from = {{ {terms} }}" if terms else "from = {}",
        f"gain = {target.gain:g}",
        f"offset = {target.offset:g}",
        f"minimum = {target.minimum:g}",
        f"maximum = {target.maximum:g}",
    ]
    if target.curve != STRAIGHT:
        lines.append(f"curve = {_spell(target.curve)}")
    return "\n".join(lines)


def _spell(curve: Curve) -> str:
    if curve.points:
        return str([list(point) for point in curve.points])
    named = {exponent: name for name, exponent in CURVES.items()}
    return f'"{named[curve.exponent]}"' if curve.exponent in named else f"{curve.exponent:g}"
