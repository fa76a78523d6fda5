"""From a song file to its motion subtitles: read, cut into phrases, plan, keep an artist's edits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from t2s_rt.errors import ConfigError
from t2s_rt.lyrics import Song, load_song
from t2s_rt.lyrics.language import language_code
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.plan import Planner, PlanReport
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.merge import merge_edits

LARGEST_SEED: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Request:
    """How a song is to be planned.

    Attributes:
        seed: Another one gives another performance, 0 to `LARGEST_SEED`.
        voice: Which singer of a duet, from 0.
        language: Two-letter code where the file is wrong or silent, empty to believe it.
        vocal: A recording of the singer alone, None without.
    """

    seed: int = 0
    voice: int = 0
    language: str = ""
    vocal: Path | None = None

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: The seed or the voice cannot be.
        """
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ConfigError(f"A seed is from 0 to {LARGEST_SEED}, not {self.seed}.")
        if self.voice < 0:
            raise ConfigError(f"Voices are counted from 0, so there is no voice {self.voice}.")


@dataclass(frozen=True, slots=True)
class BuildReport:
    """How one song went.

    Attributes:
        title: Of the song.
        language: It was planned in.
        phrases: How many it has.
        cues: In the track.
        by_hand: Cues of an artist that were kept.
        seconds: Wall time from file to track, the recording heard.
        plan: What the planner says.
        warnings: Of the song's reader and the ears, as sentences.
    """

    title: str
    language: str
    phrases: int
    cues: int
    by_hand: int
    seconds: float
    plan: PlanReport
    warnings: tuple[str, ...]


def build(
    path: Path,
    planner: Planner,
    request: Request | None = None,
    previous: SubtitleTrack | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[SubtitleTrack, BuildReport]:
    """Write one song's motion subtitles.

    Args:
        path: Of the song file, any format of `t2s_rt.lyrics`.
        planner: Who plans.
        request: How; None takes the defaults.
        previous: The track that an artist edited; their cues win.
        clock: Seconds, for the report.

    Returns:
        A valid track and how it went.

    Raises:
        LyricsError: The song cannot be read.
        AudioError: The recording cannot be read.
        PlanError: There is nothing to plan, or the planner cannot be reached at all.
        SetupError: The text embedding is installed but does not load.
    """
    return build_song(load_song(path), planner, request, previous, clock)


def build_song(
    song: Song,
    planner: Planner,
    request: Request | None = None,
    previous: SubtitleTrack | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[SubtitleTrack, BuildReport]:
    """As `build`, for a song that was read already."""
    begun_s = clock()
    request = request or Request()
    if request.language:
        song = replace(song, language=language_code(request.language))
    phrased = phrase_song(song, request.vocal, request.voice)
    track = planner.plan(phrased, request.seed)
    if previous is not None:
        track = merge_edits(previous, track)
    return track, BuildReport(
        title=song.title,
        language=phrased.phrases[0].language,
        phrases=len(phrased.phrases),
        cues=len(track.cues),
        by_hand=sum(cue.by_hand for cue in track.cues),
        seconds=clock() - begun_s,
        plan=planner.report,
        warnings=phrased.song.warnings,
    )
