"""A user's mapping file: changes to what goes to other programs, as TOML.

One section a kind of program, one table a parameter::

    [vts.MouthOpen]
    gain = 1.3               # factor, after the curve
    offset = 0.0             # added after the gain
    curve = "soft"           # linear, soft, hard, a power such as 0.7, or points [[0, 0], [1, 0.8]]
    minimum = 0.0
    maximum = 1.0
    from = { jawOpen = 1.0, mouthClose = -1.0 }   # what it is made of, instead of ours
    send = true              # false leaves it to the program

    [vts.MySmile]
    new = true               # a parameter that is not ours; needs `from`
    from = { mouthSmileLeft = 0.5, mouthSmileRight = 0.5 }
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import MappingError
from t2s_rt.face.live2d import PARAMETERS, VTS
from t2s_rt.face.phones import IFACIALMOCAP, LIVE_LINK
from t2s_rt.face.retarget import CURVES, GLTF_VISEMES, OCULUS, Curve, Table, Target
from t2s_rt.face.signals import SIGNAL_INDEX, SIGNALS
from t2s_rt.face.vrm import PERFECT_SYNC, VRM0, VRM1

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        VRM0,
        VRM1,
        PERFECT_SYNC,
        OCULUS,
        GLTF_VISEMES,
        VTS,
        PARAMETERS,
        LIVE_LINK,
        IFACIALMOCAP,
    )
}
KEYS: Final = ("gain", "offset", "curve", "minimum", "maximum", "from", "send", "new")
EXTENSIBLE: Final = ("vrm0", "vrm1", "vts", "live2d")
"""Sections whose programs know parameters that we do not, such as a model's own clips."""
MAX_FILE_BYTES: Final = 2**20
MAX_FACTOR: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Change:
    """What a mapping file says about one parameter.

    Attributes:
        target: The parameter as it shall be; None where it is not sent.
        new: Whether it is none of ours.
    """

    target: Target | None
    new: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file.

    Attributes:
        changes: Section to parameter name to change, in the file's order.
    """

    changes: dict[str, dict[str, Change]]

    def apply(self, table: Table) -> Table:
        """The table with this file's changes."""
        changes = self.changes.get(table.name, {})
        targets = [changes[t.name].target if t.name in changes else t for t in table.targets]
        targets += [change.target for change in changes.values() if change.new]
        return replace(table, targets=tuple(t for t in targets if t is not None))


NO_CHANGE: Final = Mapping({})


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingError: The file is missing, is no TOML, or asks for what does not exist.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        text = data.decode()
    except OSError as problem:
        raise MappingError(f"cannot be read: {problem.strerror}.", file=str(path)) from problem
    except UnicodeDecodeError as problem:
        raise MappingError("is not UTF-8 text.", "Save it as UTF-8.", file=str(path)) from problem
    if len(data) > MAX_FILE_BYTES:
        raise MappingError(f"is larger than {MAX_FILE_BYTES // 2**20} MiB.", file=str(path))
    return parse_mapping(text, file=str(path))


