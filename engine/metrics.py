"""What the engine counts and measures: Prometheus metrics and latency tables."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

DEFAULT_CAPACITY: Final = 2**16
"""Nine minutes of hops, eighteen minutes of frames."""

HOP_TIME_BUCKETS_S: Final = (0.0001, 0.0002, 0.0004, 0.0007, 0.001, 0.0015, 0.002, 0.004, 0.008, 0.016)
CAPTURE_TO_WIRE_BUCKETS_S: Final = (0.004, 0.008, 0.012, 0.016, 0.02, 0.03, 0.045, 0.09, 0.18, 0.5)

OUTPUT_TIME_BUCKETS_S: Final = (0.00005, 0.0001, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.005)
HANDOVER_BUCKETS_S: Final = (0.00001, 0.00002, 0.00003, 0.00005, 0.0001, 0.0002, 0.0005, 0.001)


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Percentiles of recorded latencies in ms; all 0 where nothing was recorded.

    Attributes:
        count: How many values the percentiles are over.
        mean_ms: Arithmetic mean.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        max_ms: Largest.
    """

    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class LatencyRecorder:
    """A ring of the newest latencies, taken once; recording costs well under a microsecond.

    One thread records; `summary` may be called from another and then sees values up to about now.

    Args:
        capacity: How many values are kept; older ones are overwritten.
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        self._values = array("d", bytes(8 * capacity))
        self._capacity = capacity
        self._count = 0

    def __len__(self) -> int:
        return min(self._count, self._capacity)

    def add_ms(self, latency_ms: float) -> None:
        """Record one latency in ms."""
        self._values[self._count % self._capacity] = latency_ms
        self._count += 1

    def add_ns(self, latency_ns: int) -> None:
        """Record one latency in ns."""
        self._values[self._count % self._capacity] = latency_ns * 1e-6
        self._count += 1

    def clear(self) -> None:
        """Forget everything recorded."""
        self._count = 0

    def summary(self) -> LatencySummary:
        """Percentiles of what the ring holds (linear interpolation between values)."""
        count = len(self)
        if count == 0:
            return LatencySummary(0, 0.0, 0.0, 0.0, 0.0, 0.0)
        values = np.array(self._values[:count])
        p50, p95, p99 = (float(p) for p in np.percentile(values, (50, 95, 99)))
        return LatencySummary(count, float(values.mean()), p50, p95, p99, float(values.max()))


class Buckets(Collector):
    """A histogram that one thread fills, without the locks of Prometheus' own, at a fifth of its price.

    Args:
        name: Its name on the wire.
        documentation: What it counts.
        bounds: Upper bounds, rising.
        registry: Where it is read.
    """

    def __init__(
        self, name: str, documentation: str, bounds: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, amount: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    # typing.override is new in Python 3.12.
    def collect(self) -> Iterable[Metric]:  # type: ignore[explicit-override]
        """The histogram as Prometheus reads it; from any thread."""
        labels = [*map(str, self._bounds), "+Inf"]
        buckets = list(zip(labels, map(float, accumulate(self._counts)), strict=True))
        family = HistogramMetricFamily(self._name, self._documentation)
        family.add_metric([], buckets, self._sum)
        return [family]


class Metrics:
    """All counters of one engine in a registry of its own, so that two engines never mix.

    Any thread may count. The names on the wire are listed in docs/protocol.md.

    Attributes:
        frames: Frames that the hot thread made.
        hops: Hops that the hot thread analysed.
        audio_dropped_samples: Samples that the audio ring lost because the hot thread fell behind.
        mailbox_drops: Frames replaced in the mailbox before the event loop took them.
        frames_refused: Frames not sent because a value was not finite.
        clients: Clients connected now.
        connections: WebSocket handshakes accepted.
        refusals: Requests refused before the handshake, by ``reason``: ``host``, ``origin``, ``token``,
            ``full``, ``subprotocol``, ``path``.
        violations: Clients closed for breaking the protocol, by close ``code``.
        client_drops: Frames that a client's slot replaced before they could be sent, over all clients.
        frames_sent: Frames written to clients.
        capture_to_wire: Newest captured sample to bytes in the last client's socket, in s.
        capture_to_wire_ms: The same, kept for the table at the end of a run.
        hop_time: Work of one hop, in s.
        model_fallback: 1 while the baseline moves the mouth because the model failed.
        device_lost: How often the audio device vanished.
        audio_received_samples: Samples (per channel) that arrived over the WebSocket.
        outputs: 1 while an ``output`` (VMC, VTube Studio, ...) runs.
        output_frames: Frames sent, by ``output``.
        output_skips: Frames that an output left out, by ``output``: not ready, or refused.
        output_failures: Refusals and breaks, by ``output``.
        output_time: Work of all outputs for one frame in their process, wall time, in s.
        output_handover: Handing one frame over to that process, on the hot thread, wall time, in s.
        output_handover_drops: Frames that it did not take.
        output_process_failures: How often it ended unasked, hung or could not start.
    """

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        own = self.registry
        self.frames = Counter("t2s_frames", "Frames made", registry=own)
        self.hops = Counter("t2s_hops", "Hops analysed", registry=own)
        self.audio_dropped_samples = Counter(
            "t2s_audio_dropped_samples", "Samples lost before analysis", registry=own
        )
        self.mailbox_drops = Counter(
            "t2s_mailbox_drops", "Frames replaced before the event loop took them", registry=own
        )
        self.frames_refused = Counter(
            "t2s_frames_refused", "Frames with non-finite values", registry=own
        )
        self.clients = Gauge("t2s_clients", "Clients connected now", registry=own)
        self.connections = Counter("t2s_connections", "WebSocket handshakes accepted", registry=own)
        self.refusals = Counter(
            "t2s_refusals", "Requests refused before the handshake", ["reason"], registry=own
        )
        self.violations = Counter(
            "t2s_violations", "Clients closed for breaking the protocol", ["code"], registry=own
        )
        self.client_drops = Counter(
            "t2s_client_drops", "Frames replaced in a client's slot", registry=own
        )
        self.frames_sent = Counter("t2s_frames_sent", "Frames written to clients", registry=own)
        self.capture_to_wire = Histogram(
            "t2s_capture_to_wire_seconds",
            "Newest captured sample to the last client's socket",
            buckets=CAPTURE_TO_WIRE_BUCKETS_S,
            registry=own,
        )
        self.capture_to_wire_ms = LatencyRecorder()
        self.hop_time = Histogram(
            "t2s_hop_seconds", "Work of one hop", buckets=HOP_TIME_BUCKETS_S, registry=own
        )
        self.model_fallback = Gauge(
            "t2s_model_fallback", "1 while the baseline stands in for the model", registry=own
        )
        self.device_lost = Counter("t2s_device_lost", "Times the audio device vanished", registry=own)
        self.audio_received_samples = Counter(
            "t2s_audio_received_samples", "Samples a channel that clients sent", registry=own
        )

        self.outputs = Gauge("t2s_output_running", "1 while an output runs", ["output"], registry=own)
        self.output_frames = Counter("t2s_output_frames", "Frames sent", ["output"], registry=own)
        self.output_skips = Counter("t2s_output_skips", "Frames left out", ["output"], registry=own)
        self.output_failures = Counter(
            "t2s_output_failures", "Refusals and breaks", ["output"], registry=own
        )
        self.output_time = Buckets(
            "t2s_output_seconds",
            "Work of all outputs for one frame, in their process",
            OUTPUT_TIME_BUCKETS_S,
            own,
        )
        self.output_handover = Buckets(
            "t2s_output_handover_seconds",
            "Handing one frame over to the outputs' process",
            HANDOVER_BUCKETS_S,
            own,
        )
        self.output_handover_drops = Counter(
            "t2s_output_handover_drops", "Frames that the outputs' process did not take", registry=own
        )
        self.output_process_failures = Counter(
            "t2s_output_process_failures", "Times the outputs' process ended or hung", registry=own
        )

    def observe_capture_to_wire_ns(self, latency_ns: int) -> None:
        """Record one frame's way from the newest captured sample to the last client's socket."""
        self.capture_to_wire.observe(latency_ns * 1e-9)
        self.capture_to_wire_ms.add_ns(latency_ns)

    def exposition(self) -> tuple[bytes, str]:
        """All metrics as Prometheus text, and the Content-Type that goes with it."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
