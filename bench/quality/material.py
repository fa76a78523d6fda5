"""What models are judged on: speech of people they have not heard, and takes that were left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
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

KNOWN_SPEAKER: Final = "festvox-ru/nsh"
"""The one voice whose sounds were labelled by people. Trainings hear it, unless it is left out."""


def gather(speakers: Collection[str], minutes: float, left_out: str | None) -> Material:
    """What the families need; speech is read when the first of them asks for it.

    Args:
        speakers: Speakers or languages whose speech it is; empty for the language that no
            training hears.
        minutes: Of speech.
        left_out: Pattern of model folders with ``{take}``; None without.

    Raises:
        ConfigError: The pattern has no ``{take}``.
    """
    from t2s_rt.training.prepare.corpus import JUDGED_LANGUAGE

    judged = _read_once(speakers or (JUDGED_LANGUAGE,), minutes)
    known = None if speakers else _read_once((KNOWN_SPEAKER,), minutes)
    return Material(judged, known, None if left_out is None else subject_by_take(left_out))


def _read_once(names: Collection[str], minutes: float) -> Callable[[], Sequence[LabelledClip]]:
    found: list[LabelledClip] = []

    def clips() -> Sequence[LabelledClip]:
        if not found:
            found.extend(sample_of(_clips(names), minutes))
        if not found:
            raise ConfigError(f"Nobody in the corpus is {', '.join(names)}.")
        return found

    return clips


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


def _clips(names: Collection[str]) -> Iterator[LabelledClip]:
    """Clips of speakers or languages that are named; Czech is that with exact times."""
    from t2s_rt.training.prepare import corpus, festvox_czech, festvox_ru

    if set(names) == {KNOWN_SPEAKER}:
        return festvox_ru.clips()
    if set(names) == {corpus.JUDGED_LANGUAGE}:
        return festvox_czech.clips()
    sources = (*corpus.SOURCES, festvox_czech.clips)
    every = chain.from_iterable(source() for source in sources)
    return (clip for clip in every if clip.speaker in names or clip.language in names)
