"""Captured takes as they might have reached a microphone: at other paces, colours and noise, or sung.

Each rendering is played through the engine's own extractor once and kept on disk, because that is the
slow part; everything cheap is varied while training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.training import resing
from t2s_rt.training.hearing import coloured, extract, resample
from t2s_rt.training.invented import GATE_FALL_S, GATE_RISE_S, still, vowels
from t2s_rt.training.prepare.facegood import Capture
from t2s_rt.training.rendering import Kind, Rendering, kept, unlabelled
from t2s_rt.types import FloatArray

SPEEDS: Final = (0.8, 0.9, 1.0, 1.0, 1.12, 1.25, 1.45)
"""Spoken renderings: pitch and formants move together with the pace."""
SUNG_RENDERINGS: Final = 10
SUNG_S: Final = 60.0
"""Length of one sung rendering of a take."""
STILL_RENDERINGS: Final = 5
VOWEL_RENDERINGS: Final = 6
EDGE_S: Final = 0.004
USED_LEVEL: Final = 0.12
USED_PERCENTILE: Final = 99.0
"""A take that keeps an action below this level in so many frames says nothing about it: its animation
tells such sounds by other controls (two of the five takes write 'oh' as pucker)."""

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_HEARING: Final = (
    *(f"audio/{stem}.py" for stem in ("features", "loudness", "mel", "pitch", "voice", "synthesis")),
    *("types.py", "timebase.py"),
    *(f"training/{stem}.py" for stem in ("captured", "hearing", "invented", "resing")),
    "training/prepare/facegood.py",
)
"""The code that decides what a rendering holds."""


def render_captures(captures: Sequence[Capture], folder: Path, seed: int) -> Iterator[Rendering]:
    """Every take in every way, read from the cache where nothing has changed.

    Args:
        captures: The takes.
        folder: For ``.npz`` files; one subfolder for each state of data and code.
        seed: Of everything random.
    """
    own = folder / data_hash(captures, seed)[:16]
    own.mkdir(parents=True, exist_ok=True)
    jobs = [job for i, capture in enumerate(captures) for job in _jobs_of_take(capture, seed * 1000 + i)]
    for name, make in tqdm(jobs, desc="hearing the takes", unit="part"):
        yield kept(own / f"{name}.npz", make)


def render_invented(folder: Path, seed: int) -> Iterator[Rendering]:
    """Held vowels and empty rooms, read from the cache where nothing has changed."""
    own = folder / data_hash((), seed)[:16]
    own.mkdir(parents=True, exist_ok=True)
    for i in tqdm(range(STILL_RENDERINGS), desc="hearing empty rooms", unit="part"):
        yield kept(own / f"still{i}.npz", partial(still, np.random.default_rng((seed, 3, i))))
    for i in tqdm(range(VOWEL_RENDERINGS), desc="hearing vowels", unit="part"):
        yield kept(own / f"vowel{i}.npz", partial(vowels, np.random.default_rng((seed, 4, i))))


def data_hash(captures: Sequence[Capture], seed: int) -> str:
    """SHA-256 over the takes, the seed and the code that hears them."""
    state = hashlib.sha256(str(seed).encode())
    for capture in captures:
        state.update(capture.samples.tobytes())
        state.update(capture.targets.tobytes())
    for name in _HEARING:
        state.update((_PACKAGE / name).read_bytes())
    return state.hexdigest()


_Job = tuple[str, Callable[[], Rendering]]


def _jobs_of_take(capture: Capture, seed: int) -> Iterable[_Job]:
    yield f"{capture.name}-plain", partial(_plain, capture)
    for i, speed in enumerate(SPEEDS):
        rng = np.random.default_rng((seed, 1, i))
        yield f"{capture.name}-spoken{i}", partial(_spoken, capture, speed, rng)
    taken_apart = cache(partial(_analysis, capture))
    for i in range(SUNG_RENDERINGS):
        rng = np.random.default_rng((seed, 2, i))
        yield f"{capture.name}-sung{i}", partial(_sung, capture, taken_apart, rng)


def _analysis(capture: Capture) -> resing.Analysis:
    return resing.analyse(resample(capture.samples, capture.sample_rate_hz, resing.RATE_HZ))


def _plain(capture: Capture) -> Rendering:
    samples = resample(capture.samples, capture.sample_rate_hz, SAMPLE_RATE_HZ)
    return _heard(capture, "plain", samples, lambda t: t)


def _spoken(capture: Capture, speed: float, rng: np.random.Generator) -> Rendering:
    samples = resample(capture.samples, capture.sample_rate_hz * speed, SAMPLE_RATE_HZ)
    samples, mouth = _cut(samples, rng)
    samples = coloured(samples, rng)
    return _heard(capture, "spoken", samples, lambda t: t * np.float32(speed), mouth)


def _sung(
    capture: Capture, taken_apart: Callable[[], resing.Analysis], rng: np.random.Generator
) -> Rendering:
    song = resing.sing(capture, taken_apart(), SUNG_S, rng)
    samples = resample(song.samples, resing.RATE_HZ, SAMPLE_RATE_HZ)
    samples, mouth = _cut(samples, rng)
    rows_s = np.arange(len(song.source_s)) * resing.STEP_S
    opening = (10.0 ** (song.swell_db / 60.0)).astype(np.float32)

    def follow(times_s: FloatArray) -> FloatArray:
        return mouth(times_s) * np.interp(times_s, rows_s, opening).astype(np.float32)

    return _heard(
        capture,
        "sung",
        coloured(samples, rng),
        lambda t: np.interp(t, rows_s, song.source_s).astype(np.float32),
        follow,
    )


def _heard(
    capture: Capture,
    kind: Kind,
    samples: FloatArray,
    source_s: Callable[[FloatArray], FloatArray],
    mouth: Callable[[FloatArray], FloatArray] | None = None,
) -> Rendering:
    """Hear a rendering and bend the face along: ``source_s`` maps its time to the capture's."""
    features = extract(samples)
    ends_s = ((np.arange(len(features)) + 1) * (HOP_SAMPLES / SAMPLE_RATE_HZ)).astype(np.float32)
    targets = capture.targets_at(source_s(ends_s))
    if mouth is not None:
        targets *= mouth(ends_s)[:, None]
    used = np.percentile(capture.targets, USED_PERCENTILE, axis=0) > USED_LEVEL
    return unlabelled(capture.name, kind, features, np.clip(targets, 0.0, 1.0), used.astype(np.float32))


def _cut(
    samples: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """Silence the voice here and there with sharp edges: onsets and releases at known times."""
    seconds = len(samples) / SAMPLE_RATE_HZ
    knots_s, levels, mouth_s, mouth_levels = [0.0], [1.0], [0.0], [1.0]
    now = 0.0
    while True:
        off = now + float(rng.uniform(1.0, 7.0))
        on = off + float(rng.uniform(0.15, 1.2))
        if on > seconds - 1.0:
            break
        knots_s += [off, off + EDGE_S, on, on + EDGE_S]
        levels += [1.0, 0.0, 0.0, 1.0]
        mouth_s += [off, off + GATE_FALL_S, on - 0.4 * GATE_RISE_S, on + 0.6 * GATE_RISE_S]
        mouth_levels += [1.0, 0.0, 0.0, 1.0]
        now = on
    time_s = np.arange(len(samples)) / SAMPLE_RATE_HZ
    gate = np.interp(time_s, knots_s, levels).astype(np.float32)

    def mouth(times_s: FloatArray) -> FloatArray:
        return np.interp(times_s, mouth_s, mouth_levels).astype(np.float32)

    return samples * gate, mouth
