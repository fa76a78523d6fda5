"""Singers that nobody recorded: vowels and hums of random vocal tracts, 80 to 1,050 Hz.

People of the corpus speak; a re-sung recording keeps what little a speaking voice tells above 700 Hz.
Here formants, tuning, source and breath are drawn anew for each singer, so that a vowel is what all of
them have in common. Formants of men: Peterson and Barney, "Control methods used in a study of the
vowels" (JASA 24, 1952), and for vowels that English lacks Catford, "A Practical Introduction to
Phonetics" (1988). Nothing is shared with the synthesiser that models are judged on. Licence: the
engine's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.melody import Curve, wander_at
from t2s_rt.types import FloatArray

SINGERS: Final = 60
SONGS: Final = 6
"""Each singer sings so many, of about `SONG_S`."""
SONG_S: Final = 16.0
LONGEST_NOTE_S: Final = 8.0
HIGHEST_HZ: Final = 1050.0
SOURCE: Final = "made-singers"
HIGH_SINGERS: Final = 60
"""Others, women and children, who sing nothing but high notes: few songs of the first lie that high."""
HIGH_SONGS: Final = 4
HIGH_FROM_HZ: Final = 620.0
HIGH_TUNED_CHANCE: Final = 0.25
HIGH_SOURCE: Final = "made-high-singers"
LICENCE: Final = "GPL-3.0-or-later"

FORMANTS_HZ: Final[dict[str, tuple[float, ...]]] = {
    "i": (270, 2290, 3010), "ɪ": (390, 1990, 2550), "ɛ": (530, 1840, 2480), "æ": (660, 1720, 2410),
    "ɑ": (730, 1090, 2440), "ɔ": (570, 840, 2410), "u": (300, 870, 2240), "ʌ": (640, 1190, 2390),
    "e": (390, 2150, 2650), "a": (790, 1350, 2500), "o": (400, 760, 2350), "y": (240, 1900, 2250),
    "ø": (370, 1650, 2200), "ə": (500, 1450, 2450),
}  # fmt: skip
USUAL: Final = "aaaiiiuuueeeooo"
"""Five vowels that all languages of songs share are sung most; in the other half of the notes any."""
HUM: Final = (250.0, 1050.0, 2200.0)
"""Lips closed: the nasal tract lets its lowest resonance through and little else."""
HUM_CHANCE: Final = 0.18
HIGHER_FORMANTS_HZ: Final = (3500.0, 4500.0, 5500.0)
BANDWIDTHS_HZ: Final = np.array([70.0, 90.0, 130.0, 180.0, 220.0, 280.0])
TRACTS: Final = (0.9, 1.45)
"""Factor on a man's formants: from a large man to a child."""
HIGH_TRACTS: Final = (1.08, 1.45)
"""From a large woman to a child."""
CONTROL_SAMPLES: Final = 64
"""Tract and pitch change at this pace, 4 ms, linear between."""
_TOP_HZ: Final = 7600.0


@dataclass(frozen=True, slots=True)
class _Singer:
    """What a singer keeps through all songs.

    Attributes:
        tract: Factor on formants.
        manner: Factor on each formant of each vowel, by name.
        bandwidths: ``(6,)`` in Hz.
        tilt_db: Of the source, an octave, beside its fall of 6 dB.
        tuned: Whether the first formant follows a pitch that would pass it, as sopranos' do.
        breath: RMS of noise against the voice.
    """

    tract: float
    manner: dict[str, Curve]
    bandwidths: Curve
    tilt_db: float
    tuned: bool
    breath: float


@dataclass(frozen=True, slots=True)
class _Range:
    """Where a song lies, in octaves above 1 Hz.

    Attributes:
        centre: Its middle.
        span: How far notes lie from it at most.
        top: No note is higher.
    """

    centre: float
    span: float
    top: float


