"""Figures and the bars they have to reach (bars.toml)."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BARS_PATH: Final = Path(__file__).parent / "bars.toml"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        key: Names its bar, ``family.row``.
        value: NaN where the subject never did what was to be measured.
        note: What it was measured on, or why it could not be.
    """

    key: str
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure has to be.

    Attributes:
        what: The row in words.
        at_least: Lowest that is good; None without one.
        at_most: Highest that is good; None without one. Without both it is told, not judged.
        unit: Of the figure.
    """

    what: str
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    @property
    def judged(self) -> bool:
        """Whether there is a bar at all."""
        return self.at_least is not None or self.at_most is not None

    @property
    def text(self) -> str:
        """The bar as words."""
        low, high = self.at_least, self.at_most
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        if low is not None:
            return f">= {low:g}"
        return f"<= {high:g}" if high is not None else ""

    def met(self, value: float) -> bool:
        """Whether a value is good; NaN never is where there is a bar."""
        if not self.judged:
            return True
        if math.isnan(value):
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


def load_bars() -> dict[str, Bar]:
    """`bars.toml` by ``family.row``, in its order."""
    raw = tomllib.loads(BARS_PATH.read_text(encoding="utf-8"))
    return {f"{family}.{row}": Bar(**bar) for family, rows in raw.items() for row, bar in rows.items()}


def number(value: float) -> str:
    """A figure as short text."""
    if math.isnan(value):
        return "never"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 1e4 else f"{value:.0f}"


def table(figures: list[Figure], bars: dict[str, Bar]) -> str:
    """Figures for a terminal: what, value, bar, verdict, note."""
    lines = [f"{'':64}{'value':>10}  {'bar':12}"]
    for figure in figures:
        bar = bars[figure.key]
        verdict = ("pass" if bar.met(figure.value) else "FAIL") if bar.judged else ""
        shown = f"{number(figure.value)}{bar.unit and ' ' + bar.unit}"
        lines.append(
            f"{figure.key + ': ' + bar.what:64}{shown:>10}  {bar.text:12}{verdict:5} {figure.note}"
        )
    judged = [figure for figure in figures if bars[figure.key].judged]
    passed = sum(bars[figure.key].met(figure.value) for figure in judged)
    return "\n".join([*lines, f"{passed} of {len(judged)} bars met"])
