"""How neighbouring sounds share the mouth: dominance functions with look-ahead.

After Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993): each sound pulls
each action towards its target with a dominance that falls with the distance in time, and the mouth is
the mean of all targets weighted by their dominances. Three things differ. The distance counts from the
sound's edges, not from its centre, so that a held vowel holds. Lips reach further ahead than the jaw
(Löfqvist, "Speech as audible gestures", 1990; Bell-Berti and Harris, "Temporal patterns of
coarticulation: lip rounding", JASA 71, 1982: 100 to 200 ms before the vowel). And closures of the lips
are gestures of their own with a floor, as in Pelachaud's and King and Parent's work ("Creating
speech-synchronized animation", 2005), because a mean never closes.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.articulation.inventory import CLOSURE, MOUTH_ACTIONS, Posture, posture
from t2s_rt.lyrics.phonemes import Phoneme
from t2s_rt.types import FloatArray

RATE_HZ: Final = 120
"""Rows a second of the tables; values between are interpolated."""
AHEAD_S: Final = np.array([0.055, 0.05, 0.10, 0.10, 0.07, 0.10, 0.06, 0.06], np.float32)
BEHIND_S: Final = np.array([0.045, 0.05, 0.05, 0.05, 0.05, 0.05, 0.06, 0.07], np.float32)
"""How far each of `MOUTH_ACTIONS` reaches before and after its sound: a Gaussian's width in s. From the
literature above, a little towards the shorter reach that fits captured faces
(`t2s_rt.training.fit_articulation`, which cannot tell anticipation from a late camera), as far
as `t2s bench lead` gains from it."""
REACH_S: Final = 0.40
"""Beyond it no sound pulls any more."""
RUN_GAP_S: Final = 1.2
"""Sounds further apart than this are in separate tables, so that rests cost no memory."""
FLOOR: Final = 1e-12
"""Weight of the mouth at rest: nothing beside any sound that is near."""
NEAR_S: Final = 0.10
FAR_S: Final = 0.24
"""Shapes are whole up to the first distance from any sound and gone at the second."""
CARRIER_DOMINANCE: Final = 1.0
"""A consonant that carries a syllable, such as a sung n, is held like a vowel."""
COVER_BEFORE_S: Final = 0.12
COVER_AFTER_S: Final = 0.05
"""Before the first sound of a phrase and after its last the words speak for this long, fading."""
PHRASE_GAP_S: Final = 0.25
"""A rest as long as this ends a phrase."""

CLOSING_S: Final = 0.050
PARTING_S: Final = 0.045
"""Lips close and part as fast as this (Löfqvist and Gracco, JASA 101, 1997: 40 to 80 ms)."""
SHORTEST_CLOSURE_S: Final = 0.050
"""Three frames: seen even in the fastest singing."""
BURST_S: Final = 0.030
"""Lips part this long before a stop's sound is over: the burst and what follows it."""

SUNG, CONSONANT, UNVOICED, STOPPED, COVERED = range(len(MOUTH_ACTIONS), len(MOUTH_ACTIONS) + 5)
COLUMNS: Final = len(MOUTH_ACTIONS) + 5
_Samples64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Run:
    start_s: float
    table: FloatArray


class MouthScore:
    """The mouth at full voice for any time of a song: a pure function of its phonemes.

    Rows hold `MOUTH_ACTIONS`, then `SUNG` (1 where a voice is due), `CONSONANT` (1 in one), `UNVOICED`
    (1 where a sound without a voice is due), `STOPPED` (1 where a stop may silence it) and `COVERED` (1
    where words are due, 0 in rests).

    Args:
        phonemes: In any order; those without length count for nothing but closures.
    """

    def __init__(self, phonemes: Sequence[Phoneme]) -> None:
        ordered = sorted(phonemes, key=lambda phoneme: phoneme.start_s)
        self._runs = tuple(_tabulate(run) for run in _runs(ordered))
        self._starts = [run.start_s for run in self._runs]
        self._phrases = _phrases(ordered)
        vowels = [phoneme.start_s for phoneme in ordered if phoneme.vowel]
        self._beats = [_first_within(vowels, phrase) for phrase in self._phrases]
        self._ends = [end_s for _, end_s in self._phrases]

    def read(self, song_s: float, out: FloatArray) -> None:
        """Write the row ``(COLUMNS,)`` of a moment; zeros where no words are near."""
        index = bisect_right(self._starts, song_s) - 1
        if index < 0:
            out[:] = 0.0
            return
        run = self._runs[index]
        place = (song_s - run.start_s) * RATE_HZ
        if place >= len(run.table) - 1:
            out[:] = 0.0
            return
        row = int(place)
        part = place - row
        np.multiply(run.table[row], 1.0 - part, out=out)
        out += np.float32(part) * run.table[row + 1]

    def first_beat_s(self, song_s: float) -> float:
        """Where the first vowel of the phrase sung now or next begins; infinite after the end."""
        index = bisect_right(self._ends, song_s)
        return self._beats[index] if index < len(self._beats) else math.inf


def _runs(phonemes: Sequence[Phoneme]) -> list[list[Phoneme]]:
    runs: list[list[Phoneme]] = []
    end_s = -math.inf
    for phoneme in phonemes:
        if phoneme.start_s - end_s > RUN_GAP_S:
            runs.append([])
        runs[-1].append(phoneme)
        end_s = max(end_s, phoneme.end_s)
    return runs


