"""How phrases sound, heard in a reference vocal by the ears that hear the singer live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.files import open_audio
from t2s_rt.audio.pitch import PITCH_LAG_SAMPLES
from t2s_rt.audio.resample import StreamResampler
from t2s_rt.lyrics.song import Line
from t2s_rt.pregen.descriptors import (
    PitchScale,
    contour_of,
    note_descriptors,
    pitch_scale,
    weighted_quantiles,
)
from t2s_rt.pregen.phrase import Descriptors
from t2s_rt.timebase import HOP_RATE_HZ, HOP_S, HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, Feature

BLOCK_SAMPLES: Final = 48_000
KEPT: Final = (
    Feature.LOUDNESS_DBFS, Feature.F0_HZ, Feature.VOICED, Feature.VOICE, Feature.VIBRATO_CENTS,
    Feature.HELD_S,
)  # fmt: skip
"""Columns worth remembering: 3 kB for a second of song."""
LEAST_HEARD_S: Final = 0.15
"""Less voice than this in a phrase says nothing about it."""
HALF_SPAN_DB: Final = 6.0
"""The middle of a song and its softest (or loudest) phrases lie at least this far apart."""
FULL_VIBRATO_CENTS: Final = 90.0
"""Half of peak to peak in an operatic vibrato; a pop singer's is 30 to 60."""
BAND_MARGIN_DB: Final = 12.0
"""Between lines a lone singer falls silent; a band plays on and stays within this of the lines."""
BAND_REST_S: Final = 1.0
"""So long before and after a line nothing is expected of the singer."""
WHISPER_VOICED: Final = 0.3
"""A voice with a pitch in less than this part of its time whispers (sung lines have 0.6 and more)."""
WHISPER_LOUDNESS: Final = 0.12

Table = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vocal:
    """A reference vocal as it was heard.

    Attributes:
        rows: ``(N, len(KEPT))``, 120 a second.
        name: Of the file, for messages.
    """

    rows: Table
    name: str

    def between(self, start_s: float, end_s: float) -> Table:
        """Rows of a part of the song; fewer, or none, where the recording is shorter."""
        return self.rows[max(0, round(start_s * HOP_RATE_HZ)) : max(0, round(end_s * HOP_RATE_HZ))]


def hear_vocal(path: Path) -> Vocal:
    """Hear a recording from its beginning to its end, some 60 times as fast as it plays.

    Raises:
        AudioError: The file is missing, not audio or damaged.
    """
    extractor = FeatureExtractor()
    hop = np.zeros(HOP_SAMPLES, np.float32)
    row = np.zeros(FEATURE_COUNT, np.float32)
    heard: list[Table] = []
    with open_audio(path) as audio:
        resampler = StreamResampler(audio.sample_rate_hz)

        def drain() -> None:
            while resampler.pop(hop):
                extractor.step(hop, row)
                heard.append(row[list(KEPT)])

        for block in audio.blocks(BLOCK_SAMPLES):
            resampler.push(block)
            drain()
        resampler.flush()
        drain()
    return Vocal(np.array(heard, np.float32).reshape(-1, len(KEPT)), path.name)


def vocal_descriptors(
    lines: Sequence[Line], vocal: Vocal
) -> tuple[tuple[Descriptors, ...], tuple[str, ...]]:
    """How each line sounds: heard where the recording lets it be heard, else from the notes.

    In a lone voice loudness, pitch, range, contour, held notes and vibrato are heard; rate always comes
    from the lyrics. Under a band only the loudness of the whole is known, pulled half-way to the middle
    (a chorus is louder than a verse, but an instrument may be what is loud), and the melody is the
    file's, if it has one.

    Args:
        lines: All that the singer sings, in order.
        vocal: The recording that the lines' times belong to.

    Returns:
        One for each line, and sentences about what could not be relied on.
    """
    noted = note_descriptors(lines)
    spans = [vocal.between(line.start_s, line.end_s + 0.1) for line in lines]
    sung = [rows[rows[:, _VOICE] > 0.5] for rows in spans]
    known = [rows for rows in sung if len(rows) >= LEAST_HEARD_S * HOP_RATE_HZ]
    if not known:
        return noted, (f"{vocal.name} has no voice where the lyrics are: its sound was not used.",)
    levels = _Levels(known)
    if _has_band(lines, vocal, levels):
        mixes = _Levels([rows for rows in spans if len(rows)])
        heard = tuple(
            replace(note, loudness=_towards_middle(mixes.place(rows)))
            for note, rows in zip(noted, spans, strict=True)
        )
        return heard, (
            f"{vocal.name} has instruments in it: loudness is a guess, and melody and vibrato were not "
            "heard. A vocal track alone is better.",
        )
    scale = _heard_scale(sung)
    heard = tuple(_heard(note, rows, levels, scale) for note, rows in zip(noted, sung, strict=True))
    return heard, ()


