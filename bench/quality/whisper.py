"""Whispered words: does the mouth move for them as it does for the same words with a voice?

The twin is made from the voiced recording: its momentary spectral envelope (cepstrum below the pitch's
quefrency) shapes white noise, the tilt of the glottal source is taken back and the level drops, as in a
real whisper (Jovicic, "Formant feature differences between whispered and voiced sustained vowels",
Acustica 1998: flatter by some 6 dB an octave, softer by 15 to 20 dB). Timing stays, so both mouths can
be compared frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bench.quality.figures import Figure
from bench.quality.sound import at_48k, at_level, rms
from bench.quality.track import Curve, MouthTrack, Subject, correlation
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.types import FloatArray

WINDOW_S: Final = 0.025
HOPS_A_WINDOW: Final = 4
LIFTER_S: Final = 0.0018
"""Quefrency below which the cepstrum is the vocal tract's: no voice below 550 Hz reaches it."""
TILT_FROM_HZ: Final = 500.0
TILT_DB_AN_OCTAVE: Final = 6.0
SOFTER_DB: Final = 15.0
FLOOR: Final = 1e-5


def whispered(samples: FloatArray, rate_hz: int, seed: int = 0) -> FloatArray:
    """The same words ``(N,)`` without a voice, `SOFTER_DB` softer."""
    size = 2 * (round(WINDOW_S * rate_hz) // 2)
    hop = size // HOPS_A_WINDOW
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(samples.astype(np.float64), size)
    noise = np.random.default_rng(seed).standard_normal(len(padded))
    gain = _whisper_tilt(np.fft.rfftfreq(size, 1.0 / rate_hz).astype(np.float64))
    out = np.zeros(len(padded))
    for first in range(0, len(padded) - size, hop):
        block = slice(first, first + size)
        envelope = _envelope(np.abs(np.fft.rfft(padded[block] * window)), rate_hz) * gain
        carrier = np.fft.rfft(noise[block] * window) / np.sqrt(np.sum(window**2))
        out[block] += np.fft.irfft(carrier * envelope, size) * window
    whisper = out[size : size + len(samples)].astype(np.float32)
    level_db = 20.0 * np.log10(max(rms(samples), 1e-9)) - SOFTER_DB
    return at_level(whisper, level_db)


def _envelope(magnitude: Curve, rate_hz: int) -> Curve:
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, FLOOR)))
    kept = round(LIFTER_S * rate_hz)
    cepstrum[kept : len(cepstrum) - kept + 1] = 0.0
    return np.asarray(np.exp(np.fft.rfft(cepstrum).real))


def _whisper_tilt(frequency_hz: Curve) -> Curve:
    octaves = np.log2(np.maximum(frequency_hz, TILT_FROM_HZ) / TILT_FROM_HZ)
    return np.asarray(10.0 ** (TILT_DB_AN_OCTAVE * octaves / 20.0))


def twin_correlation(voiced: MouthTrack, whisper: MouthTrack) -> float:
    """Correlation of the whisper's opening with the voiced twin's."""
    return correlation(whisper.opening, voiced.opening)


def measure(subject: Subject, clips: Sequence[LabelledClip]) -> list[Figure]:
    """Mean correlation over clips that no training has heard."""
    found = []
    for clip in clips:
        voiced = subject.watch(at_48k(clip.samples, clip.rate_hz))
        whisper = subject.watch(at_48k(whispered(clip.samples, clip.rate_hz), clip.rate_hz))
        found.append(twin_correlation(voiced, whisper))
    each = " ".join(f"{r:.2f}" for r in found)
    return [Figure("whisper.r", float(np.mean(found)) if found else float("nan"), each)]
