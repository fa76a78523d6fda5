"""A client's sound arrives whole; floods, gaps, NaN and nonsense do no harm."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clock import NS_PER_S, ManualClock
from engine.ring import AudioRing
from engine.sources.base import SourceState
from engine.sources.websocket import WebSocketSource
from t2s_rt.errors import ProtocolError
from tests.engine.sources.listening import eventually, listen

MS = NS_PER_S // 1_000


@pytest.fixture
def ring():
    return AudioRing(96_000)


@pytest.fixture
def clock():
    return ManualClock(NS_PER_S)


@pytest.fixture
def source(ring, clock):
    source = WebSocketSource(clock)
    source.start(ring)
    assert eventually(lambda: source.status().counters.silence_samples == 240)
    listen(ring, 240)
    yield source
    source.stop()


def test_float_samples_arrive_as_they_were_sent(source, ring, clock):
    sound = np.linspace(-0.9, 0.9, 480, dtype="<f4")
    source.sink.start(16_000, 1, "f32")
    source.sink.write(sound.tobytes())
    np.testing.assert_array_equal(listen(ring, 480), sound)
    assert ring.rate_hz == 16_000
    assert ring.captured_ns == clock.now_ns() - 30 * MS + 479 * NS_PER_S // 16_000
    status = source.status()
    assert status.state is SourceState.RUNNING
    assert status.detail == "Listening to a client at 16000 Hz."


def test_integers_become_full_scale_and_channels_one(source, ring):
    source.sink.start(48_000, 2, "s16")
    stereo = np.array([[-32_768, -32_768], [16_384, 0], [32_767, 32_767]], "<i2")
    source.sink.write(stereo.tobytes())
    np.testing.assert_allclose(listen(ring, 3), [-1.0, 0.25, 32_767 / 32_768])


def test_what_is_no_number_is_silence_and_too_loud_is_full_scale(source, ring):
    source.sink.start(48_000, 1, "f32")
    source.sink.write(np.array([0.5, np.nan, np.inf, -np.inf, 7.0, -3e38], "<f4").tobytes())
    np.testing.assert_array_equal(listen(ring, 6), [0.5, 0, 0, 0, 1, -1])


def test_silence_flows_while_nobody_sends_and_when_a_sender_stutters(source, ring, clock):
    assert source.status().state is SourceState.WAITING
    source.sink.start(48_000, 1, "f32")
    source.sink.write(np.full(240, 0.5, "<f4").tobytes())
    listen(ring, 240)
    clock.advance_ns(240 * MS)
    assert not ring.wait(0.05), "a network may stutter"
    clock.advance_ns(10 * MS)
    assert not listen(ring, 240).any()
    source.sink.write(np.full(240, 0.25, "<f4").tobytes())
    assert eventually(lambda: np.any(listen(ring, 240) == np.float32(0.25)))


def test_a_flood_is_cut_at_a_second_ahead_of_real_time_and_counted(source, ring, clock):
    source.sink.start(48_000, 1, "f32")
    flood = np.zeros(40_000, "<f4").tobytes()
    for _ in range(10):
        source.sink.write(flood)
    assert ring.unread_samples == 48_000
    assert source.status().counters.refused_samples == 10 * 40_000 - 48_000
    clock.advance_ns(100 * MS)
    source.sink.write(flood)
    assert source.status().counters.refused_samples == 11 * 40_000 - 52_800


@pytest.mark.parametrize(
    ("rate_hz", "channels", "sample_format", "sentence"),
    [
        (48_000, 1, "u8", "'u8' is unknown; send s16 or f32"),
        (4_000, 1, "f32", "4000 Hz is outside 8000 to 192000 Hz"),
        (1_000_000, 1, "f32", "outside"),
        (48_000, 0, "f32", "0 channels are outside 1 to"),
        (48_000, 65, "f32", "65 channels"),
    ],
)
def test_a_format_that_cannot_be_taken_is_refused(source, rate_hz, channels, sample_format, sentence):
    with pytest.raises(ProtocolError, match=sentence):
        source.sink.start(rate_hz, channels, sample_format)
    assert source.status().state is SourceState.WAITING


def test_half_a_sample_is_a_violation(source):
    source.sink.start(48_000, 2, "s16")
    with pytest.raises(ProtocolError, match="7 bytes are no whole number of samples of 2 x 2") as raised:
        source.sink.write(bytes(7))
    assert raised.value.close_code == 1007


def test_sound_without_a_format_is_a_violation(source):
    with pytest.raises(ProtocolError, match="before its format"):
        source.sink.write(bytes(8))
    source.sink.start(48_000, 1, "f32")
    source.sink.stop()
    with pytest.raises(ProtocolError, match="before its format"):
        source.sink.write(bytes(8))


def test_only_one_client_is_the_microphone_and_the_next_may_follow(source):
    source.sink.start(48_000, 1, "f32")
    with pytest.raises(ProtocolError, match="Another client"):
        source.sink.start(48_000, 1, "f32")
    source.sink.stop()
    source.sink.start(44_100, 1, "s16")
    counters = source.status().counters
    assert (counters.losses, counters.reopens) == (1, 1)


def test_an_engine_that_stopped_takes_no_sound(ring, clock):
    source = WebSocketSource(clock)
    source.stop()
    source.start(ring)
    source.stop()
    assert source.status().state is SourceState.ENDED
    with pytest.raises(ProtocolError, match="not listening") as raised:
        source.sink.start(48_000, 1, "f32")
    assert raised.value.close_code == 1001


def test_it_has_no_song(source):
    assert (source.name, source.audio_path, source.song_s(0)) == ("a client's microphone", None, -1.0)
