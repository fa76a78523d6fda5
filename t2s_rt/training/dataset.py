"""From captures to training clips: many renderings of each take, heard by the engine's own extractor.

A *rendering* is a take as it might have reached a microphone: faster or slower, brighter or duller, in
noise, cut off and begun again, or sung instead of spoken. Each is played through `FeatureExtractor` once
and kept on disk, because that is the slow part; everything cheap is varied while training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soxr
from tqdm import tqdm

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.inference.inputs import INPUT_COUNT, assemble
from t2s_rt.timebase import HOP_SAMPLES, HOPS_PER_FRAME, SAMPLE_RATE_HZ
from t2s_rt.training import resing
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture
from t2s_rt.types import FloatArray

Kind = Literal["plain", "spoken", "sung", "vowel", "still"]

SPEEDS: Final = (0.8, 0.9, 1.0, 1.0, 1.12, 1.25, 1.45)
"""Spoken renderings: pitch and formants move together with the pace."""
SUNG_RENDERINGS: Final = 10
SUNG_S: Final = 60.0
"""Length of one sung rendering of a take."""
STILL_S: Final = 60.0
VOWEL_S: Final = 75.0
GATE_RISE_S: Final = 0.020
GATE_FALL_S: Final = 0.030
"""How fast the mouth follows a voice that is cut in or out: about the fastest a jaw moves."""
EDGE_S: Final = 0.004
USED_LEVEL: Final = 0.12
USED_PERCENTILE: Final = 99.0
"""A take that keeps an action below this level in so many frames says nothing about it: its animation
tells such sounds by other controls (two of the five takes write 'oh' as pucker)."""

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_HEARING: Final = (
    *(f"audio/{stem}.py" for stem in ("features", "loudness", "mel", "pitch", "voice", "synthesis")),
    *("types.py", "timebase.py"),
    *(f"training/{stem}.py" for stem in ("dataset", "resing", "prepare/facegood")),
)
"""The code that decides what a rendering holds."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One heard version of a take.

    Attributes:
        take: Name of the capture; empty where it belongs to none.
        kind: How it was made.
        features: ``(hops, FEATURE_COUNT)``.
        targets: ``(hops, actions)`` intensities at each hop's end.
        weights: ``(actions,)`` 1 where the targets are to be believed, else 0.
    """

    take: str
    kind: Kind
    features: FloatArray
    targets: FloatArray
    weights: FloatArray

    def frames(self, lookahead_samples: int, first_hop: int = 0) -> tuple[FloatArray, FloatArray]:
        """Cut into frames.

        Args:
            lookahead_samples: How far the target lies behind the newest sample.
            first_hop: 0 or 1: where the first frame begins.

        Returns:
            ``(frames, HOPS_PER_FRAME, FEATURE_COUNT)`` features and ``(frames, actions)`` targets.
        """
        count = (len(self.features) - first_hop) // HOPS_PER_FRAME
        features = self.features[first_hop : first_hop + count * HOPS_PER_FRAME]
        ends = first_hop + HOPS_PER_FRAME * np.arange(1, count + 1) - 1 - lookahead_samples / HOP_SAMPLES
        hops = np.arange(len(self.targets))
        targets = np.stack([np.interp(ends, hops, column) for column in self.targets.T], axis=1)
        return features.reshape(count, HOPS_PER_FRAME, -1), targets.astype(np.float32)


def render_all(captures: Sequence[Capture], kept: Path, seed: int) -> tuple[Rendering, ...]:
    """Render every take in every way, or read it from the cache where nothing has changed.

    Args:
        captures: The takes.
        kept: Folder for ``.npz`` files; one subfolder for each state of data and code.
        seed: Of everything random.
    """
    folder = kept / data_hash(captures, seed)[:16]
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [job for i, capture in enumerate(captures) for job in _jobs_of_take(capture, seed * 1000 + i)]
    jobs += _jobs_of_none(seed)
    return tuple(
        _cached(folder / f"{name}.npz", make)
        for name, make in tqdm(jobs, desc="hearing the takes", unit="part")
    )


def data_hash(captures: Sequence[Capture], seed: int) -> str:
    """SHA-256 over the takes, the seed and the code that hears them."""
    state = hashlib.sha256(str(seed).encode())
    for capture in captures:
        state.update(capture.samples.tobytes())
        state.update(capture.targets.tobytes())
    for pattern in _HEARING:
        for path in sorted(_PACKAGE.glob(pattern)):
            state.update(path.read_bytes())
    return state.hexdigest()


def model_inputs(features: FloatArray) -> FloatArray:
    """``(frames, HOPS_PER_FRAME, FEATURE_COUNT)`` features to ``(frames, INPUT_COUNT)`` model input."""
    out = np.empty((len(features), INPUT_COUNT), np.float32)
    assemble(features, out)
    return out


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
    return resing.analyse(_resample(capture.samples, capture.sample_rate_hz, resing.RATE_HZ))


def _jobs_of_none(seed: int) -> list[_Job]:
    return [
        *((f"still{i}", partial(_still, np.random.default_rng((seed, 3, i)))) for i in range(5)),
        *((f"vowel{i}", partial(_vowels, np.random.default_rng((seed, 4, i)))) for i in range(6)),
    ]


def _cached(path: Path, make: Callable[[], Rendering]) -> Rendering:
    if not path.exists():
        made = make()
        np.savez(
            path.with_suffix(".part.npz"),
            take=made.take,
            kind=made.kind,
            features=made.features,
            targets=made.targets,
            weights=made.weights,
        )
        path.with_suffix(".part.npz").replace(path)
        return made
    with np.load(path) as data:
        return Rendering(
            str(data["take"]), str(data["kind"]), data["features"], data["targets"], data["weights"]  # type: ignore[arg-type]
        )  # fmt: skip


def _plain(capture: Capture) -> Rendering:
    samples = _resample(capture.samples, capture.sample_rate_hz, SAMPLE_RATE_HZ)
    return _heard(capture, "plain", samples, lambda t: t)


def _spoken(capture: Capture, speed: float, rng: np.random.Generator) -> Rendering:
    samples = _resample(capture.samples, capture.sample_rate_hz * speed, SAMPLE_RATE_HZ)
    samples, mouth = _cut(samples, rng)
    samples = _colour(samples, rng)
    return _heard(capture, "spoken", samples, lambda t: t * np.float32(speed), mouth)


def _sung(
    capture: Capture, taken_apart: Callable[[], resing.Analysis], rng: np.random.Generator
) -> Rendering:
    song = resing.sing(capture, taken_apart(), SUNG_S, rng)
    samples = _resample(song.samples, resing.RATE_HZ, SAMPLE_RATE_HZ)
    samples, mouth = _cut(samples, rng)
    rows_s = np.arange(len(song.source_s)) * resing.STEP_S
    opening = (10.0 ** (song.swell_db / 60.0)).astype(np.float32)

    def follow(times_s: FloatArray) -> FloatArray:
        return mouth(times_s) * np.interp(times_s, rows_s, opening).astype(np.float32)

    return _heard(
        capture,
        "sung",
        _colour(samples, rng),
        lambda t: np.interp(t, rows_s, song.source_s).astype(np.float32),
        follow,
    )


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


def _vowels(rng: np.random.Generator) -> Rendering:
    """Synthetic vowels and hums of 0.1 to 9 s, apart or in phrases, bass to soprano, with swells."""
    count = int(VOWEL_S * SAMPLE_RATE_HZ)
    samples = np.zeros(count, np.float32)
    rows = np.zeros((count // HOP_SAMPLES, len(ACTION_NAMES)), np.float32)
    at = SAMPLE_RATE_HZ // 2
    while at < count - SAMPLE_RATE_HZ:
        name = str(rng.choice(list(_SOUND_FACES)))
        note = _note(name, rng)[: count - at]
        samples[at : at + len(note)] = note
        face = np.array([_SOUND_FACES[name].get(action, 0.0) for action in ACTION_NAMES], np.float32)
        opening = _envelope(len(rows), at, at + len(note))[:, None]
        rows = rows * (1.0 - opening) + face * opening
        gap_s = float(rng.choice([0.0, rng.uniform(0.05, 1.0)]))
        at += len(note) + int(gap_s * SAMPLE_RATE_HZ)
    swell_db = np.interp(
        np.arange(count) / SAMPLE_RATE_HZ,
        np.arange(0.0, VOWEL_S + 2, 1.5),
        rng.uniform(-6, 0, int(VOWEL_S / 1.5) + 2),
    ).astype(np.float32)
    samples *= 10.0 ** (swell_db / 20.0)
    rows *= (10.0 ** (swell_db[HOP_SAMPLES - 1 :: HOP_SAMPLES][: len(rows)] / 60.0))[:, None]
    features = _extract(_colour(samples, rng))
    return Rendering("", "vowel", features, rows, np.ones(len(ACTION_NAMES), np.float32))


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


def _still(rng: np.random.Generator) -> Rendering:
    """What a microphone hears while nobody sings: hiss, hum, knocks, nothing; the face rests."""
    count = int(STILL_S * SAMPLE_RATE_HZ)
    time_s = np.arange(count, dtype=np.float32) / SAMPLE_RATE_HZ
    samples = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = int(rng.uniform(1.5, 6.0) * SAMPLE_RATE_HZ)
        part = slice(at, at + length)
        size = len(samples[part])
        hiss = _shelf(rng.standard_normal(size).astype(np.float32), float(rng.uniform(-0.95, 0.95)))
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
    features = _extract(samples)
    shape = (len(features), len(ACTION_NAMES))
    return Rendering("", "still", features, np.zeros(shape, np.float32), np.ones(shape[1], np.float32))


def _heard(
    capture: Capture,
    kind: Kind,
    samples: FloatArray,
    source_s: Callable[[FloatArray], FloatArray],
    mouth: Callable[[FloatArray], FloatArray] | None = None,
) -> Rendering:
    """Hear a rendering and bend the face along: ``source_s`` maps its time to the capture's."""
    features = _extract(samples)
    ends_s = ((np.arange(len(features)) + 1) * (HOP_SAMPLES / SAMPLE_RATE_HZ)).astype(np.float32)
    targets = capture.targets_at(source_s(ends_s))
    if mouth is not None:
        targets *= mouth(ends_s)[:, None]
    used = np.percentile(capture.targets, USED_PERCENTILE, axis=0) > USED_LEVEL
    return Rendering(capture.name, kind, features, np.clip(targets, 0.0, 1.0), used.astype(np.float32))


