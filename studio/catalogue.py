"""`t2s subtitles --library`: the motion subtitles of every song below a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.build import Request
from t2s_rt.pregen.catalogue import REPORT, CatalogueReport, write_catalogue
from t2s_rt.pregen.choose import Choice
from t2s_rt.pregen.entry import Outcome, Result, Settings

SOME_FAILED = 1
"""Exit code: the catalogue is done, but not every song has subtitles."""


def write_library(options: argparse.Namespace, choice: Choice) -> int:
    """Write a catalogue's subtitles.

    Returns:
        0 when every song has some, `SOME_FAILED` else.

    Raises:
        ConfigError: Options contradict each other, or a folder is missing.
        SetupError: Ray is asked for and not installed.
    """
    if options.audio is not None:
        raise ConfigError("--audio is one singer's recording; a catalogue has many.")
    if options.output.exists() and not options.output.is_dir():
        raise ConfigError(f"{options.output} is a file.", "Give -o a folder for the catalogue.")
    request = Request(options.seed, options.voice, options.language)  # checks the ranges
    settings = Settings(
        seed=request.seed,
        voice=request.voice,
        language=request.language,
        choice=choice,
        keep_edits=options.keep_edits,
        force=options.force,
    )
    with tqdm(unit="song", disable=options.quiet or not sys.stderr.isatty()) as bar:

        def progress(result: Result, done: int, total: int) -> None:
            bar.total = total
            bar.set_postfix_str(result.name)
            bar.update(done - bar.n)

        report = write_catalogue(
            options.library,
            options.output,
            settings,
            jobs=options.jobs,
            ray=options.ray or "",
            progress=progress,
        )
    if not options.quiet:
        print(table(report, options.output))
    return SOME_FAILED if report.count(Outcome.FAILED) else 0


def table(report: CatalogueReport, output: Path) -> str:
    """What a person reads of a catalogue: a row a song, and the sums."""
    width = max([len(result.name) for result in report.results] + [4])
    rows = [f"{'song':{width}}  {'':8} {'phrases':>7} {'cues':>6} {'fell back':>9} {'seconds':>7}"]
    for result in report.results:
        fallen = len(result.plan.fallbacks)
        numbers = f"{result.phrases:7} {result.cues:6} {fallen:9} {result.seconds:7.2f}"
        shown = numbers if result.outcome is Outcome.WRITTEN else result.problem
        rows.append(f"{result.name:{width}}  {result.outcome:8} {shown}".rstrip())
    counts = ", ".join(f"{report.count(one)} {one}" for one in Outcome if report.count(one))
    tokens = sum(one.plan.prompt_tokens + one.plan.completion_tokens for one in report.results)
    rows.append(
        f"{len(report.results)} songs: {counts or 'none'}; {tokens} tokens; {report.seconds:.1f} s; "
        f"all of it in {output / REPORT}"
    )
    if report.passed_over:
        rows.append(f"passed over: {len(report.passed_over)} text files that are no songs")
    return "\n".join(rows)
