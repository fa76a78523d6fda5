"""`t2s bench`: measure this machine against the budgets."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bench import fanout, latency, lead, outputs, singers, song_clock, stages, subtitles_edits
from bench.report import Table, machine, text, write_page
from t2s_rt.inference.backends.seam import Backend

DESCRIPTION = """\
Measure the engine and print each figure beside its budget (bench/budgets.toml).

  stages    each stage of a hop alone, rendering speed, onset and release of the mouth, start-up
  latency   sample in to frame at a client's socket, live; through a loop-back device where there is one
  fanout    1,000 clients on one server, stalled ones among them
  singers   how many singers one core moves at 60 frames a second, the model in batches of 1 to 64;
            with --backend how many a GPU moves
  outputs   every output at once: what a frame costs, and what receivers that refuse or stall change
  rubric    what the embedded planner writes, and what retrieval finds, for the lines of bench/rubric;
            with --verbose every line of the development half that is not met
  lead      what knowing the words gives the mouth, on a labelled song in ../shared/data
  clock     how well singing puts a wrong song clock right
  edits     how closely the face follows each move of motion subtitles, reloads and seeks included
  peers     our model, wLipSync, HeadAudio, wawa-lipsync and a loudness meter on the same audio: the
            rows of `t2s evaluate` side by side; writes bench/peers/results for docs/quality.md
  all       everything but rubric, peers, singers, lead, clock and edits; with --write the result becomes
            docs/latency.md
"""

MEASURED = ("stages", "latency", "fanout", "singers", "outputs", "lead", "clock", "edits")
ALONE = ("singers", "lead", "clock", "edits")
"""Not of how fast one face follows: kept apart from the page of latencies."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line (entry point `t2s.commands`)."""
    parser = commands.add_parser(
        "bench",
        help="measure this machine against the budgets",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=[*MEASURED, "rubric", "peers", "all"])
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each live measurement")
    parser.add_argument("--clients", type=int, default=1000, help="clients of the fan-out")
    parser.add_argument("--stalled", type=int, default=50, help="how many of them never read")
    parser.add_argument(
        "--backend",
        choices=[backend.value for backend in Backend],
        default=Backend.CPU.value,
        help="where the model of singers runs",
    )
    parser.add_argument(
        "--rows", default="", metavar="A,B", help="families of rows of peers; default: all"
    )
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="that peers stand beside")
    parser.add_argument(
        "--ours", type=Path, metavar="JSON", help="its verdict by t2s evaluate --json, not judged anew"
    )
    parser.add_argument("--verbose", action="store_true", help="list what the rubric finds wrong")
    parser.add_argument("--write", action="store_true", help="write docs/latency.md")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    if options.what == "rubric":
        return run_rubric(verbose=options.verbose)
    if options.what == "peers":
        return run_peers(options)
    benches: dict[str, Callable[[], list[Table]]] = {
        "stages": lambda: stages.measure(options.seconds),
        "latency": lambda: latency.measure(options.seconds),
        "fanout": lambda: fanout.measure(options.clients, options.stalled, options.seconds),
        "singers": lambda: singers.measure(Backend(options.backend)),
        "outputs": lambda: outputs.measure(options.seconds),
        "lead": lead.measure,
        "clock": song_clock.measure,
        "edits": subtitles_edits.measure,
    }
    chosen = [b for b in benches if b not in ALONE] if options.what == "all" else [options.what]
    print(machine(), flush=True)
    tables: list[Table] = []
    for name in chosen:
        for table in benches[name]():
            print("\n" + text(table), flush=True)
            tables.append(table)
    if options.write:
        write_page(tables)
        print("\nwritten: docs/latency.md")
    return 0


def run_peers(options: argparse.Namespace) -> int:
    """Judge our model and its peers, and print them side by side; 1 where a peer cannot be judged."""
    from bench.peers import side_by_side  # a browser is not for other commands

    print(machine(), flush=True)
    rows = [name for name in options.rows.split(",") if name]
    shown, refused = side_by_side.measure(rows, options.model, options.ours)
    print("\n" + shown)
    for name, reason in refused.items():
        print(f"not judged: {name}: {reason}")
    return 1 if refused else 0


def run_rubric(*, verbose: bool) -> int:
    """Judge the embedded planner and retrieval, and print."""
    from bench import rubric_search, subtitles_rubric  # planning is not loaded for other commands
    from t2s_rt.pregen.planner import EmbeddedPlanner

    planners = {"with the embedding": EmbeddedPlanner(), "lexical": EmbeddedPlanner(lexical=True)}
    tables = [table for item in planners.items() for table in subtitles_rubric.verdict_tables(*item)]
    searches = rubric_search.searches()
    tables += [subtitles_rubric.retrieval_table(*item) for item in searches.items()]
    for table in tables:
        print("\n" + text(table), flush=True)
    if verbose:
        print("\n" + subtitles_rubric.failures(planners["with the embedding"]))
    return 0
