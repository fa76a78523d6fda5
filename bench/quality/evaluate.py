"""All rows of one subject."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.quality import (
    beats,
    cost,
    held,
    mesh,
    mix,
    music,
    prosody,
    song,
    speech,
    sung,
    takes,
    timing,
    whisper,
)
from bench.quality.figures import Figure
from bench.quality.takes import SubjectOfTake
from bench.quality.track import Subject
from t2s_rt.errors import ConfigError, T2SError
from t2s_rt.inference.manifest import bundled_model_path, load_manifest
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.facegood import SOURCE

WHISPERED: Final = 10
"""Clips that are whispered."""
UNHEARD: Final = "the model has heard the captured takes: a model a take is needed, --left-out"


@dataclass(frozen=True, slots=True)
class Material:
    """What is judged on and cannot be found by the rows themselves.

    Attributes:
        clips: Reads labelled speech of people whom the subject has not heard; raises `T2SError` where it
            cannot be had.
        known_clips: Reads labelled speech of somebody whom trainings have heard; None where whoever asks
            names the speech.
        left_out: For each captured take the subject trained without it; None where there is none.
    """

    clips: Callable[[], Sequence[LabelledClip]]
    known_clips: Callable[[], Sequence[LabelledClip]] | None = None
    left_out: SubjectOfTake | None = None


Family = Callable[[Subject, Material], list[Figure]]


def _takes(subject: Subject, material: Material) -> list[Figure]:
    figures = takes.measure(subject)
    if material.left_out is not None:
        figures += takes.measure(subject, left_out=material.left_out)
    return figures


def _speech(subject: Subject, material: Material) -> list[Figure]:
    figures = speech.measure(subject, material.clips())
    if material.known_clips is not None:
        figures += speech.measure(subject, material.known_clips(), family="speech_known")
    return figures


def _whisper(subject: Subject, material: Material) -> list[Figure]:
    clips = material.clips()
    steps = max(1, len(clips) // WHISPERED)
    return whisper.measure(subject, clips[::steps][:WHISPERED])


def _mesh(subject: Subject, material: Material) -> list[Figure]:
    return [*mesh.measure(subject, left_out=material.left_out), *beats.measure(subject)]


def knows_takes(model: Path | None) -> bool:
    """Whether a model has heard the captured takes, by its manifest; None for the bundled model.

    Raises:
        ModelError: There is no such model.
    """
    manifest = load_manifest(bundled_model_path() if model is None else model)
    return SOURCE in manifest.trained_on


FAMILIES: Final[dict[str, Family]] = {
    "takes": _takes,
    "speech": _speech,
    "song": lambda subject, _: song.measure(subject),
    "timing": lambda subject, _: timing.measure(subject),
    "held": lambda subject, _: held.measure(subject),
    "music": lambda subject, _: music.measure(subject),
    "mix": lambda subject, _: mix.measure(subject),
    "sung": lambda subject, _: sung.measure(subject),
    "whisper": _whisper,
    "prosody": lambda subject, _: prosody.measure(subject),
    "mesh": _mesh,
    "cost": lambda subject, _: cost.measure(subject),
}
"""In the order in which they are printed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about one subject.

    Attributes:
        subject: Its name.
        figures: In the order of `FAMILIES`.
        missing: Family to the reason why it could not be measured.
    """

    subject: str
    figures: tuple[Figure, ...]
    missing: dict[str, str]


def chosen(names: Collection[str]) -> list[str]:
    """Families in their order; all where none is named.

    Raises:
        ConfigError: There is no such family.
    """
    unknown = sorted(set(names) - set(FAMILIES))
    if unknown:
        raise ConfigError(
            f"There are no rows {', '.join(unknown)}.", f"Choose from {', '.join(FAMILIES)}."
        )
    return [name for name in FAMILIES if not names or name in names]


def evaluate(
    subject: Subject,
    material: Material,
    families: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Measure a subject; a family whose material is not there is left out with the reason.

    Args:
        subject: Who is judged.
        material: On what.
        families: Names out of `FAMILIES`; all where empty.
        told: Hears the name of each family before it is measured.

    Raises:
        ConfigError: There is no such family.
    """
    figures: list[Figure] = []
    missing: dict[str, str] = {}
    for name in chosen(families):
        told(name)
        try:
            figures += FAMILIES[name](subject, material)
        except T2SError as problem:
            missing[name] = str(problem)
    if "takes" in chosen(families) and material.left_out is None:
        missing["unheard"] = UNHEARD
    return Verdict(subject.name, tuple(figures), missing)
