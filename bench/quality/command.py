"""`t2s evaluate`: judge a motion model against the bars."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from t2s_rt.errors import ConfigError

if TYPE_CHECKING:
    from bench.quality.track import Subject

DESCRIPTION = """\
Judge a motion model: the whole engine hears labelled songs, speech, held notes, bands and hiss, and each
figure is printed beside its bar (bench/quality/bars.toml). docs/quality.md explains the rows.

  t2s evaluate                                  the bundled model
  t2s evaluate --model exported_models/mouth-v2
  t2s evaluate --rows song,held,music           some families of rows: takes speech song timing held
                                                music mix sung whisper prosody mesh cost
  t2s evaluate --speaker it                     labelled speech of this person or language
  t2s evaluate --left-out 'runs/without-{take}' models that were trained without each captured take
  t2s evaluate --peer wlipsync                  a peer instead, its own code in Chromium
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
        "--speaker",
        action="append",
        default=[],
        metavar="NAME",
        help="or language of the labelled speech; repeat for more",
    )
    parser.add_argument("--minutes", type=float, default=4.0, help="of labelled speech")
    parser.add_argument(
        "--left-out",
        metavar="PATTERN",
        help="model folders with {take} for the take they have not heard",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    parser.add_argument("--write", action="store_true", help="write docs/quality.md and its pictures")
    parser.add_argument(
        "--beside",
        type=Path,
        action="append",
        default=[],
        metavar="JSON",
        help="another's, for the page",
    )
    parser.add_argument(
        "--loudness", action="store_true", help="judge the loudness meter instead: the floor of all rows"
    )
    parser.add_argument(
        "--peer", metavar="NAME", help="judge a peer instead: wlipsync, headaudio or wawa-lipsync"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a bar is missed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge and print."""
    from bench.peers.subjects import Peers
    from bench.quality import evaluate, figures, material, page  # not loaded for other commands
    from bench.quality.engine_subject import EngineSubject
    from bench.quality.loudness import LoudnessMeter

    if options.write and (options.loudness or options.peer or options.rows):
        raise ConfigError(
            "The page holds all rows of a model.", "Leave out --loudness, --peer and --rows."
        )
    families = evaluate.chosen([name for name in options.rows.split(",") if name])
    beside = [page.load_verdict(path) for path in options.beside]
    begun_s = time.process_time()
    subject = EngineSubject(options.model, options.seed)
    heard = material.gather(options.speaker, options.minutes, options.left_out)
    everybody = replace(heard, left_out=None)  # what others do on takes is no model's left out
    if heard.left_out is None and not evaluate.knows_takes(options.model):
        heard = replace(heard, left_out=lambda _take: subject)
    with Peers() as peers:
        judged: Subject = subject
        if options.peer:
            judged, heard = peers.subject(options.peer), everybody
        elif options.loudness:
            judged, heard = LoudnessMeter(), everybody
        verdict = evaluate.evaluate(judged, heard, families, _tell)
    bars = figures.load_bars()
    print(f"{verdict.subject}, {time.process_time() - begun_s:.0f} s of processor time")
    print(figures.table(list(verdict.figures), bars))
    for name, reason in verdict.missing.items():
        print(f"not measured: {name}: {reason}")
    if options.json:
        options.json.write_text(page.dump_verdict(verdict), encoding="utf-8")
    if options.write:
        floor = evaluate.evaluate(LoudnessMeter(), everybody, families, _tell)
        page.write(subject, (), [verdict, floor, *beside])
        print("written: docs/quality.md")
    met = all(bars[figure.key].met(figure.value) for figure in verdict.figures) and not verdict.missing
    return FAILED if options.strict and not met else 0


def _tell(name: str) -> None:
    print(f"-- {name}", file=sys.stderr, flush=True)
