"""What the network is rewarded for."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

VELOCITY_WEIGHT: Final = 2.0
"""Errors of movement count beside errors of place: keeps held vowels still and onsets sharp."""
CORRELATION_WEIGHT: Final = 0.6
MIDDLE_DEVIATION: Final = 0.02
"""Added to deviations before dividing by them: an action that stands still has no correlation."""


def motion_loss(
    predicted: Tensor, target: Tensor, weights: Tensor, scale: Tensor, warm_up: int
) -> Tensor:
    """Squared error of place and movement, each action by its own spread, and lack of correlation.

    Args:
        predicted: ``(batch, time, actions)``.
        target: The same shape.
        weights: ``(batch, actions)`` trust in each clip's targets, 0 to 1.
        scale: ``(actions,)`` spread of each action in the data: rare actions count like common ones.
        warm_up: Frames at the start that do not count, while the memory fills.
    """
    predicted, target = predicted[:, warm_up:], target[:, warm_up:]
    trust = weights[:, None]
    place = (((predicted - target) / scale) ** 2 * trust).mean()
    speed = (
        (((predicted[:, 1:] - predicted[:, :-1]) - (target[:, 1:] - target[:, :-1])) / scale) ** 2
        * trust
    ).mean()
    return (
        place + VELOCITY_WEIGHT * speed + CORRELATION_WEIGHT * _decorrelation(predicted, target, weights)
    )


def _decorrelation(predicted: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Mean over clips and actions of 1 - correlation, for actions that move in the clip."""
    p, t = predicted - predicted.mean(dim=1, keepdim=True), target - target.mean(dim=1, keepdim=True)
    spread = t.square().mean(dim=1).sqrt()
    correlation = (p * t).mean(dim=1) / (
        (p.square().mean(dim=1) + MIDDLE_DEVIATION**2).sqrt() * (spread + MIDDLE_DEVIATION)
    )
    counted = weights * torch.clamp(spread / (2 * MIDDLE_DEVIATION), max=1.0)
    return ((1.0 - correlation) * counted).sum() / counted.sum().clamp(min=1.0)
