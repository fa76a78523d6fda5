"""One `t2s live` from start to end: source, ring, hot thread, server, status.

The event loop runs on the calling thread; the hot thread runs beside it; the source brings its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.metadata
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.clock import Clock, SystemClock
from engine.config import VIEWER_DIR, LiveConfig
from engine.demo import demo_lyrics_path, demo_subtitles_path
from engine.mailbox import FrameMailbox
from engine.metrics import LatencySummary, Metrics
from engine.outputs.listing import OutputsFile
from engine.outputs.proxy import Outputs
from engine.pipeline import Pipeline, SongPosition
from engine.ring import AudioRing
from engine.script import Script, load_script
from engine.server.http import Site
from engine.server.protocol import Hello, Status
from engine.server.protocol import SourceState as ServedState
from engine.server.websocket import Server, ServerConfig
from engine.song_clock import SongClock
from engine.sources.base import Source, SourceState
from engine.sources.spec import open_source
from engine.sources.websocket import WebSocketSource
from engine.watch import Watcher
from t2s_rt.conductor import Conductor
from t2s_rt.face.head import HEAD_GLB
from t2s_rt.face.mapping import load_mapping
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.load import load_track
from t2s_rt.types import FloatArray, Frame

RING_SAMPLES: Final = 96_000
"""Half a second at 192 kHz, two at 48: what a stalled hot thread may fall behind before samples go."""
READ_SAMPLES: Final = 4_800
WAIT_S: Final = 0.1
"""How often a hot thread that hears nothing looks whether it shall end."""
STATUS_INTERVAL_S: Final = 0.25
SWITCH_INTERVAL_S: Final = 0.001
"""How long Python lets the event loop run before the hot thread may take over (default 5 ms)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the status line shows.

    Attributes:
        source: The source's sentence about itself.
        frame: The newest frame; None before the first.
        clients: How many are connected.
        warnings: Sentences that a person should read.
    """

    source: str
    frame: Frame | None
    clients: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run leaves behind, for the table at its end.

    Attributes:
        frames: How many frames were made.
        stages: Percentiles by stage, in the order of the flow.
        mailbox_drops: Frames that the event loop did not get to.
        dropped_samples: Samples that the ring lost.
    """

    frames: int
    stages: dict[str, LatencySummary]
    mailbox_drops: int
    dropped_samples: int


class HotThread:
    """Turns samples into frames as they come. Owns the pipeline while it runs.

    Attributes:
        newest: The newest frame, for the status line.
        failure: What ended the thread early; None while all is well.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        ring: AudioRing,
        mailbox: FrameMailbox,
        outputs: Outputs,
        metrics: Metrics,
        song_s: SongPosition,
    ) -> None:
        self._thread = threading.Thread(target=self._run, name="t2s-hot")
        self._pipeline = pipeline
        self._ring = ring
        self._mailbox = mailbox
        self._outputs = outputs
        self._metrics = metrics
        self._song_s = song_s
        self._ending = threading.Event()
        self.newest: Frame | None = None
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin to turn samples into frames."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it, about `WAIT_S` at most. Harmless when it never started."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as failure:  # noqa: BLE001 - the top of a thread: the app re-raises it
            self.failure = failure

    def _loop(self) -> None:
        block = np.zeros(READ_SAMPLES, np.float32)
        generation = self._ring.generation
        while not self._ending.is_set():
            if not self._ring.wait(WAIT_S):
                continue
            count = self._ring.read(block)
            if count == 0:
                continue
            if self._ring.generation != generation:
                generation = self._ring.generation
                self._pipeline.start(self._ring.rate_hz)
            self._hear(block[:count])

    def _hear(self, samples: FloatArray) -> None:
        hops, begun_ns = self._pipeline.hops, time.perf_counter_ns()
        frames = self._pipeline.push(samples, self._ring.captured_ns, self._song_s)
        spent_s = (time.perf_counter_ns() - begun_ns) * 1e-9
        for frame in frames:
            self._mailbox.put(frame)
            self._outputs.put(frame)  # after the server's, whose clients come first
            self.newest = frame
            self._metrics.frames.inc()
        heard = self._pipeline.hops - hops
        self._metrics.hops.inc(heard)
        for _ in range(heard):
            self._metrics.hop_time.observe(spent_s / heard)


def _script(config: LiveConfig) -> Script:
    """What is known of the song; the demo knows its own."""
    song, subtitles = config.song, config.subtitles
    if config.source == "demo":
        song, subtitles = song or demo_lyrics_path(), subtitles or demo_subtitles_path()
    return load_script(song, subtitles, voice=config.voice, follow=config.follow)


class Reloads:
    """Takes over the subtitles whenever an artist saves them; the song plays on.

    Args:
        script: What was known at the start.
        conductor: Who gets the new subtitles; None where nothing is known of a song.
    """

    def __init__(self, script: Script, conductor: Conductor | None) -> None:
        self._script = script
        self._conductor = conductor
        self._watcher: Watcher[SubtitleTrack] | None = None
        if script.subtitles is not None:
            self._watcher = Watcher(script.subtitles, load_track, self._take)

    def start(self, server: Server) -> None:
        """Serve the script and begin to watch; call it on the event loop."""
        if self._conductor is None:
            return
        server.set_script(self._script.as_json())
        self._server = server
        self._loop = asyncio.get_running_loop()
        if self._watcher is not None:
            self._watcher.start()

    def stop(self) -> None:
        """Stop watching. Harmless when it never started."""
        if self._watcher is not None:
            self._watcher.stop()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the newest version is not in use."""
        problem = self._watcher.problem if self._watcher is not None else ""
        return (problem,) if problem else ()

    def _take(self, track: SubtitleTrack) -> None:
        """On the watcher's thread: the face first, then the page."""
        if self._conductor is not None:
            self._conductor.replace_track(track)
        self._loop.call_soon_threadsafe(self._server.set_script, self._script.as_json(track))


