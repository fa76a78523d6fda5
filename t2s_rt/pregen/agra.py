"""Acoustic-guided retrieval: how were such words, sung in such a way, performed before?

A phrase is compared with every exemplar of a bank twice: its words (`t2s_rt.pregen.embedding`) and its
sound (`Descriptors`). Both halves are standardised within the bank for each query, because similarities
of the embedding all lie between 0.75 and 0.9 and distances depend on which descriptors are known; then
they are added with `Weights`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.pregen.embedding import Embedder, embedder, read_vectors, text_key, vectors_of
from t2s_rt.pregen.exemplar import BANK, Exemplar, read_bank
from t2s_rt.pregen.phrase import Contour, Descriptors
from t2s_rt.types import FloatArray


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts; chosen by ``t2s exemplars weigh``.

    Attributes:
        text: Of the words' half, in the sum with the sound's.
        sound: Of the sound's half.
        note: Within the words' half: of the exemplar's note (what it means) against its text, 0 to 1.
    """

    text: float = 1.0
    sound: float = 0.6
    note: float = 0.5


FIELD_WEIGHTS: Final = {
    "loudness": 1.0,
    "pitch": 0.8,
    "pitch_range": 0.6,
    "rate": 1.0,
    "held": 0.5,
    "vibrato": 0.6,
    "contour": 0.6,
}
"""Of each descriptor in the distance between two sounds."""
_SCALES: Final = {
    "loudness": 0.25,
    "pitch": 0.18,
    "pitch_range": 2.5,
    "rate": 0.45,
    "held": 0.6,
    "vibrato": 0.2,
}
"""A usual difference between two phrases: as far as that is one step. Rate and held count in octaves."""
_CONTOUR_STEPS: Final = {
    frozenset({Contour.RISING, Contour.FALLING}): 2.0,
    frozenset({Contour.ARCHED, Contour.DIPPED}): 2.0,
}
_MOST_STEPS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One exemplar that fits a phrase.

    Attributes:
        exemplar: It.
        score: The weighted sum of both halves.
        text_score: How much nearer its words are than the bank's usual ones, in standard deviations.
        acoustic_score: The same for its sound; 0 where nothing is known about the phrase's sound.
        why: Both halves as a person reads them.
    """

    exemplar: Exemplar
    score: float
    text_score: float
    acoustic_score: float
    why: str


class Bank:
    """Exemplars ready to be retrieved; made by `Bank.load`.

    Attributes:
        exemplars: Ours first, then those of further folders.
        embedder: What compares texts.
    """

    def __init__(
        self, exemplars: Sequence[Exemplar], model: Embedder, kept: dict[str, FloatArray]
    ) -> None:
        self.exemplars = tuple(exemplars)
        self.embedder = model
        texts = [one.text for one in self.exemplars]
        notes = [one.note or one.text for one in self.exemplars]
        vectors = vectors_of([*texts, *notes], model, kept)
        self._centres = _Centres(
            np.array([vectors[text_key(text)] for text in texts]), [one.language for one in exemplars]
        )
        rows = np.array([vectors[text_key(text)] for text in texts])
        self._texts = np.array(
            [self._centres.centred(row, one.language) for row, one in zip(rows, exemplars, strict=True)]
        )
        meanings = np.array([vectors[text_key(note)] for note in notes])
        self._note_centre = meanings.mean(axis=0)
        self._notes = _unit(meanings - self._note_centre)
        self._sounds = np.array([_steps(one.descriptors) for one in self.exemplars])
        self._contours = [one.descriptors.contour for one in self.exemplars]

    @classmethod
    def load(cls, extra_dirs: Sequence[Path] = (), *, lexical: bool = False) -> Bank:
        """Our exemplars and those of further folders.

        Args:
            extra_dirs: Folders of a user's own.
            lexical: Compare words by spelling even where the embedding is installed.

        Raises:
            SubtitleError: A folder is missing or an entry is wrong.
            SetupError: The embedding is installed but does not load.
        """
        model = embedder(lexical=lexical)
        exemplars: list[Exemplar] = []
        kept: dict[str, FloatArray] = {}
        for folder in (BANK, *extra_dirs):
            exemplars += read_bank(folder)
            kept.update(read_vectors(folder, model.name))
        return cls(exemplars, model, kept)

    def retrieve(
        self,
        text: str,
        language: str,
        descriptors: Descriptors,
        k: int = 5,
        weights: Weights | None = None,
    ) -> tuple[Retrieved, ...]:
        """The exemplars that fit a phrase best, best first.

        Args:
            text: The phrase's words.
            language: Its two-letter code, "" where unknown.
            descriptors: How it sounds; unknown fields count neither for nor against anything.
            k: How many, at least 1.
            weights: Other ones than the chosen.
        """
        weights = weights or Weights()
        query = self.embedder.embed([text])[0]
        words = self._word_scores(query, language, weights.note)
        sounds = self._sound_scores(descriptors)
        scores = weights.text * words + weights.sound * sounds
        best = np.argsort(-scores, kind="stable")[: max(1, k)]
        return tuple(
            Retrieved(
                self.exemplars[index],
                float(scores[index]),
                float(words[index]),
                float(sounds[index]),
                self._why(index, words, descriptors),
            )
            for index in best.tolist()
        )

    def _word_scores(self, query: FloatArray, language: str, note: float) -> npt.NDArray[np.float64]:
        alike = self._texts @ self._centres.centred(query, language)
        meant = self._notes @ _unit(query - self._centres.of(language))
        return (1.0 - note) * _standard(alike) + note * _standard(meant)

    def _sound_scores(self, descriptors: Descriptors) -> npt.NDArray[np.float64]:
        distance = np.zeros(len(self.exemplars))
        known = 0.0
        steps = _steps(descriptors)
        for column, name in enumerate(_SCALES):
            if not math.isnan(steps[column]):
                distance += FIELD_WEIGHTS[name] * _squares(self._sounds[:, column] - steps[column])
                known += FIELD_WEIGHTS[name]
        if descriptors.contour is not None:
            apart = np.array([_contour_steps(descriptors.contour, one) for one in self._contours])
            distance += FIELD_WEIGHTS["contour"] * _squares(apart)
            known += FIELD_WEIGHTS["contour"]
        if known == 0.0:
            return distance
        # A phrase of which little is known is judged by its words.
        trust = min(1.0, known / 2.0)
        return trust * _standard(-np.sqrt(distance / known))

    def _why(self, index: int, words: npt.NDArray[np.float64], descriptors: Descriptors) -> str:
        rank = int((words > words[index]).sum()) + 1
        kind = "meaning" if self.embedder.by_meaning else "spelling"
        return f"{kind}: {_ordinal(rank)} of {len(words)}; sound: {self._compare(index, descriptors)}"

    def _compare(self, index: int, descriptors: Descriptors) -> str:
        """What is alike and what is not, such as "as loud, as high, slower"."""
        mine, other = _steps(descriptors), self._sounds[index]
        said = []
        for column, (more, less, same) in enumerate(_COMPARATIVES):
            apart = float(other[column] - mine[column])
            if not math.isnan(apart):
                said.append(same if abs(apart) < 0.8 else more if apart > 0.0 else less)
        contour = self._contours[index]
        if descriptors.contour is not None and contour is not None:
            said.append(f"also {contour}" if contour is descriptors.contour else f"{contour} instead")
        return ", ".join(said) or "unknown"


_COMPARATIVES: Final = (
    ("louder", "softer", "as loud"),
    ("higher", "lower", "as high"),
    ("wider", "narrower", "as wide"),
    ("faster", "slower", "as fast"),
    ("held longer", "held shorter", "held as long"),
    ("more vibrato", "less vibrato", "vibrato alike"),
)


class _Centres:
    """The mean of each language's texts: what a vector says about its language and not its meaning."""

    FEW: Final = 6.0
    """A language with so many texts lies half-way between its own mean and that of all."""

    def __init__(self, rows: FloatArray, languages: Sequence[str]) -> None:
        self._all: FloatArray = rows.mean(axis=0)
        self._by_language: dict[str, FloatArray] = {}
        for language in sorted(set(languages)):
            own = rows[[one == language for one in languages]]
            share = np.float32(len(own) / (len(own) + self.FEW))
            self._by_language[language] = share * own.mean(axis=0) + (1 - share) * self._all

    def of(self, language: str) -> FloatArray:
        """The centre ``(D,)`` of a language; of all where it is not in the bank."""
        return self._by_language.get(language, self._all)

    def centred(self, row: FloatArray, language: str) -> FloatArray:
        """A vector ``(D,)`` without its language, of length 1."""
        return _unit(row - self.of(language))


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), np.float32)


