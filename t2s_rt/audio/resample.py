"""Any rate and any channels to the engine's 48 kHz mono, with as little delay as possible."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

MIN_RATE_HZ: Final = 8_000
MAX_RATE_HZ: Final = 192_000
MAX_CHANNELS: Final = 64

_HALF_TAPS: Final = 16
"""Reach to either side in samples of the lower of both rates: 1 ms at 16 kHz, 0.36 ms at 44.1 kHz."""
_STOP_BAND_DB: Final = 66.0
_MAX_PHASES: Final = 4096
"""Odd rates need more phases; the nearest of so many is wrong by less than -75 dB at 7 kHz."""
_SLICE_SAMPLES: Final = 4096
_AUDIBLE: Final = 1e-3
"""-60 dBFS: what never reaches this is not a channel in use."""


class StreamResampler:
    """Mono samples at any rate from 8 to 192 kHz become mono samples at 48 kHz, piece by piece.

    A windowed sinc (Kaiser, 66 dB), one set of weights per output phase. Flat within 0.05 dB up to
    0.435 of the lower rate (7 kHz at 16 kHz); images and aliases in that band are 60 dB down. The
    timeline is compensated: output sample 0 is input time 0, and the delay only means that a sample can
    be taken later. At 48 kHz samples pass untouched. Any chunking gives the same samples.

    What is pushed and not yet popped is kept; pop until False after each push and memory stays at about
    two pushes. NaN and infinite samples count as 0.

    Args:
        input_rate_hz: Rate of the source, a whole number.

    Raises:
        ConfigError: The rate is outside 8 to 192 kHz.
    """

    def __init__(self, input_rate_hz: int) -> None:
        if not MIN_RATE_HZ <= input_rate_hz <= MAX_RATE_HZ:
            raise ConfigError(
                f"A sample rate of {input_rate_hz} Hz cannot be used.",
                f"Choose a rate from {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz, best 48,000 Hz.",
            )
        divisor = math.gcd(input_rate_hz, SAMPLE_RATE_HZ)
        self.input_rate_hz = input_rate_hz
        self._up = SAMPLE_RATE_HZ // divisor
        self._down = input_rate_hz // divisor
        self._passes = self._up == self._down
        self._phases = min(self._up, _MAX_PHASES)
        self._half = (
            0 if self._passes else math.ceil(_HALF_TAPS * max(1.0, input_rate_hz / SAMPLE_RATE_HZ))
        )
        self._weights = np.ones((1, 1), np.float32) if self._passes else self._design()
        self._pending: FloatArray = np.zeros(0, np.float32)
        self._queue: FloatArray = np.zeros(2 * _SLICE_SAMPLES, np.float32)
        self.reset()

    @property
    def latency_samples(self) -> int:
        """Samples at 48 kHz by which the newest output lies behind the newest input."""
        return math.ceil(self._half * self._up / self._down)

    @property
    def available_samples(self) -> int:
        """Samples at 48 kHz that can be popped now."""
        return self._queue_stop - self._queue_start

    def reset(self) -> None:
        """Forget everything, as if newly made."""
        # Before input time 0 there was silence; output 0 looks `half - 1` samples back into it.
        self._pending = np.zeros(max(0, self._half - 1), np.float32)
        self._pending_start = -self._pending.size
        self._next_output = 0
        self._input_count = 0
        self._queue_start = self._queue_stop = 0
        self.bad_samples = 0
        """NaN or infinite samples met since the last reset."""

    def push(self, samples: FloatArray) -> None:
        """Take the next samples ``(N,)`` at the input rate; any N, also 0."""
        clean = self._sanitised(np.asarray(samples, np.float32))
        self._input_count += clean.size
        if self._passes:
            self._enqueue(clean)
            return
        for start in range(0, clean.size, _SLICE_SAMPLES):
            self._pending = np.concatenate((self._pending, clean[start : start + _SLICE_SAMPLES]))
            self._convert(self._pending_start + self._pending.size - self._half)

    def flush(self) -> None:
        """The input has ended: make the last samples available, silence following them.

        In all, ``ceil(input samples * 48000 / input rate)`` samples come out. Push nothing afterwards
        without a reset.
        """
        if self._passes:
            return
        self._pending = np.concatenate((self._pending, np.zeros(self._half, np.float32)))
        self._convert(self._input_count)

    def pop(self, out: FloatArray) -> bool:
        """Fill ``out (H,)`` with the next samples at 48 kHz if there are as many.

        Returns:
            Whether ``out`` was filled; else nothing was taken.
        """
        stop = self._queue_start + out.size
        if stop > self._queue_stop:
            return False
        out[:] = self._queue[self._queue_start : stop]
        self._queue_start = stop
        return True

    def _design(self) -> FloatArray:
        """Weights ``(phases, taps)``: tap j weighs the input at ``floor(position) - half + 1 + j``."""
        cutoff = 0.5 * min(1.0, self._up / self._down)
        offset = np.arange(-self._half + 1, self._half + 1)[None, :]
        distance = offset - (np.arange(self._phases) / self._phases)[:, None]
        beta = 0.1102 * (_STOP_BAND_DB - 8.7)  # Kaiser's formula for more than 50 dB
        inside = np.sqrt(np.maximum(0.0, 1.0 - (distance / self._half) ** 2))
        weights = np.sinc(2 * cutoff * distance) * np.i0(beta * inside)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.ascontiguousarray(weights.astype(np.float32))

    def _convert(self, input_stop: int) -> None:
        """Make every output whose position lies before ``input_stop``, then drop the input it needed."""
        output_stop = max(self._next_output, -(-input_stop * self._up // self._down))
        positions = np.arange(self._next_output, output_stop, dtype=np.int64) * self._down
        if positions.size:
            whole, phases = np.divmod(positions, self._up)
            first = whole - (self._half - 1) - self._pending_start
            phases = phases * self._phases // self._up
            taps = 2 * self._half
            # Overlapping windows without a copy; numpy's own helper leaves reference cycles behind.
            windows = np.ndarray(
                (self._pending.size - taps + 1, taps), np.float32, self._pending, strides=(4, 4)
            )
            self._enqueue(np.einsum("ij,ij->i", windows[first], self._weights[phases]))
            self._next_output = output_stop
        needed = output_stop * self._down // self._up - (self._half - 1)
        drop = min(max(0, needed - self._pending_start), self._pending.size)
        self._pending = self._pending[drop:]
        self._pending_start += drop

    def _enqueue(self, samples: FloatArray) -> None:
        waiting = self.available_samples
        if self._queue_stop + samples.size > self._queue.size:
            if waiting + samples.size > self._queue.size:
                grown = np.zeros(2 * (waiting + samples.size), np.float32)
                grown[:waiting] = self._queue[self._queue_start : self._queue_stop]
                self._queue = grown
            else:
                self._queue[:waiting] = self._queue[self._queue_start : self._queue_stop]
            self._queue_start, self._queue_stop = 0, waiting
        self._queue[self._queue_stop : self._queue_stop + samples.size] = samples
        self._queue_stop += samples.size

    def _sanitised(self, samples: FloatArray) -> FloatArray:
        if not samples.size or (math.isfinite(samples.max()) and math.isfinite(samples.min())):
            return samples
        finite = np.isfinite(samples)
        self.bad_samples += samples.size - int(np.count_nonzero(finite))
        return np.where(finite, samples, np.float32(0.0))


class MonoMixer:
    """Channels to mono without losing a voice that sits in a few of many channels.

    The mean of eight channels of which one carries the voice would be 18 dB too soft. So the mean runs
    over the channels *in use*: a channel counts from its first sample above -60 dBFS, and from then on.
    The rule is exact to the sample, so that any chunking gives the same result, and it needs no future.
    A stereo recording gives the usual mean.

    Args:
        channels: Channels of the source, 1 to 64.

    Raises:
        ConfigError: The number of channels is out of range.
    """

    def __init__(self, channels: int) -> None:
        if not 1 <= channels <= MAX_CHANNELS:
            raise ConfigError(
                f"A source with {channels} channels cannot be used.",
                f"Choose 1 to {MAX_CHANNELS} channels.",
            )
        self._used = np.zeros(channels, np.bool_)

    def reset(self) -> None:
        """Forget which channels are in use."""
        self._used.fill(False)

    def mix(self, samples: npt.NDArray[np.float32]) -> FloatArray:
        """Mix the next samples.

        Args:
            samples: ``(N, channels)``, finite.

        Returns:
            Mono samples ``(N,)``.
        """
        if samples.shape[1] == 1:
            return np.ascontiguousarray(samples[:, 0])
        total: FloatArray = samples.sum(axis=1, dtype=np.float32)
        if self._used.all():
            total /= np.float32(self._used.size)
            return total
        audible = np.abs(samples) > _AUDIBLE
        in_use = np.logical_or.accumulate(audible, axis=0) | self._used
        if len(samples):
            self._used |= in_use[-1]
        total /= np.maximum(1, in_use.sum(axis=1, dtype=np.float32))
        return total


def to_mono(samples: npt.NDArray[np.float32]) -> FloatArray:
    """A whole recording ``(N, C)`` to mono ``(N,)`` by the rule of `MonoMixer`."""
    return MonoMixer(samples.shape[1]).mix(samples)
