"""FACEGOOD takes: one Mandarin speaker with 116 face controls at 30 fps.

Source: repository FACEGOOD/FACEGOOD-Audio2Face, ``code/train``. Licence: MIT. A take is ``NAME.wav``
(mono) beside ``NAME.npz`` with ``weights (T, 116) float32``, ``names (116,)`` and ``fps``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from t2s_rt.errors import AudioError
from t2s_rt.types import FloatArray

SOURCE: Final = (
    "Five FACEGOOD takes (495 s), one Mandarin speaker, speech, face controls at 30 fps; MIT; "
    "repository FACEGOOD/FACEGOOD-Audio2Face, code/train"
)


@dataclass(frozen=True, slots=True)
class ControlMap:
    """How one action follows from captured controls: their mean or maximum, times a scale.

    Attributes:
        action: Name of our action.
        controls: Names of captured controls.
        largest: Take the largest of the controls, else their mean.
        scale: So that 1.0 is the strongest in song. Speech opens the mouth to about two thirds of
            what song does, so the 99.5th percentile of these takes is put near 0.65.
    """

    action: str
    controls: tuple[str, ...]
    largest: bool
    scale: float


def _sides(stem: str, *sides: str) -> tuple[str, ...]:
    return tuple(f"{stem}_{side}" for side in sides)


CONTROL_MAPS: Final[tuple[ControlMap, ...]] = (
    ControlMap("jaw_open", ("mouth_stretch_c",), largest=False, scale=1.2),
    ControlMap("lip_closure",
               (*_sides("mouth_press", "l", "r"), *_sides("mouth_suck", "dl", "dr", "ul", "ur")),
               largest=True, scale=2.0),
    ControlMap("lip_rounding", ("mouth_oh_c",), largest=False, scale=0.85),
    ControlMap("lip_pucker", _sides("mouth_pucker", "l", "r"), largest=False, scale=1.0),
    ControlMap("lip_funnel", _sides("mouth_funnel", "dl", "dr", "ul", "ur"), largest=False, scale=1.2),
    ControlMap("lip_spread", _sides("mouth_lipStretch", "l", "r"), largest=False, scale=2.0),
    ControlMap("upper_lip_raise", _sides("mouth_upperLipRaise", "l", "r"), largest=False, scale=2.0),
    ControlMap("lower_lip_depress", _sides("mouth_lowerLipDepress", "l", "r"), largest=False, scale=2.0),
)  # fmt: skip
"""Corner pull and cheeks carry no usable signal in these takes and are not learned. Lip spread carries
little: it moves in two of the five takes, up to 0.3."""

ACTION_NAMES: Final = tuple(row.action for row in CONTROL_MAPS)


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded performance.

    Attributes:
        name: Of the take.
        samples: ``(N,)`` mono in [-1, 1].
        sample_rate_hz: Of ``samples``.
        targets: ``(T, len(ACTION_NAMES))`` intensities; row i shows the face at i / ``fps`` s.
        fps: Rows per second.
    """

    name: str
    samples: FloatArray
    sample_rate_hz: int
    targets: FloatArray
    fps: float

    def targets_at(self, times_s: FloatArray) -> FloatArray:
        """``(len(times_s), actions)`` targets at any times, interpolated; held beyond the ends."""
        rows = np.arange(len(self.targets)) / self.fps
        columns = [np.interp(times_s, rows, column) for column in self.targets.T]
        return np.stack(columns, axis=1).astype(np.float32)


def load_captures(folder: Path) -> tuple[Capture, ...]:
    """Load every take of a folder, in the order of their names.

    Args:
        folder: Holds pairs ``NAME.wav`` and ``NAME.npz``.

    Raises:
        AudioError: There is no take, a pair is incomplete, or a file does not hold what it should.
    """
    found = sorted(folder.glob("*.npz"))
    if not found:
        raise AudioError(
            f"No takes in {folder}.", "A take is NAME.wav beside NAME.npz; see docs/training.md."
        )
    return tuple(_load_capture(path) for path in found)


def _load_capture(path: Path) -> Capture:
    with np.load(path) as data:
        missing = {"weights", "names", "fps"} - set(data.files)
        if missing:
            raise AudioError(f"{path} lacks {sorted(missing)}.", "See docs/training.md for the layout.")
        weights, fps = data["weights"], float(data["fps"])
        columns = {str(name): i for i, name in enumerate(data["names"])}
    unknown = [name for row in CONTROL_MAPS for name in row.controls if name not in columns]
    if unknown:
        raise AudioError(f"{path} has no controls {unknown}.", "See docs/training.md for the layout.")
    targets = np.zeros((len(weights), len(CONTROL_MAPS)), np.float32)
    for k, row in enumerate(CONTROL_MAPS):
        chosen = weights[:, [columns[name] for name in row.controls]]
        targets[:, k] = row.scale * (chosen.max(axis=1) if row.largest else chosen.mean(axis=1))
    try:
        samples, rate_hz = soundfile.read(path.with_suffix(".wav"), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as problem:
        raise AudioError(f"{path.with_suffix('.wav')} cannot be read: {problem}") from problem
    return Capture(path.stem, samples.mean(axis=1), int(rate_hz), np.clip(targets, 0.0, 1.0), fps)
