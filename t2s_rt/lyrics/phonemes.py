"""The sounds of a song's words, timed as singing times them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One sound of the lyrics.

    Attributes:
        ipa: One IPA symbol with its marks, such as ``a``, ``ø``, ``m``, ``ts``; no stress marks.
        start_s: Start in seconds of the song.
        end_s: End, not before the start.
        syllable: Index into the voice's syllables (`Song.syllables(voice)`).
        vowel: Whether it carries the syllable: a vowel, or a sung consonant such as Japanese ``ɴ``.
    """

    ipa: str
    start_s: float
    end_s: float
    syllable: int
    vowel: bool
