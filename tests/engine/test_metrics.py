"""Counters and latency tables."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from engine.metrics import Buckets, LatencyRecorder, LatencySummary, Metrics


def test_an_empty_recorder_says_so():
    assert LatencyRecorder().summary() == LatencySummary(0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_percentiles_of_a_known_series():
    recorder = LatencyRecorder()
    for value in np.random.default_rng(0).permutation(np.arange(1, 1001)):
        recorder.add_ms(float(value))
    summary = recorder.summary()
    assert summary.count == 1000
    assert summary.mean_ms == pytest.approx(500.5)
    assert summary.p50_ms == pytest.approx(500.5)
    assert summary.p95_ms == pytest.approx(950.05)
    assert summary.p99_ms == pytest.approx(990.01)
    assert summary.max_ms == 1000


def test_the_ring_keeps_the_newest():
    recorder = LatencyRecorder(capacity=10)
    for value in range(25):
        recorder.add_ns(value * 1_000_000)
    assert len(recorder) == 10
    assert recorder.summary().max_ms == pytest.approx(24)
    assert recorder.summary().p50_ms == pytest.approx(19.5)
    recorder.clear()
    assert recorder.summary().count == 0


def test_recording_takes_no_memory():
    recorder = LatencyRecorder(capacity=100)
    recorder.add_ns(1)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10_000):
        recorder.add_ns(1)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1000


def test_a_recorder_without_room_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        LatencyRecorder(capacity=0)


def test_exposition_is_prometheus_text_of_this_engine_only():
    one, other = Metrics(), Metrics()
    one.frames.inc(3)
    one.refusals.labels(reason="origin").inc()
    one.observe_capture_to_wire_ns(15_000_000)
    text, content_type = one.exposition()
    assert content_type.startswith("text/plain")
    lines = text.decode().splitlines()
    assert "t2s_frames_total 3.0" in lines
    assert 't2s_refusals_total{reason="origin"} 1.0' in lines
    assert 't2s_capture_to_wire_seconds_bucket{le="0.016"} 1.0' in lines
    assert 't2s_capture_to_wire_seconds_bucket{le="0.012"} 0.0' in lines
    assert "t2s_frames_total 0.0" in other.exposition()[0].decode().splitlines()
    assert one.capture_to_wire_ms.summary().p50_ms == pytest.approx(15)


def test_buckets_read_as_prometheus_own_histogram_does():
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    bounds = (0.001, 0.01, 0.1)
    buckets = Buckets("t2s_x_seconds", "X", bounds, ours)
    histogram = Histogram("t2s_x_seconds", "X", buckets=bounds, registry=theirs)
    for amount in (0.0, 0.001, 0.0011, 0.05, 0.1, 7.0):
        buckets.observe(amount)
        histogram.observe(amount)
    wanted = [line for line in generate_latest(theirs).decode().splitlines() if "_created" not in line]
    assert generate_latest(ours).decode().splitlines() == wanted
