"""What models are judged on: speech of people they have not heard, and takes that were left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from bench.quality.engine_subject import EngineSubject
from bench.quality.evaluate import Material
from bench.quality.speech import sample_of
from bench.quality.takes import SubjectOfTake
from bench.quality.track import Subject
from t2s_rt.errors import ConfigError
from t2s_rt.training.prepare.clip import LabelledClip

SPEECH: Final = frozenset(("speech", "whisper"))
"""Families that need labelled speech."""


def gather(
    families: Collection[str], speakers: Collection[str], minutes: float, left_out: str | None
) -> Material:
    """What the families need.

    Args:
        families: Names of families.
        speakers: Whose speech; empty for those whom the corpus keeps for judging.
        minutes: Of speech.
        left_out: Pattern of model folders with ``{take}``; None without.

    Raises:
        ConfigError: Nobody has such a name, or the pattern has no ``{take}``.
        SetupError: The corpus cannot be had here.
        CorpusError: A package is damaged.
    """
    clips = sample_of(_clips(speakers), minutes) if SPEECH & set(families) else []
    if SPEECH & set(families) and not clips:
        raise ConfigError(f"Nobody in the corpus is {', '.join(speakers)}.")
    return Material(tuple(clips), None if left_out is None else subject_by_take(left_out))


def subject_by_take(pattern: str) -> SubjectOfTake:
    """The models that were trained without one take, by its name, each loaded once.

    Raises:
        ConfigError: The pattern has no ``{take}``.
    """
    if "{take}" not in pattern:
        raise ConfigError(f"{pattern} has no {{take}} for the name of the take.")
    loaded: dict[str, Subject] = {}

    def subject(take: str) -> Subject:
        if take not in loaded:
            loaded[take] = EngineSubject(Path(pattern.replace("{take}", take)))
        return loaded[take]

    return subject


def _clips(speakers: Collection[str]) -> Iterator[LabelledClip]:
    from t2s_rt.training.prepare import corpus

    every = chain.from_iterable(source() for source in corpus.SOURCES)
    kept = speakers or getattr(corpus, "HELD_OUT_SPEAKERS", ())
    return (clip for clip in every if not kept or clip.speaker in kept)
