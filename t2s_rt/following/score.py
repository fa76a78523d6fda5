"""A song as the follower reads it: each moment's note, how likely a voice is, whether a note begins.

One byte each at `STEP_S`, so that an hour takes 2 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from t2s_rt.lyrics.song import Song, Syllable, SyllableKind

Codes: TypeAlias = npt.NDArray[np.uint8]

STEP_S: Final = 0.005
STEPS_PER_SEMITONE: Final = 10
PITCH_CODES: Final = 12 * STEPS_PER_SEMITONE
NO_NOTE: Final = PITCH_CODES
"""The code of a moment without a known pitch."""
LEVELS: Final = 64
"""Steps of a likelihood code: 0 is none, 63 is all."""

VOICED_IN_NOTE: Final = 0.88
"""The rest are unvoiced consonants and notes left out."""
VOICED_IN_REST: Final = 0.06
VOICED_AFTER_NOTE: Final = 0.65
"""Files end notes early and singers hold them: just after a note a voice is likely still ..."""
TAIL_S: Final = 0.3
"""... and less and less until here."""
ONSET_SPREAD_S: Final = 0.03
"""Standard deviation of sung note onsets around written ones."""
_PITCHLESS: Final = frozenset({SyllableKind.RAP, SyllableKind.GOLDEN_RAP, SyllableKind.FREESTYLE})


class Score:
    """One voice of a song, sampled every `STEP_S`.

    Args:
        syllables: What the voice sings, in order.
        margin_s: Silence to add on both sides, so that windows never leave the table.

    Attributes:
        pitched: Whether the notes tell anything: at least two pitch classes occur.
    """

    def __init__(self, syllables: Sequence[Syllable], margin_s: float) -> None:
        self._margin = round(margin_s / STEP_S)
        end_s = max((syllable.end_s for syllable in syllables), default=0.0)
        size = round((end_s + TAIL_S) / STEP_S) + 2 * self._margin
        self._note: Codes = np.full(size, NO_NOTE, np.uint8)
        self._voiced: Codes = np.full(size, round(VOICED_IN_REST * (LEVELS - 1)), np.uint8)
        self._onset: Codes = np.zeros(size, np.uint8)
        self.pitched = len({_pitch_class(s) for s in syllables} - {None}) > 1
        for i, syllable in enumerate(syllables):
            next_s = syllables[i + 1].start_s if i + 1 < len(syllables) else end_s + TAIL_S
            self._write(syllable, next_s)

    def window(self, centre_s: float, size: int) -> tuple[Codes, Codes, Codes]:
        """Views of ``size`` steps around a moment: note, voicing and onset codes; size is odd."""
        first = round(centre_s / STEP_S) + self._margin - size // 2
        first = min(max(first, 0), self._note.size - size)
        part = slice(first, first + size)
        return self._note[part], self._voiced[part], self._onset[part]

    def _write(self, syllable: Syllable, next_s: float) -> None:
        first = self._index(syllable.start_s)
        stop = max(first + 1, self._index(syllable.end_s))
        last = max(stop, self._index(min(syllable.end_s + TAIL_S, next_s)))
        pitch = _pitch_class(syllable)
        if self.pitched and pitch is not None:
            self._note[first:last] = round(pitch * STEPS_PER_SEMITONE) % PITCH_CODES
        self._voiced[first:stop] = round(VOICED_IN_NOTE * (LEVELS - 1))
        fall = np.linspace(VOICED_AFTER_NOTE, VOICED_IN_REST, round(TAIL_S / STEP_S))[: last - stop]
        self._voiced[stop : stop + fall.size] = np.rint(fall * (LEVELS - 1))
        if not syllable.held:
            reach = round(3 * ONSET_SPREAD_S / STEP_S)
            bump = np.exp(-0.5 * (np.arange(-reach, reach + 1) * STEP_S / ONSET_SPREAD_S) ** 2)
            around = self._onset[first - reach : first + reach + 1]
            np.maximum(around, np.rint(bump * (LEVELS - 1)).astype(np.uint8), out=around)

    def _index(self, time_s: float) -> int:
        return round(time_s / STEP_S) + self._margin


def score_of(song: Song, voice: int, margin_s: float) -> Score:
    """The score of one of a song's voices, without backing vocals."""
    lines = [line for line in song.lines if line.voice == voice and not line.background]
    syllables = sorted((s for line in lines for s in line.syllables), key=lambda s: s.start_s)
    return Score(syllables, margin_s)


def _pitch_class(syllable: Syllable) -> float | None:
    if syllable.pitch_midi is None or syllable.kind in _PITCHLESS:
        return None
    return syllable.pitch_midi % 12.0
