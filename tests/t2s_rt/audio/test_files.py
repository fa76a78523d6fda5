import os
import sys

import numpy as np
import pytest
import soundfile

from t2s_rt.audio import synthesis
from t2s_rt.audio.files import open_audio
from t2s_rt.errors import AudioError


def whole(path, frames=1000):
    with open_audio(path) as audio:
        blocks = list(audio.blocks(frames))
    return np.concatenate(blocks)


@pytest.mark.parametrize(
    ("suffix", "tolerance"), [("wav", 1e-4), ("flac", 1e-4), ("ogg", 0.05), ("mp3", 0.05)]
)
def test_formats_are_read(tmp_path, suffix, tolerance):
    path = tmp_path / f"tone.{suffix}"
    tone = synthesis.tone(440.0, 1.0, 44_100)
    soundfile.write(path, tone, 44_100)
    with open_audio(path) as audio:
        assert (audio.sample_rate_hz, audio.channels) == (44_100, 1)
        assert audio.duration_s == pytest.approx(1.0, abs=0.06)
    samples = whole(path)
    assert samples.dtype == np.float32
    assert np.abs(samples[5000:40_000] - tone[5000:40_000]).max() < tolerance


def test_blocks_have_the_asked_size_and_start_over(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, synthesis.noise(0.1), 48_000)
    with open_audio(path) as audio:
        sizes = [block.size for block in audio.blocks(1000)]
        assert sizes == [1000, 1000, 1000, 1000, 800]
        assert np.array_equal(
            np.concatenate(list(audio.blocks(7))), np.concatenate(list(audio.blocks(4800)))
        )


def test_mp3_starts_over(tmp_path):
    path = tmp_path / "tone.mp3"
    soundfile.write(path, synthesis.tone(440.0, 1.0, 44_100), 44_100)
    with open_audio(path) as audio:
        first, second = (np.concatenate(list(audio.blocks(frames))) for frames in (441, 4096))
    assert np.abs(first - second).max() < 1e-4


def test_eight_channels_become_one_at_full_level(tmp_path):
    path = tmp_path / "eight.wav"
    tone = synthesis.tone(300.0, 0.5)
    channels = np.zeros((tone.size, 8), np.float32)
    channels[:, 0] = tone
    soundfile.write(path, channels, 48_000, subtype="FLOAT")
    assert np.abs(whole(path) - tone).max() < 1e-6


def test_ten_milliseconds_are_enough(tmp_path):
    path = tmp_path / "short.wav"
    soundfile.write(path, synthesis.tone(440.0, 0.01, 16_000), 16_000)
    assert whole(path).size == 160


def test_nan_samples_are_silence_and_counted(tmp_path):
    path = tmp_path / "nan.wav"
    samples = np.full(1000, 0.5, np.float32)
    samples[100:110] = np.nan
    samples[200] = np.inf
    soundfile.write(path, samples, 48_000, subtype="FLOAT")
    with open_audio(path) as audio:
        read = np.concatenate(list(audio.blocks(64)))
        assert audio.bad_samples == 11
    assert np.isfinite(read).all()
    assert not read[100:110].any()


def test_missing_file():
    with pytest.raises(AudioError, match=r"There is no file .*nowhere\.wav.*Check the path"):
        open_audio("nowhere.wav")


def test_directory(tmp_path):
    with pytest.raises(AudioError, match="is a directory"):
        open_audio(tmp_path)


def test_empty_file(tmp_path):
    path = tmp_path / "empty.wav"
    path.touch()
    with pytest.raises(AudioError, match="empty"):
        open_audio(path)


def test_header_without_samples(tmp_path):
    path = tmp_path / "header.wav"
    soundfile.write(path, np.zeros(0, np.float32), 48_000)
    with pytest.raises(AudioError, match="header but no samples"):
        open_audio(path)


@pytest.mark.parametrize("name", ["song.wav", "song.mp3", "song.flac", "song.txt"])
def test_text_is_not_audio(tmp_path, name):
    path = tmp_path / name
    path.write_text("la la la\n" * 100)
    with pytest.raises(AudioError, match="not an audio file"):
        open_audio(path)


def test_raw_samples_have_no_rate(tmp_path):
    path = tmp_path / "song.raw"
    path.write_bytes(bytes(1000))
    with pytest.raises(AudioError, match="no header"):
        open_audio(path)


def test_truncated_header(tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, synthesis.noise(0.1), 48_000)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(AudioError):
        open_audio(path)


def test_impossible_rate(tmp_path):
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.ones(100, np.float32), 4000)
    with pytest.raises(AudioError, match="4000 Hz"):
        open_audio(path)


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="the administrator may read everything; Windows has other permissions",
)
def test_unreadable_file(tmp_path):
    path = tmp_path / "secret.wav"
    soundfile.write(path, synthesis.noise(0.1), 48_000)
    path.chmod(0)
    with pytest.raises(AudioError, match="cannot be opened"):
        open_audio(path)
