"""`t2s bench peers`: our engine, every peer and the loudness meter on the same audio and rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.peers.subjects import KINDS, Peers
from bench.quality.engine_subject import EngineSubject
from bench.quality.evaluate import Verdict, chosen, evaluate
from bench.quality.figures import Bar, load_bars, number
from bench.quality.loudness import LoudnessMeter
from bench.quality.material import gather
from bench.quality.page import better, dump_verdict, load_verdict
from t2s_rt.errors import T2SError

RESULTS: Final = Path(__file__).parent / "results"
FAMILIES: Final = ("takes", "speech", "song", "timing", "held", "music", "sung", "whisper")
"""What has to do with a mouth; the other rows are of a whole face or of our model file."""
MINUTES: Final = 4.0


def ahead(key: str, bar: Bar, values: Sequence[float | None]) -> list[int]:
    """Which subjects are ahead in a row, by their indices; all of them where they are equal.

    Args:
        key: Of the row.
        bar: Its bar, which says what is better.
        values: Of each subject; None where it was not measured.
    """
    there = [value for value in values if value is not None]
    return [
        i
        for i, value in enumerate(values)
        if value is not None and all(better(bar, key, value, other) for other in there)
    ]


def table(verdicts: Sequence[Verdict], bars: dict[str, Bar]) -> str:
    """Rows that at least two subjects have, for a terminal, and who is ahead in each."""
    names = [verdict.subject for verdict in verdicts]
    widths = [max(9, len(name)) for name in names]
    found = [{figure.key: figure.value for figure in verdict.figures} for verdict in verdicts]
    heads = "  ".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    lines = [f"{'':48}{heads}  ahead"]
    wins = [0] * len(names)
    for key, bar in bars.items():
        values = [row.get(key) for row in found]
        if sum(value is not None for value in values) < 2:
            continue
        first = ahead(key, bar, values)
        for i in first:
            wins[i] += 1
        shown = ["-" if value is None else number(value) for value in values]
        cells = "  ".join(f"{cell:>{width}}" for cell, width in zip(shown, widths, strict=True))
        lines.append(f"{bar.what:48}{cells}  {', '.join(names[i] for i in first)}")
    count = len(lines) - 1
    tallies = ", ".join(f"{name} {won}" for name, won in zip(names, wins, strict=True))
    return "\n".join([*lines, f"ahead or level, of {count} rows: {tallies}"])


def measure(
    rows: Sequence[str] = (),
    model: Path | None = None,
    ours: Path | None = None,
    results: Path = RESULTS,
) -> tuple[str, dict[str, str]]:
    """Judge everybody, write each peer's verdict into ``results``, and compare.

    Args:
        rows: Families; all of `FAMILIES` where empty. Only then verdicts are written.
        model: Folder of our exported model; None for the bundled one.
        ours: Our verdict as `t2s evaluate --json` wrote it, to be taken instead of judging anew.
        results: Folder for verdicts.

    Returns:
        The table, and for each peer that could not be judged the reason.

    Raises:
        T2SError: Our own model cannot be judged, or there are no such rows.
    """
    families = [name for name in chosen(rows) if name in FAMILIES]
    heard = gather([], MINUTES, None)
    verdicts: list[Verdict] = []
    refused: dict[str, str] = {}
    with Peers() as peers:
        for name in KINDS:
            try:
                verdict = evaluate(peers.subject(name), heard, families, partial(_tell, name))
            except T2SError as problem:
                refused[name] = str(problem)
                continue
            if not verdict.figures:
                refused[name] = next(iter(verdict.missing.values()), "no rows")
                continue
            verdicts.append(verdict)
            if not rows:
                results.mkdir(exist_ok=True)
                (results / f"{name}.json").write_text(dump_verdict(verdict), encoding="utf-8")
    floor = evaluate(LoudnessMeter(), heard, families, partial(_tell, "loudness"))
    if ours is not None:
        mine = load_verdict(ours)
    else:
        mine = evaluate(EngineSubject(model), heard, families, partial(_tell, "ours"))
    return table([mine, *verdicts, floor], load_bars()), refused


def _tell(who: str, row: str) -> None:
    print(f"-- {who}: {row}", file=sys.stderr, flush=True)