def parse_mapping(text: str, *, file: str = "") -> Mapping:
    """Check the text of a mapping file.

    Raises:
        MappingError: It is no TOML, or asks for what does not exist; says where.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise MappingError(f"is not TOML: {problem}.", file=file) from problem
    except RecursionError as problem:
        raise MappingError("is nested too deeply.", file=file) from problem
    return Mapping(_Reader(text, file).read(document))


class _Reader:
    """Turns a parsed file into changes, and says where it is wrong."""

    def __init__(self, text: str, file: str) -> None:
        self._lines = text.splitlines()
        self._file = file

    def read(self, document: dict[str, Any]) -> dict[str, dict[str, Change]]:
        changes: dict[str, dict[str, Change]] = {}
        for section, parameters in document.items():
            if section not in TABLES:
                raise self._error(
                    f"there is no section [{section}].", _suggest(section, TABLES), section
                )
            if not isinstance(parameters, dict):
                raise self._error(
                    f"[{section}] should hold tables such as [{section}.NAME].", "", section
                )
            changes[section] = {
                name: self._change(TABLES[section], name, facts) for name, facts in parameters.items()
            }
            self._check_names(TABLES[section], changes[section])
        return changes

    def _check_names(self, table: Table, changes: dict[str, Change]) -> None:
        """A parameter in two spellings would be sent twice: receivers ignore case."""
        seen: dict[str, str] = {name.lower(): name for name in table.names}
        for name, change in changes.items():
            other = seen.get(name.lower(), name)
            if change.new and other != name:
                raise self._error(
                    f"[{table.name}.{name}] differs from {other} only in its case.",
                    f"Write {other}.",
                    table.name,
                    name,
                )
            seen[name.lower()] = name

    def _change(self, table: Table, name: str, facts: object) -> Change:
        where = (table.name, name)
        if not isinstance(facts, dict):
            raise self._error(f"{name} should be a table: [{table.name}.{name}].", "", *where)
        for key in facts:
            if key not in KEYS:
                raise self._error(
                    f"[{table.name}.{name}] has a key {key!r} that nobody reads.",
                    _suggest(key, KEYS),
                    *where,
                )
        target, new = self._base(table, name, facts)
        if not self._flag(facts, "send", where, default=True):
            return Change(None, new)
        target = replace(
            target,
            gain=self._number(facts, "gain", 1.0, where) * target.gain,
            offset=self._number(facts, "offset", target.offset, where),
            minimum=self._number(facts, "minimum", target.minimum, where),
            maximum=self._number(facts, "maximum", target.maximum, where),
            terms=self._terms(facts, target, where),
            curve=self._curve(facts["curve"], where) if "curve" in facts else target.curve,
        )
        if not target.minimum < target.maximum:
            raise self._error(
                f"[{table.name}.{name}]: minimum {target.minimum:g} should be below maximum "
                f"{target.maximum:g}.",
                "",
                *where,
            )
        return Change(target, new)

    def _base(self, table: Table, name: str, facts: dict[str, Any]) -> tuple[Target, bool]:
        """The parameter that is changed, and whether it is none of ours."""
        where = (table.name, name)
        known = {target.name: target for target in table.targets}
        if name in known:
            return known[name], False
        if not self._flag(facts, "new", where, default=False):
            hint = _suggest(name, known)
            if table.name in EXTENSIBLE:
                hint += " If the program knows it, say `new = true`."
            raise self._error(f"{table.name} has no parameter {name!r}.", hint, *where)
        if table.name not in EXTENSIBLE:
            raise self._error(
                f"{table.name} takes no parameters beyond its own, so {name!r} cannot be new.",
                "",
                *where,
            )
        if "from" not in facts and facts.get("send", True):
            raise self._error(
                f"the new parameter {name!r} needs `from`: what it is made of.", "", *where
            )
        if table.name == "vts" and not re.fullmatch(r"[A-Za-z0-9]{4,32}", name):
            raise self._error(
                f"VTube Studio does not take {name!r}: names are 4 to 32 letters and digits.", "", *where
            )
        return Target(name, (), own=True), True

    def _flag(self, facts: dict[str, Any], key: str, where: tuple[str, str], *, default: bool) -> bool:
        value = facts.get(key, default)
        if not isinstance(value, bool):
            raise self._error(f"[{'.'.join(where)}]: {key} should be true or false.", "", *where)
        return value

    def _number(self, facts: dict[str, Any], key: str, default: float, where: tuple[str, str]) -> float:
        return self._checked(facts.get(key, default), key, where)

    def _checked(self, value: object, what: str, where: tuple[str, str]) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(
                f"[{'.'.join(where)}]: {what} should be a number, not {value!r}.", "", *where
            )
        if not math.isfinite(value) or abs(value) > MAX_FACTOR:
            raise self._error(
                f"[{'.'.join(where)}]: {what} should be within {MAX_FACTOR:g}, not {value}.", "", *where
            )
        return float(value)

    def _terms(
        self, facts: dict[str, Any], target: Target, where: tuple[str, str]
    ) -> tuple[tuple[str, float], ...]:
        given = facts.get("from")
        if given is None:
            return target.terms
        if not isinstance(given, dict):
            raise self._error(
                f"[{'.'.join(where)}]: from should be a table such as {{ jawOpen = 1.0 }}.", "", *where
            )
        for signal in given:
            if signal not in SIGNAL_INDEX:
                raise self._error(
                    f"[{'.'.join(where)}]: there is no signal {signal!r}.",
                    _suggest(signal, SIGNALS) + " `t2s mapping signals` lists them.",
                    *where,
                )
        return tuple((signal, self._checked(w, signal, where)) for signal, w in given.items())

    def _curve(self, value: object, where: tuple[str, str]) -> Curve:
        if isinstance(value, str) and value in CURVES:
            return Curve(CURVES[value])
        if isinstance(value, int | float) and not isinstance(value, bool) and 0.1 <= value <= 10.0:
            return Curve(float(value))
        if isinstance(value, list) and len(value) >= 2:
            points = tuple(self._point(point, where) for point in value)
            if all(a[0] < b[0] for a, b in itertools.pairwise(points)):
                return Curve(points=points)
        raise self._error(
            f"[{'.'.join(where)}]: curve {value!r} is none.",
            f"Give {', '.join(CURVES)}, a power from 0.1 to 10, or two and more points "
            "[[input, output], ...] with rising inputs.",
            *where,
        )

    def _point(self, point: object, where: tuple[str, str]) -> tuple[float, float]:
        if not isinstance(point, list) or len(point) != 2:
            raise self._error(
                f"[{'.'.join(where)}]: a point of a curve is [input, output], not {point!r}.", "", *where
            )
        return self._checked(point[0], "curve", where), self._checked(point[1], "curve", where)

    def _error(self, problem: str, hint: str, section: str, name: str = "") -> MappingError:
        return MappingError(problem, hint, file=self._file, line=self._line(section, name))

    def _line(self, section: str, name: str) -> int | None:
        """Where the table of a parameter begins; None where it is not spelled in the usual way."""
        wanted = f"[{section}.{name}]" if name else f"[{section}"
        for number, line in enumerate(self._lines, 1):
            if line.replace(" ", "").replace('"', "").replace("'", "").startswith(wanted):
                return number
        return None


def _suggest(name: str, known: Iterable[str]) -> str:
    """A hint that names what is closest."""
    names = list(known)
    lower = {each.lower(): each for each in names}
    near = [lower[n] for n in difflib.get_close_matches(name.lower(), lower, 3, 0.6)]
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There are {', '.join(names)}." if len(names) <= 15 else "`t2s mapping show` lists them."
