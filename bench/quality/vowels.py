"""Sung vowels from a second synthesiser, so that no model is judged on what it may have trained on.

Nothing is shared with `t2s_rt.audio.synthesis`: glottal pulses of the KLGLOTT88 model (Klatt and Klatt,
"Analysis, synthesis, and perception of voice quality variations", JASA 1990) with jitter, shimmer, slow
drift and breath noise drive a cascade of resonators in the time domain's exact transfer function; the
formants are the averages of men, women and children of Hillenbrand et al. (JASA 1995).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np

from bench.quality.sound import rms
from bench.quality.track import Curve
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

VOWELS: Final = "aiueo"
ATTACK_S: Final = 0.012
VIBRATO_HZ: Final = 5.8
VIBRATO_CENTS: Final = 60.0
JITTER: Final = 0.006
"""Standard deviation of a period's length, as a share of it."""
SHIMMER: Final = 0.04
DRIFT: Final = 0.004
"""Standard deviation of the slow wandering of pitch, as a share of it."""
DRIFT_STEP_S: Final = 0.25
LOW_F0_HZ: Final = 300.0
"""Up to here twice the rate is enough for pulses whose edges alias; above it, four times."""
SPEED_OF_TRACT_HZ: Final = 1000.0
"""Spacing of the formants above the fourth for an adult man; a shorter tract spreads them."""


@dataclass(frozen=True, slots=True)
class Singer:
    """One voice.

    Attributes:
        name: Of the voice.
        formants_hz: F1 to F4 of each of `VOWELS`.
        open_quotient: Share of a period during which the glottis is open.
        tilt_hz: Corner of the source's further fall.
        breath: RMS of the breath noise against the pulses.
        tract: Length of the vocal tract against a man's.
    """

    name: str
    formants_hz: dict[str, tuple[float, float, float, float]] = field(compare=False)
    open_quotient: float
    tilt_hz: float
    breath: float
    tract: float


MAN: Final = Singer(
    "man",
    {
        "a": (768, 1333, 2522, 3687), "i": (342, 2322, 3000, 3657), "u": (378, 997, 2343, 3357),
        "e": (476, 2089, 2691, 3649), "o": (497, 910, 2459, 3384),
    },
    open_quotient=0.55, tilt_hz=4000.0, breath=0.02, tract=1.0,
)  # fmt: skip
WOMAN: Final = Singer(
    "woman",
    {
        "a": (936, 1551, 2815, 4299), "i": (437, 2761, 3372, 4352), "u": (459, 1105, 2735, 4115),
        "e": (536, 2530, 3047, 4319), "o": (555, 1035, 2828, 3927),
    },
    open_quotient=0.66, tilt_hz=2800.0, breath=0.05, tract=0.85,
)  # fmt: skip
CHILD: Final = Singer(
    "child",
    {
        "a": (1002, 1688, 2950, 4307), "i": (452, 3081, 3702, 4572), "u": (494, 1345, 2988, 4276),
        "e": (564, 2656, 3323, 4422), "o": (597, 1137, 2987, 4167),
    },
    open_quotient=0.70, tilt_hz=2400.0, breath=0.07, tract=0.75,
)  # fmt: skip
SINGERS: Final = (MAN, WOMAN, CHILD)


@dataclass(frozen=True, slots=True)
class Note:
    """One vowel on one pitch.

    Attributes:
        vowel: One of `VOWELS`.
        f0_hz: Centre of the pitch.
        duration_s: Length.
        vibrato_cents: Half of peak to peak; 0 is straight.
        level_dbfs: RMS.
        seed: Decides jitter, shimmer, drift and breath.
    """

    vowel: str
    f0_hz: float
    duration_s: float
    vibrato_cents: float = 0.0
    level_dbfs: float = -20.0
    seed: int = 0


