"""Recordings: WAV, FLAC, OGG, MP3 and whatever else libsndfile reads, as mono blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import soundfile

from t2s_rt.audio.resample import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ, MonoMixer
from t2s_rt.errors import AudioError
from t2s_rt.types import FloatArray

_READABLE: Final = "WAV, FLAC, OGG and MP3 files can be read."


class _SequentialFile(soundfile.SoundFile):  # type: ignore[misc] # untyped library
    """Reads straight on.

    soundfile seeks to where it already is after every read, and a seek resets libsndfile's MP3 decoder:
    read in blocks, an MP3 comes out as bursts and silence. It does not seek in what is not seekable.
    """

    def seekable(self) -> bool:
        return False


class AudioFile:
    """An open recording; made by `open_audio`, a context manager.

    Attributes:
        path: Where it lies.
        sample_rate_hz: Its rate, 8 to 192 kHz.
        channels: Its channels; blocks are mono all the same.
        duration_s: Its length in s.
        bad_samples: NaN or infinite samples met so far; each counts as 0.
    """

    def __init__(self, path: Path, file: soundfile.SoundFile) -> None:
        self.path = path
        self.sample_rate_hz = int(file.samplerate)
        self.channels = int(file.channels)
        self.duration_s = int(file.frames) / self.sample_rate_hz
        self.bad_samples = 0
        self._file = file
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; harmless when closed."""
        self._file.close()

    def blocks(self, frames: int) -> Iterator[FloatArray]:
        """Read from the beginning to the end.

        Args:
            frames: Samples per block, at least 1.

        Yields:
            Mono samples ``(frames,)`` at the file's rate; the last block may be shorter.

        Raises:
            AudioError: The file is damaged half-way.
        """
        mixer = MonoMixer(self.channels)
        try:
            if self._begun:
                self._file.seek(0)
            self._begun = True
            while True:
                block = self._file.read(frames, dtype="float32", always_2d=True)
                if not len(block):
                    return
                yield mixer.mix(self._sanitised(block))
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"{self.path} cannot be read to its end: {error.error_string}",
                "The file is damaged; convert it again from its source.",
            ) from error

    def _sanitised(self, block: FloatArray) -> FloatArray:
        finite = np.isfinite(block)
        bad = block.size - int(np.count_nonzero(finite))
        self.bad_samples += bad
        return np.where(finite, block, np.float32(0.0)) if bad else block


def open_audio(path: str | Path) -> AudioFile:
    """Open a recording.

    Args:
        path: A WAV, FLAC, OGG or MP3 file.

    Returns:
        The open file, to be closed by the caller.

    Raises:
        AudioError: The file is missing, a directory, empty, without samples, not audio, unreadable, or
            has a rate or a number of channels that cannot be used.
    """
    path = Path(path)
    _check_file(path)
    if path.suffix.lower() == ".raw":
        raise AudioError(f"{path} has no header that says its rate.", f"Convert it to WAV. {_READABLE}")
    try:
        file = _SequentialFile(path)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{path} is not an audio file that can be read: {error.error_string}",
            f"{_READABLE} A renamed file of another kind is not one of them.",
        ) from error
    audio = AudioFile(path, file)
    problem = _unusable(audio)
    if problem:
        audio.close()
        raise AudioError(f"{path} {problem}")
    return audio


def _check_file(path: Path) -> None:
    if not path.exists():
        raise AudioError(f"There is no file {path}.", "Check the path and its spelling.")
    if path.is_dir():
        raise AudioError(f"{path} is a directory.", f"Name one recording inside it. {_READABLE}")
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise AudioError(
            f"{path} cannot be opened: {error.strerror}.", "Check its permissions."
        ) from error
    if not first:
        raise AudioError(f"{path} is empty (0 bytes).", "Export or download it again.")


def _unusable(audio: AudioFile) -> str:
    if audio.duration_s <= 0.0:
        return "has a header but no samples. Export it again."
    if not MIN_RATE_HZ <= audio.sample_rate_hz <= MAX_RATE_HZ:
        return (
            f"has a sample rate of {audio.sample_rate_hz} Hz. "
            f"Convert it to one from {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz."
        )
    if audio.channels > MAX_CHANNELS:
        return f"has {audio.channels} channels. Export it with {MAX_CHANNELS} at most."
    return ""
