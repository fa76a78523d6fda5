"""What a planner is, what it plans for each phrase, and which part of the song is a phrase's own.

Planners differ (`t2s_rt.pregen.planner` without a language model, others with one); what goes in and
what comes out does not. A phrase's cues stay inside its window, windows never overlap, so phrases may be
planned one by one, by different planners, and still make one valid track.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from t2s_rt.pregen.phrase import Delivery, Emotion, PhrasedSong
from t2s_rt.subtitles.cue import Cue, SubtitleTrack, TrackHeader

LEAD_S: Final = 0.6
"""A face begins up to this long before the phrase: it breathes in, and knows what it will sing."""
TAIL_S: Final = 0.8
"""And lets go up to this long after it."""


@dataclass(frozen=True, slots=True)
class PhrasePlan:
    """What one phrase was understood to be, and what the face does in it.

    Attributes:
        index: Of the phrase in its song.
        emotion: What it feels.
        delivery: How it is sung.
        arousal: 0 still to 1 all out.
        note: Meaning and imagery in a few plain words.
        cues: In the phrase's window, ordered, never two at once on one action.
    """

    index: int
    emotion: Emotion
    delivery: Delivery
    arousal: float
    note: str
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """How planning one song went.

    Attributes:
        phrases: How many were planned.
        fallbacks: Indices of phrases that another planner had to take over, in order.
        attempts: Answers asked of a language model for phrases, repairs included.
        valid_first: Phrases whose first answer was valid.
        prompt_tokens: Sent to a language model.
        completion_tokens: Written by it.
        seconds: Wall time.
        troubles: What went wrong, as sentences, each once.
        asked: Phrases that a language model was asked about.
        cached: Of these, how many an earlier run had asked about already.
    """

    phrases: int = 0
    fallbacks: tuple[int, ...] = ()
    attempts: int = 0
    valid_first: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    troubles: tuple[str, ...] = ()
    asked: int = 0
    cached: int = 0


@runtime_checkable
class Planner(Protocol):
    """Anything that writes the motion subtitles of a song."""

    @property
    def name(self) -> str:
        """What the header says wrote it: ``embedded-1``, ``llm:MODEL``."""
        ...

    @property
    def prompt_version(self) -> str:
        """Of its prompts or rules; another version may write something else."""
        ...

    @property
    def report(self) -> PlanReport:
        """How the last `plan` went; an empty report before the first."""
        ...

    def plan(self, song: PhrasedSong, seed: int) -> SubtitleTrack:
        """The whole song's cues with their header, the same for the same song and seed.

        Raises:
            PlanError: It cannot be planned, and nothing else could take over.
        """
        ...


def header_of(song: PhrasedSong, planner: Planner, seed: int) -> TrackHeader:
    """The header of a track that a planner writes for a song."""
    return TrackHeader(
        title=_one_line(song.song.title),
        artist=_one_line(song.song.artist),
        language=_one_line(song.song.language),
        song_hash=song.song.fingerprint(),
        planner=planner.name,
        prompt_version=planner.prompt_version,
        seed=seed,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def window(song: PhrasedSong, index: int) -> tuple[float, float]:
    """The time in seconds of the song that a phrase's cues may use.

    From `LEAD_S` before its first word to `TAIL_S` after its last; a shorter rest is shared with the
    neighbour, a third for letting go and the rest for the coming phrase. Where phrases overlap (a duet),
    the later one takes over when it starts.
    """
    phrase = song.phrases[index]
    start_s, end_s = phrase.start_s - LEAD_S, phrase.end_s + TAIL_S
    if index:
        start_s = max(start_s, _boundary(song, index))
    if index + 1 < len(song.phrases):
        end_s = min(end_s, _boundary(song, index + 1))
    start_s = max(0.0, start_s)
    return start_s, max(start_s, end_s)


def _boundary(song: PhrasedSong, index: int) -> float:
    """Where the phrase before hands over to this one."""
    here_s = song.phrases[index].start_s
    before_s = max(phrase.end_s for phrase in song.phrases[:index])
    return min(here_s, before_s + max(0.0, here_s - before_s) / 3.0)
