"""A frame as the bytes of one datagram, for another process of this machine and of this version."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, FloatArray, Frame, VoiceReading

_HEAD: Final = struct.Struct("=Qqqqqdddd?3x")
"""The hand-over's number, the frame's five numbers, the voice; float32 arrays follow."""
_SIZES: Final = (ACTION_COUNT, ARKIT_COUNT, EXPRESSION_COUNT, 3, 3, 6, 3)
FRAME_BYTES: Final = _HEAD.size + 4 * sum(_SIZES)


def pack(frame: Frame, number: int) -> bytes:
    """The bytes of a frame.

    Args:
        frame: The frame.
        number: How many were handed over before it: a gap tells the reader what was lost.
    """
    voice, pose = frame.voice, frame.flame
    head = _HEAD.pack(
        number, frame.seq, frame.pts_samples, frame.available_samples, frame.captured_ns, frame.song_s,
        voice.f0_hz, voice.loudness_dbfs, voice.voice, voice.voiced,
    )  # fmt: skip
    return b"".join(
        (
            head,
            frame.actions.tobytes(),
            frame.arkit.tobytes(),
            pose.expression.tobytes(),
            pose.jaw_pose.tobytes(),
            pose.neck_pose.tobytes(),
            pose.eyes_pose.tobytes(),
            pose.global_pose.tobytes(),
        )
    )


def unpack(data: bytes) -> tuple[int, Frame]:
    """The number and the frame that `pack` was given; its arrays lie in ``data`` and are read-only.

    Raises:
        ValueError: These are not the bytes of a frame.
    """
    if len(data) != FRAME_BYTES:
        raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(data)}")
    number, seq, pts, available, captured_ns, song_s, *voice = _HEAD.unpack_from(data)
    f0_hz, loudness_dbfs, presence, voiced = voice
    actions, arkit, expression, jaw, neck, eyes, trunk = _arrays(data)
    return number, Frame(
        seq=seq,
        pts_samples=pts,
        available_samples=available,
        captured_ns=captured_ns,
        song_s=song_s,
        actions=actions,
        arkit=arkit,
        flame=FlamePose(expression, jaw, neck, eyes, trunk),
        voice=VoiceReading(f0_hz, voiced, loudness_dbfs, presence),
    )


def _arrays(data: bytes) -> list[FloatArray]:
    values = np.frombuffer(data, np.float32, offset=_HEAD.size)
    arrays, begin = [], 0
    for size in _SIZES:
        arrays.append(values[begin : begin + size])
        begin += size
    return arrays