@dataclass(frozen=True, slots=True)
class _Note:
    """A sound from ``start`` to ``end`` in control steps; lips closed where ``ipa`` is m."""

    ipa: str
    start: int
    end: int
    octave: float
    joined: bool


def clips() -> Iterator[LabelledClip]:
    """Every song of every singer; the same in every process."""
    for number in range(SINGERS):
        rng = np.random.default_rng((17, number))
        singer = _draw_singer(rng)
        for song in range(SONGS):
            notes = _draw_notes(_draw_range(singer, rng), rng)
            yield sing(singer, notes, f"made{number:02d}", f"{number:02d}.{song}", rng)


def high_clips() -> Iterator[LabelledClip]:
    """Every song of every singer who sings high; the same in every process."""
    top = float(np.log2(HIGHEST_HZ))
    for number in range(HIGH_SINGERS):
        rng = np.random.default_rng((19, number))
        tuned = bool(rng.random() < HIGH_TUNED_CHANCE)
        singer = replace(_draw_singer(rng), tract=float(rng.uniform(*HIGH_TRACTS)), tuned=tuned)
        for song in range(HIGH_SONGS):
            centre = float(rng.uniform(np.log2(HIGH_FROM_HZ), top - 0.1))
            notes = _draw_notes(_Range(centre, float(rng.uniform(0.05, 0.4)), top), rng)
            clip = sing(singer, notes, f"high{number:02d}", f"h{number:02d}.{song}", rng)
            yield replace(clip, source=HIGH_SOURCE)


def sing(
    singer: _Singer, notes: list[_Note], speaker: str, name: str, rng: np.random.Generator
) -> LabelledClip:
    """One song with the time of each sound."""
    steps = notes[-1].end + round(0.3 * RATE_HZ / CONTROL_SAMPLES)
    samples = _voice(singer, notes, steps, rng)
    step_s = CONTROL_SAMPLES / RATE_HZ
    return LabelledClip(
        name=name,
        samples=samples,
        rate_hz=RATE_HZ,
        sounds=tuple((note.ipa, note.start * step_s, note.end * step_s) for note in notes),
        text="",
        speaker=speaker,
        language="none",
        source=SOURCE,
        licence=LICENCE,
        alignment_score=None,
        sung=True,
    )


def _draw_singer(rng: np.random.Generator) -> _Singer:
    tract = float(rng.uniform(*TRACTS))
    return _Singer(
        tract=tract,
        manner={ipa: np.exp(0.05 * rng.standard_normal(3)) for ipa in FORMANTS_HZ},
        bandwidths=BANDWIDTHS_HZ * float(np.exp(rng.uniform(-0.4, 0.8))),
        tilt_db=float(rng.uniform(-4.0, 3.0)),
        tuned=bool(rng.random() < 0.4),
        breath=float(10.0 ** (rng.uniform(-50.0, -16.0) / 20.0)),
    )


def _draw_range(singer: _Singer, rng: np.random.Generator) -> _Range:
    """Where a song lies: the shorter the tract, the higher, and often at the top."""
    child = (singer.tract - TRACTS[0]) / (TRACTS[1] - TRACTS[0])
    lowest_hz = 80.0 * 2.0 ** (1.4 * child)
    high = rng.random() < 0.3 + 0.4 * child
    top = np.log2(HIGHEST_HZ if child > 0.25 else 520.0)
    bottom = top - 0.9 if high else np.log2(lowest_hz)
    centre = float(rng.uniform(bottom, max(top - 0.5, bottom + 0.1)))
    return _Range(centre, min(0.5 * float(rng.uniform(0.2, 1.2)), top - centre), float(top))


