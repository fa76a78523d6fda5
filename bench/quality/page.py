"""docs/quality.md: every row of the model, of its peers beside it, the misses and the pictures."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.quality import plots
from bench.quality.evaluate import Verdict
from bench.quality.figures import Bar, Figure, load_bars, number
from bench.quality.track import Subject
from bench.report import ROOT, commit, machine
from t2s_rt.errors import ConfigError

PAGE: Final = ROOT / "docs" / "quality.md"
IMAGES: Final = ROOT / "docs" / "images"
MISSES_PATH: Final = Path(__file__).parent / "misses.toml"
"""Row to what stands in the way and what was tried, in words, written by whoever trained the model."""
LOWER_IS_BETTER: Final = frozenset(("mesh.lve", "mesh.fdd", "mesh.fdd_lips", "mesh.snd"))

METHOD_PATH: Final = Path(__file__).parent / "method.md"


def load_verdict(path: Path) -> Verdict:
    """What ``t2s evaluate --json`` wrote.

    Raises:
        ConfigError: It is no such file.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        figures = tuple(
            Figure(key, math.nan if row["value"] is None else float(row["value"]), str(row["note"]))
            for key, row in raw["figures"].items()
        )
        return Verdict(str(raw["subject"]), figures, dict(raw["missing"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ConfigError(
            f"{path} holds no verdict ({problem}).", "Write one: t2s evaluate --json FILE"
        ) from problem


def dump_verdict(verdict: Verdict) -> str:
    """The JSON text that `load_verdict` reads."""
    rows = {
        figure.key: {"value": None if math.isnan(figure.value) else figure.value, "note": figure.note}
        for figure in verdict.figures
    }
    whole = {"subject": verdict.subject, "figures": rows, "missing": verdict.missing}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def load_misses(path: Path = MISSES_PATH) -> dict[str, str]:
    """Row to what was tried, empty where nobody wrote it down.

    Raises:
        ConfigError: A row does not exist.
    """
    if not path.is_file():
        return {}
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    unknown = sorted(set(told) - set(load_bars()))
    if unknown:
        raise ConfigError(f"{path} tells of rows that do not exist: {', '.join(unknown)}.")
    return {key: str(text).strip() for key, text in told.items()}


def row_table(verdict: Verdict, bars: dict[str, Bar]) -> str:
    """Markdown: every row of one subject with its bar."""
    lines = ["| row | value | bar | | measured on |", "|---|---|---|---|---|"]
    found = {figure.key: figure for figure in verdict.figures}
    for key, bar in bars.items():
        figure = found.get(key)
        if figure is None:
            if bar.judged:
                lines.append(f"| {bar.what} | not measured | {bar.text} | | |")
            continue
        judged = ("met" if bar.met(figure.value) else "**missed**") if bar.judged else ""
        shown = f"{number(figure.value)} {bar.unit}".strip()
        lines.append(f"| {bar.what} | {shown} | {bar.text} | {judged} | {figure.note} |")
    return "\n".join(lines)


def better(bar: Bar, key: str, one: float, other: float) -> bool:
    """Whether a figure is at least as good as another in the sense of its bar."""
    if math.isnan(one) or math.isnan(other):
        return not math.isnan(one) or math.isnan(other)
    lower = key in LOWER_IS_BETTER or (bar.at_least is None and bar.at_most is not None)
    return one <= other if lower else one >= other


def comparison_table(verdicts: Sequence[Verdict], bars: dict[str, Bar]) -> str:
    """Markdown: rows of all subjects side by side, the best of each in bold, ours first."""
    values = [{figure.key: figure.value for figure in verdict.figures} for verdict in verdicts]
    lines = [
        "| row | " + " | ".join(verdict.subject for verdict in verdicts) + " |",
        "|---" * (len(verdicts) + 1) + "|",
    ]
    for key, bar in bars.items():
        there = [row[key] for row in values if key in row]
        if key not in values[0] or len(there) < 2:
            continue
        cells = []
        for row in values:
            if key not in row:
                cells.append("-")
                continue
            best = all(better(bar, key, row[key], other) for other in there)
            cells.append(f"**{number(row[key])}**" if best else number(row[key]))
        lines.append(f"| {bar.what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def behind(verdicts: Sequence[Verdict], bars: dict[str, Bar]) -> list[str]:
    """Rows, in words, in which somebody else is ahead of the first."""
    ours = {figure.key: figure.value for figure in verdicts[0].figures}
    found = []
    for verdict in verdicts[1:]:
        for figure in verdict.figures:
            bar = bars[figure.key]
            if figure.key in ours and not better(bar, figure.key, ours[figure.key], figure.value):
                found.append(f"{verdict.subject} is ahead in: {bar.what}")
    return found


def misses(verdict: Verdict, bars: dict[str, Bar], told: dict[str, str]) -> str:
    """Markdown: each missed bar and what is known about it."""
    lines = []
    for figure in verdict.figures:
        bar = bars[figure.key]
        if not bar.met(figure.value):
            reason = told.get(figure.key, "Nobody has written down yet what was tried.")
            lines.append(f"- **{bar.what}**, {number(figure.value)} against {bar.text}. {reason}")
    return "\n".join(lines) or "None."


def page_text(
    verdicts: Sequence[Verdict], bars: dict[str, Bar], told: dict[str, str], where: str
) -> str:
    """The page.

    Args:
        verdicts: The model's, then those of peers.
        bars: All bars.
        told: Row to what was tried.
        where: Machine and commit in words.
    """
    ours = verdicts[0]
    judged = [figure for figure in ours.figures if bars[figure.key].judged]
    met = sum(bars[figure.key].met(figure.value) for figure in judged)
    parts = [
        "# How well it sings",
        "Written by `t2s evaluate --write` (`make quality`); do not edit. Bars stand in\n"
        "`bench/quality/bars.toml`, what is known about misses in `bench/quality/misses.toml`.",
        where,
        f"## {ours.subject}: {met} of {len(judged)} bars met",
        row_table(ours, bars),
        *(f"Not measured: {name}. {reason}" for name, reason in ours.missing.items()),
        "## Bars that are missed",
        misses(ours, bars, told),
    ]
    if len(verdicts) > 1:
        ahead = behind(verdicts, bars)
        parts += [
            "## Beside others",
            "The same audio and rows, the best in bold. Peers have no brows and no head.",
            comparison_table(verdicts, bars),
            "\n".join(f"- {line}" for line in ahead) or "Nobody is ahead in any row.",
        ]
    parts += [
        "## What it looks like",
        "20 s of the real song, four faces a second; blue opening, orange rounding, green width; the\n"
        "grey line is where a mouth counts as open.",
        "![faces over the spectrogram of a song](images/quality-song.png)",
        "Vowels held for 8 s; grey: the opening of other subjects.",
        "![curves of held vowels](images/quality-held.png)",
        "## How it is measured",
        METHOD_PATH.read_text(encoding="utf-8"),
    ]
    return "\n\n".join(parts).rstrip() + "\n"


def write(subject: Subject, others: Sequence[Subject], verdicts: Sequence[Verdict]) -> None:
    """Write the page and its pictures.

    Args:
        subject: The model.
        others: Drawn in grey beside its held vowels.
        verdicts: The model's, then those of peers.

    Raises:
        SetupError: The song is not there, or matplotlib is not installed.
        ConfigError: misses.toml tells of a row that does not exist.
    """
    where = f"Machine: {machine()}. Commit: {commit()}."
    text = page_text(verdicts, load_bars(), load_misses(), where)
    plots.song_strip(IMAGES / "quality-song.png", subject)
    plots.held(IMAGES / "quality-held.png", [subject, *others])
    PAGE.write_text(text, encoding="utf-8")
