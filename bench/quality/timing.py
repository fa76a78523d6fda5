"""How fast the mouth follows: from a voice's first sample to half opening, from its last to a tenth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from bench.lead import load_song
from bench.quality.figures import Figure
from bench.quality.sound import in_silence
from bench.quality.track import MouthTrack, Subject
from bench.quality.vowels import CHILD, MAN, WOMAN, Note, Singer, sing
from t2s_rt.timebase import FRAME_S, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

HALF: Final = 0.5
TENTH: Final = 0.1
NOTE_S: Final = 0.8
REST_S: Final = 0.6
LEAST_HELD: Final = 0.05
"""A mouth that is no further open on a held a, e or o has not opened."""
OPEN_VOWELS: Final = "aeo"
PITCHES: Final[tuple[tuple[Singer, float], ...]] = (
    (MAN, 110.0), (MAN, 165.0), (WOMAN, 220.0), (WOMAN, 330.0), (CHILD, 350.0), (WOMAN, 520.0),
)  # fmt: skip
LONG_ENOUGH_S: Final = 0.4
"""Length from which a vowel of the song is cut out."""
CUT_FADE_S: Final = 0.008


def response_ms(track: MouthTrack, begins_s: float, ends_s: float) -> tuple[float, float]:
    """Onset and release in ms of one note between silences, on the time at which frames are available.

    Against the mean opening over the last two thirds of the note. NaN where the mouth never opens, or
    never shuts.
    """
    held = track.opening[track.between(begins_s + (ends_s - begins_s) / 3.0, ends_s)].mean()
    if held < LEAST_HELD:
        return float("nan"), float("nan")
    at_s = track.available_s
    return (
        _first_ms(at_s[(track.opening >= HALF * held) & (at_s >= begins_s)], begins_s),
        _first_ms(at_s[(track.opening <= TENTH * held) & (at_s >= ends_s)], ends_s),
    )


def synthetic_notes() -> Iterator[FloatArray]:
    """Open vowels of the second synthesiser."""
    for singer, f0_hz in PITCHES:
        for vowel in OPEN_VOWELS:
            yield sing(singer, Note(vowel, f0_hz, NOTE_S))


def real_notes() -> Iterator[FloatArray]:
    """Long open vowels cut out of the song, from just behind their start to just before their end.

    Raises:
        SetupError: The song is not there.
    """
    samples, sounds = load_song()
    fade = round(CUT_FADE_S * SAMPLE_RATE_HZ)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    for sound in sounds:
        if sound.name in OPEN_VOWELS and sound.end_s - sound.start_s >= LONG_ENOUGH_S:
            first, last = (round(t * SAMPLE_RATE_HZ) for t in (sound.start_s + 0.03, sound.end_s - 0.05))
            cut = samples[first:last].copy()
            cut[:fade] *= ramp
            cut[-fade:] *= ramp[::-1]
            yield cut


def responses(subject: Subject, notes: Iterator[FloatArray]) -> np.ndarray:
    """``(notes, 2)`` onset and release in ms; notes begin evenly over a frame: singers know no grid."""
    found = []
    for number, note in enumerate(notes):
        begins_s = REST_S + FRAME_S * (number * 0.618 % 1.0)
        ends_s = begins_s + len(note) / SAMPLE_RATE_HZ
        track = subject.watch(in_silence(note, begins_s, REST_S))
        found.append(response_ms(track, begins_s, ends_s))
    return np.array(found)


def measure(subject: Subject) -> list[Figure]:
    """Medians over synthetic and over real notes; a note that never opens the mouth counts as endless.

    Raises:
        SetupError: The song is not there.
    """
    figures = []
    for suffix, notes in (("", synthetic_notes()), ("_real", real_notes())):
        found = np.nan_to_num(responses(subject, notes), nan=np.inf)
        for row, column in zip(("onset", "release"), found.T, strict=True):
            figures.append(Figure(f"timing.{row}{suffix}", _median(column), _spread(column)))
    return figures


def _first_ms(times_s: np.ndarray, since_s: float) -> float:
    return float(times_s[0] - since_s) * 1e3 if len(times_s) else float("nan")


def _median(values_ms: np.ndarray) -> float:
    middle = float(np.sort(values_ms)[len(values_ms) // 2])
    return middle if np.isfinite(middle) else float("nan")


def _spread(values_ms: np.ndarray) -> str:
    reached = values_ms[np.isfinite(values_ms)]
    worst = f", 90 % under {np.percentile(reached, 90):.0f} ms" if len(reached) else ""
    return f"{len(reached)} of {len(values_ms)} notes{worst}"