def _draw_notes(within: _Range, rng: np.random.Generator) -> list[_Note]:
    """A melody of vowels: short ones, long ones, joined or apart, here and there a hum."""
    median_s = float(rng.choice([0.3, 0.7, 1.6]))
    step_s = CONTROL_SAMPLES / RATE_HZ
    notes: list[_Note] = []
    now_s = 0.2
    while now_s < SONG_S:
        joined = bool(notes) and rng.random() < 0.5
        now_s += 0.0 if joined or not notes else float(rng.uniform(0.05, 0.8))
        hummed = rng.random() < HUM_CHANCE
        ipa = "m" if hummed else _draw_vowel(rng)
        length_s = float(np.clip(median_s * rng.lognormal(0.0, 0.8), 0.1, LONGEST_NOTE_S))
        length_s = min(length_s, float(rng.uniform(0.06, 0.3))) if hummed else length_s
        start = round(now_s / step_s)
        end = start + max(round(length_s / step_s), 8)
        away = float(rng.uniform(-1.0, 1.0)) * within.span
        octave = float(np.clip(within.centre + away, np.log2(75.0), within.top))
        notes.append(_Note(ipa, start, end, octave, joined))
        now_s = end * step_s
    return notes


def _draw_vowel(rng: np.random.Generator) -> str:
    names = list(USUAL) if rng.random() < 0.5 else list(FORMANTS_HZ)
    return names[int(rng.integers(len(names)))]


def _voice(singer: _Singer, notes: list[_Note], steps: int, rng: np.random.Generator) -> FloatArray:
    """Harmonics through the tract, and breath through the same."""
    octaves, formants, level, nasal = _controls(singer, notes, steps, rng)
    f0_hz = 2.0**octaves
    if singer.tuned:
        formants[:, 0] = np.maximum(formants[:, 0], f0_hz * float(rng.uniform(0.95, 1.1)))
    count = steps * CONTROL_SAMPLES
    at = np.arange(count) / CONTROL_SAMPLES
    along = np.arange(steps)
    pitch_hz = np.interp(at, along, f0_hz)
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    out = np.zeros(count)
    for harmonic in range(1, int(_TOP_HZ / f0_hz.min()) + 1):
        hz = harmonic * f0_hz
        gain = _tract(hz, formants, singer.bandwidths, nasal) / harmonic
        gain *= 10.0 ** (singer.tilt_db * np.log2(harmonic) / 20.0) * (hz < _TOP_HZ)
        if gain.any():
            out += np.interp(at, along, gain * level) * np.sin(harmonic * phase)
    loud = float(np.sqrt(np.mean(np.square(out)))) or 1.0
    out += singer.breath * loud * _breath(notes, formants, singer, level, rng)
    return (0.25 * out / max(float(np.abs(out).max()), 1e-9)).astype(np.float32)


