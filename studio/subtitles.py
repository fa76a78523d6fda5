"""`t2s subtitles`: write a song's motion subtitles, or a whole catalogue's."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from tqdm import tqdm

from studio.catalogue import write_library
from t2s_rt.errors import ConfigError, SubtitleError
from t2s_rt.pregen.build import BuildReport, Request, build
from t2s_rt.pregen.choose import Choice, make_planner
from t2s_rt.pregen.plan import PlanReport
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.load import SUFFIXES, load_track, save_track

DESCRIPTION = """\
Think a song through and write what brows, eyes, mouth and neck do while it is sung: a WebVTT file that
any text or subtitle editor opens, one move a line with its strength and its reason.

  t2s subtitles song.txt -o song.vtt                       without a language model, in seconds
  t2s subtitles song.txt --audio vocal.wav -o song.vtt     hears how each phrase is sung
  t2s subtitles song.txt --llm http://localhost:8000 -o song.vtt      asks a model (`t2s llm serve`)
  t2s subtitles song.txt -o song.vtt --keep-edits          writes anew, leaves your changes alone
  t2s subtitles --library SONGS -o OUT                     a catalogue; run again, it resumes

Songs may be UltraStar, LRC, ASS, SRT, WebVTT, TTML, MIDI/KAR or MusicXML.
"""
KEEP_HINT: Final = "Give --keep-edits to keep an artist's changes, or --force to write it anew."


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "subtitles",
        help="write a song's motion subtitles",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("song", type=Path, nargs="?", metavar="SONG", help="lyrics with times")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help=".vtt, .srt or .json; or a folder",
    )
    parser.add_argument("--audio", type=Path, metavar="VOCAL", help="recording of the singer alone")
    parser.add_argument("--voice", type=int, default=0, help="singer of a duet, from 0 (%(default)s)")
    parser.add_argument("--language", default="", metavar="XX", help="where the file is wrong or silent")
    parser.add_argument("--seed", type=int, default=0, help="another one performs otherwise")
    parser.add_argument("--keep-edits", action="store_true", help="cues changed by hand stay")
    parser.add_argument("--force", action="store_true", help="overwrite cues changed by hand")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing when all went well")
    _add_planner(parser)
    _add_catalogue(parser)
    parser.set_defaults(run=run)


def _add_planner(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("who plans")
    group.add_argument(
        "--planner", choices=("embedded", "llm"), help="default: embedded, or llm where --llm is given"
    )
    group.add_argument("--llm", metavar="URL", help="an OpenAI-compatible server, such as vLLM")
    group.add_argument("--llm-model", default="", metavar="NAME", help="default: the server's first")
    group.add_argument(
        "--llm-timeout", type=float, default=120.0, metavar="S", help="for one answer (%(default)g s)"
    )
    group.add_argument(
        "--llm-calls", type=int, default=4, metavar="N", help="questions at a time (%(default)s)"
    )
    group.add_argument(
        "--llm-anew", action="store_true", help="neither use nor keep answers of earlier runs"
    )
    group.add_argument(
        "--lexical", action="store_true", help="without the text embedding: words and sound only"
    )


def _add_catalogue(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a catalogue")
    group.add_argument("--library", type=Path, metavar="DIR", help="every song below this folder")
    group.add_argument("--jobs", type=int, metavar="N", help="songs at a time; default: one a core")
    group.add_argument("--ray", metavar="ADDRESS", help="on this Ray cluster; 'local' starts one here")


def run(options: argparse.Namespace) -> int:
    """Write one song's subtitles, or a catalogue's."""
    if (options.library is None) == (options.song is None):
        raise ConfigError("Give a song file, or --library with a folder of songs.", "See --help.")
    if options.library is not None:
        return write_library(options, choose(options))
    return write_one(options)


def write_one(options: argparse.Namespace) -> int:
    """Write one song's subtitles.

    Raises:
        ConfigError: Options contradict each other, or the file was changed by hand.
    """
    check_output(options.output)
    if options.jobs is not None or options.ray:
        raise ConfigError("--jobs and --ray are for --library.")
    previous = read_previous(options.output, keep=options.keep_edits, force=options.force)
    request = Request(options.seed, options.voice, options.language, options.audio)
    visible = not options.quiet and sys.stderr.isatty()
    planner = make_planner(choose(options), PhraseBar() if visible else None)
    track, report = build(options.song, planner, request, previous)
    save_track(track, options.output)
    if not options.quiet:
        print(told(options.output, track, report))
    for warning in report.warnings:
        print(f"t2s: {warning}", file=sys.stderr)
    return 0


def check_output(path: Path) -> None:
    """Refuse an output that cannot be written before planning, not after.

    Raises:
        ConfigError: It is a folder, its folder is missing, or its suffix is none of ours.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder.", "Give -o a file name that ends in .vtt.")
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{path.name} ends in none of {', '.join(SUFFIXES)}.", "Name it .vtt.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(
            f"{path} cannot be written.", "Name a file in a folder that exists and is yours."
        )


