"""Beat alignment (BA): does the head come to rest where the music has its beats?

After SingingHead's metric, which is Bailando's, with its errors mended: beats and rests are compared in
seconds (theirs compares an index at 31.25 Hz with one at 30), the chance level stands beside it, and the
audio is named: it is the solo voice that is sung. Beats: spectral flux of our own mel spectrum, tempo by
autocorrelation, beats by dynamic programming (Ellis, "Beat tracking by dynamic programming", 2007).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bench.lead import load_song
from bench.quality.engine_subject import EngineSubject
from bench.quality.figures import Figure
from bench.quality.prosody import HEAD, columns
from bench.quality.track import Curve, Subject
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.timebase import FRAME_RATE_HZ, HOP_RATE_HZ
from t2s_rt.types import Feature, FloatArray

TEMPI_BPM: Final = (50.0, 180.0)
LIKELY_BPM: Final = 110.0
TIGHTNESS: Final = 100.0
SMOOTH_S: Final = 5.0 / 30.0
"""Of the head's speed: 5 frames at 30 fps as published."""
NEAR_S: Final = 3.0 / 30.0
SHIFTS: Final = 40


def onset_strength(samples: FloatArray) -> Curve:
    """``(hops,)`` how much louder bands grow, at 120 Hz, its mean 0 and deviation 1."""
    mel = FeatureExtractor().extract(samples)[:, Feature.MEL].astype(np.float64)
    flux = np.maximum(np.diff(mel, axis=0, prepend=mel[:1]), 0.0).mean(axis=1)
    smooth = np.convolve(flux, np.hanning(7) / np.hanning(7).sum(), mode="same")
    return np.asarray((smooth - smooth.mean()) / max(float(smooth.std()), 1e-9))


def beats_s(strength: Curve, rate_hz: int = HOP_RATE_HZ) -> Curve:
    """Times of beats.

    Args:
        strength: ``(T,)`` of `onset_strength`.
        rate_hz: Rows a second.
    """
    lags = np.arange(round(60 * rate_hz / TEMPI_BPM[1]), round(60 * rate_hz / TEMPI_BPM[0]))
    likely = np.exp(-0.5 * np.log2(60 * rate_hz / lags / LIKELY_BPM) ** 2)
    period = int(
        lags[np.argmax([likely[i] * (strength[lag:] @ strength[:-lag]) for i, lag in enumerate(lags)])]
    )
    score, before = strength.copy(), np.full(len(strength), -1)
    steps = np.arange(period // 2, 2 * period)
    price = -TIGHTNESS * np.log(steps / period) ** 2
    for t in range(period // 2, len(strength)):
        reach = steps[steps <= t]
        options = score[t - reach] + price[: len(reach)]
        best = int(options.argmax())
        score[t] += options[best]
        before[t] = t - reach[best]
    last = len(score) - period + int(score[-period:].argmax())
    found = [last]
    while before[found[-1]] >= 0:
        found.append(int(before[found[-1]]))
    return np.array(found[::-1]) / rate_hz


def rests_s(head: FloatArray, rate_hz: int = FRAME_RATE_HZ) -> Curve:
    """Times at which a head ``(T, 3)`` is slowest: local minima of its smoothed speed."""
    speed = np.linalg.norm(np.diff(head.astype(np.float64), axis=0), axis=1)
    reach = round(4 * SMOOTH_S * rate_hz)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (SMOOTH_S * rate_hz)) ** 2)
    smooth = np.convolve(speed, kernel / kernel.sum(), mode="same")
    low = (smooth[1:-1] < smooth[:-2]) & (smooth[1:-1] <= smooth[2:])
    return (np.flatnonzero(low) + 1) / rate_hz


def alignment(music_s: Curve, motion_s: Curve) -> float:
    """Mean over beats of the music of how near the nearest rest of the motion is, 0 to 1."""
    if not len(music_s) or not len(motion_s):
        return 0.0
    away = np.abs(music_s[:, None] - motion_s).min(axis=1)
    return float(np.exp(-(away**2) / (2 * NEAR_S**2)).mean())


def chance(music_s: Curve, motion_s: Curve, duration_s: float) -> float:
    """The same for motion that has nothing to do with the music: the motion turned round in time."""
    shifts = duration_s * (np.arange(SHIFTS) + 0.5) / SHIFTS
    return float(np.mean([alignment(music_s, (motion_s + s) % duration_s) for s in shifts]))


def measure(subject: Subject) -> list[Figure]:
    """BA on the song and its chance level; nothing for a peer, which has no head.

    Raises:
        SetupError: The song is not there.
    """
    if not isinstance(subject, EngineSubject):
        return []
    samples, _ = load_song()
    music_s = beats_s(onset_strength(samples))
    track = subject.watch(samples)
    if track.face is None:
        return []
    motion_s = rests_s(columns(track.face, HEAD))
    by_chance = chance(music_s, motion_s, float(track.time_s[-1]))
    note = f"{len(music_s)} beats of the solo voice, {len(motion_s)} rests; chance {by_chance:.3f}"
    return [Figure("mesh.ba", alignment(music_s, motion_s), note)]
