"""From features to the mouth: shared weights (`MotionModel`), one singer's memory (`MotionStream`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from t2s_rt.inference.backends import Binding, Device, Network, Port
from t2s_rt.inference.baseline import BaselineMotion
from t2s_rt.inference.inputs import INPUT_COUNT, assemble
from t2s_rt.inference.manifest import (
    INPUT_NAME,
    NEXT_PREFIX,
    OUTPUT_NAME,
    Manifest,
    bundled_model_path,
    load_manifest,
)
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS
from t2s_rt.timebase import FRAME_RATE_HZ, HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, Feature, FloatArray

__all__ = ["BaselineMotion", "Motion", "MotionModel", "MotionStream"]

REST_LEVEL: Final = 0.03
"""What a network predicts below this is its noise around rest: 0. The range above is stretched to 1."""
SILENCE_DBFS: Final = -100.0
TYPICAL_REFERENCE_DBFS: Final = -24.0


def finish(actions: FloatArray, lowest: FloatArray) -> None:
    """Turn raw predictions into intensities, in place: rest becomes 0, the range is kept.

    Args:
        actions: ``(..., outputs)`` as the network gives them.
        lowest: ``(outputs,)`` lowest intensity of each, 0 or -1.
    """
    np.copysign(np.maximum(np.abs(actions) - REST_LEVEL, 0.0), actions, out=actions)
    actions *= 1.0 / (1.0 - REST_LEVEL)
    np.maximum(actions, lowest, out=actions)
    np.minimum(actions, 1.0, out=actions)


class Motion(Protocol):
    """What moves the mouth: `MotionStream` or, where no model can run, `BaselineMotion`."""

    @property
    def knows(self) -> tuple[str, ...]:
        """Names of the actions it predicts; all others are written as 0."""
        ...

    @property
    def latency_samples(self) -> int:
        """How far what it depicts lies behind the newest sample, in samples at 48 kHz."""
        ...

    def step(self, x: FloatArray, out: FloatArray) -> None:
        """Take one frame of features ``(HOPS_PER_FRAME, FEATURE_COUNT)``, write ``(ACTION_COUNT,)``."""
        ...

    def reset(self) -> None:
        """Forget everything heard so far."""
        ...


class MotionModel:
    """A model's weights and manifest, loaded once and shared by all singers.

    Args:
        manifest: What the model promises.
        network: The loaded network.
    """

    def __init__(self, manifest: Manifest, network: Network) -> None:
        self.manifest = manifest
        self.network = network

    @classmethod
    def load(cls, path: Path | None = None, device: Device = Device.CPU) -> MotionModel:
        """Load a model from its folder.

        Args:
            path: Folder with ``manifest.json``; None for the one that ships with the engine.
            device: Where it shall run.

        Raises:
            ModelError: A file is missing, damaged or of another version, or the device is not there.
            SetupError: ONNX Runtime is not installed.
        """
        folder = bundled_model_path() if path is None else path
        manifest = load_manifest(folder)
        return cls(manifest, Network(folder / manifest.file, device))

    def stream(self) -> MotionStream:
        """A new singer, with an empty memory."""
        return MotionStream(self)


class MotionStream:
    """One singer's mouth, frame by frame. Latency: the model's look-ahead.

    Two sets of state memory take turns, so that a run reads one and writes the other; nothing is
    allocated after the constructor.

    Args:
        model: The shared weights.

    Raises:
        ModelError: The network does not have the tensors that the manifest names.
    """

    def __init__(self, model: MotionModel) -> None:
        manifest = model.manifest
        self.knows: Final = manifest.outputs
        self.latency_samples: Final = manifest.lookahead_samples
        self._frame = np.zeros((1, INPUT_COUNT), np.float32)
        self._row = self._frame[0]
        self._predicted = np.zeros((1, len(manifest.outputs)), np.float32)
        self._columns = np.array([ACTION_INDEX[name] for name in manifest.outputs], np.intp)
        self._lowest = np.array([ACTIONS[i].minimum for i in self._columns], np.float32)
        self._state = tuple(
            tuple(
                Port(tensor.name, np.zeros((1, *tensor.shape), np.float32)) for tensor in manifest.state
            )
            for _ in range(2)
        )
        self._bindings = tuple(
            self._bind(model.network, old, new) for old, new in (self._state, self._state[::-1])
        )
        self._turn = 0
        self._rested = self._state_after_silence()
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far: a singer who has been silent for a while."""
        for port, rested in zip(self._state[0], self._rested, strict=True):
            port.array[...] = rested
        self._turn = 0

    def step(self, x: FloatArray, out: FloatArray) -> None:
        """Move the mouth one frame.

        Args:
            x: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` features of the frame's hops, oldest first.
            out: ``(ACTION_COUNT,)``; the actions in `knows` are written, within their range; all
                others are set to 0.

        Raises:
            ModelError: ONNX Runtime failed.
        """
        assemble(x, self._row)
        self._bindings[self._turn].run()
        self._turn = 1 - self._turn
        out.fill(0.0)
        finish(self._predicted, self._lowest)
        out[self._columns] = self._predicted[0]

    def _state_after_silence(self) -> tuple[FloatArray, ...]:
        """The memory a stream starts from; an empty one would begin with a twitch."""
        silence = np.zeros((HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
        silence[:, [*range(*Feature.MEL.indices(FEATURE_COUNT)), Feature.LOUDNESS_DBFS]] = SILENCE_DBFS
        silence[:, Feature.REFERENCE_DBFS] = TYPICAL_REFERENCE_DBFS
        ignored = np.zeros(ACTION_COUNT, np.float32)
        for _ in range(2 * FRAME_RATE_HZ):
            self.step(silence, ignored)
        return tuple(port.array.copy() for port in self._state[self._turn])

    def _bind(self, network: Network, old: Sequence[Port], new: Sequence[Port]) -> Binding:
        return network.bind(
            (Port(INPUT_NAME, self._frame), *old),
            (Port(OUTPUT_NAME, self._predicted), *(Port(NEXT_PREFIX + p.name, p.array) for p in new)),
        )
