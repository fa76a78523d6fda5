"""What every labelled source gives: a recording and which sound stands when."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

from t2s_rt.errors import CorpusError
from t2s_rt.types import FloatArray

RATE_HZ: Final = 16_000
"""The rate of all clips."""
OVERHANG_S: Final = 0.05
"""How far the last label may stand beyond the recording."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One recorded utterance of one person.

    Attributes:
        name: Unique within its source.
        samples: ``(N,)`` mono in [-1, 1].
        rate_hz: Of ``samples``.
        sounds: ``(ipa, start_s, end_s)`` of each sound in order, IPA as `t2s_rt.articulation.inventory`
            reads it. What lies between sounds is a pause.
        text: What is said, empty where nobody wrote it down.
        speaker: One person, named alike in all their clips and in no other person's.
        language: Code as eSpeak NG has it, such as ``ru``.
        source: Package or collection.
        licence: Its licence's name.
        alignment_score: 0 to 1, how well our own alignment of the sounds fits; None where the source
            brought the times.
        sung: Whether the clip is song, be it re-sung speech or a singing synthesiser.

    Raises:
        CorpusError: The sounds are out of order or do not fit the recording.
    """

    name: str
    samples: FloatArray
    rate_hz: int
    sounds: tuple[tuple[str, float, float], ...]
    text: str
    speaker: str
    language: str
    source: str
    licence: str
    alignment_score: float | None
    sung: bool = False

    def __post_init__(self) -> None:
        times = [(start_s, end_s) for _, start_s, end_s in self.sounds]
        if any(end_s < start_s for start_s, end_s in times) or any(
            later[0] < earlier[1] for earlier, later in itertools.pairwise(times)
        ):
            raise CorpusError(f"The sounds of clip {self.name} of {self.source} are out of order.")
        if times and (times[0][0] < 0.0 or times[-1][1] > self.duration_s + OVERHANG_S):
            raise CorpusError(
                f"Clip {self.name} of {self.source} lasts {self.duration_s:.2f} s, but its sounds stand "
                f"at {times[0][0]:.2f} to {times[-1][1]:.2f} s."
            )

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.samples) / self.rate_hz