def _extract(samples: FloatArray) -> FloatArray:
    features = FeatureExtractor().extract(np.ascontiguousarray(samples, np.float32))
    if not np.isfinite(features).all():
        raise FloatingPointError("the feature extractor gave numbers that are not finite")
    return features


def _resample(samples: FloatArray, from_hz: float, to_hz: float) -> FloatArray:
    return np.asarray(soxr.resample(samples, from_hz, to_hz), np.float32)


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


def _colour(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Another microphone, distance and room: gain, tilt and noise."""
    tilted = _shelf(samples, float(rng.uniform(-0.3, 0.45)))
    gain = 10.0 ** (float(rng.uniform(-14.0, 5.0)) / 20.0)
    hiss = _shelf(rng.standard_normal(len(samples)).astype(np.float32), float(rng.uniform(-0.9, 0.5)))
    level = 10.0 ** (float(rng.choice([-100.0, rng.uniform(-80.0, -45.0)])) / 20.0)
    return np.clip(tilted * np.float32(gain) + hiss * np.float32(level), -1.0, 1.0).astype(np.float32)


def _shelf(samples: FloatArray, slope: float) -> FloatArray:
    """Tilt of level 1 at mid band: ``slope`` above 0 brightens, below 0 darkens."""
    tilted = samples.copy()
    tilted[1:] -= np.float32(slope) * samples[:-1]
    return tilted / np.float32(np.sqrt(1.0 + slope * slope))
