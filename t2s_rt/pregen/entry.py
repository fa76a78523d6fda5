"""One song of a catalogue: bytes in, text out, no file system.

So the same function plans it in this process, in a pool of processes, or on a cluster whose machines
share no disk. It never raises for what a song contains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from t2s_rt.errors import T2SError
from t2s_rt.lyrics import Song, Source, parse_song
from t2s_rt.pregen.build import Request, build_song
from t2s_rt.pregen.choose import Choice, planner_of
from t2s_rt.pregen.plan import Planner, PlanReport
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.load import format_track, parse_track


class Outcome(StrEnum):
    """What became of a song."""

    WRITTEN = "written"
    FINISHED = "finished"
    """It was there already, by the same planner for the same song."""
    EDITED = "edited"
    """It holds changes by hand, and nobody asked to write around them."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Settings:
    """What all songs of a run have in common. Travels to other processes and machines.

    Attributes:
        seed: Of the planner.
        voice: Which singer of duets; songs that lack that voice take their first.
        language: For files that are wrong or silent, empty to believe them.
        choice: Of the planner.
        keep_edits: Write around what an artist changed; else edited files are left alone.
        force: Write also what is finished or edited.
    """

    seed: int = 0
    voice: int = 0
    language: str = ""
    choice: Choice = field(default_factory=Choice)
    keep_edits: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One song to be planned.

    Attributes:
        name: Path below the library, with forward slashes.
        data: The file's bytes.
        previous: The text of its subtitles, empty where there are none.
    """

    name: str
    data: bytes = field(repr=False)
    previous: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one song.

    Attributes:
        name: As in the entry.
        outcome: Of it.
        text: The subtitles, empty where nothing is to be written.
        problem: Why it failed or was left alone, a sentence.
        title: Of the song.
        language: It was planned in.
        phrases: How many it has.
        cues: How many were written.
        by_hand: Cues of an artist among them.
        seconds: Planning it took.
        plan: What the planner says.
    """

    name: str
    outcome: Outcome
    text: str = field(default="", repr=False)
    problem: str = ""
    title: str = ""
    language: str = ""
    phrases: int = 0
    cues: int = 0
    by_hand: int = 0
    seconds: float = 0.0
    plan: PlanReport = field(default_factory=PlanReport)


def plan_entry(entry: Entry, settings: Settings) -> Result:
    """Plan one song: the same in this process, in another one, or on another machine.

    Never raises for what a song or its old subtitles contain.
    """
    try:
        song = parse_song(Source(entry.data, entry.name.rsplit("/", 1)[-1]))
        planner = planner_of(settings.choice)
        previous = parse_track(entry.previous, ".vtt") if entry.previous else None
        if previous is not None and not settings.force:
            left = _left_alone(entry, song, previous, planner, settings)
            if left is not None:
                return left
        return _planned(entry, song, previous if settings.keep_edits else None, planner, settings)
    except T2SError as problem:
        return Result(entry.name, Outcome.FAILED, problem=str(problem))
    except RecursionError:
        return Result(entry.name, Outcome.FAILED, problem=f"{entry.name} is nested too deeply.")
    except Exception as problem:  # noqa: BLE001 - one song's surprise must not end the catalogue
        return Result(entry.name, Outcome.FAILED, problem=f"internal error: {problem!r}")


def _planned(
    entry: Entry, song: Song, previous: SubtitleTrack | None, planner: Planner, settings: Settings
) -> Result:
    voice = settings.voice if settings.voice < len(song.voices) else 0
    request = Request(settings.seed, voice, settings.language)
    track, report = build_song(song, planner, request, previous)
    return Result(
        name=entry.name,
        outcome=Outcome.WRITTEN,
        text=format_track(track),
        title=report.title,
        language=report.language,
        phrases=report.phrases,
        cues=report.cues,
        by_hand=report.by_hand,
        seconds=report.seconds,
        plan=report.plan,
    )


def _left_alone(
    entry: Entry, song: Song, track: SubtitleTrack, planner: Planner, settings: Settings
) -> Result | None:
    """The result of a song whose subtitles are finished or edited, None where it is to be planned."""
    header = track.header
    edits = sum(cue.by_hand for cue in track.cues) + len(track.deleted) + len(track.muted)
    same = (
        header.song_hash == song.fingerprint()
        and header.prompt_version == planner.prompt_version
        and header.seed == settings.seed
        and (header.planner == planner.name or (settings.choice.llm and not settings.choice.llm_model))
    )
    if same:
        outcome, problem = Outcome.FINISHED, ""
    elif edits and not settings.keep_edits:
        outcome, problem = (
            Outcome.EDITED,
            f"It holds {edits} changes by hand; --keep-edits writes around them.",
        )
    else:
        return None
    return Result(
        entry.name, outcome, problem=problem, title=song.title, cues=len(track.cues), by_hand=edits
    )
