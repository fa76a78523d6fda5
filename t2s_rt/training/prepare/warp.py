"""First guess of when each sound stands: a rendition of the text warped onto the recording.

Dynamic time warping (Sakoe and Chiba 1978) between mel cepstra, each normalised over its own speech. The
recording may stand still or go up to three times as fast as the rendition, and pause between words.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.training.prepare.chain import Chain, IntArray, cheapest_way
from t2s_rt.training.prepare.heard import HOP_S, hear, level_db
from t2s_rt.training.prepare.rendition import Rendition
from t2s_rt.types import FloatArray

BoolArray = npt.NDArray[np.bool_]

Span = tuple[int, int]
"""First row and the row after the last."""

_STEP_ROWS: Final = 2
"""Warping needs half the rows."""
_STAY_COST: Final = 1.6
_SKIP_COSTS: Final = (0.8, 2.5)
_LOUD_BELOW_PEAK_DB: Final = 35.0
_PAUSE_FLOOR_PERCENTILE: Final = 5.0
_PAUSE_COST: Final = 3.0
_PAUSE_COST_PER_DB: Final = 0.5
_STATIC_WEIGHT: Final = 1.0
_MOTION_WEIGHT: Final = 0.6


def warp(heard: FloatArray, rendition: Rendition) -> tuple[list[Span], float]:
    """Where each sound of a rendition stands in a recording.

    Args:
        heard: ``(T, WIDTH)`` rows of the recording.
        rendition: Of its text; has sounds.

    Returns:
        A span of rows for each sound, in order, not empty and not overlapping; and the mean cost of a
        row. There are no spans where the recording is far too short for its text.
    """
    said = hear(rendition.samples)[::_STEP_ROWS]
    rows, floor = heard[::_STEP_ROWS], level_db(heard)[::_STEP_ROWS]
    costs = _distances(_normal(rows), _normal(said))
    starts = np.array([min(_row(s.start_s), len(said) - 1) for s in rendition.sounds])
    ends = np.array([min(_row(s.end_s), len(said)) for s in rendition.sounds])
    kept = np.zeros(len(said), bool)
    owner = np.full(len(said), -1)
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        kept[start : max(end, start + 1)] = True
        owner[start : max(end, start + 1)] = k
    pauses = [k for k, sound in enumerate(rendition.sounds) if sound.begins_word or k == 0]
    order, is_pause = _order(owner, kept, pauses)
    chain = _chain(is_pause)
    quiet = float(np.percentile(floor, _PAUSE_FLOOR_PERCENTILE))
    pause_cost = _PAUSE_COST + _PAUSE_COST_PER_DB * np.maximum(floor - quiet - 6.0, 0.0)
    table = np.where(is_pause[None, :], pause_cost[:, None], costs[:, np.maximum(order, 0)])
    way, cost = cheapest_way(table.astype(np.float32), chain)
    if not np.isfinite(cost):
        return [], np.inf
    sounding = np.where(is_pause[way], -1, owner[np.maximum(order, 0)][way])
    return _spans(sounding, len(rendition.sounds), len(heard)), cost / len(rows)


def _row(time_s: float) -> int:
    return round(time_s / (HOP_S * _STEP_ROWS))


def _normal(rows: FloatArray) -> FloatArray:
    level = level_db(rows)
    loud = rows[level > np.percentile(level, 95.0) - _LOUD_BELOW_PEAK_DB]
    normal = (rows - loud.mean(axis=0)) / (loud.std(axis=0) + 1e-3)
    third = rows.shape[1] // 3
    weights = np.repeat((_STATIC_WEIGHT, _MOTION_WEIGHT, 0.0), third)
    return np.asarray(np.clip(normal, -4.0, 4.0) * weights, np.float32)[:, : 2 * third]


def _distances(rows: FloatArray, said: FloatArray) -> FloatArray:
    """``(T, R)`` Euclidean distances."""
    square = np.square(rows).sum(axis=1)[:, None] + np.square(said).sum(axis=1)[None, :]
    return np.asarray(np.sqrt(np.maximum(square - 2.0 * rows @ said.T, 0.0)), np.float32)


def _order(owner: IntArray, kept: BoolArray, pauses: list[int]) -> tuple[IntArray, BoolArray]:
    """Rendition rows in order (-1 for a pause) and which are pauses: before words, and at the end."""
    order: list[int] = []
    waiting = dict.fromkeys(pauses)
    for row in np.flatnonzero(kept):
        sound = int(owner[row])
        if sound in waiting:
            del waiting[sound]
            order.append(-1)
        order.append(int(row))
    order.append(-1)
    numbers = np.array(order)
    return numbers, numbers < 0


def _chain(is_pause: BoolArray) -> Chain:
    """Stay, go on, or skip up to two rows; pauses cost nothing to enter, to hold or to pass by."""
    count = len(is_pause)
    at = np.arange(count)
    sources = np.tile(at, (5, 1))
    costs = np.full((5, count), np.inf)
    costs[0] = np.where(is_pause, 0.0, _STAY_COST)
    rows = np.flatnonzero(~is_pause)
    place = {int(state): k for k, state in enumerate(rows)}
    for state in range(count):
        if is_pause[state]:
            if state:
                sources[1, state], costs[1, state] = state - 1, 0.0
            continue
        k = place[state]
        for way, cost in enumerate((0.0, *_SKIP_COSTS), 1):
            if k - way >= 0:
                sources[way, state], costs[way, state] = rows[k - way], cost
        if state and is_pause[state - 1]:
            sources[4, state], costs[4, state] = state - 1, 0.0
    first = at <= 1
    last = at >= count - 2
    return Chain(sources, costs.astype(np.float32), first, last)


def _spans(sounding: IntArray, sounds: int, rows: int) -> list[Span]:
    """Spans of all sounds; those that the way skipped get a row at the edge between their neighbours."""
    starts = np.full(sounds, -1)
    ends = np.full(sounds, -1)
    for row, sound in enumerate(sounding):
        if sound >= 0:
            starts[sound] = row if starts[sound] < 0 else starts[sound]
            ends[sound] = row + 1
    spans: list[Span] = []
    free = 0
    for k in range(sounds):
        if starts[k] < 0:
            start, end = free, free + 1
        else:
            start, end = max(int(starts[k]) * _STEP_ROWS, free), int(ends[k]) * _STEP_ROWS
        end = min(max(end, start + 1), rows)
        spans.append((min(start, rows - 1), end))
        free = end
    return spans