def _phrases(phonemes: Sequence[Phoneme]) -> list[tuple[float, float]]:
    phrases: list[tuple[float, float]] = []
    for phoneme in phonemes:
        if phrases and phoneme.start_s - phrases[-1][1] < PHRASE_GAP_S:
            phrases[-1] = (phrases[-1][0], max(phrases[-1][1], phoneme.end_s))
        else:
            phrases.append((phoneme.start_s, phoneme.end_s))
    return phrases


def _first_within(vowels_s: list[float], phrase: tuple[float, float]) -> float:
    index = bisect_left(vowels_s, phrase[0])
    return min(vowels_s[index], phrase[1]) if index < len(vowels_s) else phrase[0]


def _tabulate(phonemes: Sequence[Phoneme]) -> _Run:
    """The rows of one run of sounds."""
    start_s = phonemes[0].start_s - REACH_S
    end_s = max(phoneme.end_s for phoneme in phonemes) + REACH_S
    count = math.ceil((end_s - start_s) * RATE_HZ) + 2
    times_s = start_s + np.arange(count) / RATE_HZ
    pulled = np.zeros((count, len(MOUTH_ACTIONS)), np.float32)
    weights = np.full((count, len(MOUTH_ACTIONS)), FLOOR, np.float32)
    table = np.zeros((count, COLUMNS), np.float32)
    for phoneme in phonemes:
        wish = posture(phoneme.ipa)
        near = slice(*np.searchsorted(times_s, (phoneme.start_s - REACH_S, phoneme.end_s + REACH_S)))
        weight = _dominance(times_s[near], phoneme, wish)
        pulled[near] += weight * np.array(wish.targets, np.float32)
        weights[near] += weight
        inside = slice(*np.searchsorted(times_s, (phoneme.start_s, phoneme.end_s)))
        table[inside, SUNG] = float(wish.voiced)
        table[inside, CONSONANT] = float(not phoneme.vowel)
        table[inside, UNVOICED] = float(not wish.voiced)
        table[inside, STOPPED] = float(wish.stops)
    table[:, : len(MOUTH_ACTIONS)] = pulled / weights * _nearness(phonemes, times_s)[:, None]
    table[:, CLOSURE] = _closures(phonemes, times_s)
    for begins_s, ends_s in _phrases(phonemes):
        before = np.clip(1.0 + (times_s - begins_s) / COVER_BEFORE_S, 0.0, 1.0)
        after = np.clip(1.0 - (times_s - ends_s) / COVER_AFTER_S, 0.0, 1.0)
        np.maximum(table[:, COVERED], np.minimum(before, after), out=table[:, COVERED])
    return _Run(start_s, table)


def _dominance(times_s: _Samples64, phoneme: Phoneme, wish: Posture) -> FloatArray:
    """``(len(times_s), actions)``: full inside the sound, a Gaussian's flank on each side."""
    before = np.maximum(phoneme.start_s - times_s, 0.0)[:, None] / AHEAD_S
    after = np.maximum(times_s - phoneme.end_s, 0.0)[:, None] / BEHIND_S
    strength = np.full(len(MOUTH_ACTIONS), wish.lip_dominance, np.float32)
    strength[0] = wish.jaw_dominance
    if phoneme.vowel:
        np.maximum(strength, CARRIER_DOMINANCE, out=strength)
    return np.asarray(strength * np.exp(-np.square(before) - np.square(after)), np.float32)


def _nearness(phonemes: Sequence[Phoneme], times_s: _Samples64) -> FloatArray:
    """1 at and near sounds, 0 far from all."""
    starts_s = np.array([phoneme.start_s for phoneme in phonemes])
    ends_s = np.maximum.accumulate([phoneme.end_s for phoneme in phonemes])
    at = np.searchsorted(starts_s, times_s, side="right")
    after_s = np.where(at > 0, times_s - ends_s[np.maximum(at - 1, 0)], np.inf)
    before_s = np.where(
        at < len(starts_s), starts_s[np.minimum(at, len(starts_s) - 1)] - times_s, np.inf
    )
    away_s = np.minimum(after_s, before_s)
    return np.clip((FAR_S - away_s) / (FAR_S - NEAR_S), 0.0, 1.0).astype(np.float32)


def _closures(phonemes: Sequence[Phoneme], times_s: _Samples64) -> FloatArray:
    closure = np.zeros(len(times_s), np.float32)
    for phoneme in phonemes:
        wish = posture(phoneme.ipa)
        if wish.closes <= 0.0:
            continue
        parts_s = max(phoneme.end_s - (BURST_S if wish.stops else 0.0), phoneme.start_s)
        closes_s = min(phoneme.start_s, parts_s - SHORTEST_CLOSURE_S)
        near = slice(*np.searchsorted(times_s, (closes_s - CLOSING_S, parts_s + PARTING_S)))
        at_s = times_s[near]
        rise = np.clip((at_s - closes_s) / CLOSING_S + 1.0, 0.0, 1.0)
        fall = np.clip(1.0 - (at_s - parts_s) / PARTING_S, 0.0, 1.0)
        shut = wish.closes * 0.5 * (1.0 - np.cos(np.pi * np.minimum(rise, fall)))
        np.maximum(closure[near], shut, out=closure[near])
    return closure
