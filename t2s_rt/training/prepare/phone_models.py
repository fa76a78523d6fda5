"""Phone models learned from the recordings that they then align.

Three states a phone, one for pauses, mixtures of Gaussians with diagonal covariance, Viterbi training
(Rabiner 1989): align, learn from what was aligned, align again. Between words a pause may stand. What a
phone sounds like is learned from all recordings given, so the boundaries come to lie where the sounds
of these people change, not where those of the synthesiser did.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from t2s_rt.training.prepare.chain import Chain, IntArray, cheapest_way
from t2s_rt.training.prepare.warp import Span
from t2s_rt.types import FloatArray

STATES: Final = 3
PAUSE: Final = ""
COMPONENTS: Final = (1, 1, 2, 4)
"""Gaussians of a state in each round."""
ROWS_PER_COMPONENT: Final = 60
_EM_STEPS: Final = 4
_VARIANCE_FLOOR: Final = 0.05
_PRIOR_ROWS: Final = 20.0
"""A state's variance leans on that of all speech as if this many rows of it were in the state."""
_FEWEST_SOUNDS: Final = 8
"""A phone that is said less often shares the model of its letter; one unheard sounds like any."""
_DROPPED_MARKS: Final = frozenset("ːˑˈˌ")


@dataclass(slots=True)
class Utterance:
    """A recording to align.

    Attributes:
        heard: ``(T, WIDTH)`` normalised rows.
        phones: IPA of its sounds.
        begins_word: Of each sound, whether a pause may stand before it.
        spans: Rows of each sound as known so far; empty where nothing is known.
    """

    heard: FloatArray
    phones: Sequence[str]
    begins_word: Sequence[bool]
    spans: list[Span]
    fits: list[float] = field(default_factory=list)
    """Of each sound: how much more likely its rows are by its own states than by any, 0 at best."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of Gaussians with diagonal covariance, as two matrix products give its likelihood."""

    square: FloatArray
    linear: FloatArray
    constant: FloatArray


Models = dict[tuple[str, int], Mixture]


def phone_of(ipa: str) -> str:
    """The model of a sound: its letters and softness, without length and stress."""
    return "".join(c for c in unicodedata.normalize("NFD", ipa) if c not in _DROPPED_MARKS)


def align(
    utterances: Sequence[Utterance],
    teachers: Sequence[Utterance],
    components: Sequence[int] = COMPONENTS,
) -> None:
    """Learn models from the spans that some utterances have, and give all better ones, in place.

    Args:
        utterances: Of one voice, or of several whose rows are normalised each by itself.
        teachers: Those of them that have spans to begin with and say nearly all there is to say.
        components: Gaussians of a state in each round of learning.
    """
    names = _names(utterances)
    for number, count in enumerate(components, 1):
        models = _learn(teachers, names, count)
        for utterance in teachers if number < len(components) else utterances:
            _improve(utterance, names, models)


def _names(utterances: Sequence[Utterance]) -> dict[str, str]:
    """Model of each IPA symbol: rare ones share that of their first letter."""
    said = Counter(phone_of(ipa) for utterance in utterances for ipa in utterance.phones)
    return {
        ipa: phone_of(ipa) if said[phone_of(ipa)] >= _FEWEST_SOUNDS else phone_of(ipa)[:1]
        for utterance in utterances
        for ipa in utterance.phones
    }


