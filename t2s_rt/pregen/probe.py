"""What whole lines feel: a linear map from an embedding of texts to the ten emotions.

It is fitted once for each embedding, on `lexicon/sentences.toml` and the exemplars, and kept beside them
(``python -m t2s_rt.pregen.probe`` fits both anew). So a line such as "I set two plates again and put one
back" is sad although no word of it is. Where only the spelling of words can be compared, the map knows
the words of those lines and little more; it is trusted accordingly.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.embedding import Embedder, LexicalEmbedder, embedder
from t2s_rt.pregen.emotion import EMOTIONS, INDEX, LineJudge, Vector
from t2s_rt.pregen.exemplar import BANK, read_bank
from t2s_rt.pregen.lexicon.book import FOLDER
from t2s_rt.pregen.phrase import Emotion

SENTENCES: Final = FOLDER / "sentences.toml"
PROBES: Final = {True: FOLDER / "probe.npz", False: FOLDER / "probe_lexical.npz"}
"""By whether the embedding knows what words mean."""
TRUST: Final = {True: 6.0, False: 3.0}
"""What the scores count in log odds; chosen on the development half of the rubric."""
RIDGE: Final = 1.0
"""Chosen by eight-fold cross-validation (`cross_validate`): flat between 0.3 and 2."""
FOLDS: Final = 8
REMEMBERED: Final = 4096
"""Lines whose scores are kept: refrains and second plannings cost nothing."""


class Probe:
    """A fitted map, with the embedding it was fitted for.

    Args:
        model: The embedding.
        weights: ``(D, 10)``.
        centre: ``(D,)`` what is taken off a vector first.

    Attributes:
        trust: What its scores count in log odds.
    """

    def __init__(self, model: Embedder, weights: Vector, centre: Vector) -> None:
        self.trust = TRUST[model.by_meaning]
        self._model = model
        self._weights = weights
        self._centre = centre
        self._known: OrderedDict[str, Vector] = OrderedDict()

    def judge(self, lines: Sequence[str]) -> Vector:
        """Scores ``(lines, 10)``, about 0 for no opinion and 1 for certainty."""
        missing = list(dict.fromkeys(line for line in lines if line not in self._known))
        if missing:
            vectors = self._model.embed(missing).astype(np.float64)
            self._known.update(zip(missing, (vectors - self._centre) @ self._weights, strict=True))
        found = np.stack([self._known[line] for line in lines])
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found


def line_judge(*, lexical: bool = False, path: Path | None = None) -> LineJudge:
    """The judge of lines: by meaning where the embedding is installed, else by words.

    Args:
        lexical: Do without the embedding even where it is installed.
        path: The fitted map; None takes the one that ships.

    Raises:
        SetupError: The embedding is installed but does not load.
        ConfigError: The map is damaged or was fitted for another embedding.
    """
    model = embedder(lexical=lexical)
    path = path or PROBES[model.by_meaning]
    try:
        with np.load(path, allow_pickle=False) as file:
            name = str(file["name"])
            weights, centre = file["weights"].astype(np.float64), file["centre"].astype(np.float64)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as problem:
        raise ConfigError(
            f"{path.name} is damaged ({problem}).", "Run: python -m t2s_rt.pregen.probe"
        ) from None
    if name != model.name:
        raise ConfigError(
            f"{path.name} was fitted for {name}, but {model.name} is installed.",
            "Run: python -m t2s_rt.pregen.probe",
        )
    return Probe(model, weights, centre)


def read_sentences(path: Path = SENTENCES) -> list[tuple[str, Emotion]]:
    """The lines to learn from, with what they feel."""
    parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        (line.strip(), Emotion(emotion))
        for emotion, lines in parsed.items()
        for line in lines.splitlines()
        if line.strip()
    ]


def fit(vectors: Vector, labels: npt.NDArray[np.int64], ridge: float = RIDGE) -> tuple[Vector, Vector]:
    """Ridge regression onto the emotions, each of which counts alike.

    Args:
        vectors: ``(N, D)``.
        labels: ``(N,)`` indices of emotions.
        ridge: Penalty on the weights.

    Returns:
        Weights ``(D, 10)`` and centre ``(D,)``.
    """
    centre = vectors.mean(axis=0)
    rows = vectors - centre
    wanted = np.eye(len(EMOTIONS))[labels] - 1.0 / len(EMOTIONS)
    counts = np.maximum(np.bincount(labels, minlength=len(EMOTIONS)), 1)
    share = labels.size / (len(EMOTIONS) * counts[labels])
    # The dual form: there are fewer lines than numbers in some embeddings.
    return rows.T @ np.linalg.solve(rows @ rows.T + np.diag(ridge / share), wanted), centre


def cross_validate(vectors: Vector, labels: npt.NDArray[np.int64], ridge: float = RIDGE) -> float:
    """Part of lines whose emotion comes out first when they were not learned from."""
    fold = np.arange(labels.size) % FOLDS
    right = 0
    for one in range(FOLDS):
        weights, centre = fit(vectors[fold != one], labels[fold != one], ridge)
        scores = (vectors[fold == one] - centre) @ weights
        right += int((scores.argmax(axis=1) == labels[fold == one]).sum())
    return right / labels.size


def sources_digest() -> str:
    """SHA-256 of the lines that are learned from, to see whether the map is up to date."""
    digest = hashlib.sha256(SENTENCES.read_bytes())
    for exemplar in read_bank(BANK):
        digest.update(f"{exemplar.emotion} {exemplar.text}\n".encode())
    return digest.hexdigest()


def refit(model: Embedder) -> tuple[int, float]:
    """Fit the map of an embedding and keep it.

    Returns:
        How many lines it learned from, and `cross_validate`.
    """
    lines = read_sentences() + [(one.text, one.emotion) for one in read_bank(BANK)]
    vectors = model.embed([line for line, _ in lines]).astype(np.float64)
    labels = np.array([INDEX[emotion] for _, emotion in lines])
    weights, centre = fit(vectors, labels)
    with PROBES[model.by_meaning].open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            name=np.array(model.name),
            digest=np.array(sources_digest()),
            weights=weights.astype(np.float16),
            centre=centre.astype(np.float16),
        )
    return len(lines), cross_validate(vectors, labels)


def main() -> int:
    """Fit the maps of both embeddings."""
    for model in (LexicalEmbedder(), embedder()):
        count, right = refit(model)
        sys.stdout.write(f"{model.name}: {count} lines; of lines not learned from, {right:.0%} right\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