class App:
    """One run of the live engine.

    Args:
        config: What to run.
        clock: The machine's clock, or a test's.

    Attributes:
        metrics: What is counted and measured.
        server: The server, once running.
        outputs: The programs that get the face besides the server's clients; `Outputs.switch` turns
            one on and off.
    """

    def __init__(self, config: LiveConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.metrics = Metrics()
        self._clock = clock or SystemClock()
        self._script = _script(config)
        self._pipeline = Pipeline(
            config.model,
            backend=config.backend,
            voice_profile=config.voice_profile,
            seed=config.seed,
            style=config.style,
            flame=config.flame,
        )
        self._pipeline.conductor = self._script.conductor(self._pipeline.lookahead_samples)
        self._reloads = Reloads(self._script, self._pipeline.conductor)
        self._source: Source = open_source(config.source, clock=self._clock, loop=config.loop)
        self._song_clock = SongClock(
            self._source.song_s,
            output_offset_s=config.output_offset_s,
            microphone_offset_s=config.microphone_offset_s,
        )
        self._ring = AudioRing(RING_SAMPLES)
        self._mailbox = FrameMailbox()
        self.outputs = Outputs(self.metrics, self._clock)
        if config.mapping is not None:
            load_mapping(config.mapping)  # wrong is wrong, also before an output uses it
        self._outputs_file = (
            OutputsFile(config.outputs_file, self.outputs, self._clock, config.mapping)
            if config.outputs_file is not None
            else None
        )
        self._ended = asyncio.Event()
        self._counted = {"samples": 0, "mailbox": 0, "losses": 0}
        self._hot = HotThread(
            self._pipeline,
            self._ring,
            self._mailbox,
            self.outputs,
            self.metrics,
            self._song_clock.song_s,
        )
        self.server = Server(
            ServerConfig(
                host=config.host,
                port=config.port,
                token=config.token,
                certificate=config.certificate,
                key=config.key,
            ),
            self._hello(),
            self._mailbox,
            self.metrics,
            Site(viewer_dir=VIEWER_DIR, head_glb=HEAD_GLB, song=self._recording),
            self._source.sink if isinstance(self._source, WebSocketSource) else None,
        )
        if self._source.audio_path is None:
            self.server.accept_transport(self._song_clock)
        self.server.accept_switching(self.outputs)

    @property
    def _recording(self) -> Path | None:
        """What the page can play: what the source plays, else what the singer sings to."""
        return self._source.audio_path or self._script.audio

    def _hello(self) -> Hello:
        song = self._recording
        return Hello(
            server=f"t2s-rt {importlib.metadata.version('t2s-rt')}",
            look_ahead_samples=self._pipeline.lookahead_samples,
            basis_hash=self._pipeline.basis_hash,
            song=song.name if song is not None else "",
        )

    @property
    def motion(self) -> str:
        """What moves the mouth and what really runs it, in words."""
        pipeline = self._pipeline
        where = f", {pipeline.running_on}" if pipeline.running_on else ""
        return f"{pipeline.motion_name}{where}"

    def end(self) -> None:
        """End the run as if its time were over; call it on the event loop's thread."""
        self._ended.set()

    async def run(
        self,
        *,
        on_start: Callable[[str], None] | None = None,
        on_status: Callable[[Snapshot], None] | None = None,
    ) -> RunReport:
        """Run until the time is over, the source has ended, or the task is cancelled.

        Args:
            on_start: Called with the page's address once clients can connect.
            on_status: Called about four times a second.

        Raises:
            ConfigError: A port is taken.
            DeviceError: There is no microphone and the source does not wait for one.
        """
        try:
            if self.config.outputs or self._outputs_file is not None:
                await self.outputs.start()  # their process loads while the model warms up
            self._pipeline.warm_up()
            return await self._sing(on_start, on_status)
        finally:
            await self.outputs.close()

    async def _sing(
        self, on_start: Callable[[str], None] | None, on_status: Callable[[Snapshot], None] | None
    ) -> RunReport:
        gc.collect()
        gc.freeze()  # what is loaded now lives as long as the run: collections need not walk it
        switch_interval_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        await self.server.start()
        try:
            await self._open_outputs()
            self._reloads.start(self.server)
            self._hot.start()
            await asyncio.to_thread(self._source.start, self._ring)
            if on_start is not None:
                on_start(self.server.url)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.config.seconds):
                    await self._watch(on_status)
        finally:
            await self._stop()
            sys.setswitchinterval(switch_interval_s)
            gc.unfreeze()
        if self._hot.failure is not None:
            raise self._hot.failure
        return self._report()

    async def _watch(self, on_status: Callable[[Snapshot], None] | None) -> None:
        while not (self._ended.is_set() or self._over()):
            snapshot = self._look()
            self.server.set_status(self._status(snapshot))
            if on_status is not None:
                on_status(snapshot)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), STATUS_INTERVAL_S)

    async def _open_outputs(self) -> None:
        for spec in self.config.outputs:
            await self.outputs.add(spec, mapping=self.config.mapping)
        if self._outputs_file is not None:
            await self._outputs_file.start()

    def _over(self) -> bool:
        ended = self._source.status().state in (SourceState.ENDED, SourceState.FAILED)
        drained = self._ring.unread_samples == 0
        return self._hot.failure is not None or (ended and drained)

    async def _stop(self) -> None:
        await asyncio.to_thread(self._source.stop)
        await asyncio.to_thread(self._hot.stop)
        await asyncio.to_thread(self._reloads.stop)
        if self._outputs_file is not None:
            await self._outputs_file.stop()
        await self.outputs.close()
        await self.server.close()

    def _look(self) -> Snapshot:
        self._count()
        warnings = [self._pipeline.fallback] if self._pipeline.fallback else []
        warnings += self._script.warnings
        warnings += self._reloads.warnings
        warnings += self.outputs.warnings()
        if self._outputs_file is not None and self._outputs_file.problem:
            warnings.append(self._outputs_file.problem)
        status = self._source.status()
        if status.state is SourceState.LOST:
            warnings.append(status.detail)
        return Snapshot(
            status.detail,
            self._hot.newest,
            int(self.metrics.registry.get_sample_value("t2s_clients") or 0),
            tuple(warnings),
        )

    def _count(self) -> None:
        """Bring the metrics up to date that others keep as running totals."""
        self.metrics.model_fallback.set(bool(self._pipeline.fallback))
        self.outputs.count()
        losses = self._source.status().counters.losses
        for key, total, counter in (
            ("samples", self._ring.dropped_samples, self.metrics.audio_dropped_samples),
            ("mailbox", self._mailbox.dropped, self.metrics.mailbox_drops),
            ("losses", losses, self.metrics.device_lost),
        ):
            counter.inc(max(0, total - self._counted[key]))
            self._counted[key] = max(total, self._counted[key])

    def _status(self, snapshot: Snapshot) -> Status:
        return Status(
            source=self._source.name,
            source_state=ServedState(self._source.status().state),
            model=self._pipeline.motion_name,
            warnings=snapshot.warnings,
        )

    def _report(self) -> RunReport:
        stages = {name: times.summary() for name, times in self._pipeline.stage_times.items()}
        stages["capture to wire"] = self.metrics.capture_to_wire_ms.summary()
        newest = self._hot.newest
        return RunReport(
            frames=newest.seq + 1 if newest else 0,
            stages=stages,
            mailbox_drops=self._mailbox.dropped,
            dropped_samples=self._ring.dropped_samples,
        )