_LOUDNESS, _F0, _VOICED, _VOICE, _VIBRATO, _HELD = range(len(KEPT))


class _Levels:
    """What is soft, usual and loud in this song."""

    def __init__(self, phrases: Sequence[Table]) -> None:
        levels = np.array([_level(rows) for rows in phrases], np.float64)
        lengths = np.array([len(rows) for rows in phrases], np.float64)
        low, self.middle, high = weighted_quantiles(levels, lengths, (0.06, 0.5, 0.94))
        self._low = min(low, self.middle - HALF_SPAN_DB)
        self._high = max(high, self.middle + HALF_SPAN_DB)

    def place(self, rows: Table) -> float | None:
        """Loudness of a phrase's voice, 0 to 1; None where it was hardly heard."""
        if len(rows) < LEAST_HEARD_S * HOP_RATE_HZ:
            return None
        ends = (self._low, self.middle, self._high)
        return float(np.interp(_level(rows), ends, (0.0, 0.5, 1.0)))


def _level(rows: Table) -> float:
    """Level of a phrase's louder part in dBFS: consonants and fading ends do not make it soft."""
    return float(np.percentile(rows[:, _LOUDNESS], 70.0))


def _towards_middle(loudness: float | None) -> float | None:
    return None if loudness is None else 0.5 + 0.5 * (loudness - 0.5)


def _has_band(lines: Sequence[Line], vocal: Vocal, levels: _Levels) -> bool:
    """Whether it goes on sounding where nobody is expected to sing."""
    rest = np.ones(len(vocal.rows), bool)
    for line in lines:
        start = round((line.start_s - BAND_REST_S) * HOP_RATE_HZ)
        rest[max(0, start) : max(0, round((line.end_s + BAND_REST_S) * HOP_RATE_HZ))] = False
    between = vocal.rows[rest][:, _LOUDNESS]
    if between.size < HOP_RATE_HZ:
        return False
    return float(np.median(between)) > levels.middle - BAND_MARGIN_DB


def _heard_scale(sung: Sequence[Table]) -> PitchScale | None:
    melody = [_melody(rows)[1] for rows in sung]
    together = np.concatenate(melody) if melody else np.zeros(0)
    return pitch_scale(together, np.ones(together.size))


def _melody(rows: Table) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Times in seconds and MIDI pitches ``(M,)`` of the hops that have one."""
    voiced = rows[:, _F0] > 0.0
    pitch = 69.0 + 12.0 * np.log2(np.maximum(rows[voiced, _F0].astype(np.float64), 1.0) / 440.0)
    time_s = np.flatnonzero(voiced).astype(np.float64) * HOP_S - PITCH_LAG_SAMPLES / SAMPLE_RATE_HZ
    return time_s, pitch.astype(np.float64)


def _heard(note: Descriptors, rows: Table, levels: _Levels, scale: PitchScale | None) -> Descriptors:
    loudness = levels.place(rows)
    if loudness is not None and float(rows[:, _VOICED].mean()) < WHISPER_VOICED:
        loudness = min(loudness, WHISPER_LOUDNESS)
    time_s, pitch = _melody(rows)
    if loudness is None or time_s.size < LEAST_HEARD_S * HOP_RATE_HZ or scale is None:
        return replace(note, loudness=loudness)
    weight = np.ones(pitch.size)
    low, high = weighted_quantiles(pitch, weight, (0.05, 0.95))  # slides and slips are no notes
    held_s = float(rows[:, _HELD].max())
    return replace(
        note,
        loudness=loudness,
        pitch=float(scale.place(pitch).mean()),
        pitch_range=high - low,
        held=held_s if note.held is None else note.held,
        vibrato=_vibrato(rows),
        contour=contour_of(time_s, pitch, weight),
    )


def _vibrato(rows: Table) -> float:
    """0 to 1 from the depth on the notes that are long enough to have one."""
    held = rows[rows[:, _HELD] > 0.35][:, _VIBRATO]
    if held.size < 0.2 * HOP_RATE_HZ:
        return 0.0
    return min(float(np.percentile(held, 75.0)) / FULL_VIBRATO_CENTS, 1.0)