@lru_cache(maxsize=256)
def sing(singer: Singer, note: Note) -> FloatArray:
    """A note ``(N,)`` at 48 kHz, kept and read-only: several subjects hear the same one.

    The first formant is never below the pitch, as sopranos tune it.
    """
    rng = np.random.default_rng((note.seed, ord(note.vowel), round(note.f0_hz)))
    over = 2 if note.f0_hz <= LOW_F0_HZ else 4
    rate_hz = over * SAMPLE_RATE_HZ
    count = round(note.duration_s * rate_hz)
    source = _source(singer, _pitch(note, count, rate_hz, rng), rate_hz, rng)
    spectrum = np.fft.rfft(source, 2 * count)
    spectrum *= _tract(singer, note, np.fft.rfftfreq(2 * count, 1.0 / rate_hz).astype(np.float64))
    kept = count // over
    samples = np.fft.irfft(spectrum[: kept + 1], 2 * kept)[:kept]
    fade = min(round(ATTACK_S * SAMPLE_RATE_HZ), kept // 2)
    ramp = np.sin(0.5 * np.pi * (np.arange(fade) + 0.5) / max(fade, 1)) ** 2
    samples *= 10.0 ** (note.level_dbfs / 20.0) / max(rms(samples), 1e-9)
    samples[:fade] *= ramp
    samples[kept - fade :] *= ramp[::-1]
    sung = samples.astype(np.float32)
    sung.flags.writeable = False
    return sung


def _pitch(note: Note, count: int, rate_hz: int, rng: np.random.Generator) -> Curve:
    """``(N,)`` momentary pitch: vibrato that sets in after a third of a second, and slow drift."""
    time_s = np.arange(count) / rate_hz
    depth = note.vibrato_cents * np.clip((time_s - 0.15) / 0.3, 0.0, 1.0)
    knots = rng.standard_normal(int(note.duration_s / DRIFT_STEP_S) + 3)
    drift = np.interp(time_s / DRIFT_STEP_S, np.arange(len(knots)), knots)
    cents = depth * np.sin(2 * np.pi * VIBRATO_HZ * time_s)
    return np.asarray(note.f0_hz * 2.0 ** (cents / 1200.0) * (1.0 + DRIFT * drift))


def _source(singer: Singer, f0_hz: Curve, rate_hz: int, rng: np.random.Generator) -> Curve:
    """``(N,)`` derivative of the glottal flow with breath noise while the glottis is open."""
    cycles = np.cumsum(f0_hz) / rate_hz
    periods = int(cycles[-1]) + 2
    ends = np.cumsum(np.maximum(1.0 + JITTER * rng.standard_normal(periods), 0.5))
    index = np.searchsorted(ends, cycles)
    begins = np.concatenate([[0.0], ends[:-1]])
    phase = (cycles - begins[index]) / (ends - begins)[index]
    strength = (1.0 + SHIMMER * rng.standard_normal(periods))[index]
    opened = phase / singer.open_quotient
    inside = opened < 1.0
    pulse = np.where(inside, 2.0 * opened - 3.0 * opened**2, 0.0) * strength
    flow = np.where(inside, opened**2 - opened**3, 0.0)
    noise = rng.standard_normal(len(phase)) * (0.3 + flow / 0.148)  # 4/27 is the flow's greatest
    pulse -= pulse.mean()
    return np.asarray(pulse + singer.breath * rms(pulse) * noise)


def _tract(singer: Singer, note: Note, frequency_hz: Curve) -> Curve:
    """Transfer function at each frequency: the cascade of resonators and the source's tilt."""
    s = 2j * np.pi * frequency_hz
    first, *higher = singer.formants_hz[note.vowel]
    above = [higher[-1] + k * SPEED_OF_TRACT_HZ / singer.tract for k in (1, 2, 3)]
    centres = [max(first, note.f0_hz), *higher, *above]
    widths = [70.0, 90.0, 140.0, 200.0, 300.0, 400.0, 500.0]
    response = 1.0 / (1.0 + 1j * frequency_hz / singer.tilt_hz)
    for centre, width in zip(centres, widths, strict=True):
        pole = -np.pi * width + 2j * np.pi * centre
        response = response * (abs(pole) ** 2) / ((s - pole) * (s - pole.conjugate()))
    return np.asarray(response)
