"""Signals whose every property is known: for tests, for the bench and for the synthetic source.

The voice is additive: harmonics of a glottal source, each weighted by the response of five formant
resonators at its momentary frequency, so it is band-limited at any rate and its pitch is exact.
Formant frequencies are the averages for men and women of Peterson and Barney (1952), with usual values
for the fourth and fifth.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

Vowel: TypeAlias = Literal["a", "i", "u", "e", "o"]
VoiceType: TypeAlias = Literal["male", "female"]
_Samples64: TypeAlias = npt.NDArray[np.float64]

FADE_S: Final = 0.01
"""Rise and fall of every sounding signal: short, yet without a click."""
HARMONIC_LIMIT_HZ: Final = 10_000.0
"""No harmonic above this one, so that renderings at 22 kHz and more hold the same sound."""

_FORMANTS_HZ: Final[dict[VoiceType, dict[Vowel, tuple[float, ...]]]] = {
    "male": {
        "a": (730, 1090, 2440, 3500, 4500),
        "i": (270, 2290, 3010, 3600, 4500),
        "u": (300, 870, 2240, 3300, 4500),
        "e": (530, 1840, 2480, 3500, 4500),
        "o": (570, 840, 2410, 3400, 4500),
    },
    "female": {
        "a": (850, 1220, 2810, 3900, 5000),
        "i": (310, 2790, 3310, 4100, 5000),
        "u": (370, 950, 2670, 3800, 5000),
        "e": (610, 2330, 2990, 4000, 5000),
        "o": (590, 920, 2710, 3850, 5000),
    },
}
_BANDWIDTHS_HZ: Final = (80.0, 90.0, 120.0, 150.0, 200.0)
_CONTROL_SAMPLES: Final = 64
"""Harmonic weights follow vibrato at this spacing, linear between."""


def silence(duration_s: float, sample_rate_hz: int = SAMPLE_RATE_HZ) -> FloatArray:
    """Digital silence ``(N,)``, N = round(duration_s * sample_rate_hz)."""
    return np.zeros(_count(duration_s, sample_rate_hz), np.float32)


def noise(
    duration_s: float,
    loudness_dbfs: float = -45.0,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    seed: int = 0,
) -> FloatArray:
    """White Gaussian noise.

    Args:
        duration_s: Length in s.
        loudness_dbfs: RMS over the whole bandwidth, 20 log10 of the RMS.
        sample_rate_hz: Rate of the result.
        seed: The same seed gives the same noise.

    Returns:
        Samples ``(N,)``.
    """
    generator = np.random.default_rng(seed)
    samples = generator.standard_normal(_count(duration_s, sample_rate_hz), np.float32)
    samples *= np.float32(10.0 ** (loudness_dbfs / 20.0))
    return samples


def clicks(
    duration_s: float,
    interval_s: float = 0.5,
    first_s: float = 0.25,
    peak: float = 0.9,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
) -> FloatArray:
    """Silence with 2 ms bursts of a 2 kHz cosine: onsets at exactly known samples.

    Args:
        duration_s: Length in s.
        interval_s: From one click to the next.
        first_s: Start of the first click.
        peak: Largest magnitude.
        sample_rate_hz: Rate of the result.

    Returns:
        Samples ``(N,)``.
    """
    samples = silence(duration_s, sample_rate_hz)
    count = max(1, round(0.002 * sample_rate_hz))
    time_s = np.arange(count) / sample_rate_hz
    burst = peak * np.cos(2 * np.pi * 2000.0 * time_s) * np.linspace(1.0, 0.0, count)
    for start_s in np.arange(first_s, duration_s, interval_s):
        start = round(float(start_s) * sample_rate_hz)
        part = samples[start : start + count]
        part += burst[: part.size].astype(np.float32)
    return samples


def vibrato_f0(
    f0_hz: float,
    duration_s: float,
    vibrato_hz: float = 5.5,
    vibrato_cents: float = 50.0,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
) -> _Samples64:
    """The pitch contour of a note with vibrato: ``f0_hz * 2**(vibrato_cents / 1200 * sin)``.

    Args:
        f0_hz: Centre.
        duration_s: Length in s.
        vibrato_hz: Rate.
        vibrato_cents: Depth as half of peak to peak; 0 is a straight tone.
        sample_rate_hz: Rate of the contour.

    Returns:
        Momentary frequency in Hz ``(N,) float64``.
    """
    time_s = np.arange(_count(duration_s, sample_rate_hz)) / sample_rate_hz
    cents = vibrato_cents * np.sin(2 * np.pi * vibrato_hz * time_s)
    return np.asarray(f0_hz * 2.0 ** (cents / 1200.0))


def tone(
    f0_hz: float,
    duration_s: float,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    peak: float = 0.5,
) -> FloatArray:
    """A sine with 10 ms fades.

    Args:
        f0_hz: Frequency, below half of ``sample_rate_hz``.
        duration_s: Length in s.
        sample_rate_hz: Rate of the result.
        peak: Largest magnitude; the level of the sine is ``20 log10(peak) - 3.01`` dBFS RMS.

    Returns:
        Samples ``(N,)``.

    Raises:
        ConfigError: The frequency cannot be rendered at this rate.
    """
    if not 0.0 < f0_hz < sample_rate_hz / 2:
        raise ConfigError(
            f"A tone of {f0_hz} Hz cannot be rendered at {sample_rate_hz} Hz.",
            f"Choose a frequency between 0 and {sample_rate_hz / 2:.0f} Hz.",
        )
    time_s = np.arange(_count(duration_s, sample_rate_hz)) / sample_rate_hz
    samples = peak * np.sin(2 * np.pi * f0_hz * time_s)
    return (samples * _fades(samples.size, sample_rate_hz)).astype(np.float32)


def vowel(  # noqa: PLR0913 - a note has that many knobs
    name: Vowel,
    f0_hz: float,
    duration_s: float,
    vibrato_hz: float = 5.5,
    vibrato_cents: float = 0.0,
    loudness_dbfs: float = -20.0,
    voice: VoiceType = "female",
    sample_rate_hz: int = SAMPLE_RATE_HZ,
) -> FloatArray:
    """One sung vowel on one note, with 10 ms fades.

    Args:
        name: Which vowel.
        f0_hz: Centre of the pitch, 40 to 2,000 Hz.
        duration_s: Length in s.
        vibrato_hz: Vibrato rate.
        vibrato_cents: Vibrato depth as half of peak to peak; 0 is a straight tone.
        loudness_dbfs: RMS of the note before its fades, 20 log10 of the RMS.
        voice: Whose formants.
        sample_rate_hz: Rate of the result.

    Returns:
        Samples ``(N,)``.

    Raises:
        ConfigError: An unknown vowel or voice, or a pitch outside 40 to 2,000 Hz.
    """
    f0 = vibrato_f0(f0_hz, duration_s, vibrato_hz, vibrato_cents, sample_rate_hz)
    return sing(name, f0, loudness_dbfs, voice, sample_rate_hz)


def sing(
    name: Vowel,
    f0_hz: _Samples64,
    loudness_dbfs: float = -20.0,
    voice: VoiceType = "female",
    sample_rate_hz: int = SAMPLE_RATE_HZ,
) -> FloatArray:
    """A vowel on any pitch contour, with 10 ms fades.

    The first formant is never below the pitch, as trained sopranos tune it.

    Args:
        name: Which vowel.
        f0_hz: Momentary pitch ``(N,)``, 40 to 2,000 Hz.
        loudness_dbfs: RMS before the fades, 20 log10 of the RMS.
        voice: Whose formants.
        sample_rate_hz: Rate of contour and result.

    Returns:
        Samples ``(N,)``.

    Raises:
        ConfigError: An unknown vowel or voice, or a pitch outside 40 to 2,000 Hz.
    """
    if voice not in _FORMANTS_HZ or name not in _FORMANTS_HZ[voice]:
        raise ConfigError(
            f"There is no vowel {name!r} of a {voice!r} voice.",
            "Choose a, i, u, e or o; male or female.",
        )
    contour = np.asarray(f0_hz, np.float64)
    if contour.size == 0:
        return np.zeros(0, np.float32)
    lowest, highest = float(contour.min()), float(contour.max())
    if not (lowest >= 40.0 and highest <= 2000.0):
        raise ConfigError(
            f"A pitch of {lowest:.0f} to {highest:.0f} Hz is not a voice.", "Stay within 40 to 2,000 Hz."
        )
    samples = _harmonics(contour, _FORMANTS_HZ[voice][name], sample_rate_hz)
    samples *= 10.0 ** (loudness_dbfs / 20.0) / np.sqrt(np.mean(np.square(samples)))
    return (samples * _fades(samples.size, sample_rate_hz)).astype(np.float32)


def _harmonics(contour: _Samples64, formants_hz: tuple[float, ...], sample_rate_hz: int) -> _Samples64:
    steps = np.cumsum(contour) - 0.5 * (contour + contour[0])  # trapezoids: the same phase at every rate
    phase: _Samples64 = 2 * np.pi * steps / sample_rate_hz
    sample_index = np.arange(contour.size)
    control_index = np.append(sample_index[::_CONTROL_SAMPLES], contour.size - 1)
    control_f0 = contour[control_index]
    limit_hz = min(HARMONIC_LIMIT_HZ, 0.46 * sample_rate_hz)
    count = max(1, int(limit_hz / contour.max()))
    # sin((k + 1) p) = 2 cos(p) sin(k p) - sin((k - 1) p): one multiplication instead of one sine each.
    twice_cosine, previous, current = 2 * np.cos(phase), np.zeros_like(phase), np.sin(phase)
    samples = np.zeros_like(phase)
    for k in range(1, count + 1):
        weight = _formant_gain(k * control_f0, control_f0, formants_hz) / k
        samples += np.interp(sample_index, control_index, weight) * current
        previous, current = current, twice_cosine * current - previous
    return samples


def _formant_gain(
    frequency_hz: _Samples64, f0_hz: _Samples64, formants_hz: tuple[float, ...]
) -> _Samples64:
    """Magnitude of the vocal tract; the source's fall of 6 dB an octave comes on top."""
    gain = np.ones_like(frequency_hz)
    for number, (centre, width) in enumerate(zip(formants_hz, _BANDWIDTHS_HZ, strict=True)):
        tuned = np.maximum(centre, f0_hz) if number == 0 else np.full_like(f0_hz, centre)
        gain *= tuned**2 / np.hypot(tuned**2 - frequency_hz**2, width * frequency_hz)
    return gain


def _fades(count: int, sample_rate_hz: int) -> _Samples64:
    envelope = np.ones(count)
    fade = min(count // 2, round(FADE_S * sample_rate_hz))
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))
    envelope[:fade] = ramp
    envelope[count - fade :] = ramp[::-1]
    return envelope


def _count(duration_s: float, sample_rate_hz: int) -> int:
    if duration_s < 0 or sample_rate_hz <= 0:
        raise ConfigError(
            f"A signal of {duration_s} s at {sample_rate_hz} Hz does not exist.",
            "Give a duration of at least 0 s and a positive rate.",
        )
    return round(duration_s * sample_rate_hz)
