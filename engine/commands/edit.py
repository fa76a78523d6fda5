"""`t2s edit`: change motion subtitles from the command line."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from t2s_rt.errors import ConfigError, SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.edit import Selection, describe, intensify, mute, scale, shift, unmute
from t2s_rt.subtitles.line import parse_move, parse_region
from t2s_rt.subtitles.load import load_track, save_track

DESCRIPTION = """\
Change motion subtitles. Everything that changes counts as changed by hand: `t2s subtitles --keep-edits`
leaves it alone. Edits apply in this order: mute and unmute, intensify, scale, shift. Without an edit and
without -o it says what is in the file; with -o alone it converts between .vtt, .srt and .json.

  t2s edit song.vtt --shift 0.2                          everything 0.2 s later
  t2s edit song.vtt --intensify brows=1.3                the brows a third stronger
  t2s edit song.vtt --intensify mouth.smile=0.8 --intensify neck=+0.1
  t2s edit song.vtt --mute neck --from 10 --to 20        the neck sings freely there, its cues are kept
  t2s edit song.vtt -o song.srt                          for an editor that knows only SubRip
"""

EVERY_LANE: Final = "all"

_NUMBER: Final = r"\d+(?:\.\d+)?|\.\d+"
_CHANGE: Final = re.compile(rf"({_NUMBER})?([+-](?:{_NUMBER}))?$")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "edit",
        help="shift, scale, intensify or mute motion subtitles",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="motion subtitles: .vtt, .srt or .json")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="where to write; default: FILE")
    parser.add_argument("--shift", type=float, metavar="S", help="seconds later; earlier if negative")
    parser.add_argument("--scale", type=float, metavar="F", help="times that much: 1.01 is slower")
    parser.add_argument(
        "--around", type=float, default=0.0, metavar="S", help="what --scale leaves in place; default 0"
    )
    parser.add_argument(
        "--intensify",
        action="append",
        default=[],
        metavar="LANE=F",
        help="multiply intensities: brows=1.3, mouth.smile=0.8, neck=+0.1, eyes=1.2-0.1, all=0.9",
    )
    parser.add_argument("--mute", action="append", default=[], metavar="LANE", help="or LANE.MOVE, all")
    parser.add_argument("--unmute", action="append", default=[], metavar="LANE", help="play it again")
    parser.add_argument(
        "--from", type=float, default=0.0, dest="from_s", metavar="S", help="only from here ..."
    )
    parser.add_argument(
        "--to", type=float, default=float("inf"), dest="to_s", metavar="S", help="... to here"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Edit one file and say what changed.

    Raises:
        SubtitleError: The file cannot be read or written, or an edit is impossible.
        ConfigError: The span is empty.
    """
    if not options.from_s < options.to_s:
        raise ConfigError(f"--from {options.from_s:g} is not before --to {options.to_s:g}.")
    before = load_track(options.file)
    after, done = edited(before, options)
    if not done and options.output is None:
        print(f"{options.file}: {describe(before)}")
        return 0
    output = options.output or options.file
    save_track(after, output)
    for sentence in done:
        print(sentence)
    print(f"{output}: {describe(after)}")
    return 0


def edited(track: SubtitleTrack, options: argparse.Namespace) -> tuple[SubtitleTrack, list[str]]:
    """The track after all edits that were asked for, and a sentence for each.

    Raises:
        SubtitleError: An edit is impossible.
    """
    span = Selection(from_s=options.from_s, to_s=options.to_s)
    done: list[str] = []

    def note(what: str, after: SubtitleTrack) -> SubtitleTrack:
        done.append(f"{what}: {_difference(track, after)}")
        return after

    for lane in options.mute:
        track = note(f"muted {lane}", mute(track, _selection(lane, span)))
    for lane in options.unmute:
        track = note(f"unmuted {lane}", unmute(track, _selection(lane, span)))
    for change in options.intensify:
        lane, factor, offset = _intensify_argument(change)
        track = note(f"intensified {change}", intensify(track, factor, offset, _selection(lane, span)))
    if options.scale is not None:
        track = note(f"scaled by {options.scale:g}", scale(track, options.scale, span, options.around))
    if options.shift is not None:
        track = note(f"shifted by {options.shift:g} s", shift(track, options.shift, span))
    return track, done


def _selection(lane: str, span: Selection) -> Selection:
    """``brows``, ``mouth.smile`` or ``all`` within a span."""
    if lane.lower() == EVERY_LANE:
        return span
    region_word, dot, move_word = lane.partition(".")
    region: Region = parse_region(region_word)
    return replace(span, region=region, move=parse_move(region, move_word) if dot else None)


def _intensify_argument(change: str) -> tuple[str, float, float]:
    """``brows=1.3``, ``brows=+0.1`` or ``brows=1.3-0.1`` as (lane, factor, offset)."""
    lane, equals, amount = change.partition("=")
    match = _CHANGE.match(amount.strip().replace(",", "."))
    if not equals or not lane or not amount.strip() or match is None:
        raise SubtitleError(
            f"--intensify takes a lane and an amount, not {change!r}.",
            "Write for example brows=1.3, mouth.smile=0.8 or neck=+0.1.",
        )
    factor, offset = match.groups()
    return lane.strip(), float(factor or 1.0), float(offset or 0.0)


def _difference(before: SubtitleTrack, after: SubtitleTrack) -> str:
    """How many cues an edit touched, in words."""
    kept = set(before.cues) & set(after.cues)
    changed = len(after.cues) - len(kept)
    muted = len(after.muted) - len(before.muted)
    parts = [f"{changed} of {len(after.cues)} cues changed"] if changed or not muted else []
    if muted:
        parts.append(f"{abs(muted)} {'muted' if muted > 0 else 'unmuted'}")
    limit = _at_limit(after) - _at_limit(before)
    if limit > 0:
        parts.append(f"{limit} more at an intensity of 0 or 1")
    return ", ".join(parts)


def _at_limit(track: SubtitleTrack) -> int:
    return sum(cue.intensity in (0.0, 1.0) for cue in track.cues)
