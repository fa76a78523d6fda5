from __future__ import annotations

import numpy as np
import pytest

from engine.outputs.frame_bytes import FRAME_BYTES, pack, unpack
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import vowel
from t2s_rt.timebase import SAMPLE_RATE_HZ


def test_a_frame_comes_back_to_the_bit() -> None:
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    frames = pipeline.push(vowel("a", 262.0, 0.5, sample_rate_hz=SAMPLE_RATE_HZ), 2**60)
    for number, frame in enumerate(frames):
        data = pack(frame, number)
        assert len(data) == FRAME_BYTES < 1200  # one packet on any network, let alone on loopback
        got_number, got = unpack(data)
        assert got_number == number
        for name in ("seq", "pts_samples", "available_samples", "captured_ns", "song_s", "voice"):
            assert getattr(got, name) == getattr(frame, name)
        np.testing.assert_array_equal(got.actions, frame.actions)
        np.testing.assert_array_equal(got.arkit, frame.arkit)
        for part in ("expression", "jaw_pose", "neck_pose", "eyes_pose", "global_pose"):
            np.testing.assert_array_equal(getattr(got.flame, part), getattr(frame.flame, part))
        assert got.arkit.dtype == np.float32


def test_other_bytes_are_no_frame() -> None:
    for size in (0, FRAME_BYTES - 1, FRAME_BYTES + 1):
        with pytest.raises(ValueError, match="a frame has"):
            unpack(bytes(size))