def read_previous(path: Path, *, keep: bool, force: bool) -> SubtitleTrack | None:
    """The track that is there and whose edits are to be kept; None where there is none.

    Raises:
        ConfigError: It holds edits, and nobody said what to do with them.
        SubtitleError: It is there but broken, and its edits are to be kept.
    """
    if not path.exists() or (force and not keep):
        return None
    try:
        track = load_track(path)
    except SubtitleError as problem:
        raise SubtitleError(
            f"{path} is there and cannot be read: {problem.problem}",
            "Mend it, or give --force to write it anew.",
        ) from None
    edits = sum(cue.by_hand for cue in track.cues) + len(track.deleted) + len(track.muted)
    if edits and not keep:
        raise ConfigError(f"{path} holds {edits} changes made by hand.", KEEP_HINT)
    return track if keep else None


def choose(options: argparse.Namespace) -> Choice:
    """The planner that the options ask for.

    Raises:
        ConfigError: They contradict each other.
    """
    if options.planner == "llm" and not options.llm:
        raise ConfigError(
            "--planner llm needs a server.", "Give --llm URL (`t2s llm serve` starts one)."
        )
    if options.llm and options.planner == "embedded":
        raise ConfigError("--planner embedded asks no server, but --llm names one.", "Give one of both.")
    if options.llm_model and not options.llm:
        raise ConfigError("--llm-model names a model, but no server.", "Give --llm URL.")
    return Choice(
        lexical=options.lexical,
        llm=options.llm or "",
        llm_model=options.llm_model,
        llm_calls=options.llm_calls,
        llm_timeout_s=options.llm_timeout,
        llm_anew=options.llm_anew,
    )


class PhraseBar:
    """Shows on a terminal how many phrases are planned."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show that so many of so many are done."""
        if self._bar is None:
            self._bar = tqdm(total=total, unit="phrase", leave=False)
        self._bar.update(done - self._bar.n)
        if done >= total:
            self._bar.close()
            self._bar = None


def told_of_model(plan: PlanReport) -> list[str]:
    """How well a language model did, in lines for a person."""
    valid = plan.asked - len(plan.fallbacks)
    share = 100.0 / plan.asked
    lines = [
        f"  subtitle validation success rate: {plan.valid_first} of {plan.asked} first answers "
        f"({share * plan.valid_first:.0f} %), {valid} after repair ({share * valid:.0f} %)",
        f"  tokens: {plan.prompt_tokens} read, {plan.completion_tokens} written, {plan.seconds:.1f} s"
        + (f"; {plan.cached} answers were kept from an earlier run" if plan.cached else ""),
    ]
    if plan.fallbacks:
        numbers = ", ".join(str(index + 1) for index in plan.fallbacks[:20])
        more = ", ..." if len(plan.fallbacks) > 20 else ""
        lines.append(
            f"  by the embedded planner instead ({len(plan.fallbacks)} of {plan.asked}): {numbers}{more}"
        )
    return lines


def told(path: Path, track: SubtitleTrack, report: BuildReport) -> str:
    """What a person reads when it is done."""
    plan = report.plan
    lines = [
        f"{path}: {report.phrases} phrases, {report.cues} cues by {track.header.planner} "
        f"in {report.seconds:.1f} s"
    ]
    if report.by_hand:
        lines.append(f"  {report.by_hand} of them by hand, kept")
    if plan.asked:
        lines += told_of_model(plan)
    lines += [f"  {trouble}" for trouble in plan.troubles]
    return "\n".join(lines)
