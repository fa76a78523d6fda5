"""The Python kit's smooth face: jitter, gaps, clocks, and a thread that ends."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import pytest

from tests.clients.jitter import FRAME_MS, Residual, judge
from tests.clients.running import beside_an_engine

FOLDER = Path(__file__).resolve().parents[2] / "clients/python"


@pytest.fixture(scope="module")
def kit():
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("t2s_playback")
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("t2s_playback", "t2s_client"):
            sys.modules.pop(name, None)


def replay(kit, trace: Path) -> list[str]:
    """What the other kits' programs print, from this one."""
    face = object.__new__(kit.Face)
    arrivals = []
    for line in trace.read_text().splitlines():
        at_ms, data = line.split()
        face._socket = type("Replay", (), {"recv": lambda _self, data=data: bytes.fromhex(data)})()
        arrivals.append((float(at_ms), face._next_frame()))
    playback, lines, tick = kit.Playback(), [], 0
    while tick / 0.24 < arrivals[-1][0] or not lines:
        now_ms = tick / 0.24
        while arrivals and arrivals[0][0] <= now_ms:
            at_ms, frame = arrivals.pop(0)
            playback.push(frame, at_ms)
            if not arrivals:
                return lines
        if (shown := playback.at(now_ms)) is not None:
            values = (now_ms, shown.pts_samples, playback.newest.pts_samples, *shown.arkit)
            lines.append(" ".join(map(repr, values)))
        tick += 1
    return lines


def test_jitter_is_smoothed(kit, demo):
    trace, weights = demo
    judge(replay(kit, trace), weights).check("Python")


def test_the_judge_refuses_a_kit_that_shows_what_came_last(kit, demo, monkeypatch):
    trace, weights = demo
    monkeypatch.setattr(kit.Playback, "at", lambda self, _now_ms: self.newest)
    naive: Residual = judge(replay(kit, trace), weights)
    assert naive.moment_ms > 3.0
    with pytest.raises(AssertionError):
        naive.check("a kit without playback")


def frame(kit, seq, value=0.0):
    return kit.Frame(seq, 800 * seq, 0, -1.0, None, (value,), None, None)


def test_the_face_moves_evenly_between_two_frames(kit):
    playback = kit.Playback()
    assert playback.at(0.0) is None
    for seq in range(60):
        playback.push(frame(kit, seq, float(seq)), seq * FRAME_MS)
    shown = [playback.at((59 + share) * FRAME_MS) for share in (0.0, 0.25, 0.5, 1.0, 2.0)]
    assert [face.arkit[0] for face in shown] == pytest.approx([58, 58.25, 58.5, 59, 59])


def test_gaps_are_counted_and_a_new_stream_is_shown_at_once(kit):
    playback = kit.Playback()
    playback.push(frame(kit, 10), 0)
    playback.push(frame(kit, 14, 1.0), 66)
    assert playback.missed_frames == 3
    playback.push(frame(kit, 0, 0.5), 80)
    assert playback.at(80).arkit == (0.5,)
    assert playback.missed_frames == 3


def test_the_quickest_answer_tells_the_clock(kit):
    clock = kit.ServerClock()
    assert clock.offset_ns is None
    clock.answer(0, 5_000_900, 2_000_000)
    clock.answer(10_000_000, 15_000_100, 10_000_200)
    assert clock.offset_ns == 5_000_000


def test_it_reads_from_our_server_on_its_own_thread(kit):
    def work(url: str, _port: int) -> str:
        with kit.LiveFace(url, streams=["arkit", "voice"]) as face:
            for _ in range(500):
                time.sleep(0.01)
                shown = face.now()
                if shown and shown.seq > 90 and face.latency_ms() is not None:
                    assert 0 < face.latency_ms() < 500
                    return f"{face.weight(shown, 'jawOpen')} {shown.voice[0]}"
        return "no face"

    assert beside_an_engine(work) == "0.5 220.0"
