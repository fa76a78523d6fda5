"""Captured takes: a real face beside its voice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality.figures import Figure
from bench.quality.sound import at_48k
from bench.quality.track import Curve, MouthTrack, Subject, correlation
from bench.report import ROOT
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.training.prepare.facegood import ACTION_NAMES, Capture, load_captures

FOLDER: Final = ROOT.parent / "shared" / "data" / "facegood"
JUDGED: Final[dict[str, tuple[str, ...]]] = {
    "jaw": ("jaw_open",),
    "oh": ("lip_rounding",),
    "round": ("lip_rounding", "lip_pucker"),
    "funnel": ("lip_funnel",),
    "lower_lip": ("lower_lip_depress",),
}
"""Row to the actions that the face shows and ours plays, added up. The takes were animated by several
hands: two write a rounded mouth as pucker where the others write 'oh'. ``round`` is both."""
MOVES: Final = 0.05
"""Standard deviation from which a captured action counts as moved in a take; below it the take says
nothing about that action."""

SubjectOfTake = Callable[[str], Subject]
"""The subject that has not heard a take: leave one out."""


def predicted(track: MouthTrack, actions: tuple[str, ...]) -> Curve:
    """``(T,)`` what a subject shows of actions; a peer has only a jaw and rounding.

    Raises:
        KeyError: A peer does not show them.
    """
    if track.face is not None:
        columns = [ACTION_INDEX[action] for action in actions]
        return np.asarray(track.face.actions[:, columns].astype(np.float64).sum(axis=1))
    if "lip_funnel" in actions or "lower_lip_depress" in actions:
        raise KeyError(actions)
    return track.opening if actions == ("jaw_open",) else track.rounding


def take_correlation(track: MouthTrack, capture: Capture, actions: tuple[str, ...]) -> float:
    """Correlation over one take; NaN where the captured face does not visibly move the actions."""
    targets = capture.targets_at(track.time_s.astype(np.float32)).astype(np.float64)
    captured = targets[:, [ACTION_NAMES.index(action) for action in actions]].sum(axis=1)
    if captured.std() < MOVES:
        return float("nan")
    return correlation(predicted(track, actions), captured)


def measure(
    subject: Subject, folder: Path = FOLDER, left_out: SubjectOfTake | None = None
) -> list[Figure]:
    """Mean correlation over the takes in which the face moves.

    Args:
        subject: Judged as it is.
        folder: The takes.
        left_out: For each take's name the subject that was trained without it. Given, it is judged by
            the bar; without it the subject may have trained on the takes, and the rows say so.

    Raises:
        AudioError: There are no takes.
    """
    captures = load_captures(folder)
    family = "takes" if left_out is None else "unheard"
    tracks = [
        (left_out(take.name) if left_out else subject).watch(at_48k(take.samples, take.sample_rate_hz))
        for take in captures
    ]
    figures = []
    for row, actions in JUDGED.items():
        if tracks[0].face is None and row in ("funnel", "lower_lip"):
            continue
        pairs = zip(tracks, captures, strict=True)
        found = [take_correlation(track, take, actions) for track, take in pairs]
        moved = [r for r in found if np.isfinite(r)]
        each = " ".join("still" if np.isnan(r) else f"{r:.2f}" for r in found)
        mean = float(np.mean(moved)) if moved else float("nan")
        figures.append(Figure(f"{family}.{row}", mean, each))
    return figures
