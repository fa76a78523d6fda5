"""A recording comes out of the ring as it was written, at its own rate, once or again and again."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import soundfile

from engine.clock import NS_PER_S, ManualClock
from engine.ring import AudioRing
from engine.sources.base import SourceState
from engine.sources.file import FileSource
from t2s_rt.errors import AudioError
from tests.engine.sources.listening import eventually, listen

RATE_HZ = 44_100
LENGTH = 4_410


@pytest.fixture
def samples():
    return np.random.default_rng(1).uniform(-0.5, 0.5, LENGTH).astype(np.float32)


@pytest.fixture
def recording(tmp_path, samples):
    path = tmp_path / "song.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return path


@pytest.fixture
def ring():
    return AudioRing(96_000)


def test_it_plays_the_recording_at_its_own_rate_then_silence(recording, samples, ring):
    clock = ManualClock()
    source = FileSource(recording, clock=clock)
    assert source.status().state is SourceState.WAITING
    source.start(ring)
    try:
        clock.advance_ns(NS_PER_S * 3 // 10)
        heard = listen(ring, 2 * LENGTH)
        assert ring.rate_hz == RATE_HZ
        np.testing.assert_array_equal(heard[:LENGTH], samples)
        assert not heard[LENGTH:].any()
        assert source.status().state is SourceState.ENDED
        assert source.status().detail == "song.wav has ended."
    finally:
        source.stop()


def test_looped_it_starts_again_without_a_gap(recording, samples, ring):
    source = FileSource(recording, paced=False, loop=True, clock=ManualClock())
    source.start(ring)
    try:
        np.testing.assert_array_equal(listen(ring, 3 * LENGTH), np.tile(samples, 3))
        assert source.status().state is SourceState.RUNNING
    finally:
        source.stop()


def test_as_fast_as_possible_it_loses_nothing_and_ends(recording, samples):
    ring = AudioRing(500)
    source = FileSource(recording, paced=False, clock=ManualClock())
    source.start(ring)
    try:
        np.testing.assert_array_equal(listen(ring, LENGTH), samples)
        assert eventually(lambda: source.status().state is SourceState.ENDED)
    finally:
        source.stop()


def test_the_position_in_the_song_follows_the_stream(recording, ring):
    once = FileSource(recording)
    assert once.song_s(-1) == -1.0
    assert once.song_s(0) == 0.0
    assert once.song_s(2_400) == pytest.approx(0.05)
    assert once.song_s(4_800) == -1.0
    looped = FileSource(recording, loop=True)
    assert looped.song_s(4_800 * 3 + 480) == pytest.approx(0.01)


def test_what_a_late_reader_lost_counts_as_heard(recording, samples):
    ring, clock = AudioRing(441), ManualClock()
    source = FileSource(recording, clock=clock)
    source.start(ring)
    try:
        clock.advance_ns(NS_PER_S // 20)
        assert eventually(lambda: ring.written_samples >= LENGTH // 2 - 221)
        lost_s = ring.dropped_samples / RATE_HZ
        assert lost_s > 0.02
        assert source.song_s(480) == pytest.approx(0.01 + lost_s)
    finally:
        source.stop()


def test_it_names_its_file_so_that_a_page_can_play_it(recording):
    source = FileSource(recording)
    assert source.audio_path == recording
    assert source.name == "song.wav"
    assert source.duration_s == pytest.approx(0.1)


@pytest.mark.parametrize("kind", ["missing", "directory", "empty", "text"])
def test_what_is_no_recording_is_refused_before_anything_starts(tmp_path, kind):
    path = tmp_path / "song.wav"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_text("la la la" if kind == "text" else "")
    threads = threading.active_count()
    with pytest.raises(AudioError, match=r"song\.wav"):
        FileSource(path)
    assert threading.active_count() == threads


def test_a_file_that_vanished_before_its_start_fails_in_a_sentence(recording, ring):
    source = FileSource(recording)
    recording.unlink()
    source.start(ring)
    try:
        assert eventually(lambda: source.status().state is SourceState.FAILED)
        assert "There is no file" in source.status().detail
        assert len(listen(ring, 480)) == 480, "silence flows all the same"
    finally:
        source.stop()


def test_two_hundred_starts_and_stops_leave_nothing(recording, ring):
    threads = threading.active_count()
    for _ in range(200):
        source = FileSource(recording)
        source.start(ring)
        source.stop()
    assert threading.active_count() == threads
    recording.rename(recording.with_name("moved.wav"))  # Windows refuses that for an open file
