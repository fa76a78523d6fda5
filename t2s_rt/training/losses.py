"""What the network is rewarded for."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from t2s_rt.training.rendering import UNKNOWN

VELOCITY_WEIGHT: Final = 2.0
"""Errors of movement count beside errors of place: keeps held vowels still and onsets sharp."""
CORRELATION_WEIGHT: Final = 0.6
MIDDLE_DEVIATION: Final = 0.02
"""Added to deviations before dividing by them: an action that stands still has no correlation."""
PRESENCE_WEIGHT: Final = 1.0
SOUND_WEIGHT: Final = 0.5
REST_SHARE: Final = 0.1
"""How much the mouth counts where nobody sings: presence shuts it there, so its shape matters little,
and learning to rest beside steady bands would shut it on held vowels."""
REST_MARGIN_FRAMES: Final = 4
"""Around a voice the mouth counts fully for this long."""


def motion_loss(predicted: Tensor, target: Tensor, trust: Tensor, scale: Tensor, warm_up: int) -> Tensor:
    """Squared error of place and movement, each action by its own spread, and lack of correlation.

    Args:
        predicted: ``(batch, time, actions)``.
        target: The same shape.
        trust: ``(batch, time, actions)`` how much each target counts, 0 to 1.
        scale: ``(actions,)`` spread of each action in the data: rare actions count like common ones.
        warm_up: Frames at the start that do not count, while the memory fills.
    """
    predicted, target, trust = predicted[:, warm_up:], target[:, warm_up:], trust[:, warm_up:]
    place = (((predicted - target) / scale) ** 2 * trust).mean()
    speed = (
        (((predicted[:, 1:] - predicted[:, :-1]) - (target[:, 1:] - target[:, :-1])) / scale) ** 2
        * torch.minimum(trust[:, 1:], trust[:, :-1])
    ).mean()
    unlike = _decorrelation(predicted, target, trust)
    return place + VELOCITY_WEIGHT * speed + CORRELATION_WEIGHT * unlike


def frame_trust(weights: Tensor, voice: Tensor) -> Tensor:
    """How much each frame's mouth counts: `REST_SHARE` where nobody sings.

    Args:
        weights: ``(batch, actions)`` trust in each clip's targets.
        voice: ``(batch, time)`` 1, 0 or `UNKNOWN`.

    Returns:
        ``(batch, time, actions)``.
    """
    sung = (voice != 0).float()[:, None]
    near = functional.max_pool1d(sung, 2 * REST_MARGIN_FRAMES + 1, 1, REST_MARGIN_FRAMES)[:, 0]
    return (REST_SHARE + (1.0 - REST_SHARE) * near)[..., None] * weights[:, None]


def presence_loss(presence: Tensor, voice: Tensor, warm_up: int) -> Tensor:
    """Cross entropy of log odds ``(batch, time)`` against 1 and 0, where it is known."""
    presence, voice = presence[:, warm_up:], voice[:, warm_up:]
    known = (voice != UNKNOWN).float()
    errors = functional.binary_cross_entropy_with_logits(
        presence, voice.clamp(min=0).float(), reduction="none"
    )
    return (errors * known).sum() / known.sum().clamp(min=1.0)


def sound_loss(sounds: Tensor, sound: Tensor, warm_up: int) -> Tensor:
    """Cross entropy of ``(batch, time, classes)`` against the class, where it is known."""
    logits, wanted = sounds[:, warm_up:].flatten(0, 1), sound[:, warm_up:].flatten().long()
    if bool((wanted == UNKNOWN).all()):
        return logits.sum() * 0.0
    return functional.cross_entropy(logits, wanted, ignore_index=UNKNOWN)


def _decorrelation(predicted: Tensor, target: Tensor, trust: Tensor) -> Tensor:
    """Mean over clips and actions of 1 - correlation, for actions that move in the clip."""
    total = trust.sum(dim=1, keepdim=True).clamp(min=1e-3)
    share = trust / total
    p = predicted - (predicted * share).sum(dim=1, keepdim=True)
    t = target - (target * share).sum(dim=1, keepdim=True)
    spread = (t.square() * share).sum(dim=1).sqrt()
    correlation = (p * t * share).sum(dim=1) / (
        ((p.square() * share).sum(dim=1) + MIDDLE_DEVIATION**2).sqrt() * (spread + MIDDLE_DEVIATION)
    )
    counted = trust.mean(dim=1) * torch.clamp(spread / (2 * MIDDLE_DEVIATION), max=1.0)
    return ((1.0 - correlation) * counted).sum() / counted.sum().clamp(min=1.0)
