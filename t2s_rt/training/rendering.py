"""What a network is trained on: features as the engine hears them, and what a face does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import numpy as np
import numpy.typing as npt

from t2s_rt.inference.inputs import INPUT_COUNT, assemble
from t2s_rt.timebase import HOP_SAMPLES, HOPS_PER_FRAME
from t2s_rt.types import FloatArray

Kind = Literal["plain", "spoken", "sung", "vowel", "still", "read", "song", "band"]
"""Captured takes as they are, at other paces and sung again; invented vowels; nobody there; labelled
clips spoken and sung; a band alone."""
UNKNOWN: Final = -1
"""In `Rendering.sound` and `Rendering.voice` where nobody knows."""

ByteArray = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Rendering:
    """One heard version of a performance. Row i of each array describes the end of hop i.

    Attributes:
        name: Of the captured take, or of the programme; empty where it belongs to none.
        kind: How it was made.
        features: ``(hops, FEATURE_COUNT)``; half precision keeps .03 dB, and 20 hours in 1 GB.
        targets: ``(hops, actions)`` intensities.
        weights: ``(actions,)`` 1 where the targets are to be believed, else 0.
        voice: ``(hops,)`` 1 while somebody sings or speaks, 0 while not, `UNKNOWN`.
        sound: ``(hops,)`` index into `t2s_rt.training.targets.SOUND_CLASSES`, or `UNKNOWN`.
    """

    name: str
    kind: Kind
    features: npt.NDArray[np.float16]
    targets: npt.NDArray[np.float16]
    weights: FloatArray
    voice: ByteArray
    sound: ByteArray

    def frames(
        self, lookahead_samples: int, first_hop: int = 0
    ) -> tuple[FloatArray, FloatArray, ByteArray, ByteArray]:
        """Cut into frames.

        Args:
            lookahead_samples: How far the target lies behind the newest sample.
            first_hop: 0 or 1: where the first frame begins.

        Returns:
            ``(frames, HOPS_PER_FRAME, FEATURE_COUNT)`` features, ``(frames, actions)`` targets,
            ``(frames,)`` voice and sound. Targets and sound are of the moment that a frame depicts; a
            voice is there if it is there then or by the newest sample: a mouth that waited for the
            depicted moment would open later by the look-ahead.
        """
        count = (len(self.features) - first_hop) // HOPS_PER_FRAME
        features = self.features[first_hop : first_hop + count * HOPS_PER_FRAME].astype(np.float32)
        ends = first_hop + HOPS_PER_FRAME * np.arange(1, count + 1) - 1 - lookahead_samples / HOP_SAMPLES
        hops = np.arange(len(self.targets))
        columns = [np.interp(ends, hops, column) for column in self.targets.T.astype(np.float32)]
        nearest = np.clip(np.round(ends), 0, len(hops) - 1).astype(np.intp)
        newest = first_hop + HOPS_PER_FRAME * np.arange(1, count + 1) - 1
        return (
            features.reshape(count, HOPS_PER_FRAME, -1),
            np.stack(columns, axis=1).astype(np.float32),
            np.maximum(self.voice[nearest], self.voice[newest]),
            self.sound[nearest],
        )


def unlabelled(
    name: str, kind: Kind, features: FloatArray, targets: FloatArray, weights: FloatArray
) -> Rendering:
    """A rendering of which nobody knows where a voice is, nor its sounds."""
    hops = len(features)
    return Rendering(
        name,
        kind,
        features.astype(np.float16),
        targets.astype(np.float16),
        weights.astype(np.float32),
        np.full(hops, UNKNOWN, np.int8),
        np.full(hops, UNKNOWN, np.int8),
    )


def kept(path: Path, make: Callable[[], Rendering]) -> Rendering:
    """A rendering from its file, or made and written there."""
    if not path.exists():
        made = make()
        part = path.with_suffix(".part.npz")
        np.savez(
            part,
            name=made.name, kind=made.kind, features=made.features, targets=made.targets,
            weights=made.weights, voice=made.voice, sound=made.sound,
        )  # fmt: skip
        part.replace(path)
        return made
    with np.load(path) as data:
        return Rendering(
            str(data["name"]),
            cast("Kind", str(data["kind"])),
            *(data[key] for key in ("features", "targets", "weights", "voice", "sound")),
        )


def model_inputs(features: FloatArray) -> FloatArray:
    """``(frames, HOPS_PER_FRAME, FEATURE_COUNT)`` features to ``(frames, INPUT_COUNT)`` model input."""
    out = np.empty((len(features), INPUT_COUNT), np.float32)
    assemble(features, out)
    return out
