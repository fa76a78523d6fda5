"""The hot loop: sound in, faces out. One readable function, the same live and offline.

`Pipeline.push` takes samples at any rate in any chunking and returns the frames that became due. It owns
all memory of one singer and is used by one thread at a time. It never waits, logs or opens anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from engine.metrics import LatencyRecorder
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.resample import StreamResampler
from t2s_rt.conductor import Conductor
from t2s_rt.errors import ModelError, SetupError
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.rig import Rig
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.inference.motion import BaselineMotion, Motion, MotionModel
from t2s_rt.inference.profile import Profile
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.perform import Performer
from t2s_rt.intensity.style import USUAL
from t2s_rt.timebase import HOP_SAMPLES, HOPS_PER_FRAME, NO_SONG_S, SAMPLE_RATE_HZ, seconds
from t2s_rt.types import ARKIT_COUNT, FEATURE_COUNT, Feature, FloatArray, Frame, VoiceReading

STAGES: Final = ("resample", "features", "motion", "conduct", "perform", "rig", "flame")


SongPosition: TypeAlias = Callable[[int, int], float]
"""Where the song is, in s, at a position of the stream in samples, which was captured at so many ns."""


def no_song(_pts_samples: int, _captured_ns: int) -> float:
    """The position in the song where there is none."""
    return NO_SONG_S


def own_song(pts_samples: int, _captured_ns: int) -> float:
    """The position in the song where the stream is the song: a recording from its start."""
    return seconds(pts_samples)


class Pipeline:
    """One singer's way from samples to frames.

    Args:
        model_path: Folder of an exported model; None for the bundled one.
        backend: Where the model runs.
        voice_profile: What to calibrate the model to, as `t2s profile` wrote it; None for any singer.
        seed: Decides what the performer invents (blinks, gaze, brow and head manners), never the mouth.
        style: How far and how often that moves, from 0 (calm) over 0.5 (usual) to 1 (wild).
        flame: A calibrated FLAME file whose parameters to send; None for the embedded head's.

    Attributes:
        conductor: Knows the song that is sung, set before the first push; None for free singing.
        stage_times: Milliseconds of each stage's steps, by stage name, and of whole hops as ``hop``.
        fallback: Why the baseline moves the mouth instead of the model; empty while the model does.
        motion_name: Name of what moves the mouth.
        running_on: What really runs the model, such as ``ONNX Runtime 1.32.0 on the CPU``; empty for the
            baseline.

    Raises:
        SetupError: The embedded head has not been built, or ``flame`` not calibrated.
        ModelError: ``model_path`` or a GPU's backend was given and cannot be used. The bundled model on
            the CPU falls back instead. Or it cannot be calibrated, and ``voice_profile`` was given.
        ConfigError: ``voice_profile`` cannot be read, the seed is negative or the style outside 0 to 1.
    """

    def __init__(
        self,
        model_path: Path | None = None,
        *,
        backend: Backend = Backend.CPU,
        voice_profile: Path | None = None,
        seed: int = 0,
        style: float = USUAL,
        flame: Path | None = None,
    ) -> None:
        self.fallback = ""
        self.motion_name = ""
        self.running_on = ""
        self._motion = self._load(model_path, backend, voice_profile)
        self._features = FeatureExtractor()
        self.conductor: Conductor | None = None
        self._condition = Condition()
        self._performer = Performer(seed, self._motion.knows, style)
        self._rig = Rig()
        self._flame = FlameMap(FlameHead.load() if flame is None else _own_head(flame))
        self._resampler: StreamResampler | None = None
        self._hop = np.zeros(HOP_SAMPLES, np.float32)
        self._feature_rows = np.zeros((HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
        self._intent = np.zeros(ACTION_COUNT, np.float32)
        self._hops = 0
        self._seq = 0
        self._rate_hz = SAMPLE_RATE_HZ
        self._pushed = 0
        self._started_at_hop = 0
        self.stage_times = {name: LatencyRecorder() for name in (*STAGES, "hop")}

    def _load(self, model_path: Path | None, backend: Backend, voice_profile: Path | None) -> Motion:
        profile = None if voice_profile is None else Profile.load(voice_profile)
        try:
            model = MotionModel.load(model_path, backend)
        except (ModelError, SetupError) as problem:
            if model_path is not None or backend is not Backend.CPU:
                raise
            return self._fall_back(problem)
        self.motion_name = model.manifest.name
        self.running_on = model.network.running_on
        stream = model.stream()
        if profile is not None:
            stream.calibrate(profile.against(model.manifest.mel_profile_db))
        return stream

    def _fall_back(self, problem: Exception) -> Motion:
        self.fallback = str(problem)
        self.motion_name = "baseline"
        self.running_on = ""
        return BaselineMotion()

    @property
    def lookahead_samples(self) -> int:
        """How far behind the newest sample the face is, without the resampler's delay."""
        return self._motion.latency_samples

    @property
    def hops(self) -> int:
        """How many hops have been heard since the start or the last reset."""
        return self._hops

    @property
    def basis_hash(self) -> str:
        """Identity of the FLAME basis that the expression coefficients refer to."""
        return self._flame.basis_hash

    def start(self, rate_hz: int) -> None:
        """Expect samples at this rate from now on; called at the start and when a device changes.

        The face goes on: only the resampler starts anew.

        Raises:
            ConfigError: The rate is outside what the resampler takes.
        """
        self._resampler = StreamResampler(rate_hz)
        self._rate_hz = rate_hz
        self._pushed = 0
        self._started_at_hop = self._hops

    def push(
        self, samples: FloatArray, captured_ns: int = 0, song_s: SongPosition = no_song
    ) -> list[Frame]:
        """Take samples, return the frames that became due.

        Args:
            samples: ``(N,)`` mono in [-1, 1] at the rate given to `start`; any N. NaN counts as silence.
            captured_ns: Monotonic clock when the last of them was captured; 0 without a clock.
            song_s: Position in the song for a position in the stream and its time of capture.

        Returns:
            Frames in order; usually none or one.
        """
        if self._resampler is None:
            raise ValueError("Pipeline.start(rate_hz) comes before the first push.")
        begun_ns = time.perf_counter_ns()
        self._resampler.push(samples)
        self._pushed += len(samples)
        self.stage_times["resample"].add_ns(time.perf_counter_ns() - begun_ns)
        return self._drain(captured_ns, song_s)

    def finish(self, song_s: SongPosition = no_song) -> list[Frame]:
        """End the stream: the frames that the resampler and the look-ahead still hold."""
        if self._resampler is None:
            return []
        self._resampler.flush()
        frames = self._drain(0, song_s)
        rest = np.zeros(HOP_SAMPLES, np.float32)
        tail = rest.copy()
        self._resampler.pop(tail[: self._resampler.available_samples])
        frame = self._step(tail, 0, song_s)
        frames += [frame] if frame is not None else []
        for _ in range(-(-self.lookahead_samples // HOP_SAMPLES) + HOPS_PER_FRAME):
            frame = self._step(rest, 0, song_s)
            if frame is not None:
                frames.append(frame)
        return frames

    def reset(self) -> None:
        """Forget everything heard so far; the next frame is the first again."""
        self._features.reset()
        self._motion.reset()
        if self.conductor is not None:
            self.conductor.reset()
        self._performer.reset()
        self._rig.reset()
        self._hops = self._seq = 0
        self.start(self._rate_hz)

    def warm_up(self) -> None:
        """Run the real loop on half a second of silence and forget it, so that no frame is slow."""
        self.start(self._rate_hz)
        self.push(np.zeros(self._rate_hz // 2, np.float32))
        self.reset()
        for recorder in self.stage_times.values():
            recorder.clear()

    def _drain(self, captured_ns: int, song_s: SongPosition) -> list[Frame]:
        frames: list[Frame] = []
        resampler = self._resampler
        while resampler is not None and resampler.pop(self._hop):
            frame = self._step(self._hop, self._captured_ns(captured_ns), song_s)
            if frame is not None:
                frames.append(frame)
        return frames

    def _captured_ns(self, newest_ns: int) -> int:
        """When the newest sample that the coming hop needs was captured.

        ``newest_ns`` belongs to the last sample pushed; the hop ends some samples before that.
        """
        if newest_ns == 0 or self._resampler is None:
            return newest_ns
        hops = self._hops + 1 - self._started_at_hop
        needed_s = (hops * HOP_SAMPLES + self._resampler.latency_samples) / SAMPLE_RATE_HZ
        surplus_s = self._pushed / self._rate_hz - needed_s
        return newest_ns - max(0, round(surplus_s * 1e9))

    def _step(self, hop: FloatArray, captured_ns: int, song_s: SongPosition) -> Frame | None:
        """One hop through every stage; a frame every second hop."""
        times, clock = self.stage_times, time.perf_counter_ns
        t0 = clock()
        row = self._hops % HOPS_PER_FRAME
        self._features.step(hop, self._feature_rows[row])
        self._hops += 1
        t1 = clock()
        times["features"].add_ns(t1 - t0)
        if row != HOPS_PER_FRAME - 1:
            times["hop"].add_ns(t1 - t0)
            return None

        pts_samples = self._hops * HOP_SAMPLES - self.lookahead_samples
        held_back = self._resampler.latency_samples if self._resampler is not None else 0
        available = self._hops * HOP_SAMPLES + held_back
        self._move()
        t2 = clock()
        depicted_ns = captured_ns and captured_ns - round(seconds(available - pts_samples) * 1e9)
        position_s = song_s(pts_samples, depicted_ns)
        condition = None
        if self.conductor is not None:
            condition = self._condition
            position_s = self.conductor.step(position_s, self._feature_rows, self._intent, condition)
        t3 = clock()
        actions = np.empty(ACTION_COUNT, np.float32)
        presence = self._motion.presence
        self._performer.step(self._feature_rows, self._intent, actions, condition, presence)
        t4 = clock()
        arkit = np.empty(ARKIT_COUNT, np.float32)
        self._rig.step(actions, arkit)
        t5 = clock()
        flame = self._flame.step(arkit, actions)
        t6 = clock()
        spent = (t2 - t1, t3 - t2, t4 - t3, t5 - t4, t6 - t5)
        for name, spent_ns in zip(STAGES[2:], spent, strict=True):
            times[name].add_ns(spent_ns)
        times["hop"].add_ns(t6 - t0)
        if pts_samples < 0:
            return None
        frame = Frame(
            seq=self._seq,
            pts_samples=pts_samples,
            available_samples=available,
            captured_ns=captured_ns,
            song_s=position_s,
            actions=actions,
            arkit=arkit,
            flame=flame,
            voice=self._heard(),
        )
        self._seq += 1
        return frame

    def _move(self) -> None:
        """The mouth by the model; by the baseline from the moment the model fails."""
        try:
            self._motion.step(self._feature_rows, self._intent)
        except ModelError as problem:
            self._motion = self._fall_back(problem)
            self._motion.step(self._feature_rows, self._intent)

    def _heard(self) -> VoiceReading:
        newest = self._feature_rows[-1]
        presence = self._motion.presence
        return VoiceReading(
            f0_hz=float(newest[Feature.F0_HZ]),
            voiced=bool(newest[Feature.VOICED] > 0),
            loudness_dbfs=float(newest[Feature.LOUDNESS_DBFS]),
            voice=float(newest[Feature.VOICE] if presence is None else presence),
        )


def _own_head(path: Path) -> FlameHead:
    """The head of a user's FLAME file; what reads one is not loaded for a run that has none."""
    from t2s_rt.face.flame_store import calibrated_head

    return calibrated_head(path)[0]
