"""Captured speech sung again: what turns a talking corpus into one with notes, long vowels and vibrato.

A recording is taken apart into pitch, voicing and spectral envelope every 5 ms and put together from
harmonics and noise, at another pitch, with another vocal-tract length, and with time bent so that vowels
stand for seconds. The captured face is bent by the same time map, so its labels stay true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aubio
import numpy as np

from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture
from t2s_rt.types import FloatArray

RATE_HZ: Final = 16_000
STEP_S: Final = 0.005
STEP: Final = round(RATE_HZ * STEP_S)
WINDOW: Final = 400
FFT: Final = 1024
PITCH_WINDOW: Final = 1024
VOICED_CONFIDENCE: Final = 0.7
SILENT_RMS: Final = 1e-3
LIFTER: Final = 40
"""Cepstral coefficients kept of the envelope: 2.5 ms, under the period of the highest speaking voice."""
ENVELOPE_ROUNDS: Final = 4
HARMONIC_GAIN: Final = 1.4
"""Makes up for the smoothing of the envelope: measured on the takes, same pitch in and out."""
NOISE_FRACTION: Final = 0.06
"""Breath in voiced frames, as a share of the envelope."""
JAW: Final = ACTION_NAMES.index("jaw_open")


@dataclass(frozen=True, slots=True)
class Analysis:
    """A recording taken apart, one row every `STEP_S`.

    Attributes:
        f0_hz: ``(R,)`` fundamental, bridged over unvoiced gaps.
        voiced: ``(R,)`` 0 to 1, smoothed.
        log_envelope: ``(R, FFT // 2 + 1)`` natural logarithm of the spectrum's envelope.
    """

    f0_hz: FloatArray
    voiced: FloatArray
    log_envelope: FloatArray


@dataclass(frozen=True, slots=True)
class Song:
    """A sung version of a capture.

    Attributes:
        samples: ``(N,)`` at `RATE_HZ`.
        source_s: ``(R,)`` for every `STEP_S` of the song, the time in the capture it shows.
        swell_db: ``(R,)`` level change applied.
    """

    samples: FloatArray
    source_s: FloatArray
    swell_db: FloatArray


def analyse(samples: FloatArray) -> Analysis:
    """Take a mono recording at `RATE_HZ` apart."""
    rows = len(samples) // STEP
    padded = np.pad(samples, (FFT // 2, FFT))
    starts = np.arange(rows) * STEP + FFT // 2 - WINDOW // 2
    log_envelope = np.empty((rows, FFT // 2 + 1), np.float32)
    window = np.hanning(WINDOW)
    for at in range(0, rows, 4096):
        part = starts[at : at + 4096, None] + np.arange(WINDOW)
        spectrum = np.log(np.abs(np.fft.rfft(padded[part] * window, FFT)) + 1e-5)
        log_envelope[at : at + 4096] = _envelope(spectrum)
    f0_hz, voiced = _pitch(samples, rows)
    return Analysis(f0_hz, voiced, log_envelope)


def _envelope(spectrum: FloatArray) -> FloatArray:
    """Smooth log spectra by their low cepstrum, raised onto the harmonics' peaks step by step."""
    smooth, raised = spectrum, spectrum
    for _ in range(ENVELOPE_ROUNDS):
        cepstrum = np.fft.irfft(raised, FFT)
        cepstrum[:, LIFTER : FFT - LIFTER + 1] = 0.0
        smooth = np.fft.rfft(cepstrum, FFT).real.astype(np.float32)
        raised = np.maximum(spectrum, smooth)
    return smooth


def _pitch(samples: FloatArray, rows: int) -> tuple[FloatArray, FloatArray]:
    detector = aubio.pitch("yinfast", PITCH_WINDOW, STEP, RATE_HZ)
    detector.set_unit("Hz")
    delay = PITCH_WINDOW // 2
    padded = np.pad(samples, (0, delay + STEP)).astype(np.float32)
    f0_hz, voiced = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
    for i in range(rows + delay // STEP):
        hop = padded[i * STEP : (i + 1) * STEP]
        hz = float(detector(hop)[0])
        row = i - delay // STEP
        if row >= 0:
            heard = samples[max(row * STEP - WINDOW // 2, 0) : row * STEP + WINDOW // 2]
            loud = float(np.sqrt(np.mean(heard**2))) > SILENT_RMS
            f0_hz[row] = hz
            voiced[row] = loud and 70.0 < hz < 500.0 and detector.get_confidence() > VOICED_CONFIDENCE
    known = np.flatnonzero(voiced)
    if not len(known):
        return np.full(rows, 150.0, np.float32), voiced
    bridged = np.interp(np.arange(rows), known, f0_hz[known]).astype(np.float32)
    kernel = np.ones(5, np.float32) / 5
    return bridged, np.convolve(voiced, kernel, mode="same").astype(np.float32)


def sing(capture: Capture, analysis: Analysis, seconds: float, rng: np.random.Generator) -> Song:
    """Sing a stretch of a capture again, at a random pitch, pace and voice.

    Args:
        capture: For its face: vowels stand where the jaw does.
        analysis: Of its samples at `RATE_HZ`.
        seconds: Length of the song.
        rng: Decides everything.
    """
    rows = round(seconds / STEP_S)
    source = _time_map(capture, analysis, rows, rng)
    at = np.minimum((source / STEP_S).astype(np.intp), len(analysis.f0_hz) - 1)
    f0_hz = _melody(rows, rng)
    stretch = float(rng.uniform(0.95, 1.05) * (max(float(np.median(f0_hz)), 200.0) / 200.0) ** 0.12)
    swell_db = _wander(rows, 1.0 / STEP_S, 0.5, rng) * float(rng.uniform(0.0, 5.0))
    voiced = analysis.voiced[at]
    tract = np.minimum(np.arange(FFT // 2 + 1) / stretch, FFT // 2)
    envelope = np.stack(
        [np.interp(tract, np.arange(FFT // 2 + 1), row) for row in analysis.log_envelope[at]]
    )
    amplitude = np.exp(envelope + swell_db[:, None] * (np.log(10) / 20)).astype(np.float32)
    samples = _harmonics(amplitude, f0_hz, voiced) + _noise(amplitude, voiced, rng)
    return Song(samples.astype(np.float32), source.astype(np.float32), swell_db.astype(np.float32))


def _wander(rows: int, rate_hz: float, knots_hz: float, rng: np.random.Generator) -> FloatArray:
    """Smooth noise of unit deviation that changes about ``knots_hz`` times a second."""
    knots = rng.standard_normal(max(int(rows / rate_hz * knots_hz) + 3, 4))
    return np.interp(np.arange(rows) / rate_hz * knots_hz, np.arange(len(knots)), knots).astype(
        np.float32
    )


def _time_map(capture: Capture, analysis: Analysis, rows: int, rng: np.random.Generator) -> FloatArray:
    """Source time of every row: natural or slower pace, and vowels that stand still for 0.3 to 8 s."""
    length = len(analysis.f0_hz)
    jaw = capture.targets_at(np.arange(length, dtype=np.float32) * STEP_S)[:, JAW]
    steady = np.abs(np.gradient(jaw)) < 0.01
    loud = analysis.log_envelope.max(axis=1)
    vowel = (analysis.voiced > 0.99) & steady & (loud > np.percentile(loud, 60))
    hold_chance = float(rng.choice([0.0, 0.01, 0.04]))
    pace = float(rng.uniform(0.6, 1.1))
    source = np.empty(rows, np.float32)
    now, held_until = float(rng.uniform(0.0, max(length - 4.0 / STEP_S, 1.0))), -1
    for i in range(rows):
        source[i] = now * STEP_S
        if i < held_until:
            now += 0.02 * float(rng.standard_normal())
        else:
            now += pace
            if vowel[min(int(now), length - 1)] and rng.random() < hold_chance:
                held_until = i + int(min(max(rng.lognormal(-0.2, 0.9), 0.3), 8.0) / STEP_S)
        if now >= length - 1:
            now = 0.0
        now = max(now, 0.0)
    return source


def _melody(rows: int, rng: np.random.Generator) -> FloatArray:
    """Notes of 0.15 to 1.5 s with glides of 60 ms and vibrato, in a range from bass to soprano."""
    root = float(rng.uniform(np.log2(95.0), np.log2(640.0)))
    octaves = np.empty(rows)
    at = 0
    while at < rows:
        notes = int(rng.uniform(0.15, 1.5) / STEP_S)
        octaves[at : at + notes] = root + rng.integers(-5, 8) / 12.0
        at += notes
    glide = np.hanning(13)
    octaves = np.convolve(np.pad(octaves, 6, mode="edge"), glide / glide.sum(), mode="valid")
    time_s = np.arange(rows) * STEP_S
    depth = float(rng.choice([0.0, rng.uniform(0.1, 0.8)])) / 12.0
    vibrato = depth * np.clip(_wander(rows, 1.0 / STEP_S, 0.7, rng), 0.0, 1.0)
    octaves += vibrato * np.sin(2 * np.pi * float(rng.uniform(4.8, 6.5)) * time_s)
    octaves += 0.01 * _wander(rows, 1.0 / STEP_S, 8.0, rng) / 1.2
    return (2.0 ** np.clip(octaves, np.log2(80.0), np.log2(1050.0))).astype(np.float32)


def _harmonics(amplitude: FloatArray, f0_hz: FloatArray, voiced: FloatArray) -> FloatArray:
    """Sum of harmonics whose levels follow the envelope."""
    rows = len(f0_hz)
    count = rows * STEP
    clock, sample_clock = np.arange(rows) * STEP, np.arange(count)
    f0 = np.interp(sample_clock, clock, f0_hz)
    phase = np.cumsum(f0) * (2 * np.pi / RATE_HZ)
    total = np.zeros(count, np.float32)
    row = np.arange(rows)
    highest = int(0.47 * RATE_HZ / float(f0_hz.min()))
    for k in range(1, highest + 1):
        hz = k * f0_hz
        inside = hz < 0.47 * RATE_HZ
        if not inside.any():
            break
        bins = np.minimum(hz * (FFT / RATE_HZ), FFT // 2).astype(np.intp)
        level = amplitude[row, bins] * voiced * inside * np.float32(HARMONIC_GAIN * 4.0 / WINDOW)
        curve = np.interp(sample_clock, clock, level).astype(np.float32)
        total += curve * np.cos((k * phase + 0.3 * k * k) % (2 * np.pi)).astype(np.float32)
    return total


def _noise(amplitude: FloatArray, voiced: FloatArray, rng: np.random.Generator) -> FloatArray:
    """White noise in the shape of the envelope where the voice has no pitch, a little where it has."""
    rows = len(voiced)
    total = np.zeros(rows * STEP + FFT, np.float32)
    window = np.hanning(4 * STEP).astype(np.float32)
    white = rng.standard_normal(rows * STEP + FFT).astype(np.float32)
    share = (1.0 - voiced) * 0.8 + voiced * NOISE_FRACTION
    density = amplitude / np.float32(np.sqrt(3.0 * WINDOW / 8.0))
    for i in range(rows):
        at = i * STEP
        spectrum = np.fft.rfft(white[at : at + 4 * STEP] * window, FFT)
        shaped = np.fft.irfft(spectrum * density[i] * share[i], FFT)[: 4 * STEP]
        total[at : at + 4 * STEP] += shaped.astype(np.float32) * window
    return total[2 * STEP : 2 * STEP + rows * STEP] * np.float32(2.0 / 3.0)