def _controls(
    singer: _Singer, notes: list[_Note], steps: int, rng: np.random.Generator
) -> tuple[Curve, Curve, Curve, Curve]:
    """Pitch in octaves, ``(steps, 6)`` formants, level and how far the lips are closed."""
    octaves, level = np.zeros(steps), np.zeros(steps)
    formants, nasal = np.zeros((steps, 6)), np.zeros(steps)
    step_s = CONTROL_SAMPLES / RATE_HZ
    vibrato = float(rng.choice([0.0, rng.uniform(0.1, 1.0)])) / 12.0
    vibrato_hz = float(rng.uniform(4.8, 6.5))
    for note, following in zip(notes, [*notes[1:], None], strict=True):
        until = steps if following is None else following.start
        here = slice(note.start if note.joined else max(note.start - 12, 0), until)
        octaves[here] = note.octave
        formants[here] = _formants(singer, note.ipa)
        nasal[here] = float(note.ipa == "m")
        length = note.end - note.start
        rise = min(round(float(rng.uniform(0.008, 0.08)) / step_s), length // 3)
        fall = min(round(float(rng.uniform(0.01, 0.12)) / step_s), length // 3)
        into = 1.0 if note.joined else np.clip((np.arange(length) + 1) / max(rise, 1), 0.0, 1.0)
        ends = following is None or not following.joined
        out_of = np.clip(np.arange(length, 0, -1) / max(fall, 1), 0.0, 1.0) if ends else 1.0
        swell_db = _swell(length, rng) - (8.0 if note.ipa == "m" else 0.0)
        level[note.start : note.end] = into * out_of * 10.0 ** (swell_db / 20.0)
    octaves[: notes[0].start] = notes[0].octave
    formants[: notes[0].start] = _formants(singer, notes[0].ipa)
    glide = np.hanning(round(float(rng.uniform(0.05, 0.12)) / step_s) | 1)
    octaves = _smooth(octaves[:, None], glide)[:, 0]
    time_s: Curve = np.arange(steps, dtype=np.float64) * step_s
    wave = np.sin(2.0 * np.pi * vibrato_hz * time_s)
    octaves += vibrato * wave + float(rng.uniform(0.001, 0.008)) * wander_at(time_s * 8.0, rng)
    wobble_db = float(rng.uniform(0.1, 0.8)) * wander_at(6.0 * time_s, rng)
    wobble_db += 1.5 * (vibrato > 0.0) * wave
    level *= 10.0 ** (wobble_db / 20.0)
    return octaves, _smooth(formants, glide), level, _smooth(nasal[:, None], np.hanning(9))[:, 0]


def _formants(singer: _Singer, ipa: str) -> Curve:
    lower = np.array(HUM) if ipa == "m" else np.array(FORMANTS_HZ[ipa]) * singer.manner[ipa]
    return np.concatenate((lower, HIGHER_FORMANTS_HZ)) * singer.tract


def _smooth(rows: Curve, window: Curve) -> Curve:
    half = len(window) // 2
    padded = np.pad(rows, ((half, half), (0, 0)), mode="edge")
    share = window / window.sum()
    return np.stack([np.convolve(column, share, mode="valid") for column in padded.T], axis=1)


def _swell(steps: int, rng: np.random.Generator) -> Curve:
    """Loudness within a note in dB: level, growing, fading, both, or there and back."""
    along = np.linspace(0.0, 1.0, steps)
    shapes = (0.0 * along, along - 1.0, -along, np.sin(np.pi * along) - 1.0, -np.sin(np.pi * along))
    depth_db = float(rng.uniform(2.0, 12.0))
    return float(rng.normal(0.0, 2.0)) + depth_db * shapes[int(rng.integers(len(shapes)))]


def _tract(hz: Curve, formants_hz: Curve, bandwidths_hz: Curve, nasal: Curve) -> Curve:
    """Magnitude of six resonators at one frequency a row; closed lips dampen what lies above 500 Hz."""
    gain = np.ones(len(hz))
    for centre, width in zip(formants_hz.T, bandwidths_hz, strict=True):
        gain *= centre**2 / np.hypot(centre**2 - hz**2, width * hz)
    return gain * (1.0 + nasal * (1.0 / (1.0 + (hz / 500.0) ** 2) - 1.0))


def _breath(
    notes: list[_Note],
    formants: Curve,
    singer: _Singer,
    level: Curve,
    rng: np.random.Generator,
) -> Curve:
    """Noise shaped by the tract of each note, of about unit RMS where the level is 1."""
    count = len(level) * CONTROL_SAMPLES
    out = np.zeros(count)
    at = np.arange(count) / CONTROL_SAMPLES
    for note in notes:
        first, last = note.start * CONTROL_SAMPLES, note.end * CONTROL_SAMPLES
        spectrum = np.fft.rfft(rng.standard_normal(last - first))
        hz: Curve = np.fft.rfftfreq(last - first, 1.0 / RATE_HZ).astype(np.float64)
        middle = formants[(note.start + note.end) // 2]
        rows = np.broadcast_to(middle, (len(hz), len(middle)))
        closed = np.full(len(hz), float(note.ipa == "m"))
        shaped = np.fft.irfft(spectrum * _tract(hz, rows, singer.bandwidths, closed), last - first)
        out[first:last] = shaped / max(float(np.sqrt(np.mean(np.square(shaped)))), 1e-9)
    return out * np.interp(at, np.arange(len(level)), level)
