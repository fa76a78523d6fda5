"""How phrases sound, from their notes and times; and the words and the delivery that follow from it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.lyrics.song import Line, Syllable, SyllableKind
from t2s_rt.pregen.phrase import Contour, Delivery, Descriptors

HALF_RANGE_SEMITONES: Final = 5.0
"""A song's middle and its high (or low) end lie at least this far apart: a chant stays a chant."""
LEAST_MELODY_SEMITONES: Final = 0.9
"""A song whose notes all lie closer together has no melody written down: its pitches say nothing."""
SLOPE_SEMITONES: Final = 1.5
"""From the first to the last third of a phrase: less is level."""
BEND_SEMITONES: Final = 1.2
"""The middle third against both others: more is an arch or a dip."""
BREATH_S: Final = 0.3
"""A shorter rest inside a phrase counts as sung."""
TALKED: Final = frozenset({SyllableKind.RAP, SyllableKind.GOLDEN_RAP, SyllableKind.FREESTYLE})
"""Their pitch, where one is written, is not sung."""

Words = tuple[tuple[float, str], ...]
"""Upper ends of steps, rising, with the word for each."""
LOUDNESS_WORDS: Final[Words] = (
    (0.15, "very soft"), (0.38, "soft"), (0.62, "medium loud"), (0.85, "loud"), (math.inf, "very loud"),
)  # fmt: skip
PITCH_WORDS: Final[Words] = (
    (0.15, "very low"), (0.38, "low"), (0.62, "mid range"), (0.85, "high"), (math.inf, "very high"),
)  # fmt: skip
RATE_WORDS: Final[Words] = (
    (1.3, "very slow"), (2.4, "slow"), (4.2, "at a moderate pace"), (6.0, "fast"),
    (math.inf, "very fast"),
)  # fmt: skip
VIBRATO_WORDS: Final[Words] = (
    (0.15, "no vibrato"), (0.5, "light vibrato"), (math.inf, "strong vibrato"),
)  # fmt: skip
RANGE_WORDS: Final[Words] = ((2.5, "narrow range"), (11.5, ""), (math.inf, "wide range"))
HELD_WORDS: Final[Words] = ((0.7, ""), (1.4, "a held note"), (math.inf, "a long held note"))

DELIVERY_STEPS: Final = (0.15, 0.38, 0.66, 0.85)
"""Effort at which a whisper becomes soft, soft plain, plain strong, strong belted."""


