"""Labelled speech sung again: notes, held vowels, vibrato, loud and soft, and whispering.

What a singer does to speech, done to its `Analysis`: the pitch is replaced by notes, vowels stand for
seconds while consonants keep their length, the vocal tract is another one, and the labels follow the
same time map. Low voices may get a singer's formant (Sundberg 1974), and a louder voice is a brighter
one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np

from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.melody import Curve, Rows, draw_octaves, wander
from t2s_rt.training.prepare.world import BIN_HZ, BINS, STEP_S, Analysis, put_together, take_apart
from t2s_rt.types import FloatArray

Style = Literal["melody", "held", "belt", "soft", "whisper"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)

LOWEST_HZ: Final = 80.0
HIGHEST_HZ: Final = 1050.0
STRETCHES: Final = (0.85, 1.30)
"""Formants of a large man's tract to a child's, against the recorded voice."""
HELD_S: Final = (0.3, 8.0)
LONGEST_HELD_CLIP_S: Final = 22.0
"""A held clip takes a part of its source and is no longer than this, but for its last vowel."""
_SHORTEST_HELD_ROWS: Final = 8
"""A vowel with less voice than 40 ms has no middle that could stand."""
_EDGE_ROWS: Final = 10
"""A held vowel keeps its first and last 50 ms at their own pace, so that its neighbours stay heard."""
_LEVEL_RMS: Final = {"melody": 0.08, "held": 0.08, "belt": 0.14, "soft": 0.04, "whisper": 0.02}
_PEAK: Final = 0.95
_BREATH_HZ: Final = 1500.0
"""Under this a breathy voice keeps its harmonics."""
_RING_WIDTH_HZ: Final = 350.0
_WHISPER_DB: Final = 12.0
"""What the bass of a vowel loses when it is whispered."""
_NEPERS: Final = np.float32(np.log(10.0) / 10.0)
"""Of power, in a decibel."""
_HZ: Final = np.arange(BINS, dtype=np.float32) * np.float32(BIN_HZ)
_OCTAVES: Final = np.log2(np.maximum(_HZ, 500.0) / 500.0)
"""Above 500 Hz, where loudness begins to tilt a voice's spectrum."""
_HEARD_DB: Final = -30.0
"""Samples count for the level where they are within this of the loudest 20 ms."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A sound or, with no IPA, a pause: rows of the source, and rows in which it is sung."""

    ipa: str
    start: int
    end: int
    core: tuple[int, int]
    rows: int

    @property
    def held(self) -> bool:
        """Whether its middle stands."""
        return self.rows > self.end - self.start and self.core[1] > self.core[0]


@dataclass(frozen=True, slots=True)
class _Singer:
    """What does not change within a clip.

    Attributes:
        range_hz: Lowest and highest note.
        formants: Factor on all formants.
        breath: 0 to 1, how much of the voice turns to noise, in the treble first.
        ring_db: Height of the singer's formant, at ``ring_hz``.
        tilt_db: Decibels an octave above 500 Hz.
    """

    range_hz: tuple[float, float]
    formants: float
    breath: float
    ring_db: float
    ring_hz: float
    tilt_db: float


def resing_clip(
    clip: LabelledClip, style: Style, rng: np.random.Generator, analysis: Analysis | None = None
) -> LabelledClip:
    """Sing a clip again.

    Args:
        clip: Spoken, with its sounds.
        style: ``melody`` keeps the pace or slows a little, with notes of 150 to 600 ms; ``held`` lets
            vowels stand for `HELD_S` with swells of up to 12 dB and may leave out parts of the clip;
            ``belt`` and ``soft`` are melodies, loud and bright or breathy; ``whisper`` is as spoken,
            without any voice.
        rng: Decides everything else.
        analysis: Of ``clip.samples``; taken apart here where it is None.

    Returns:
        The sung clip at `RATE_HZ` and a level by style, named after clip and style, its sounds at their
        new times.
    """
    heard = analysis if analysis is not None else take_apart(clip.samples)
    stretches = _stretches(clip, heard)
    stretches = _hold(stretches, rng) if style == "held" else _pace(stretches, style, rng)
    source = np.concatenate([_positions(stretch, rng) for stretch in stretches])
    singer = _draw_singer(style, rng)
    onsets, offsets = _vowel_rows(stretches)
    gain_db = _dynamics(stretches, onsets, style, rng)
    samples = _render(heard, source, singer, gain_db, None if style == "whisper" else (
        2.0 ** draw_octaves(onsets, offsets, singer.range_hz, rng, held=style == "held")
    ))  # fmt: skip
    return replace(
        clip,
        name=f"{clip.name}.{style}",
        samples=_levelled(samples, _LEVEL_RMS[style]),
        sounds=_retimed(stretches),
        sung=True,
    )


