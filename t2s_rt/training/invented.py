"""Renderings that nobody performed: held vowels, hums, and microphones before which nobody sings."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from t2s_rt.audio import synthesis
from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.training.hearing import coloured, extract, shelf
from t2s_rt.training.prepare.facegood import ACTION_NAMES
from t2s_rt.training.rendering import Rendering, unlabelled
from t2s_rt.types import FloatArray

STILL_S: Final = 60.0
VOWEL_S: Final = 75.0
GATE_RISE_S: Final = 0.020
GATE_FALL_S: Final = 0.030
"""How fast the mouth follows a voice that begins or ends: about the fastest a jaw moves."""

_SOUND_FACES: Final[dict[str, dict[str, float]]] = {
    "a": {"jaw_open": 0.62, "lower_lip_depress": 0.30, "upper_lip_raise": 0.12},
    "e": {"jaw_open": 0.40, "lower_lip_depress": 0.32, "lip_spread": 0.25, "upper_lip_raise": 0.12},
    "i": {"jaw_open": 0.20, "lower_lip_depress": 0.26, "lip_spread": 0.40, "upper_lip_raise": 0.10},
    "o": {"jaw_open": 0.42, "lip_rounding": 0.62, "lip_funnel": 0.20},
    "u": {"jaw_open": 0.17, "lip_rounding": 0.40, "lip_pucker": 0.60, "lip_funnel": 0.18},
    "m": {"jaw_open": 0.04, "lip_closure": 0.75},
}
"""Rule targets for synthetic sounds: what captured speech never holds. Relations between vowels follow
the takes; the openings are a singer's at medium loudness. A hum ('m') has its lips together."""
_HUM_HZ: Final = 350.0
"""Above this closed lips let little through."""


def vowels(rng: np.random.Generator) -> Rendering:
    """Synthetic vowels and hums of 0.1 to 9 s, apart or in phrases, bass to soprano, with swells."""
    count = int(VOWEL_S * SAMPLE_RATE_HZ)
    samples = np.zeros(count, np.float32)
    rows = np.zeros((count // HOP_SAMPLES, len(ACTION_NAMES)), np.float32)
    sounding = np.zeros(len(rows), np.bool_)
    at = SAMPLE_RATE_HZ // 2
    while at < count - SAMPLE_RATE_HZ:
        name = str(rng.choice(list(_SOUND_FACES)))
        note = _note(name, rng)[: count - at]
        samples[at : at + len(note)] = note
        face = np.array([_SOUND_FACES[name].get(action, 0.0) for action in ACTION_NAMES], np.float32)
        opening = _envelope(len(rows), at, at + len(note))[:, None]
        rows = rows * (1.0 - opening) + face * opening
        sounding |= opening[:, 0] > 0.5
        gap_s = float(rng.choice([0.0, rng.uniform(0.05, 1.0)]))
        at += len(note) + int(gap_s * SAMPLE_RATE_HZ)
    swell_db = np.interp(
        np.arange(count) / SAMPLE_RATE_HZ,
        np.arange(0.0, VOWEL_S + 2, 1.5),
        rng.uniform(-6, 0, int(VOWEL_S / 1.5) + 2),
    ).astype(np.float32)
    samples *= 10.0 ** (swell_db / 20.0)
    rows *= (10.0 ** (swell_db[HOP_SAMPLES - 1 :: HOP_SAMPLES][: len(rows)] / 60.0))[:, None]
    features = extract(coloured(samples, rng))
    return replace(
        unlabelled("", "vowel", features, rows, np.ones(len(ACTION_NAMES), np.float32)),
        voice=sounding.astype(np.int8),
    )


def _note(name: str, rng: np.random.Generator) -> FloatArray:
    """One vowel or hum of random length, pitch, vibrato, loudness and voice."""
    hummed = name == "m"
    median_s, shortest_s = (0.25, 0.08) if hummed else (0.75, 0.2)
    length_s = float(min(max(median_s * rng.lognormal(0.0, 1.1), shortest_s), 9.0))
    male = rng.random() < 0.5
    lowest_hz, highest_hz = (85.0, 450.0) if male else (160.0, 900.0)
    vowels: tuple[synthesis.Vowel, ...] = ("a", "e", "i", "o", "u")
    note = synthesis.vowel(
        "u" if hummed else vowels["aeiou".index(name)],
        float(np.exp(rng.uniform(np.log(lowest_hz), np.log(highest_hz)))),
        length_s,
        vibrato_hz=float(rng.uniform(4.8, 6.5)),
        vibrato_cents=float(rng.choice([0.0, rng.uniform(10.0, 90.0)])),
        loudness_dbfs=float(rng.uniform(-30.0, -16.0)),
        voice="male" if male else "female",
    )
    if not hummed:
        return note
    spectrum = np.fft.rfft(note)
    hz = np.fft.rfftfreq(len(note), 1.0 / SAMPLE_RATE_HZ)
    spectrum *= 0.5 * (1.0 / (1.0 + (hz / (_HUM_HZ * rng.uniform(0.8, 1.4))) ** 3) + 0.01)
    return np.fft.irfft(spectrum, len(note)).astype(np.float32)


def _envelope(hops: int, start: int, end: int) -> FloatArray:
    """Opening of a mouth that sounds from sample ``start`` to ``end``, at each hop's end."""
    ends_s = (np.arange(hops, dtype=np.float32) + 1) * (HOP_SAMPLES / SAMPLE_RATE_HZ)
    rise = (ends_s - start / SAMPLE_RATE_HZ) / GATE_RISE_S + 0.4
    fall = 1.0 - (ends_s - end / SAMPLE_RATE_HZ) / GATE_FALL_S
    return np.asarray(np.clip(np.minimum(rise, fall), 0.0, 1.0), np.float32)


def still(rng: np.random.Generator) -> Rendering:
    """What a microphone hears while nobody sings: hiss, hum, knocks, nothing; the face rests."""
    count = int(STILL_S * SAMPLE_RATE_HZ)
    time_s = np.arange(count, dtype=np.float32) / SAMPLE_RATE_HZ
    samples = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = int(rng.uniform(1.5, 6.0) * SAMPLE_RATE_HZ)
        part = slice(at, at + length)
        size = len(samples[part])
        hiss = shelf(rng.standard_normal(size).astype(np.float32), float(rng.uniform(-0.95, 0.95)))
        samples[part] += hiss * np.float32(10.0 ** (rng.uniform(-95.0, -42.0) / 20.0))
        if rng.random() < 0.3:
            mains_hz = float(rng.choice([50.0, 60.0]))
            hum = sum(np.sin(2 * np.pi * mains_hz * k * time_s[part]) / k for k in (1, 2, 3, 5))
            samples[part] += np.asarray(hum, np.float32) * np.float32(
                10.0 ** (rng.uniform(-80.0, -48.0) / 20.0)
            )
        if rng.random() < 0.3:
            for knock in rng.integers(0, max(size - 4800, 1), 4):
                decay = np.exp(-np.arange(4800) / rng.uniform(60.0, 900.0)).astype(np.float32)
                burst = rng.standard_normal(4800).astype(np.float32) * decay
                samples[at + knock : at + knock + 4800] += burst[
                    : len(samples) - at - knock
                ] * np.float32(10.0 ** (rng.uniform(-50.0, -25.0) / 20.0))
        at += length
    features = extract(samples)
    shape = (len(features), len(ACTION_NAMES))
    nobody = np.zeros(len(features), np.int8)
    return replace(
        unlabelled("", "still", features, np.zeros(shape, np.float32), np.ones(shape[1], np.float32)),
        voice=nobody,
        sound=nobody,
    )
