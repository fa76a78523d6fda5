"""Random melodies: notes on vowels, with glides, vibrato and the small unsteadiness of a voice."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from t2s_rt.training.prepare.world import STEP_S

Curve = NDArray[np.float64]
"""A value for each row of `STEP_S`."""
Rows = NDArray[np.intp]

NOTE_S: Final = (0.15, 0.60)
GLIDE_S: Final = 0.08
VIBRATO_HZ: Final = (4.8, 6.5)
VIBRATO_SEMITONES: Final = 0.8
_UNSTEADY_OCTAVES: Final = 0.008
"""Deviation of a sung pitch that is meant to be steady: 10 cents."""


def wander(rows: int, knots_hz: float, rng: np.random.Generator) -> Curve:
    """Smooth noise ``(rows,)`` of about unit deviation that changes ``knots_hz`` times a second."""
    at: Curve = np.arange(rows, dtype=np.float64) * STEP_S * knots_hz
    return wander_at(at, rng)


def wander_at(at: Curve, rng: np.random.Generator) -> Curve:
    """The same at rising places ``(rows,)`` from 0 on, one change a unit."""
    rows = len(at)
    knots = rng.standard_normal(int(at[-1] if rows else 0.0) + 2)
    part = 0.5 - 0.5 * np.cos(np.pi * (at % 1.0))
    low = at.astype(np.intp)
    curve: Curve = knots[low] * (1.0 - part) + knots[low + 1] * part
    return curve


def draw_octaves(
    onsets: Rows,
    offsets: Rows,
    range_hz: tuple[float, float],
    rng: np.random.Generator,
    *,
    held: bool,
) -> Curve:
    """A melody.

    Args:
        onsets: Rows at which vowels begin, and after them the number of all rows.
        offsets: Rows at which they end, likewise.
        range_hz: Lowest and highest note.
        rng: Decides everything.
        held: Whether a note stays as long as its vowel, but for a few that turn; else notes last
            `NOTE_S`.

    Returns:
        ``(rows,)`` binary logarithm of the pitch in Hz, also where nobody sings; with glides, vibrato
        and unsteadiness, and never beyond the range but for the vibrato.
    """
    rows = int(onsets[-1])
    low, high = np.log2(range_hz[0]), np.log2(range_hz[1])
    starts = _note_starts(onsets, offsets, rng, held=held)
    octaves = np.empty(rows)
    note = float(rng.uniform(low, high))
    for start, end in zip(starts, [*starts[1:], rows], strict=True):
        octaves[start:end] = note
        note += float(rng.integers(-5, 6)) / 12.0
        note = low + abs(note - low)  # turned back at the ends of the range
        note = max(high - abs(high - note), low)
    glide = np.hanning(round(GLIDE_S / STEP_S) + 3)[1:-1]
    half = len(glide) // 2
    octaves = np.convolve(np.pad(octaves, half, mode="edge"), glide / glide.sum(), mode="valid")
    octaves += _vibrato(starts, rows, rng) + _UNSTEADY_OCTAVES * wander(rows, 8.0, rng)
    return np.clip(octaves, low - VIBRATO_SEMITONES / 12.0, high + VIBRATO_SEMITONES / 12.0)


def _note_starts(onsets: Rows, offsets: Rows, rng: np.random.Generator, *, held: bool) -> list[int]:
    """Notes begin with vowels, unless the last note has just begun, and turn within long ones."""
    shortest, longest = (round(limit / STEP_S) for limit in NOTE_S)
    starts = [0]
    for onset, offset, following in zip(onsets[:-1], offsets[:-1], onsets[1:], strict=True):
        if onset - starts[-1] >= shortest:
            starts.append(int(onset))
        turns = not held or rng.random() < 0.2
        while turns and following - starts[-1] > longest:
            at = starts[-1] + int(rng.integers(shortest, longest))
            if held and at > offset:
                break
            starts.append(at)
    return starts


def _vibrato(starts: list[int], rows: int, rng: np.random.Generator) -> Curve:
    """None in a third of the melodies; else it grows on each note and is deeper on some."""
    depth = float(rng.choice([0.0, 1.0, 1.0])) * float(rng.uniform(0.1, VIBRATO_SEMITONES)) / 12.0
    if depth == 0.0:
        return np.zeros(rows)
    hz = float(rng.uniform(*VIBRATO_HZ)) * (1.0 + 0.04 * wander(rows, 1.0, rng))
    strength = np.empty(rows)
    onset_s = float(rng.choice([0.0, rng.uniform(0.1, 0.5)]))
    for start, end in zip(starts, [*starts[1:], rows], strict=True):
        growth = np.clip((np.arange(end - start) * STEP_S - onset_s) / 0.2, 0.0, 1.0)
        strength[start:end] = growth * float(rng.uniform(0.4, 1.0))
    return depth * strength * np.sin(2.0 * np.pi * np.cumsum(hz) * STEP_S)
