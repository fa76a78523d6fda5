"""Clips of one voice one after another, with rests between them: what a microphone hears of a singer.

Single words last a second; a model that shall rest between phrases, and remember who sings, must hear
many in a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.scene import sounding_rms
from t2s_rt.types import FloatArray

PROGRAMME_S: Final = 18.0
LONGEST_CLIP_S: Final = 30.0
"""Longer clips are left out; no source has one worth it."""
EDGE_S: Final = 0.006
LEVEL_SPREAD_DB: Final = 3.0
CUT_CHANCE: Final = 0.35
"""How often a clip is silenced for a while in its middle: onsets and releases at sharp, known times."""
CUT_S: Final = (0.35, 0.8)
SHORTEST_CUT_CLIP_S: Final = 1.6
CUT_EDGE_S: Final = 0.003


def programmes(clips: Iterable[LabelledClip], rng: np.random.Generator) -> Iterator[LabelledClip]:
    """Put the clips of each voice together into programmes of about `PROGRAMME_S`.

    Args:
        clips: All at `RATE_HZ`.
        rng: Decides the order, the rests and the levels.

    Yields:
        One clip a programme, with the sounds of all its clips; every clip is used once. Spoken and sung
        clips are never mixed.
    """
    voices: defaultdict[tuple[str, bool], list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        if clip.duration_s <= LONGEST_CLIP_S and clip.sounds:
            voices[clip.speaker, clip.sung].append(clip)
    for _, own in sorted(voices.items()):
        order = rng.permutation(len(own))
        waiting: list[LabelledClip] = []
        waiting_s = 0.0
        for index in order:
            waiting.append(own[index])
            waiting_s += own[index].duration_s + 0.6
            if waiting_s >= PROGRAMME_S:
                yield _joined(waiting, rng)
                waiting, waiting_s = [], 0.0
        if waiting:
            yield _joined(waiting, rng)


def _joined(clips: Sequence[LabelledClip], rng: np.random.Generator) -> LabelledClip:
    parts: list[FloatArray] = [_rest(rng)]
    sounds: list[tuple[str, float, float]] = []
    at_s = len(parts[0]) / RATE_HZ
    for whole in clips:
        clip = _cut(whole, rng)
        parts.append(_levelled(clip.samples, rng))
        sounds += [(ipa, start_s + at_s, end_s + at_s) for ipa, start_s, end_s in clip.sounds]
        rest = _rest(rng)
        parts.append(rest)
        at_s += (len(clip.samples) + len(rest)) / RATE_HZ
    names = "+".join(clip.name for clip in clips)
    return replace(clips[0], name=names, samples=np.concatenate(parts), sounds=tuple(sounds), text="")


def _cut(clip: LabelledClip, rng: np.random.Generator) -> LabelledClip:
    """Now and then silence a stretch of a clip, and forget the sounds in it."""
    if clip.duration_s < SHORTEST_CUT_CLIP_S or rng.random() > CUT_CHANCE:
        return clip
    length_s = float(rng.uniform(*CUT_S))
    begin_s = float(rng.uniform(0.3, clip.duration_s - length_s - 0.3))
    end_s = begin_s + length_s
    time_s = np.arange(len(clip.samples)) / RATE_HZ
    edges_s = (begin_s - CUT_EDGE_S, begin_s, end_s, end_s + CUT_EDGE_S)
    gate = np.interp(time_s, edges_s, (1.0, 0.0, 0.0, 1.0)).astype(np.float32)
    sounds: list[tuple[str, float, float]] = []
    for ipa, start_s, stop_s in clip.sounds:
        if stop_s <= begin_s or start_s >= end_s:
            sounds.append((ipa, start_s, stop_s))
            continue
        if start_s < begin_s:
            sounds.append((ipa, start_s, begin_s))
        if stop_s > end_s:
            sounds.append((ipa, end_s, stop_s))
    return replace(clip, samples=clip.samples * gate, sounds=tuple(sounds))


def _rest(rng: np.random.Generator) -> FloatArray:
    """Silence between two clips: a short breath, a rest, or a few bars."""
    kind = rng.random()
    low_s, high_s = (0.08, 0.3) if kind < 0.35 else (0.3, 1.2) if kind < 0.85 else (1.2, 3.5)
    return np.zeros(int(rng.uniform(low_s, high_s) * RATE_HZ), np.float32)


def _levelled(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    level_db = float(np.clip(rng.normal(0.0, LEVEL_SPREAD_DB), -9.0, 6.0))
    gain = 0.1 * 10.0 ** (level_db / 20.0) / max(sounding_rms(samples), 1e-4)
    out = (samples * np.float32(gain)).astype(np.float32)
    edge = min(int(EDGE_S * RATE_HZ), len(out) // 2)
    ramp = np.linspace(0.0, 1.0, edge, dtype=np.float32)
    out[:edge] *= ramp
    out[len(out) - edge :] *= ramp[::-1]
    return out