def _stretches(clip: LabelledClip, heard: Analysis) -> list[_Stretch]:
    """The whole clip as sounds and pauses without gaps, at their own length."""
    count = len(heard.f0_hz)
    edges: list[tuple[str, int, int]] = []
    now = 0
    for ipa, start_s, end_s in clip.sounds:
        start = min(max(round(start_s / STEP_S), now), count - 1)
        end = min(max(round(end_s / STEP_S), start + 1), count)
        if start > now:
            edges.append(("", now, start))
        if end > start:
            edges.append((ipa, start, end))
        now = max(end, now)
    if now < count:
        edges.append(("", now, count))
    return [
        _Stretch(ipa, start, end, _core(ipa, start, end, heard), end - start)
        for ipa, start, end in edges
    ]


def _core(ipa: str, start: int, end: int, heard: Analysis) -> tuple[int, int]:
    """The part of a vowel that may stand: the middle of its longest voiced run; else nothing."""
    if not ipa or not any(sound.vowel for sound in split_symbols(ipa)):
        return start, start
    voiced = np.flatnonzero(np.diff(np.pad(heard.f0_hz[start:end] > 0.0, 1).astype(np.int8)))
    runs = sorted(zip(voiced[::2], voiced[1::2], strict=True), key=lambda run: run[0] - run[1])
    if not runs or runs[0][1] - runs[0][0] < _SHORTEST_HELD_ROWS:
        return start, start
    low, high = start + int(runs[0][0]), start + int(runs[0][1])
    margin = int(0.35 * (high - low))
    return low + margin, high - margin


def _pace(stretches: list[_Stretch], style: Style, rng: np.random.Generator) -> list[_Stretch]:
    """Everything at its own pace or, in half of the melodies, vowels up to 1.7 times as long."""
    slower = 1.0 if style == "whisper" else float(rng.choice([1.0, rng.uniform(1.0, 1.7)]))
    return [
        replace(s, rows=round((s.end - s.start) * slower)) if s.core[1] > s.core[0] else s
        for s in stretches
    ]


def _hold(stretches: list[_Stretch], rng: np.random.Generator) -> list[_Stretch]:
    """A part of the clip with vowels that stand: many for a little, some, or few for long."""
    share, median_s = [(0.8, 0.45), (0.4, 0.9), (0.15, 3.0)][rng.integers(3)]
    longest = round(LONGEST_HELD_CLIP_S / STEP_S)
    may_stand = np.array([s.core[1] > s.core[0] for s in stretches])
    held = may_stand & (rng.random(len(stretches)) < share)
    if may_stand.any() and not held.any():
        held[rng.choice(np.flatnonzero(may_stand))] = True
    rows = np.array([s.rows for s in stretches])
    times_s = np.clip(median_s * rng.lognormal(0.0, 0.6, len(stretches)), *HELD_S)
    rows = np.where(held, np.maximum(np.round(times_s / STEP_S), rows), rows).astype(int)
    first = int(rng.integers(len(stretches))) if rows.sum() > longest else 0
    while first > 0 and rows[first:].sum() < longest:
        first -= 1
    last = first + 1 + int(np.searchsorted(np.cumsum(rows[first:]), longest))
    return [
        replace(s, rows=int(n))
        for s, n in zip(stretches[first:last], rows[first:last], strict=True)
    ]  # fmt: skip


