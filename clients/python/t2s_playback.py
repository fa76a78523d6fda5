# Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT (see ../LICENSE)
"""A smooth face for a picture of any rate: put this file beside `t2s_client.py`.

with LiveFace("ws://127.0.0.1:8760/ws") as face:
    while drawing:
        frame = face.now()          # None before the first
        draw(frame and face.weight(frame, "jawOpen"))
"""

import threading
import time
from collections import deque

from t2s_client import Face, Frame
from websockets.exceptions import ConnectionClosed

RESTART_MS = 300.0
"""A jump of the stream's clock this large means that it started over."""
FOLLOW = 0.03
"""How fast the mean transit time is followed, a share per frame: half a second."""
WINDOW = 12
PING_FRAMES = 60


class Playback:
    """Turns frames that arrive unevenly into a face for each picture.

    It shows the moment one frame before the newest, moving on evenly between the last two: at most one
    frame (16.7 ms) is added.
    """

    def __init__(self, sample_rate_hz: int = 48000, frame_samples: int = 800) -> None:
        self._per_sample_ms = 1000.0 / sample_rate_hz
        self._frame_ms = frame_samples * self._per_sample_ms
        self._older: Frame | None = None
        self.newest: Frame | None = None
        self.missed_frames = 0
        self._transit_ms = 0.0
        self._settled = 0

    def push(self, frame: Frame, arrived_ms: float) -> None:
        """Take in a frame; one that is older than the newest starts the stream over."""
        late_ms = arrived_ms - frame.pts_samples * self._per_sample_ms
        gap = frame.seq - self.newest.seq if self.newest else 1
        restarted = not self.newest or gap <= 0 or abs(late_ms - self._transit_ms) > RESTART_MS
        if not restarted:
            self.missed_frames += gap - 1
        self._older, self.newest = (frame if restarted else self.newest), frame
        self._settled = 1 if restarted else self._settled + 1
        self._transit_ms += max(FOLLOW, 1 / self._settled) * (late_ms - self._transit_ms)

    def at(self, now_ms: float) -> Frame | None:
        """The face to show at ``now_ms``; None before the first frame."""
        older, newer = self._older, self.newest
        if older is None or newer is None:
            return None
        newest_ms = newer.pts_samples * self._per_sample_ms
        even_ms = now_ms - self._transit_ms - self._frame_ms
        shown_ms = min(max(even_ms, newest_ms - self._frame_ms), newest_ms)
        span_ms = newest_ms - older.pts_samples * self._per_sample_ms
        share = max(0.0, 1 - (newest_ms - shown_ms) / span_ms) if span_ms > 0 else 1.0
        song_s = newer.song_s
        if older.song_s >= 0 and song_s >= 0:
            song_s = older.song_s + share * (song_s - older.song_s)
        return newer._replace(
            pts_samples=round(shown_ms / self._per_sample_ms),
            song_s=song_s,
            actions=_between(older.actions, newer.actions, share),
            arkit=_between(older.arkit, newer.arkit, share),
            flame=_between(older.flame, newer.flame, share),
        )


def _between(
    older: tuple[float, ...] | None, newer: tuple[float, ...] | None, share: float
) -> tuple[float, ...] | None:
    if older is None or newer is None or len(older) != len(newer):
        return newer
    return tuple(a + share * (b - a) for a, b in zip(older, newer, strict=True))


class ServerClock:
    """The engine's clock, from pings: the quickest answer of late is the most exact."""

    def __init__(self) -> None:
        self._answers: deque[tuple[int, int]] = deque(maxlen=12)

    def answer(self, client_ns: int, server_ns: int, now_ns: int) -> None:
        """Take in a pong that came at ``now_ns`` on our clock."""
        round_trip_ns = now_ns - client_ns
        self._answers.append((round_trip_ns, server_ns - (client_ns + round_trip_ns // 2)))

    @property
    def offset_ns(self) -> int | None:
        """Engine's clock minus ours; None before the first answer."""
        return min(self._answers)[1] if self._answers else None


class LiveFace:
    """Receives on a thread of its own; the arguments are those of `Face`."""

    def __init__(self, url: str, **options: object) -> None:
        self._face = Face(url, **{"window": WINDOW} | options)
        self.hello = self._face.hello
        self.clock = ServerClock()
        self.problem = ""
        self._playback = Playback(self.hello["sample_rate_hz"], self.hello["frame_samples"])
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="t2s face", daemon=True)
        self._thread.start()

    def __enter__(self) -> "LiveFace":
        return self

    def __exit__(self, *exc: object) -> None:
        self._face.__exit__(None, None, None)
        self._thread.join()

    def now(self) -> Frame | None:
        """The face of this moment; None before the first. `problem` says why it stands still."""
        with self._guard:
            return self._playback.at(time.perf_counter_ns() / 1e6)

    def weight(self, frame: Frame, name: str) -> float:
        """One ARKit weight by its name, such as ``jawOpen``."""
        return self._face.weight(frame, name)

    def latency_ms(self) -> float | None:
        """From capture to now of the newest frame; None where it is not known."""
        newest, offset_ns = self._playback.newest, self.clock.offset_ns
        if newest is None or offset_ns is None or newest.captured_ns == 0:
            return None
        return (time.perf_counter_ns() + offset_ns - newest.captured_ns) / 1e6

    def _run(self) -> None:
        pong = self._face.pong
        try:
            for frame in self._face:
                with self._guard:
                    self._playback.push(frame, time.perf_counter_ns() / 1e6)
                if frame.seq % PING_FRAMES == 0 or not pong:
                    self._face.ping()
                if self._face.pong is not pong:
                    pong = self._face.pong
                    self.clock.answer(pong["client_ns"], pong["server_ns"], pong["came_ns"])
            self.problem = "The engine stopped."
        except ConnectionClosed:
            self.problem = "The connection broke."
