"""The options of every command that knows its song."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.script import Script, load_script


def add_song_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--song``, ``--subtitles``, ``--voice`` and ``--no-follow``."""
    parser.add_argument(
        "--song",
        type=Path,
        metavar="SONG",
        help="its lyrics with times (UltraStar, LRC, ASS, SRT, VTT, TTML, MIDI/KAR, MusicXML): the "
        "mouth then forms the words before they sound",
    )
    parser.add_argument(
        "--subtitles", type=Path, metavar="FILE", help="its motion subtitles (see t2s subtitles)"
    )
    parser.add_argument(
        "--voice", type=int, default=0, metavar="N", help="which singer of a duet, from 0 (default)"
    )
    parser.add_argument(
        "--no-follow",
        action="store_true",
        help="trust the song's clock even where the sung notes contradict it",
    )


def script_of(options: argparse.Namespace) -> Script:
    """The script that the options name.

    Raises:
        T2SError: A file cannot be read, or the song has no such voice.
    """
    return load_script(
        options.song, options.subtitles, voice=options.voice, follow=not options.no_follow
    )
