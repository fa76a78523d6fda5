"""Our engine as a subject: the code of `t2s render`, sound only, no song."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from bench.quality.track import Face, MouthTrack
from engine.pipeline import Pipeline
from t2s_rt.errors import ModelError
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray, Frame


class EngineSubject:
    """The whole offline path from samples to ARKit weights.

    A recording that was watched before is not rendered again.

    Args:
        model: Folder of an exported model; None for the bundled one.
        seed: Decides what the performer invents.
        name: What tables call it; None for the model's name.

    Raises:
        ModelError: The model cannot be used. The baseline never stands in for it here.
        SetupError: The embedded head has not been built.
    """

    def __init__(self, model: Path | None = None, seed: int = 0, name: str | None = None) -> None:
        self.model = model
        self.seed = seed
        self._pipeline = Pipeline(model, seed=seed)
        if self._pipeline.fallback:
            raise ModelError(self._pipeline.fallback)
        self._name = name or self._pipeline.motion_name
        self._seen: dict[bytes, MouthTrack] = {}

    @property
    def name(self) -> str:
        """What tables call it."""
        return self._name

    def with_seed(self, seed: int) -> EngineSubject:
        """The same model, other inventions."""
        return EngineSubject(self.model, seed, self._name)

    def watch(self, samples: FloatArray) -> MouthTrack:
        """The mouth of a recording ``(N,)``, mono at 48 kHz, with the rest of the face.

        Raises:
            ModelError: The model failed while running.
        """
        key = hashlib.blake2b(np.ascontiguousarray(samples, np.float32).tobytes()).digest()
        if key not in self._seen:
            self._seen[key] = self._render(samples)
        return self._seen[key]

    def _render(self, samples: FloatArray) -> MouthTrack:
        pipeline = self._pipeline
        pipeline.start(SAMPLE_RATE_HZ)
        pipeline.reset()
        frames = pipeline.push(samples) + pipeline.finish()
        if pipeline.fallback:
            raise ModelError(pipeline.fallback)
        depicted = [frame for frame in frames if frame.pts_samples <= len(samples)]
        return track_of(depicted or frames[:1])


def track_of(frames: list[Frame]) -> MouthTrack:
    """The mouth of rendered frames.

    Opening is jawOpen less mouthClose, rounding mouthPucker plus mouthFunnel, width the means of both
    sides of mouthStretch and mouthDimple added up; all clipped to 0 to 1. A smile is not width: it comes
    from acting.
    """
    arkit = np.stack([frame.arkit for frame in frames])
    actions = np.stack([frame.actions for frame in frames])

    def weight(*names: str) -> np.ndarray:
        return np.asarray(arkit[:, [ARKIT_INDEX[name] for name in names]].astype(np.float64).sum(axis=1))

    jaw = weight("jawOpen")
    sides = weight("mouthStretchLeft", "mouthStretchRight", "mouthDimpleLeft", "mouthDimpleRight")
    return MouthTrack(
        time_s=np.array([frame.pts_samples for frame in frames]) / SAMPLE_RATE_HZ,
        available_s=np.array([frame.available_samples for frame in frames]) / SAMPLE_RATE_HZ,
        opening=np.clip(jaw - weight("mouthClose"), 0.0, 1.0),
        jaw=np.clip(jaw, 0.0, 1.0),
        rounding=np.clip(weight("mouthPucker", "mouthFunnel"), 0.0, 1.0),
        width=np.clip(0.5 * sides, 0.0, 1.0),
        closure=np.clip(actions[:, ACTION_INDEX["lip_closure"]].astype(np.float64), 0.0, 1.0),
        face=Face(
            actions=actions,
            arkit=arkit,
            f0_hz=np.array([frame.voice.f0_hz for frame in frames], np.float32),
            loudness_dbfs=np.array([frame.voice.loudness_dbfs for frame in frames], np.float32),
        ),
    )
