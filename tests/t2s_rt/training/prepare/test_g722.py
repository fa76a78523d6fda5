import builtins
import io

import numpy as np
import pytest

from t2s_rt.errors import CorpusError, SetupError
from t2s_rt.training.prepare.g722 import RATE_HZ, SAMPLES_PER_OCTET, decode

av = pytest.importorskip("av")


def encode(samples: np.ndarray) -> bytes:
    """By FFmpeg's encoder."""
    file = io.BytesIO()
    with av.open(file, "w", format="g722") as container:
        stream = container.add_stream("g722", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None, :], "s16", "mono")
        frame.sample_rate = RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()


def test_what_was_encoded_comes_back() -> None:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    samples = 0.2 * np.sin(2 * np.pi * 440 * times_s) + 0.1 * np.sin(2 * np.pi * 5_000 * times_s)
    octets = encode(samples)
    decoded = decode(octets, "test")
    assert len(decoded) == SAMPLES_PER_OCTET * len(octets) >= len(samples) - 400
    assert decoded.dtype == np.float32
    kept = samples[2000:20_000]
    wrong = [decoded[2000 + delay : 20_000 + delay] - kept for delay in range(40)]
    noise = [float(np.mean(one**2)) for one in wrong]
    assert int(np.argmin(noise)) == 22  # what the two filters of 24 taps, there and back, take
    assert 10 * np.log10(np.mean(kept**2) / min(noise)) > 25


def test_an_empty_file_is_named() -> None:
    with pytest.raises(CorpusError, match=r"digits/0\.g722 (holds no sound|cannot be decoded)"):
        decode(b"", "digits/0.g722")


def test_without_the_library_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name, *rest, **named):
        if name == "av":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SetupError, match=r"pip install 't2s-rt\[train\]'"):
        decode(b"\0" * 100, "any")