def _positions(stretch: _Stretch, rng: np.random.Generator) -> Curve:
    """The source row of each row that is sung."""
    length = stretch.end - stretch.start
    if not stretch.held or stretch.rows < length + _EDGE_ROWS:
        return stretch.start + (np.arange(stretch.rows) + 0.5) / stretch.rows * length - 0.5
    low, high = stretch.core
    middle = 0.5 * (low + high)
    into = min(middle - stretch.start, _EDGE_ROWS + (low - stretch.start))
    out_of = stretch.end - middle
    standing = stretch.rows - round(into) - round(out_of)
    drift = wander(standing, 4.0, rng) * 0.4 * (high - low)
    drift = np.clip(drift, low - middle, high - middle) * np.sin(np.pi * np.linspace(0, 1, standing))
    return np.concatenate(
        (
            np.linspace(stretch.start, middle, round(into), endpoint=False),
            middle + drift,
            np.linspace(middle, stretch.end, round(out_of), endpoint=False),
        )
    )


def _vowel_rows(stretches: list[_Stretch]) -> tuple[Rows, Rows]:
    """Where vowels begin and end in the song, closed by the song's own end."""
    ends = np.cumsum([s.rows for s in stretches])
    vowels = [i for i, s in enumerate(stretches) if s.core[1] > s.core[0]]
    starts = [int(ends[i] - stretches[i].rows) for i in vowels]
    return np.array([*starts, ends[-1]]), np.array([*(int(ends[i]) for i in vowels), ends[-1]])


def _retimed(stretches: list[_Stretch]) -> tuple[tuple[str, float, float], ...]:
    sounds = []
    now = 0
    for stretch in stretches:
        if stretch.ipa:
            sounds.append((stretch.ipa, now * STEP_S, (now + stretch.rows) * STEP_S))
        now += stretch.rows
    return tuple(sounds)


def _draw_singer(style: Style, rng: np.random.Generator) -> _Singer:
    if style == "whisper":
        return _Singer((100.0, 200.0), float(rng.uniform(0.9, 1.2)), 1.0, 0.0, 3000.0,
                       float(rng.uniform(2.0, 4.0)))  # fmt: skip
    high = rng.random() < (0.3 if style == "belt" else 0.45)
    span = float(rng.uniform(0.35, 1.1))
    bottom, top = (np.log2(420.0), np.log2(HIGHEST_HZ)) if high else (np.log2(LOWEST_HZ), np.log2(480.0))
    lowest = float(rng.uniform(bottom, top - span))
    centre = 1.0 + 0.10 * (lowest + 0.5 * span - np.log2(220.0))
    formants = float(np.clip(centre + rng.uniform(-0.13, 0.13), *STRETCHES))
    rings = not high and rng.random() < 0.4
    breath = {"soft": (0.3, 0.8), "belt": (0.0, 0.0)}.get(style, (0.0, float(rng.choice([0.0, 0.4]))))
    tilt = {"soft": (-3.0, -0.5), "belt": (0.5, 2.5)}.get(style, (-1.0, 1.0))
    return _Singer(
        range_hz=(2.0**lowest, 2.0 ** (lowest + span)),
        formants=formants,
        breath=float(rng.uniform(*breath)),
        ring_db=float(rng.uniform(4.0, 12.0)) if rings else 0.0,
        ring_hz=float(rng.uniform(2800.0, 3200.0)),
        tilt_db=float(rng.uniform(*tilt)),
    )


