"""Tables of measurements: each figure beside its budget, with machine and commit."""

from __future__ import annotations

import os
import platform
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.metrics import LatencySummary

ROOT: Final = Path(__file__).resolve().parent.parent
BUDGETS_PATH: Final = Path(__file__).parent / "budgets.toml"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement.

    Attributes:
        name: What was measured.
        figures: Column name to value; columns of a table are the union over its rows.
        verdict: Comparison with the budget, as words; empty where there is no budget.
    """

    name: str
    figures: dict[str, float]
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One bench's result.

    Attributes:
        title: Heading, in words.
        command: What prints it.
        rows: Measurements.
        note: What a reader must know to read it rightly.
    """

    title: str
    command: str
    rows: tuple[Row, ...]
    note: str = ""


def budgets() -> dict[str, dict[str, float]]:
    """`bench/budgets.toml`, by section."""
    parsed: dict[str, dict[str, float]] = tomllib.loads(BUDGETS_PATH.read_text(encoding="utf-8"))
    return parsed


def judge(value: float, section: str, key: str, *, at_least: bool = False) -> str:
    """Compare a figure with its budget.

    Args:
        value: The figure, in the budget's unit.
        section: Section of budgets.toml.
        key: Key in that section.
        at_least: Whether the budget is a floor instead of a ceiling.

    Returns:
        ``met (budget 20)`` or ``missed by 35 % (budget 20)``.
    """
    budget = budgets()[section][key]
    if value >= budget if at_least else value <= budget:
        return f"met ({key} {budget:g})"
    return f"missed by {abs(value / budget - 1):.0%} ({key} {budget:g})"


def latency_row(name: str, summary: LatencySummary, verdict: str = "") -> Row:
    """A row of percentiles in ms."""
    figures = {
        "p50": summary.p50_ms,
        "p95": summary.p95_ms,
        "p99": summary.p99_ms,
        "max": summary.max_ms,
    }
    return Row(name, figures, verdict)


def text(table: Table) -> str:
    """The table for a terminal."""
    columns = _columns(table)
    lines = [table.title, f"{'':26}" + "".join(f"{column:>12}" for column in columns)]
    for row in table.rows:
        cells = "".join(f"{_number(row.figures.get(column)):>12}" for column in columns)
        lines.append(f"{row.name:26}{cells}   {row.verdict}")
    return "\n".join([*lines, *([table.note] if table.note else [])])


def markdown(table: Table) -> str:
    """The table for docs/latency.md."""
    columns = _columns(table)
    lines = [
        f"## {table.title}",
        "",
        f"`{table.command}`",
        "",
        "| | " + " | ".join([*columns, "budget"]) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for row in table.rows:
        cells = [_number(row.figures.get(column)) for column in columns]
        lines.append("| " + " | ".join([row.name, *cells, row.verdict]) + " |")
    return "\n".join([*lines, "", *([table.note, ""] if table.note else [])])


def write_page(tables: list[Table], path: Path = ROOT / "docs/latency.md") -> None:
    """Write docs/latency.md: where it was measured, then every table."""
    head = [
        "# Latency, speed and fan-out",
        "",
        "Written by `t2s bench all --write` (`make bench`); do not edit. Times are milliseconds unless",
        "a row says otherwise. Budgets stand in `bench/budgets.toml`.",
        "",
        f"Machine: {machine()}. Commit: {commit()}.",
        "",
    ]
    path.write_text("\n".join([*head, *(markdown(table) for table in tables)]), encoding="utf-8")


def machine() -> str:
    """Processor, operating system and Python in words."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{cpu}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}{load}"


def commit() -> str:
    """Short hash of the checkout, with a mark where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=, with changes"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def _columns(table: Table) -> list[str]:
    return list(dict.fromkeys(column for row in table.rows for column in row.figures))


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
