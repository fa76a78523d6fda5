"""When each sound of a syllable is sung: the vowel on the beat, its consonants before it.

Singers place the vowel's onset on the beat and take the consonants from the end of the syllable before
(Sundberg: The Science of the Singing Voice, 1987; Sundberg and Bauer-Huppmann, Journal of Voice 21,
2007: "When does a sung tone start?"). Consonant lengths are medians of the labelled song
``nit_song070`` of the shared data (81 consonants; `tests/t2s_rt/lyrics/test_sung_timing.py` holds them
to it). In fast singing they shrink with the syllable, which keeps half of its time for the vowel.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from t2s_rt.lyrics.ipa import NON_SYLLABIC, UNRELEASED, Sound

Span: TypeAlias = tuple[Sound, float, float, int]
"""A sound, its start and end in s, and the number of its syllable."""

_LENGTHS_S: Final = {
    **dict.fromkeys("ɾɽ", 0.045),
    **dict.fromkeys("jwɥɰhɦʔʋ", 0.05),
    **dict.fromkeys("bdɡgɟɖɢ", 0.05),
    **dict.fromkeys("mnŋɲɱɳɴlɫɭʎɹɻ", 0.065),
    **dict.fromkeys("kqptcʈ", 0.08),
    **dict.fromkeys("szvzðfθxɸçβɣʁχrʀħʕɬ", 0.085),
    **dict.fromkeys("ʃʒɕʑʂʐ", 0.105),
}
_USUAL_S: Final = 0.07
_AFFRICATE_S: Final = 0.105
_GLIDE_S: Final = 0.12
_GLIDE_SHARE: Final = 0.3
"""The end of a diphthong: this long, and at most this share of its syllable."""
VOWEL_SHARE: Final = 0.5
"""Of a syllable's time that its vowel keeps, however many consonants there are."""
LEGATO_GAP_S: Final = 0.12
"""Rests shorter than this are how files write notes apart, not silences: the vowel is held over them."""
HELD_GAP_S: Final = 0.5
"""A held note after a longer rest is sung anew."""


@dataclass(slots=True)
class SungSyllable:
    """One syllable with its sounds and its time.

    Attributes:
        start_s: Where its vowel is due.
        end_s: Where it ends.
        index: Number of the syllable in its voice.
        onset: Sounds before the vowel.
        nucleus: The vowel.
        coda: Sounds after it.
        held: Whether it goes on with the vowel before.
    """

    start_s: float
    end_s: float
    index: int
    onset: list[Sound]
    nucleus: Sound
    coda: list[Sound] = field(default_factory=list)
    held: bool = False


def time_sounds(syllables: Sequence[SungSyllable]) -> list[Span]:
    """Give every sound its time.

    Args:
        syllables: By start; one ends no later than the next starts.

    Returns:
        Spans by start that do not overlap.
    """
    spans: list[Span] = []
    _move_codas_to_the_end(syllables)
    free_s = 0.0
    for syllable, following in itertools.zip_longest(syllables, syllables[1:]):
        if not spans and syllable.onset:
            _place_onset(spans, syllable, free_s, 1.0)
        free_s = _place_rest(spans, syllable, following)
    return spans


def length_s(sound: Sound) -> float:
    """How long a consonant lasts at an easy tempo, in s."""
    base = sound.ipa[0]
    stop = base in "ptkbdɡgcɟʈɖqɢ"
    if len(sound.ipa) > 1 and stop and any(mark in "szʃʒɕʑʂʐfvxɬ" for mark in sound.ipa[1:]):
        return _AFFRICATE_S
    length = _LENGTHS_S.get(base, _USUAL_S)
    return length * (1.5 if "ː" in sound.ipa or UNRELEASED in sound.ipa else 1.0)


def _move_codas_to_the_end(syllables: Sequence[SungSyllable]) -> None:
    """The final consonants of a vowel that further notes hold are sung after the last of them."""
    for before, after in itertools.pairwise(syllables):
        if after.held and not after.onset and after.start_s - before.end_s <= HELD_GAP_S:
            after.coda = before.coda + after.coda
            before.coda = []


def _tail_lengths(syllable: SungSyllable) -> list[float]:
    duration_s = syllable.end_s - syllable.start_s
    glide_s = min(_GLIDE_S, _GLIDE_SHARE * duration_s)
    return [
        glide_s if NON_SYLLABIC in sound.ipa or sound.vowel else length_s(sound)
        for sound in syllable.coda
    ]


def _place_rest(spans: list[Span], syllable: SungSyllable, following: SungSyllable | None) -> float:
    """Vowel and coda of a syllable and the onset of the next; returns the end of the syllable."""
    start_s, end_s = syllable.start_s, syllable.end_s
    tail = _tail_lengths(syllable)
    wanted_s = sum(length_s(sound) for sound in following.onset) if following else 0.0
    gap_s = following.start_s - end_s if following else 0.0
    borrowed_s = max(0.0, wanted_s - gap_s)
    asked_s = sum(tail) + borrowed_s
    spare_s = (1.0 - VOWEL_SHARE) * (end_s - start_s)
    scale = min(1.0, spare_s / asked_s) if asked_s > 0.0 else 1.0
    if following is not None:
        end_s -= scale * borrowed_s
        rest_s = max(0.0, gap_s - wanted_s)
        if following.held and not following.onset and gap_s <= HELD_GAP_S:
            end_s = following.start_s
        elif 0.0 < rest_s < LEGATO_GAP_S:
            end_s += rest_s
    at_s = end_s - scale * sum(tail)
    spans.append((syllable.nucleus, start_s, at_s, syllable.index))
    for sound, length in zip(syllable.coda, tail, strict=True):
        until_s = min(at_s + scale * length, end_s)
        spans.append((sound, at_s, until_s, syllable.index))
        at_s = until_s
    if following is not None and following.onset:
        _place_onset(spans, following, end_s, scale)
    return end_s


def _place_onset(spans: list[Span], syllable: SungSyllable, free_s: float, scale: float) -> None:
    """Consonants that end where the vowel starts, within the time that is free before it."""
    lengths = [length_s(sound) for sound in syllable.onset]
    whole_s = sum(lengths)
    whole_s = min(whole_s, max(syllable.start_s - free_s, 0.0)) / whole_s
    at_s = syllable.start_s - whole_s * sum(lengths)
    for i, (sound, length) in enumerate(zip(syllable.onset, lengths, strict=True)):
        last = i == len(lengths) - 1
        until_s = syllable.start_s if last else min(at_s + whole_s * length, syllable.start_s)
        spans.append((sound, at_s, until_s, syllable.index))
        at_s = until_s
