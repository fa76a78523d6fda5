"""The output that a specification such as ``vmc:127.0.0.1:39539,names=perfect`` names.

Each kind is imported where it is built: together they take as long to load as the rest of the engine
takes to start, and most runs want one or none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.clock import Clock
from engine.outputs.base import HOME, Output
from t2s_rt.errors import ConfigError
from t2s_rt.face.mapping import NO_CHANGE, Mapping, load_mapping

RATES_HZ: Final = (60, 30, 20, 15, 12, 10)
COMMON: Final = ("name", "rate", "map", "off")


class Choices:
    """The ``key=value`` parts of a specification; each is taken once, and none may be left over.

    Args:
        spec: The specification, for sentences.
        kind: Its kind.
        pairs: Key to value.
    """

    def __init__(self, spec: str, kind: str, pairs: dict[str, str]) -> None:
        self._spec = spec
        self._kind = kind
        self._pairs = dict(pairs)
        self._known: list[str] = []

    def text(self, key: str, default: str = "") -> str:
        """A word."""
        self._known.append(key)
        return self._pairs.pop(key, default)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Whether something is on."""
        given = self.text(key, "on" if default else "off")
        if given not in ("on", "off", ""):
            raise self.error(f"{key} should be on or off, not {given!r}.")
        return given != "off"

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of some words; the first is the default."""
        given = self.text(key, choices[0])
        if given not in choices:
            raise self.error(f"{key} should be {' or '.join(choices)}, not {given!r}.")
        return given

    def rate_hz(self) -> int:
        """Frames a second."""
        return int(self.choice("rate", tuple(str(rate) for rate in RATES_HZ)))

    def done(self) -> None:
        """Refuse what nobody took.

        Raises:
            ConfigError: A key is left.
        """
        for key in self._pairs:
            raise self.error(f"{self._kind} has no setting {key!r}; it has {', '.join(self._known)}.")

    def error(self, problem: str) -> ConfigError:
        """A refusal of this specification."""
        return ConfigError(f"output {self._spec!r}: {problem}", "docs/outputs.md has examples.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a specification names.

    Attributes:
        output: The output; it does not run yet.
        on: Whether it shall run from the start.
    """

    output: Output
    on: bool


@dataclass(frozen=True, slots=True)
class _Order:
    """A parsed specification.

    Attributes:
        name: The output's name.
        address: ``HOST:PORT``, or empty.
        rate_hz: Frames a second.
        mapping: The user's changes.
        choices: The kind's own settings.
        clock: The run's clock.
    """

    name: str
    address: str
    rate_hz: int
    mapping: Mapping
    choices: Choices
    clock: Clock

    def peer(self, port: int) -> tuple[str, int]:
        """Host and port, this machine and the given port where they were not said."""
        return _address(self.address, port, self.choices)


def _vmc(order: _Order) -> Output:
    from engine.outputs.vmc import MARIONETTE_PORT, PERFORMER_PORT, Names, VmcOptions, VmcOutput

    choices = order.choices
    performer = choices.choice("to", ("marionette", "performer")) == "performer"
    model = choices.text("model")
    options = VmcOptions(
        names=Names(choices.choice("names", tuple(Names))),
        bundle=choices.flag("bundle", default=True),
        bones=choices.flag("bones", default=True),
        emotions=choices.flag("emotions"),
        look=choices.flag("look"),
        model=Path(model) if model else None,
        performer=performer,
        absolute_eye=choices.choice("eye", ("relative", "absolute")) == "absolute",
        rate_hz=order.rate_hz,
    )
    choices.done()
    host, port = order.peer(PERFORMER_PORT if performer else MARIONETTE_PORT)
    return VmcOutput(order.name, host, port, options, order.mapping)


def _livelink(order: _Order) -> Output:
    from engine.outputs.livelink import PORT, LiveLinkOutput

    subject = order.choices.text("subject", "t2s")
    order.choices.done()
    host, port = order.peer(PORT)
    return LiveLinkOutput(
        order.name, host, port, subject=subject, rate_hz=order.rate_hz, mapping=order.mapping
    )


def _vts(order: _Order) -> Output:
    from engine.outputs.vtube_studio import PORT, VtsOptions, VtsOutput

    choices = order.choices
    token = choices.text("token")
    options = VtsOptions(
        arkit=choices.flag("arkit"),
        rate_hz=order.rate_hz,
        discover=choices.flag("discover", default=True),
        token_path=Path(token) if token else None,
    )
    choices.done()
    host, port = order.peer(PORT)
    return VtsOutput(order.name, host, port, options, order.mapping, now_ns=order.clock.now_ns)


