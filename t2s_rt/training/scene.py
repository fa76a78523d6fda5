"""How a voice reaches a microphone: room, microphone, level, noise, and the band that leaks in.

Everything works on mono samples at 16 kHz, is seeded by the generator it is given, and leaves the time
of every sound where it was, so that labels stay true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.types import FloatArray

EQ_KNOTS_HZ: Final = np.array([40.0, 120.0, 300.0, 700.0, 1500.0, 3000.0, 5500.0, 8000.0])
EQ_DEVIATION_DB: Final = 3.5
ROOM_CHANCE: Final = 0.45
BLEED_CHANCE: Final = 0.65
LOUD_BLEED_CHANCE: Final = 0.6
HISS_CHANCE: Final = 0.7
BLEED_RANGE_DB: Final = (-40.0, -12.0)
LOUD_BLEED_RANGE_DB: Final = (-12.0, 6.0)
"""Level of the band against the voice: out of headphones, or on the same stage."""
LEVEL_RANGE_DBFS: Final = (-38.0, -14.0)
"""Level of the voice while it sounds."""
LOUD_SHARE_DB: Final = 20.0
"""What is within this of a recording's loudest counts for its level."""


@dataclass(frozen=True, slots=True)
class Band:
    """Pieces of music to draw from.

    Attributes:
        pieces: Mono samples at 16 kHz, each at least a second long.
    """

    pieces: Sequence[FloatArray]

    def play(self, count: int, rng: np.random.Generator) -> FloatArray:
        """``(count,)`` samples of one piece from anywhere, begun again where it ends, at level 1 RMS."""
        piece = np.asarray(self.pieces[int(rng.integers(len(self.pieces)))], np.float32)
        start = int(rng.integers(len(piece)))
        played = np.resize(np.roll(piece, -start), count).astype(np.float32)
        return np.asarray(played / np.float32(max(sounding_rms(played), 1e-4)), np.float32)


def sounding_rms(samples: FloatArray) -> float:
    """RMS of the parts of a recording that sound, 0 for silence."""
    size = RATE_HZ // 50
    count = len(samples) // size
    if count == 0:
        return 0.0
    power = np.square(samples[: count * size].reshape(count, size), dtype=np.float64).mean(axis=1)
    loud = power[power > power.max() * 10.0 ** (-LOUD_SHARE_DB / 10.0)]
    return float(np.sqrt(loud.mean())) if len(loud) else 0.0


def staged(voice: FloatArray, band: Band | None, rng: np.random.Generator) -> FloatArray:
    """One voice as one microphone in one room hears it.

    Args:
        voice: ``(N,)`` at 16 kHz; silence where nobody sings.
        band: What may leak in; None for none.
        rng: Decides everything.

    Returns:
        ``(N,)`` in [-1, 1].
    """
    heard = voice / np.float32(max(sounding_rms(voice), 1e-4))
    if rng.random() < ROOM_CHANCE:
        heard = _room(heard, rng)
    if band is not None and rng.random() < BLEED_CHANCE:
        loud = rng.random() < LOUD_BLEED_CHANCE
        ratio_db = float(rng.uniform(*(LOUD_BLEED_RANGE_DB if loud else BLEED_RANGE_DB)))
        heard = heard + band.play(len(heard), rng) * np.float32(10.0 ** (ratio_db / 20.0))
    heard = _microphone(heard, rng)
    heard *= np.float32(10.0 ** (float(rng.uniform(*LEVEL_RANGE_DBFS)) / 20.0))
    if rng.random() < HISS_CHANCE:
        heard = heard + hiss(len(heard), float(rng.uniform(-85.0, -46.0)), rng)
    return np.clip(heard, -1.0, 1.0).astype(np.float32)


def played_alone(count: int, band: Band, rng: np.random.Generator) -> FloatArray:
    """A band that nobody sings to, as a microphone or a line hears it, -55 to -8 dBFS."""
    heard = band.play(count, rng)
    if rng.random() < 0.3:
        heard = heard + band.play(count, rng)
    if rng.random() < ROOM_CHANCE:
        heard = _room(heard, rng)
    heard = _microphone(heard, rng)
    heard *= np.float32(10.0 ** (float(rng.uniform(-55.0, -8.0)) / 20.0))
    heard = heard + hiss(count, float(rng.uniform(-90.0, -50.0)), rng)
    return np.asarray(np.clip(heard, -1.0, 1.0), np.float32)


def hiss(count: int, level_dbfs: float, rng: np.random.Generator) -> FloatArray:
    """Steady noise of a random colour."""
    white = rng.standard_normal(count).astype(np.float32)
    slope = np.float32(rng.uniform(-0.95, 0.9))
    coloured = white.copy()
    coloured[1:] -= slope * white[:-1]
    coloured /= np.float32(np.sqrt(1.0 + slope * slope))
    return np.asarray(coloured * np.float32(10.0 ** (level_dbfs / 20.0)), np.float32)


def _microphone(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A smooth random curve of gain over frequency; now and then without lows or highs."""
    knots_db = rng.normal(0.0, EQ_DEVIATION_DB, len(EQ_KNOTS_HZ))
    knots_db += float(rng.normal(0.0, 1.5)) * np.arange(-4, 4)
    if rng.random() < 0.15:
        knots_db[:2] -= 18.0
    if rng.random() < 0.1:
        knots_db[-2:] -= 25.0
    knots_db -= knots_db[2:6].mean()
    return _filtered(samples, knots_db)


def _filtered(samples: FloatArray, knots_db: npt.NDArray[np.float64]) -> FloatArray:
    size = 1 << (len(samples) + 2048 - 1).bit_length()
    spectrum = np.fft.rfft(samples, size)
    hz = np.maximum(np.fft.rfftfreq(size, 1.0 / RATE_HZ), 1.0)
    gain_db = np.interp(np.log(hz), np.log(EQ_KNOTS_HZ), knots_db)
    # Minimum phase by the cepstrum (Oppenheim and Schafer): no sound is heard before it is made.
    cepstrum = np.fft.irfft(gain_db * (np.log(10.0) / 20.0), size)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    filtered = np.fft.irfft(spectrum * np.exp(np.fft.rfft(cepstrum)), size)
    return filtered[: len(samples)].astype(np.float32)


def _room(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A decaying tail of noise behind the direct sound: 0.1 to 0.7 s, 6 to 26 dB below it."""
    decay_s = float(rng.uniform(0.1, 0.7))
    count = int(decay_s * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    tail = rng.standard_normal(count) * np.exp(-6.9 * time_s / decay_s)
    tail[: int(rng.uniform(0.002, 0.02) * RATE_HZ)] = 0.0
    tail *= 10.0 ** (float(rng.uniform(-26.0, -6.0)) / 20.0) / max(float(np.linalg.norm(tail)), 1e-6)
    size = 1 << (len(samples) + count - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[: len(samples)]
    return (samples + wet).astype(np.float32)
