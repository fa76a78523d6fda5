"""Held vowels: no flicker, no fading away, and an opening that follows the voice's swell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.quality.figures import Figure
from bench.quality.sound import in_silence
from bench.quality.track import VISIBLE, Curve, MouthTrack, Subject, correlation, frames_in
from bench.quality.vowels import MAN, VIBRATO_CENTS, VOWELS, WOMAN, Note, Singer, sing
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

HELD_S: Final = 8.0
REST_S: Final = 0.5
SETTLED_S: Final = 0.5
"""Nothing is asked of the first half second of a note."""
WINDOW_S: Final = 0.2
SHUT: Final = 0.04
"""A vowel that opens the mouth less in its first second is not shown at all."""
PITCHES: Final[tuple[tuple[Singer, float], ...]] = (
    (MAN, 110.0), (MAN, 196.0), (WOMAN, 330.0), (WOMAN, 523.0), (WOMAN, 700.0),
)  # fmt: skip
SWELL_DB: Final = 6.0
"""Half of the way from the softest to the loudest."""
SWELL_S: Final = 4.0

POSTURES: Final = {
    "rest": (0.0, 0.0, 0.0),
    "a": (0.7, 0.0, 0.1),
    "i": (0.2, 0.0, 0.5),
    "u": (0.2, 0.9, 0.0),
    "e": (0.4, 0.0, 0.35),
    "o": (0.45, 0.7, 0.0),
}
"""Opening, rounding and width of what a mouth may be said to show."""
_PLACES: Final = np.array(list(POSTURES.values()))


@dataclass(frozen=True, slots=True)
class HeldNote:
    """How one held vowel was shown.

    Attributes:
        name: Vowel, pitch and ``~`` where there is vibrato.
        changes: Shape changes after the first half second.
        drift: Mean opening of seconds 2 to 8 over that of the first, less 1; NaN where the mouth was
            shut.
        opening: Mean opening of seconds 2 to 8.
    """

    name: str
    changes: int
    drift: float
    opening: float


def winners(shape: Curve) -> npt.NDArray[np.intp]:
    """``(T,)`` index into `POSTURES` of what a mouth shows.

    The winner stays until another posture is nearer by a visible margin.

    Args:
        shape: ``(T, 3)`` opening, rounding, width.
    """
    away = np.linalg.norm(shape[:, None] - _PLACES, axis=2)
    best = away.argmin(axis=1)
    found = np.zeros(len(shape), np.intp)
    now = int(best[0]) if len(best) else 0
    for t, nearest in enumerate(best):
        if away[t, nearest] < away[t, now] - VISIBLE:
            now = int(nearest)
        found[t] = now
    return found


def jumps(values: Curve) -> np.ndarray:
    """``(T,)`` where a curve has moved by more than a visible margin within the last 200 ms.

    Args:
        values: ``(T,)``.
    """
    window = frames_in(WINDOW_S)
    padded = np.concatenate([np.full(window, values[0]), values])
    views = np.lib.stride_tricks.sliding_window_view(padded, window + 1)
    return np.asarray(views.max(axis=1) - views.min(axis=1) > VISIBLE)


def shape_changes(track: MouthTrack, start_s: float, end_s: float) -> int:
    """How often a mouth changes its shape in a while in which the sound does not.

    A change is another winner among the postures, or opening, rounding or width moving by more than
    `VISIBLE` within 200 ms. What lies within 200 ms of the last change belongs to it.
    """
    shape = track.shape[track.between(start_s, end_s)]
    if not len(shape):
        return 0
    won = winners(shape)
    flips = np.concatenate([[False], won[1:] != won[:-1]])
    moved = flips | np.any([jumps(column) for column in shape.T], axis=0)
    changes, last = 0, -frames_in(WINDOW_S) - 1
    for frame in map(int, np.flatnonzero(moved)):
        changes += int(frame - last > frames_in(WINDOW_S))
        last = frame
    return changes


def drift_of(track: MouthTrack, begins_s: float) -> tuple[float, float]:
    """Mean opening of seconds 2 to 8 against second 1, less 1, and that mean itself.

    The first fifth of a second, in which the mouth opens, is left out. NaN drift where it is shut.
    """
    first = float(track.opening[track.between(begins_s + 0.2, begins_s + 1.0)].mean())
    later = float(track.opening[track.between(begins_s + 1.0, begins_s + HELD_S - 0.05)].mean())
    return (later / first - 1.0 if first >= SHUT else float("nan")), later


def notes() -> Iterator[tuple[str, FloatArray]]:
    """All held notes with their names."""
    for singer, f0_hz in PITCHES:
        for vowel in VOWELS:
            for cents in (0.0, VIBRATO_CENTS):
                name = f"{vowel}{f0_hz:.0f}{'~' if cents else ''}"
                yield name, sing(singer, Note(vowel, f0_hz, HELD_S, cents))


def held_notes(subject: Subject) -> list[HeldNote]:
    """Every held note as a subject shows it."""
    found = []
    for name, note in notes():
        track = subject.watch(in_silence(note, REST_S, REST_S))
        drift, opening = drift_of(track, REST_S)
        changes = shape_changes(track, REST_S + SETTLED_S, REST_S + HELD_S - 0.05)
        found.append(HeldNote(name, changes, drift, opening))
    return found


def swell(singer: Singer, vowel: str, f0_hz: float) -> tuple[FloatArray, Curve]:
    """A vowel that swells and fades by 12 dB, and its level in dB ``(N,)``."""
    note = sing(singer, Note(vowel, f0_hz, HELD_S, VIBRATO_CENTS / 2))
    time_s = np.arange(len(note)) / SAMPLE_RATE_HZ
    level_db = -SWELL_DB * np.cos(2 * np.pi * time_s / SWELL_S)
    return (note * 10.0 ** (level_db / 20.0)).astype(np.float32), level_db


def swell_correlation(track: MouthTrack, level_db: Curve, begins_s: float) -> float:
    """Correlation of opening with the level of a swelling note, without its first half second."""
    chosen = track.between(begins_s + SETTLED_S, begins_s + HELD_S - 0.05)
    at = ((track.time_s[chosen] - begins_s) * SAMPLE_RATE_HZ).astype(np.intp)
    return correlation(track.opening[chosen], level_db[np.clip(at, 0, len(level_db) - 1)])


def measure(subject: Subject) -> list[Figure]:
    """All rows of held vowels."""
    found = held_notes(subject)
    changed = [note for note in found if note.changes]
    steady = [note for note in found if abs(note.drift) <= 0.15]  # NaN is not
    drifts = [abs(note.drift) for note in found]
    shut = [note.name for note in found if np.isnan(note.drift)]
    worst = max(drifts, key=lambda d: np.inf if np.isnan(d) else d)
    swells = []
    for singer, f0_hz in PITCHES[1:4]:
        for vowel in VOWELS:
            note, level_db = swell(singer, vowel, f0_hz)
            track = subject.watch(in_silence(note, REST_S, REST_S))
            swells.append(swell_correlation(track, level_db, REST_S))
    several = ", ".join(f"{note.name} {note.changes}" for note in changed[:6])
    return [
        Figure("held.changes", sum(note.changes for note in found), f"of {len(found)} notes; {several}"),
        Figure("held.drift", worst, f"{len(shut)} shut: {' '.join(shut[:8])}"),
        Figure("held.steady", len(steady) / len(found), f"{len(steady)} of {len(found)} notes"),
        Figure("held.opening", float(np.mean([note.opening for note in found])), "all five vowels"),
        Figure("held.swell", float(np.mean(swells)), " ".join(f"{r:.2f}" for r in swells)),
    ]