def _learn(utterances: Sequence[Utterance], names: dict[str, str], count: int) -> Models:
    gathered: defaultdict[tuple[str, int], list[FloatArray]] = defaultdict(list)
    for utterance in utterances:
        silent = np.ones(len(utterance.heard), bool)
        for ipa, (start, end) in zip(utterance.phones, utterance.spans, strict=True):
            silent[start:end] = False
            edges = np.linspace(start, end, STATES + 1).round().astype(int)
            for state in range(STATES):
                first, last = edges[state], max(edges[state + 1], edges[state] + 1)
                gathered[names[ipa], state].append(utterance.heard[first:last])
        gathered[PAUSE, 0].append(utterance.heard[silent])
    rows = {key: np.concatenate(pieces) for key, pieces in gathered.items()}
    speech = np.concatenate([held for key, held in rows.items() if key[0] != PAUSE])
    variance = speech.var(axis=0)
    if not len(rows[PAUSE, 0]):
        rows[PAUSE, 0] = speech[speech[:, 0] <= np.percentile(speech[:, 0], 2.0)]
    unheard = {ipa for ipa in names.values() if (ipa, 0) not in rows}
    rows |= {(name, state): speech for name in unheard for state in range(STATES)}
    return {
        key: _mixture(held, variance, min(count, max(len(held) // ROWS_PER_COMPONENT, 1)))
        for key, held in rows.items()
    }


def _mixture(rows: FloatArray, prior: FloatArray, count: int) -> Mixture:
    """Learned by splitting and expectation-maximisation from one Gaussian."""
    means = rows.mean(axis=0)[None, :]
    spread = _leaning(rows.var(axis=0), len(rows), prior)[None, :]
    weights = np.ones(1, np.float32)
    while len(means) < count:
        offset = 0.3 * np.sqrt(spread)
        means = np.concatenate((means - offset, means + offset))
        spread, weights = np.tile(spread, (2, 1)), np.tile(weights / np.float32(2.0), 2)
        for _ in range(_EM_STEPS):
            joint = _log_densities(rows, _pack(means, spread, weights))
            joint -= joint.max(axis=1, keepdims=True)
            shares = np.exp(joint)
            shares /= shares.sum(axis=1, keepdims=True)
            held = shares.sum(axis=0) + 1e-3
            means = shares.T @ rows / held[:, None]
            squares = shares.T @ np.square(rows) / held[:, None]
            spread = _leaning(np.maximum(squares - means**2, 0.0), held[:, None], prior)
            weights = np.asarray(held / held.sum(), np.float32)
    return _pack(means, spread, weights)


def _leaning(variance: FloatArray, rows: FloatArray | float, prior: FloatArray) -> FloatArray:
    leaning = (variance * rows + 0.5 * prior * _PRIOR_ROWS) / (rows + _PRIOR_ROWS)
    return np.asarray(np.maximum(leaning, _VARIANCE_FLOOR * prior))


def _pack(means: FloatArray, variance: FloatArray, weights: FloatArray) -> Mixture:
    constant = np.log(weights) - 0.5 * (
        np.log(2.0 * np.pi * variance) + np.square(means) / variance
    ).sum(axis=1)
    return Mixture(
        (-0.5 / variance).T.astype(np.float32), (means / variance).T.astype(np.float32),
        constant.astype(np.float32),
    )  # fmt: skip


def _log_densities(rows: FloatArray, mixture: Mixture) -> FloatArray:
    """``(T, components)`` weighted log densities."""
    return np.asarray(
        np.square(rows) @ mixture.square + rows @ mixture.linear + mixture.constant, np.float32
    )


def _improve(utterance: Utterance, names: dict[str, str], models: Models) -> None:
    keys, order = _states(utterance, names)
    stacked = Mixture(
        np.concatenate([models[key].square for key in keys], axis=1),
        np.concatenate([models[key].linear for key in keys], axis=1),
        np.concatenate([models[key].constant for key in keys]),
    )
    starts = np.cumsum([0, *(len(models[key].constant) for key in keys)])[:-1]
    joint = _log_densities(utterance.heard, stacked)
    # the best component stands for the mixture: a fraction of a nat away, and far cheaper than the sum
    likely = np.maximum.reduceat(joint, starts, axis=1)
    table = -likely[:, order]
    sounds = np.array([key for key, _ in _layout(utterance)])
    way, cost = cheapest_way(table, _chain(utterance))
    if not np.isfinite(cost):
        return  # too short for its sounds: stays as it was warped
    owner = sounds[way]
    changes = np.flatnonzero(np.diff(owner)) + 1
    begins = np.concatenate(([0], changes))
    ends = np.concatenate((changes, [len(owner)]))
    utterance.spans = [
        (int(begin), int(end)) for begin, end in zip(begins, ends, strict=True) if owner[begin] >= 0
    ]
    short = likely[np.arange(len(way)), order[way]] - likely.max(axis=1)
    utterance.fits = [float(short[start:end].mean()) for start, end in utterance.spans]


def _layout(utterance: Utterance) -> list[tuple[int, int]]:
    """``(sound, state)`` of each state in order; sound -1 is a pause that may be passed by."""
    layout: list[tuple[int, int]] = []
    for sound, begins in enumerate(utterance.begins_word):
        if begins or sound == 0:
            layout.append((-1, 0))
        layout += [(sound, state) for state in range(STATES)]
    return [*layout, (-1, 0)]


def _states(utterance: Utterance, names: dict[str, str]) -> tuple[list[tuple[str, int]], IntArray]:
    """The models an utterance needs, and which of them each state of its layout has."""
    wanted = [
        (PAUSE, 0) if sound < 0 else (names[utterance.phones[sound]], state)
        for sound, state in _layout(utterance)
    ]
    keys = list(dict.fromkeys(wanted))
    place = {key: k for k, key in enumerate(keys)}
    return keys, np.array([place[key] for key in wanted])


def _chain(utterance: Utterance) -> Chain:
    is_pause = np.array([sound < 0 for sound, _ in _layout(utterance)])
    at = np.arange(len(is_pause))
    sources = np.stack((at, np.maximum(at - 1, 0), np.maximum(at - 2, 0)))
    costs = np.full(sources.shape, np.inf, np.float32)
    costs[0] = 0.0
    costs[1, 1:] = 0.0
    costs[2, 2:] = np.where(is_pause[1:-1], 0.0, np.inf)  # past a pause
    return Chain(sources, costs, at <= 1, at >= len(at) - 2)