def _dynamics(stretches: list[_Stretch], onsets: Rows, style: Style, rng: np.random.Generator) -> Curve:
    """Decibels for each row: phrases, notes and, on held vowels, swells."""
    rows = sum(s.rows for s in stretches)
    gain_db = wander(rows, 0.7, rng) * float(rng.uniform(0.0, 3.0))
    for start, end in itertools.pairwise(onsets):
        gain_db[start:end] += float(rng.normal(0.0, 0.5 if style == "whisper" else 2.0))
    now = 0
    for stretch in stretches:
        if stretch.held and stretch.rows * STEP_S > 2 * HELD_S[0]:
            gain_db[now : now + stretch.rows] += _swell(stretch.rows, rng)
        now += stretch.rows
    window = np.hanning(23)
    return np.convolve(np.pad(gain_db, 11, mode="edge"), window / window.sum(), mode="valid")


def _swell(rows: int, rng: np.random.Generator) -> Curve:
    """Nothing, growing, fading, or both, by up to 12 dB over a note."""
    depth_db = float(rng.uniform(3.0, 12.0))
    along = np.linspace(0.0, 1.0, rows)
    shapes = (
        0.0 * along,
        along - 1.0,
        -along,
        np.sin(np.pi * along) - 1.0,
        np.cos(4 * np.pi * along) / 2,
    )
    return depth_db * shapes[rng.integers(len(shapes))]


def _render(
    heard: Analysis,
    source: Curve,
    singer: _Singer,
    gain_db: Curve,
    notes_hz: Curve | None,
) -> FloatArray:
    """Samples of the song; without notes it is whispered."""
    last = len(heard.f0_hz) - 1
    at = np.clip(source, 0.0, last)
    row, part = at.astype(np.intp), (at % 1.0).astype(np.float32)[:, None]
    after = np.minimum(row + 1, last)
    nearest = np.minimum(np.round(at).astype(np.intp), last)
    voiced = (heard.f0_hz[nearest] > 0.0).astype(np.float32)
    level = _stretched(heard.log_power, singer.formants)
    level = level[row] * (1.0 - part) + level[after] * part
    level += (_NEPERS * gain_db.astype(np.float32))[:, None]
    noise = _stretched(heard.aperiodicity, singer.formants)[nearest]
    ring_db = singer.ring_db * np.exp(-0.5 * ((_HZ - singer.ring_hz) / _RING_WIDTH_HZ) ** 2)
    if notes_hz is None:
        ring_db = ring_db - _WHISPER_DB / (1.0 + (_HZ / 500.0) ** 2)
        noise[:] = 1.0
    else:
        breath = singer.breath * _HZ**2 / (_HZ**2 + _BREATH_HZ**2)
        noise += (1.0 - noise) * (voiced[:, None] * breath.astype(np.float32))
    tilt_db = np.clip(singer.tilt_db + gain_db / 6.0, -4.0, 5.0).astype(np.float32) * voiced
    level += (_NEPERS * tilt_db)[:, None] * _OCTAVES + (_NEPERS * voiced)[:, None] * ring_db.astype(
        np.float32
    )
    sung_hz = np.zeros(len(at)) if notes_hz is None else notes_hz * voiced
    return put_together(sung_hz.astype(np.float32), level, noise)


def _stretched(spectra: FloatArray, factor: float) -> FloatArray:
    """Spectra ``(R, BINS)`` with everything at ``factor`` times its frequency."""
    at = np.minimum(np.arange(BINS) / factor, BINS - 1)
    low = np.minimum(at.astype(np.intp), BINS - 2)
    part = (at - low).astype(np.float32)
    below: FloatArray = np.take(spectra, low, axis=1)
    below += part * (np.take(spectra, low + 1, axis=1) - below)
    return below


def _levelled(samples: FloatArray, rms: float) -> FloatArray:
    """At a level of the parts that are heard, without clipping."""
    frame = RATE_HZ // 50
    count = len(samples) // frame
    powers = np.mean(samples[: count * frame].reshape(count, frame).astype(np.float64) ** 2, axis=1)
    if not count or powers.max() <= 0.0:
        return samples
    heard = powers[powers > powers.max() * 10.0 ** (_HEARD_DB / 10.0)]
    gain = min(rms / float(np.sqrt(heard.mean())), _PEAK / float(np.abs(samples).max()))
    return (samples * np.float32(gain)).astype(np.float32)