def _standard(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Zero mean and unit deviation over the bank; zeros where all are the same."""
    values = values.astype(np.float64)
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 1e-9 else np.zeros(values.size)


def _steps(descriptors: Descriptors) -> npt.NDArray[np.float64]:
    """Descriptors in steps ``(6,)``, NaN where unknown."""
    d = descriptors
    octaves = [None if value is None else math.log2(max(value, 0.1)) for value in (d.rate, d.held)]
    values = [d.loudness, d.pitch, d.pitch_range, *octaves, d.vibrato]
    known = [math.nan if value is None else value for value in values]
    return np.asarray(np.array(known) / np.array(list(_SCALES.values())), np.float64)


def _squares(apart: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Squared steps; an exemplar's unknown is as far as the bank's usual phrase."""
    squares = np.minimum(np.abs(apart), _MOST_STEPS) ** 2
    known = squares[~np.isnan(squares)]
    return np.where(np.isnan(squares), known.mean() if known.size else 0.0, squares)


def _contour_steps(one: Contour, other: Contour | None) -> float:
    if other is None:
        return math.nan
    return 0.0 if one is other else _CONTOUR_STEPS.get(frozenset({one, other}), 1.0)


def _ordinal(rank: int) -> str:
    return {1: "nearest", 2: "2nd nearest", 3: "3rd nearest"}.get(rank, f"{rank}th nearest")