def _ifacialmocap(order: _Order) -> Output:
    from engine.outputs.ifacialmocap import PORT, IFacialMocapOutput, IFacialMocapPush

    choices = order.choices
    target, allow = choices.text("to"), choices.text("allow")
    version = int(choices.choice("version", ("1", "2")))
    choices.done()
    settings = {"rate_hz": order.rate_hz}
    if target:
        host, port = _address(target, PORT, choices)
        return IFacialMocapPush(
            order.name, host, port, version=version, mapping=order.mapping, **settings
        )
    host, port = order.peer(PORT)
    return IFacialMocapOutput(order.name, host, port, allow=allow, mapping=order.mapping, **settings)


def _openseeface(order: _Order) -> Output:
    from engine.outputs.openseeface import PORT, OpenSeeFaceOutput

    order.choices.done()
    host, port = order.peer(PORT)
    return OpenSeeFaceOutput(order.name, host, port, rate_hz=order.rate_hz)


def _record(path: Path) -> Output:
    from engine.outputs.recorder import RecorderOutput

    return RecorderOutput(f"record:{path.name}", path)


KINDS: Final[dict[str, Callable[[_Order], Output]]] = {
    "vmc": _vmc,
    "livelink": _livelink,
    "vts": _vts,
    "ifacialmocap": _ifacialmocap,
    "openseeface": _openseeface,
}
USAGE: Final = f"Give {', '.join(KINDS)} or record:FILE; docs/outputs.md has examples."


def open_output(spec: str, *, clock: Clock, mapping: Path | None = None) -> Opened:
    """The output that ``spec`` names; it does not run yet.

    Args:
        spec: ``KIND[:HOST:PORT][,key=value...]`` or ``record:FILE``.
        clock: The run's clock.
        mapping: A mapping file for outputs that name none of their own.

    Raises:
        ConfigError: There is no such output, or a setting is wrong.
        MappingError: The mapping file is wrong.
    """
    kind, _, rest = spec.partition(":") if ":" in spec.partition(",")[0] else _split(spec)
    if kind == "record":
        if not rest:
            raise ConfigError("output 'record' needs a file.", "Give record:take.npz.")
        return Opened(_record(Path(rest)), on=True)
    build = KINDS.get(kind)
    if build is None:
        raise ConfigError(f"There is no output {kind!r}.", USAGE)
    address, pairs = _parts(spec, rest)
    choices = Choices(spec, kind, pairs)
    file = choices.text("map")
    path = Path(file) if file else mapping
    order = _Order(
        name=choices.text("name", kind),
        address=address,
        rate_hz=choices.rate_hz(),
        mapping=load_mapping(path) if path is not None else NO_CHANGE,
        choices=choices,
        clock=clock,
    )
    on = not choices.flag("off")
    return Opened(build(order), on)


def _split(spec: str) -> tuple[str, str, str]:
    """A specification without an address."""
    return spec.partition(",")


def _parts(spec: str, rest: str) -> tuple[str, dict[str, str]]:
    """The address, and the ``key=value`` pairs behind it; a bare key means ``on``."""
    pieces = [piece.strip() for piece in rest.split(",")] if rest else []
    address = ""
    if pieces and "=" not in pieces[0] and pieces[0] not in COMMON:
        address = pieces.pop(0)
    pairs: dict[str, str] = {}
    for piece in pieces:
        key, _, value = piece.partition("=")
        if not key or key in pairs:
            raise ConfigError(f"output {spec!r}: {piece!r} is no key=value, or comes twice.", USAGE)
        pairs[key] = value
    return address, pairs


def _address(text: str, port: int, choices: Choices) -> tuple[str, int]:
    """Host and port from ``HOST:PORT``, ``HOST``, ``:PORT``, ``PORT`` or ``[v6]:PORT``."""
    if not text:
        return HOME, port
    if text.startswith("["):
        host, _, number = text[1:].partition("]")
        number = number.removeprefix(":")
    elif text.isdecimal():
        host, number = "", text
    else:
        host, _, number = text.partition(":")
    if not number:
        return host or HOME, port
    if not number.isdecimal() or not 0 < int(number) < 65536:
        raise choices.error(f"{number!r} is not a port; choose one from 1 to 65535.")
    return host or HOME, int(number)
