"""Acoustic-guided retrieval: how were such words, sung in such a way, performed before?

A phrase is compared with every exemplar of a bank twice: its words (`t2s_rt.pregen.embedding`) and its
sound (`Descriptors`). The words' half has three parts: how near they are to the exemplar's text, how
near to its note (what it means), and how near to the exemplars of its emotion as a whole. Both halves
are standardised within the bank for each query, because similarities of the embedding all lie between
0.75 and 0.9 and distances depend on which descriptors are known; then they are added with `Weights`.

The weights were chosen on 70 phrases that are no exemplars (``t2s exemplars weigh
tests/t2s_rt/pregen/queries.toml`` prints the table), as they are written, sung otherwise, and with notes
alone. Taking each language's mean off the vectors matters most: without it the embedding finds lines of
the same language before lines of the same feeling.
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
from t2s_rt.pregen.exemplar import BANK, Exemplar, embedded_texts, read_bank
from t2s_rt.pregen.phrase import Contour, Descriptors, Emotion
from t2s_rt.types import FloatArray


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts; chosen by ``t2s exemplars weigh``.

    Attributes:
        text: Of the words' half, in the sum with the sound's.
        sound: Of the sound's half.
        note: Within the words' half: of the exemplar's note (what it means) against its text, 0 to 1.
        feeling: Within the words' half: of the exemplar's emotion, beside text and note together.
    """

    text: float = 1.0
    sound: float = 1.0
    note: float = 0.5
    feeling: float = 1.0


FEELING_SHARPNESS: Final = 0.35
"""At this the probabilities of `Bank.feelings` are as often right as they say (on those phrases)."""
TRUST_IN_SPELLING: Final = 0.3
"""Words that are compared by spelling say less: so far they count (of 0.15 to 1 the best on them)."""
REMEMBERED: Final = 512
"""Queries whose vectors are kept: refrains come again."""
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
        text_score: How much nearer its words are than the bank's usual ones, in standard deviations;
            less where they are compared by spelling.
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
        languages = [one.language for one in self.exemplars]
        texts = embedded_texts(self.exemplars)
        vectors = vectors_of(texts, model, kept)
        rows, meanings = np.split(np.array([vectors[text_key(text)] for text in texts]), 2)
        self._centres = _Centres(rows, languages)
        self._texts = _unit(rows - np.array([self._centres.of(one) for one in languages]))
        self._notes = _unit(meanings - meanings.mean(axis=0))
        self._emotions = np.array([list(Emotion).index(one.emotion) for one in self.exemplars])
        self._feelings = _Feelings(np.vstack([self._texts, self._notes]), np.tile(self._emotions, 2))
        self._queries: dict[tuple[str, str], FloatArray] = {}
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
        query = self._query(text, language)
        alike = self._likeness(query, weights.note)
        felt = self._feelings.known(self._feelings.scores(query))
        words = _standard(alike + weights.feeling * _standard(felt)[self._emotions])
        if not self.embedder.by_meaning:
            words *= TRUST_IN_SPELLING
        sounds = self._sound_scores(descriptors)
        scores = weights.text * words + weights.sound * sounds
        best = np.argsort(-scores, kind="stable")[: max(1, k)]
        shares = _shares(felt)
        return tuple(
            Retrieved(
                self.exemplars[index],
                float(scores[index]),
                float(words[index]),
                float(sounds[index]),
                f"{self._say_words(index, alike, shares)}; sound: {self._compare(index, descriptors)}",
            )
            for index in best.tolist()
        )

    def feelings(self, text: str, language: str) -> dict[Emotion, float]:
        """How probable each emotion of this bank is for some words, judged by all exemplars of each."""
        shares = _shares(self._feelings.scores(self._query(text, language)))
        return dict(zip(Emotion, shares.tolist(), strict=True))

    def _query(self, text: str, language: str) -> FloatArray:
        key = (text, language)
        if key not in self._queries:
            row = self.embedder.embed([text])[0]
            centre = self._centres.of(language or self._centres.nearest(row))
            if len(self._queries) >= REMEMBERED:
                self._queries.pop(next(iter(self._queries)))
            self._queries[key] = _unit(row - centre)
        return self._queries[key]

    def _likeness(self, query: FloatArray, note: float) -> npt.NDArray[np.float64]:
        return (1.0 - note) * _standard(self._texts @ query) + note * _standard(self._notes @ query)

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

    def _say_words(
        self, index: int, alike: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]
    ) -> str:
        rank = int((alike > alike[index]).sum()) + 1
        if not self.embedder.by_meaning:
            return f"spelling: no. {rank} of {len(alike)}"
        share = f"{shares[self._emotions[index]]:.0%} {self.exemplars[index].emotion}"
        return f"meaning: no. {rank} of {len(alike)}, the words are {share}"

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

    def nearest(self, row: FloatArray) -> str:
        """The language that a vector ``(D,)`` is most likely in."""
        return min(
            self._by_language, key=lambda one: float(np.square(row - self._by_language[one]).sum())
        )


class _Feelings:
    """A linear discriminant from vectors to emotions, fitted on the bank itself.

    Within-class scatter is shrunk towards a sphere: there are fewer exemplars than a vector has numbers.
    The inverse goes through the N x N matrix of the rows, so that long vectors cost no more.

    Args:
        rows: ``(N, D)`` centred vectors.
        emotions: ``(N,)`` index of each one's emotion.
    """

    SHRINKAGE: Final = 0.7

    def __init__(self, rows: FloatArray, emotions: npt.NDArray[np.int64]) -> None:
        count = len(Emotion)
        self._present = np.isin(np.arange(count), emotions)
        means = np.zeros((count, rows.shape[1]))
        for emotion in np.flatnonzero(self._present):
            means[emotion] = rows[emotions == emotion].mean(axis=0)
        within = (rows - means[emotions]) / math.sqrt(len(rows))
        sphere = self.SHRINKAGE * max(float(np.square(within).sum()), 1e-6) / rows.shape[1]
        within *= math.sqrt(1.0 - self.SHRINKAGE)
        inner = sphere * np.eye(len(rows)) + within @ within.T
        self._axes = (means - np.linalg.solve(inner, within @ means.T).T @ within) / sphere
        self._bias = -0.5 * np.einsum("ed,ed->e", means, self._axes)

    def scores(self, query: FloatArray) -> npt.NDArray[np.float64]:
        """``(10,)`` of a vector ``(D,)``: higher is likelier, minus infinity for an absent emotion."""
        return np.where(self._present, self._axes @ query.astype(np.float64) + self._bias, -np.inf)

    def known(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The same with the absent ones at the mean of the others: no exemplar has them anyway."""
        return np.where(self._present, scores, scores[self._present].mean())


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


def _shares(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities from the scores of emotions."""
    shares = np.exp(FEELING_SHARPNESS * (scores - scores.max()))
    return np.asarray(shares / shares.sum(), np.float64)
