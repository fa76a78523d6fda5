"""ITU-T G.722 at 64 kbit/s, as telephone exchanges keep it: raw octets, no header, 16 kHz."""

from __future__ import annotations

import io
from typing import Final

import numpy as np

from t2s_rt.errors import CorpusError, SetupError
from t2s_rt.types import FloatArray

RATE_HZ: Final = 16_000
SAMPLES_PER_OCTET: Final = 2


def decode(octets: bytes, name: str) -> FloatArray:
    """Decode a recording with FFmpeg's decoder, which PyAV brings along on every system.

    Args:
        octets: The file's content; G.722 has no header, so any octets decode to something.
        name: The file, for the message.

    Returns:
        ``(2 * len(octets),)`` mono in [-1, 1] at `RATE_HZ`.

    Raises:
        CorpusError: There is nothing to decode.
        SetupError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as problem:
        raise SetupError(
            "Recordings in G.722 are decoded by PyAV, which is not installed.",
            "Run: pip install 't2s-rt[train]'",
        ) from problem
    try:
        with av.open(io.BytesIO(octets), format="g722") as container:
            blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    except (av.FFmpegError, IndexError) as problem:
        raise CorpusError(f"{name} cannot be decoded as G.722: {problem}.") from problem
    if not blocks:
        raise CorpusError(f"{name} holds no sound.")
    return np.concatenate(blocks).astype(np.float32) / 32768.0