@dataclass(frozen=True, slots=True)
class PitchScale:
    """A singer's range in one song: MIDI note numbers of its low end, middle and high end."""

    low: float
    middle: float
    high: float

    def place(self, pitch_midi: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Pitches as 0 (low end) over 0.5 (middle) to 1 (high end), any shape."""
        ends = (self.low, self.middle, self.high)
        return np.interp(np.asarray(pitch_midi, np.float64), ends, (0.0, 0.5, 1.0))


def pitch_scale(
    pitch_midi: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> PitchScale | None:
    """The range of a song's notes, or None where they hold no melody.

    Args:
        pitch_midi: ``(N,)`` MIDI note numbers, fractions allowed.
        weight: ``(N,)`` how long each sounds, in any unit.
    """
    if not pitch_midi.size or np.ptp(pitch_midi) < LEAST_MELODY_SEMITONES:
        return None
    low, middle, high = weighted_quantiles(pitch_midi, weight, (0.06, 0.5, 0.94))
    return PitchScale(
        min(low, middle - HALF_RANGE_SEMITONES), middle, max(high, middle + HALF_RANGE_SEMITONES)
    )


def weighted_quantiles(
    values: npt.NDArray[np.float64], weight: npt.NDArray[np.float64], quantiles: Sequence[float]
) -> list[float]:
    """Quantiles of values ``(N,)``, N at least 1, that count as much as their weight ``(N,)`` says."""
    order = np.argsort(values, kind="stable")
    spent = np.cumsum(np.maximum(weight[order], 1e-6))
    found = np.searchsorted(spent, np.asarray(quantiles) * spent[-1])
    return [float(values[order][min(index, values.size - 1)]) for index in found]


def contour_of(
    time_s: npt.NDArray[np.float64],
    pitch_midi: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
) -> Contour | None:
    """Where a melody goes, from the mean pitch of its three thirds; None for fewer than two notes.

    Args:
        time_s: ``(N,)`` rising.
        pitch_midi: ``(N,)``.
        weight: ``(N,)`` how long each sounds.
    """
    if time_s.size < 2:
        return None
    position = (np.cumsum(weight) - 0.5 * weight) / max(float(weight.sum()), 1e-9)
    third = np.minimum((3.0 * position).astype(np.int64), 2)
    if time_s.size == 2 or np.unique(third).size < 3:
        third = np.round(np.linspace(0.0, 2.0, time_s.size)).astype(np.int64)
    means = [
        float(np.average(pitch_midi[third == part], weights=weight[third == part] + 1e-9))
        if (third == part).any()
        else math.nan
        for part in range(3)
    ]
    first, middle, last = means
    slope = last - first
    bend = 0.0 if math.isnan(middle) else middle - 0.5 * (first + last)
    if abs(bend) > BEND_SEMITONES and abs(bend) > 0.6 * abs(slope):
        return Contour.ARCHED if bend > 0.0 else Contour.DIPPED
    if abs(slope) > SLOPE_SEMITONES:
        return Contour.RISING if slope > 0.0 else Contour.FALLING
    return Contour.LEVEL


def note_descriptors(lines: Sequence[Line]) -> tuple[Descriptors, ...]:
    """How each line sounds as far as its notes, or only its times, say: never how loud.

    Args:
        lines: All that one singer sings, in order: pitch is judged against all of them.

    Returns:
        One for each line. Pitch, range and contour are None where the file has no melody (no pitches,
        or, as in spoken songs, all of them the same); `held` is None where the file has no note times.
    """
    scale = pitch_scale(*_notes([one for line in lines for one in line.syllables])[1:])
    return tuple(_of_line(line, scale) for line in lines)


def accents(line: Line) -> tuple[int, ...]:
    """Indices of the syllables that the file marks as golden: the ones that a game counts double."""
    golden = (SyllableKind.GOLDEN, SyllableKind.GOLDEN_RAP)
    return tuple(index for index, one in enumerate(line.syllables) if one.kind in golden)


def held_spans(line: Line) -> list[tuple[float, float]]:
    """Start and end in seconds of each syllable that is articulated, with the notes that continue it."""
    spans: list[tuple[float, float]] = []
    for syllable in line.syllables:
        if syllable.held and spans and syllable.start_s - spans[-1][1] < BREATH_S:
            spans[-1] = (spans[-1][0], syllable.end_s)
        else:
            spans.append((syllable.start_s, syllable.end_s))
    return spans


def _of_line(line: Line, scale: PitchScale | None) -> Descriptors:
    time_s, pitch, weight = _notes(line.syllables)
    melody = scale is not None and pitch.size > 0
    timed = not any(syllable.estimated for syllable in line.syllables)
    return Descriptors(
        pitch=_mean_place(scale, pitch, weight) if scale is not None and melody else None,
        pitch_range=float(np.ptp(pitch)) if melody else None,
        rate=syllable_rate(line),
        held=max(end_s - start_s for start_s, end_s in held_spans(line)) if timed else None,
        contour=contour_of(time_s, pitch, weight) if melody else None,
    )


def _mean_place(
    scale: PitchScale, pitch: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> float:
    return float(np.average(scale.place(pitch), weights=weight + 1e-6))


def _notes(
    syllables: Sequence[Syllable],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Start, pitch and length ``(N,)`` of the sung notes that have a pitch."""
    notes = [
        (one.start_s, one.pitch_midi, one.duration_s)
        for one in syllables
        if one.pitch_midi is not None and one.kind not in TALKED
    ]
    table = np.array(notes, np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def syllable_rate(line: Line) -> float | None:
    """Syllables a second while the line is sung, long rests left out; None where it takes no time."""
    spans = held_spans(line)
    sung_s = sum(end_s - start_s for start_s, end_s in spans)
    sung_s += sum(
        min(max(after[0] - before[1], 0.0), BREATH_S) for before, after in itertools.pairwise(spans)
    )
    return len(spans) / sung_s if sung_s > 0.05 else None


def describe(descriptors: Descriptors) -> str:
    """The words that a person or a language model reads: "high, rising, loud, slow, strong vibrato"."""
    d = descriptors
    words = [
        _word(d.pitch, PITCH_WORDS),
        "" if d.contour is None else str(d.contour),
        _word(d.loudness, LOUDNESS_WORDS),
        _word(d.rate, RATE_WORDS),
        _word(d.held, HELD_WORDS),
        _word(d.pitch_range, RANGE_WORDS),
        _word(d.vibrato, VIBRATO_WORDS),
    ]
    return ", ".join(word for word in words if word) or "sound unknown"


def _word(value: float | None, words: Words) -> str:
    if value is None:
        return ""
    return next(word for end, word in words if value < end)


def effort(descriptors: Descriptors) -> float:
    """How much voice a phrase takes, 0 whispered to 1 belted; 0.5 where nothing is known.

    Loudness decides where it is known and height adds to it: people sing louder as they sing higher
    (Echternach 2016 and others). Notes alone never say a whisper or a belt for
    certain, so without loudness the answer stays nearer to the middle.
    """
    d = descriptors
    height = 0.5 if d.pitch is None else d.pitch
    if d.loudness is not None:
        return min(max(d.loudness + 0.2 * (height - 0.5), 0.0), 1.0)
    held = 0.0 if d.held is None else 0.08 * min(max(d.held - 0.8, 0.0), 1.5)
    return min(max(0.5 + 0.7 * (height - 0.5) + held, 0.0), 1.0)


def delivery(descriptors: Descriptors) -> Delivery:
    """How a phrase is sung, judged from how it sounds."""
    step = sum(effort(descriptors) >= end for end in DELIVERY_STEPS)
    return tuple(Delivery)[step]
