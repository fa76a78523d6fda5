"""From features to the mouth: shared weights (`MotionModel`), singers with a memory each.

`MotionBatch` moves many mouths with one run of the network; `MotionStream` is a batch of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends.opening import open_network
from t2s_rt.inference.backends.seam import Backend, Network
from t2s_rt.inference.baseline import BaselineMotion
from t2s_rt.inference.inputs import assemble
from t2s_rt.inference.manifest import (
    INPUT_NAME,
    OUTPUT_NAME,
    Manifest,
    bundled_model_path,
    load_manifest,
)
from t2s_rt.intensity.actions import ACTION_INDEX, ACTIONS
from t2s_rt.timebase import FRAME_RATE_HZ, HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS, Feature, FloatArray

__all__ = ["BaselineMotion", "Motion", "MotionBatch", "MotionModel", "MotionStream"]

WORDS_NAME: Final = "words"
PRESENCE_NAME: Final = "presence"
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

    @property
    def presence(self) -> float | None:
        """How surely a voice is there, 0 to 1, as of the last step; None where it cannot tell."""
        ...

    def step(self, x: FloatArray, out: FloatArray, words: FloatArray | None = None) -> None:
        """Take one frame of features ``(HOPS_PER_FRAME, FEATURE_COUNT)``, write ``(ACTION_COUNT,)``.

        Args:
            x: The features, oldest hop first.
            out: Where intensities are written.
            words: What is known of the words now, as the model's manifest lays it out; None for nothing.
        """
        ...

    def reset(self) -> None:
        """Forget everything heard so far."""
        ...


class MotionModel:
    """A model's weights and manifest, loaded once and shared by all singers.

    Args:
        manifest: What the model promises.
        network: The loaded network.

    Raises:
        ModelError: The network does not have the tensors that the manifest names.
    """

    def __init__(self, manifest: Manifest, network: Network) -> None:
        self.manifest = manifest
        self.network = network
        self._rested: tuple[FloatArray, ...] | None = None

    @classmethod
    def load(cls, path: Path | None = None, backend: Backend = Backend.CPU) -> MotionModel:
        """Load a model from its folder.

        Args:
            path: Folder with ``manifest.json``; None for the one that ships with the engine.
            backend: Where it shall run. Compiled engines are taken from the user's cache, or made.

        Raises:
            ModelError: A file is missing, damaged or of another version, or the backend cannot run it.
            SetupError: What the backend needs is not installed.
        """
        folder = bundled_model_path() if path is None else path
        manifest = load_manifest(folder)
        return cls(manifest, open_network(folder / manifest.file, manifest, backend))

    def stream(self) -> MotionStream:
        """A new singer, with an empty memory."""
        return MotionStream(self)

    def batch(self, singers: int) -> MotionBatch:
        """Room for a number of singers who share each run of the network, nobody in it yet.

        Raises:
            ModelError: The number is not 1 to `t2s_rt.inference.backends.seam.MOST_SINGERS`.
        """
        return MotionBatch(self, singers)

    def rested(self) -> tuple[FloatArray, ...]:
        """The memory after two seconds of silence: what singers start from, empty ones would twitch."""
        if self._rested is None:
            session = self.network.session(self.manifest.signature, 1)
            silence = np.zeros((1, HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
            levels = [*range(*Feature.MEL.indices(FEATURE_COUNT)), Feature.LOUDNESS_DBFS]
            silence[..., levels] = SILENCE_DBFS
            silence[..., Feature.REFERENCE_DBFS] = TYPICAL_REFERENCE_DBFS
            assemble(silence, session.feeds[INPUT_NAME])
            for _ in range(2 * FRAME_RATE_HZ):
                session.run()
            self._rested = session.memory(0)
        return self._rested


class MotionBatch:
    """Mouths of several singers, all moved by one run of the network. Latency: the model's look-ahead.

    A singer has a place from 0 to ``singers - 1``, given by `join`. Empty places cost as much as taken
    ones: make a batch for as many as come, and a second one when it is full.

    Args:
        model: The shared weights.
        singers: How many there is room for.

    Attributes:
        knows: Names of the actions that are predicted.
        latency_samples: The model's look-ahead, in samples at 48 kHz.
        inputs: What the model takes beside frame and words, ``(singers, *shape)`` by name, zero until
            the caller writes it.
        signals: What it says beside the actions, ``(singers, *shape)`` by name, new with each step.

    Raises:
        ModelError: The network does not have the tensors that the manifest names, or the number of
            singers is not 1 to `t2s_rt.inference.backends.seam.MOST_SINGERS`.
    """

    def __init__(self, model: MotionModel, singers: int) -> None:
        manifest = model.manifest
        self.knows: Final = manifest.outputs
        self.latency_samples: Final = manifest.lookahead_samples
        self._rested = model.rested()
        self._session = model.network.session(manifest.signature, singers)
        feeds, results = self._session.feeds, self._session.results
        self._frame = feeds[INPUT_NAME]
        self._words = feeds.get(WORDS_NAME)
        self._predicted = results[OUTPUT_NAME]
        self.inputs: Final[Mapping[str, FloatArray]] = {
            name: array for name, array in feeds.items() if name not in (INPUT_NAME, WORDS_NAME)
        }
        self.signals: Final[Mapping[str, FloatArray]] = {
            name: array for name, array in results.items() if name != OUTPUT_NAME
        }
        self._columns = np.array([ACTION_INDEX[name] for name in manifest.outputs], np.intp)
        self._lowest = np.array([ACTIONS[i].minimum for i in self._columns], np.float32)
        self._heard = np.zeros((singers, HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
        self._profiles = np.zeros((singers, 1, MEL_BANDS), np.float32)
        self._taken = np.zeros(singers, np.bool_)

    @property
    def singers(self) -> tuple[int, ...]:
        """The places that are taken."""
        return tuple(int(place) for place in np.flatnonzero(self._taken))

    def join(self) -> int:
        """Give a new singer a place, with an empty memory and no calibration.

        Returns:
            The place.

        Raises:
            ModelError: All places are taken.
        """
        free = np.flatnonzero(~self._taken)
        if not len(free):
            raise ModelError(
                f"All {len(self._taken)} places of this batch are taken.", "Make another batch."
            )
        place = int(free[0])
        self._taken[place] = True
        self._profiles[place] = 0.0
        self.reset(place)
        return place

    def leave(self, place: int) -> None:
        """Free a singer's place.

        Raises:
            ModelError: Nobody is there.
        """
        self._check(place)
        self._taken[place] = False

    def reset(self, place: int) -> None:
        """Forget everything that one singer has sung so far; the calibration stays.

        Raises:
            ModelError: Nobody is there.
        """
        self._check(place)
        self._session.set_memory(place, self._rested)

    def calibrate(self, place: int, profile: FloatArray) -> None:
        """Hear one singer as if with the mean spectrum of the voices that the model learned from.

        Args:
            place: The singer's.
            profile: ``(MEL_BANDS,)`` dB by which the singer's long-term mean spectrum lies above that
                one (`t2s_rt.inference.profile`); zeros end it.

        Raises:
            ModelError: Nobody is there, or the profile is not of that shape or not finite.
        """
        self._check(place)
        if np.shape(profile) != (MEL_BANDS,) or not np.isfinite(profile).all():
            raise ModelError(f"A voice profile is {MEL_BANDS} finite dB, got {np.shape(profile)}.")
        self._profiles[place] = profile

    def step(self, x: FloatArray, out: FloatArray, words: FloatArray | None = None) -> None:
        """Move every mouth one frame.

        Args:
            x: ``(singers, HOPS_PER_FRAME, FEATURE_COUNT)`` features of the frame's hops by place, oldest
                first; those of empty places do not matter.
            out: ``(singers, ACTION_COUNT)``; the actions in `knows` are written, within their range; all
                others, and those of empty places, are set to 0.
            words: ``(singers, W)`` what is known of the words now, as the manifest lays it out; None for
                nothing. A model without such an input does not look at it.

        Raises:
            ModelError: The backend failed.
        """
        self._heard[...] = x
        self._heard[..., Feature.MEL] -= self._profiles
        assemble(self._heard, self._frame)
        if self._words is not None:
            self._words[...] = 0.0 if words is None else words
        self._session.run()
        finish(self._predicted, self._lowest)
        out.fill(0.0)
        out[:, self._columns] = self._predicted
        out *= self._taken[:, None]

    def _check(self, place: int) -> None:
        if not (0 <= place < len(self._taken) and self._taken[place]):
            raise ModelError(f"Nobody sings at place {place}; taken are {list(self.singers)}.")


class MotionStream:
    """One singer's mouth, frame by frame. Latency: the model's look-ahead.

    Args:
        model: The shared weights.

    Attributes:
        knows: Names of the actions that are predicted.
        latency_samples: The model's look-ahead, in samples at 48 kHz.

    Raises:
        ModelError: The network does not have the tensors that the manifest names.
    """

    def __init__(self, model: MotionModel) -> None:
        self._batch = MotionBatch(model, 1)
        self._place = self._batch.join()
        self.knows: Final = self._batch.knows
        self.latency_samples: Final = self._batch.latency_samples

    @property
    def presence(self) -> float | None:
        """How surely a voice is there, 0 to 1, as of the last step; None if the model does not say."""
        said = self._batch.signals.get(PRESENCE_NAME)
        return None if said is None else float(said[0, 0])

    @property
    def inputs(self) -> Mapping[str, FloatArray]:
        """What the model takes beside frame and words (see `MotionBatch.inputs`)."""
        return self._batch.inputs

    @property
    def signals(self) -> Mapping[str, FloatArray]:
        """What the model says beside the actions (see `MotionBatch.signals`)."""
        return self._batch.signals

    def reset(self) -> None:
        """Forget everything heard so far: a singer who has been silent for a while."""
        self._batch.reset(self._place)

    def calibrate(self, profile: FloatArray) -> None:
        """Hear this singer as if with the mean spectrum of the voices that the model learned from.

        Args:
            profile: ``(MEL_BANDS,)`` dB (see `MotionBatch.calibrate`).

        Raises:
            ModelError: The profile is not of that shape or not finite.
        """
        self._batch.calibrate(self._place, profile)

    def step(self, x: FloatArray, out: FloatArray, words: FloatArray | None = None) -> None:
        """Move the mouth one frame.

        Args:
            x: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` features of the frame's hops, oldest first.
            out: ``(ACTION_COUNT,)``; the actions in `knows` are written, within their range; all
                others are set to 0.
            words: ``(W,)`` what is known of the words now; None for nothing.

        Raises:
            ModelError: The backend failed.
        """
        self._batch.step(x[None], out[None], None if words is None else words[None])
