"""`t2s evaluate`: judge a motion model against the bars."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.quality.evaluate import Verdict

DESCRIPTION = """\
Judge a motion model: the whole engine hears labelled songs, speech, held notes, bands and hiss, and each
figure is printed beside its bar (bench/quality/bars.toml). docs/quality.md explains the rows.

  t2s evaluate                                  the bundled model
  t2s evaluate --model exported_models/mouth-v2
  t2s evaluate --rows song,held,music           some families of rows: takes speech song timing held
                                                music sung whisper prosody cost
  t2s evaluate --speaker festvox-ru/nsh         labelled speech of this person (repeat for more)
  t2s evaluate --left-out 'runs/without-{take}' models that were trained without each captured take
"""
FAILED = 1


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line (entry point `t2s.commands`)."""
    parser = commands.add_parser(
        "evaluate",
        help="judge a motion model against the bars",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="exported model; default: bundled")
    parser.add_argument("--seed", type=int, default=0, help="of what brows, eyes and head invent")
    parser.add_argument("--rows", default="", metavar="A,B", help="families of rows; default: all")
    parser.add_argument(
        "--speaker", action="append", default=[], metavar="NAME", help="of the labelled speech"
    )
    parser.add_argument("--minutes", type=float, default=4.0, help="of labelled speech")
    parser.add_argument(
        "--left-out",
        metavar="PATTERN",
        help="model folders with {take} for the take they have not heard",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a bar is missed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge and print."""
    from bench.quality import evaluate, figures, material  # the corpus is not loaded for other commands
    from bench.quality.engine_subject import EngineSubject

    families = evaluate.chosen([name for name in options.rows.split(",") if name])
    begun_s = time.process_time()
    subject = EngineSubject(options.model, options.seed)
    heard = material.gather(families, options.speaker, options.minutes, options.left_out)
    verdict = evaluate.evaluate(subject, heard, families, _tell)
    bars = figures.load_bars()
    print(f"{verdict.subject}, {time.process_time() - begun_s:.0f} s of processor time")
    print(figures.table(list(verdict.figures), bars))
    for name, reason in verdict.missing.items():
        print(f"not measured: {name}: {reason}")
    if options.json:
        options.json.write_text(_as_json(verdict), encoding="utf-8")
    met = all(bars[figure.key].met(figure.value) for figure in verdict.figures) and not verdict.missing
    return FAILED if options.strict and not met else 0


def _tell(name: str) -> None:
    print(f"-- {name}", file=sys.stderr, flush=True)


def _as_json(verdict: Verdict) -> str:
    rows = {
        figure.key: {"value": None if math.isnan(figure.value) else figure.value, "note": figure.note}
        for figure in verdict.figures
    }
    whole = {"subject": verdict.subject, "figures": rows, "missing": verdict.missing}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
