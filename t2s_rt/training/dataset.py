"""Batches: random clips of renderings, each kind as often as wanted, varied anew each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from t2s_rt.inference.inputs import SCALARS_PER_HOP
from t2s_rt.timebase import HOPS_PER_FRAME
from t2s_rt.training.rendering import Kind, Rendering, model_inputs
from t2s_rt.types import MEL_BANDS, FloatArray

SPREAD_KINDS: Final = frozenset(("plain", "spoken", "read"))
"""What the spread of each action is measured on."""
LEAST_SPREAD: Final = 0.03
REFERENCE_JITTER: Final = 0.15
"""Deviation of the level against the reference, in model input units of 20 dB."""
COLOUR_JITTER: Final = 0.10
INPUT_NOISE: Final = 0.03
MASKED_BANDS: Final = 8
SCALAR_DROP: Final = 0.1


class Batch(NamedTuple):
    """What a network is shown, and what it shall say.

    Attributes:
        frames: ``(batch, time, INPUT_COUNT)``.
        actions: ``(batch, time, actions)``.
        weights: ``(batch, actions)`` trust in each clip's actions.
        voice: ``(batch, time)``.
        sound: ``(batch, time)``.
    """

    frames: Tensor
    actions: Tensor
    weights: Tensor
    voice: Tensor
    sound: Tensor


class Clips:
    """Draws random clips.

    Args:
        renderings: What to draw from; those shorter than a clip are left out.
        shares: How often a clip of each kind is drawn; kinds that are not there give way to the others.
        lookahead_samples: How far the target lies behind the newest sample.
        clip_frames: Length of a clip.
    """

    def __init__(
        self,
        renderings: Sequence[Rendering],
        shares: Mapping[Kind, float],
        lookahead_samples: int,
        clip_frames: int,
    ) -> None:
        long = [r for r in renderings if len(r.features) >= HOPS_PER_FRAME * (clip_frames + 1)]
        lengths = {kind: sum(len(r.features) for r in long if r.kind == kind) for kind in shares}
        weights = np.array([shares.get(r.kind, 0.0) * len(r.features) / lengths[r.kind] for r in long])
        self._shares = weights / weights.sum()
        self._renderings = long
        self._lookahead_samples = lookahead_samples
        self._frames = clip_frames
        spread = np.concatenate(
            [r.targets.astype(np.float32) * r.weights for r in long if r.kind in SPREAD_KINDS]
        )
        self.scale: Final = torch.from_numpy(np.maximum(spread.std(axis=0), LEAST_SPREAD))

    def draw(self, size: int, rng: np.random.Generator) -> Batch:
        """A batch of ``size`` clips."""
        rows = [self._cut(int(i), rng) for i in rng.choice(len(self._shares), size, p=self._shares)]
        frames, actions, weights, voice, sound = (np.stack(column) for column in zip(*rows, strict=True))
        tensors = (vary(frames, rng), actions, weights, voice, sound)
        return Batch(*(torch.from_numpy(array) for array in tensors))

    def _cut(self, index: int, rng: np.random.Generator) -> tuple[FloatArray, ...]:
        rendering = self._renderings[index]
        hops = HOPS_PER_FRAME * (self._frames + 1)
        first = int(rng.integers(0, len(rendering.features) - hops + 1))
        lead = min(first, HOPS_PER_FRAME * (1 + self._lookahead_samples // 400))
        part = slice(first - lead, first + hops)
        piece = Rendering(
            rendering.name, rendering.kind, rendering.features[part], rendering.targets[part],
            rendering.weights, rendering.voice[part], rendering.sound[part],
        )  # fmt: skip
        features, targets, voice, sound = piece.frames(self._lookahead_samples, lead % HOPS_PER_FRAME)
        kept = slice(len(targets) - self._frames, None)
        return model_inputs(features[kept]), targets[kept], rendering.weights, voice[kept], sound[kept]  # type: ignore[return-value]


def vary(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Cheap variety, new in every batch and in place: level, colour, masked bands, noise, missing pitch.

    Args:
        x: ``(clips, frames, INPUT_COUNT)``.
        rng: Decides everything.
    """
    clips, frames, _ = x.shape
    rows = x.reshape(clips, frames, HOPS_PER_FRAME, MEL_BANDS + SCALARS_PER_HOP)
    level = rng.normal(0.0, REFERENCE_JITTER, (clips, 1, 1)).astype(np.float32)
    knots = rng.normal(0.0, COLOUR_JITTER, (clips, 6))
    places = np.linspace(0, 5, MEL_BANDS)
    colour = np.stack([np.interp(places, np.arange(6), row) for row in knots]).astype(np.float32)
    rows[..., :MEL_BANDS] += level[..., None] + colour[:, None, None]
    rows[..., MEL_BANDS] += level
    for clip in range(clips):
        if rng.random() < 0.3:
            start, width = int(rng.integers(0, MEL_BANDS)), int(rng.integers(1, MASKED_BANDS + 1))
            rows[clip, ..., start : start + width] = rows[clip, ..., start : start + width].mean(
                axis=(0, 1), keepdims=True
            )
        if rng.random() < SCALAR_DROP:
            rows[clip, ..., MEL_BANDS + 1 : MEL_BANDS + 4] = 0.0
    x += np.float32(INPUT_NOISE) * rng.standard_normal(x.shape, np.float32)
    return x
