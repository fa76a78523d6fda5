"""A singer's voice and microphone, as a mean spectrum: what calibration to a singer knows of them.

A model learned from other voices, through other microphones. The long-term mean spectrum tells these
from what is sung, since vowels come and go and colour stays (cepstral mean normalisation, Atal 1974).
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.errors import AudioError, ConfigError, ModelError
from t2s_rt.timebase import HOP_S
from t2s_rt.types import MEL_BANDS, Feature, FloatArray

FORMAT: Final = 1
LEAST_VOICE_S: Final = 4.0
"""Less singing has too few different vowels in it: their mean would not be the singer's but theirs."""
LOWEST_DB: Final = -90.0
HIGHEST_DB: Final = 10.0
"""Bands are counted within what `t2s_rt.inference.inputs` lets through."""
MOST_DB: Final = 12.0
"""No band is moved further: a band that a microphone does not carry at all is not made of noise."""
SMOOTHED_BANDS: Final = 7
"""Colour is broad. What is narrower is a vowel that was sung more than others."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The mean spectrum of a voice.

    Attributes:
        mel_db: ``MEL_BANDS`` mean levels of voiced hops against the singer's reference level, in dB.
        voice_s: How much voice they are the mean of.
    """

    mel_db: tuple[float, ...]
    voice_s: float

    @classmethod
    def measure(cls, features: FloatArray) -> Profile:
        """The mean over the voiced hops of a recording.

        Args:
            features: ``(..., FEATURE_COUNT)`` rows, one a hop.

        Raises:
            AudioError: There is less than `LEAST_VOICE_S` of voice in it.
        """
        rows = features.reshape(-1, features.shape[-1])
        voiced = rows[(rows[:, Feature.VOICED] > 0) & (rows[:, Feature.VOICE] > 0.5)]
        voice_s = len(voiced) * HOP_S
        if voice_s < LEAST_VOICE_S:
            raise AudioError(
                f"A profile needs at least {LEAST_VOICE_S:.0f} s of sung voice, found {voice_s:.1f} s.",
                "Sing ten seconds of a song with many vowels, without a band.",
            )
        levels = voiced[:, Feature.MEL] - voiced[:, Feature.REFERENCE_DBFS, None]
        means = np.clip(levels, LOWEST_DB, HIGHEST_DB).mean(axis=0, dtype=np.float64)
        return cls(tuple(float(level) for level in means), voice_s)

    def against(self, mel_profile_db: Sequence[float]) -> FloatArray:
        """What to take off a singer's spectrum so that its colour is that of the training voices.

        Args:
            mel_profile_db: Their mean spectrum, from the model's manifest.

        Returns:
            ``(MEL_BANDS,)`` dB, smooth over bands, within `MOST_DB`, of mean 0: level is the reference's
            business.

        Raises:
            ModelError: The manifest has none.
        """
        if len(mel_profile_db) != MEL_BANDS:
            raise ModelError(
                "This model does not say what voices it learned from (mel_profile_db in its manifest).",
                "Leave the voice profile out, or use a model that says so.",
            )
        colour = np.array(self.mel_db) - np.array(mel_profile_db)
        half = SMOOTHED_BANDS // 2
        window = np.full(SMOOTHED_BANDS, 1.0 / SMOOTHED_BANDS)
        colour = np.convolve(np.pad(colour, half, mode="edge"), window, mode="valid")
        bounded: FloatArray = np.clip(colour - colour.mean(), -MOST_DB, MOST_DB).astype(np.float32)
        return bounded

    def save(self, path: Path) -> None:
        """Write it as JSON; a reader sees the old file or the whole new one.

        Raises:
            ConfigError: It cannot be written there.
        """
        text = json.dumps({"format": FORMAT, "voice_s": self.voice_s, "mel_db": self.mel_db}, indent=1)
        try:
            handle, temporary = tempfile.mkstemp(suffix=".part", dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text + "\n")
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as problem:
            raise ConfigError(
                f"{path} cannot be written ({problem.strerror}).", "Name a file in a folder of yours."
            ) from problem

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read what `save` wrote.

        Raises:
            ConfigError: The file is missing or not a voice profile.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise ConfigError(
                f"The voice profile {path} cannot be read ({problem.strerror}).", _HINT
            ) from problem
        except ValueError as problem:
            raise ConfigError(f"{path} is no voice profile: not JSON.", _HINT) from problem
        if not isinstance(raw, dict) or set(raw) != {"format", "voice_s", "mel_db"}:
            raise ConfigError(f"{path} is no voice profile: expected format, voice_s and mel_db.", _HINT)
        if raw["format"] != FORMAT:
            raise ConfigError(
                f"{path}: profile format {raw['format']!r}, this version reads {FORMAT}.", _HINT
            )
        levels, voice_s = raw["mel_db"], raw["voice_s"]
        if not isinstance(levels, list) or len(levels) != MEL_BANDS:
            raise ConfigError(f"{path}: mel_db must be {MEL_BANDS} levels in dB.", _HINT)
        if not all(_is_number(value) for value in (*levels, voice_s)):
            raise ConfigError(f"{path}: mel_db and voice_s must be numbers.", _HINT)
        return cls(tuple(float(level) for level in levels), float(voice_s))


_HINT: Final = "Make one: t2s profile VOICE.wav PROFILE.json"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
