"""The one clock: an integer sample index at 48 kHz.

At 48,000 Hz every frame of 25, 30, 50 or 60 fps is a whole number of samples, so time never drifts and
never needs rounding. Seconds exist only at the borders (files, wire, people).
"""

from __future__ import annotations

from typing import Final

SAMPLE_RATE_HZ: Final = 48_000
HOP_SAMPLES: Final = 400
"""One analysis step: 8.33 ms, 120 Hz."""
FRAME_SAMPLES: Final = 800
"""One face frame: 16.67 ms, 60 fps."""
HOPS_PER_FRAME: Final = FRAME_SAMPLES // HOP_SAMPLES
HOP_RATE_HZ: Final = SAMPLE_RATE_HZ // HOP_SAMPLES
FRAME_RATE_HZ: Final = SAMPLE_RATE_HZ // FRAME_SAMPLES
HOP_S: Final = HOP_SAMPLES / SAMPLE_RATE_HZ
FRAME_S: Final = FRAME_SAMPLES / SAMPLE_RATE_HZ

if HOPS_PER_FRAME * HOP_SAMPLES != FRAME_SAMPLES or FRAME_RATE_HZ * FRAME_SAMPLES != SAMPLE_RATE_HZ:
    raise RuntimeError("hop, frame and sample rate must divide each other exactly")

NO_SONG_S: Final = -1.0
"""Position in the song where no song plays."""


def seconds(samples: int) -> float:
    """Samples at 48 kHz to seconds."""
    return samples / SAMPLE_RATE_HZ


def samples(seconds_: float) -> int:
    """Seconds to the nearest sample at 48 kHz."""
    return round(seconds_ * SAMPLE_RATE_HZ)
