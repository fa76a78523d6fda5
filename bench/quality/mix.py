"""A whole karaoke mix: is the mouth shut while only the band plays, and open while somebody sings?

The song file says when. Nobody has listened for cries between the lines: both rows are told, not judged.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality.figures import Figure
from bench.quality.sound import at_48k
from bench.quality.track import OPEN, MouthTrack, Subject
from bench.report import ROOT
from t2s_rt.audio.files import open_audio
from t2s_rt.errors import SetupError
from t2s_rt.lyrics.load import load_song

FOLDER: Final = ROOT.parent / "shared" / "data" / "karaoke" / "on_the_run"
GAP_S: Final = 4.0
"""So long nobody sings between two syllables: the band is alone."""
MARGIN_S: Final = 1.5
"""Left out at both ends of a gap: what the singer and the room leave behind."""

Span = tuple[float, float]


def syllable_spans(folder: Path = FOLDER) -> list[Span]:
    """When each syllable is sung.

    Raises:
        SetupError: The song is not there.
        LyricsError: Its file cannot be read.
    """
    if not (folder / "song.txt").is_file():
        raise SetupError(f"The karaoke song is not in {folder}.", "It holds song.txt and audio.ogg.")
    song = load_song(folder / "song.txt")
    return [(s.start_s, s.end_s) for line in song.lines for word in line.words for s in word.syllables]


def gaps(spans: list[Span]) -> list[Span]:
    """Where the band is alone: before the first syllable and in long gaps, without their margins."""
    ends = [(-MARGIN_S, spans[0][0]), *((a[1], b[0]) for a, b in pairwise(spans))]
    return [(end + MARGIN_S, start - MARGIN_S) for end, start in ends if start - end > GAP_S]


def open_in(track: MouthTrack, spans: list[Span]) -> float:
    """Share of the frames within spans in which the mouth is open."""
    inside = np.any([track.between(*span) for span in spans], axis=0)
    return float((track.opening[inside] > OPEN).mean()) if inside.any() else float("nan")


def syllables_shown(track: MouthTrack, spans: list[Span]) -> float:
    """Share of syllables in which the mouth opens at all."""
    return float(np.mean([(track.opening[track.between(*span)] > OPEN).any() for span in spans]))


def measure(subject: Subject, folder: Path = FOLDER) -> list[Figure]:
    """Both rows.

    Raises:
        SetupError: The song is not there.
        AudioError: Its recording cannot be read.
    """
    spans = syllable_spans(folder)
    with open_audio(folder / "audio.ogg") as audio:
        rate_hz = audio.sample_rate_hz
        samples = np.concatenate(list(audio.blocks(1 << 16)))
    track = subject.watch(at_48k(samples, rate_hz))
    alone = gaps(spans)
    length_s = sum(end - start for start, end in alone)
    return [
        Figure("mix.open", open_in(track, alone), f"{length_s:.0f} s in {len(alone)} gaps"),
        Figure("mix.shown", syllables_shown(track, spans), f"{len(spans)} syllables"),
    ]
