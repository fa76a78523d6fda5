"""Songs whose sound is given, not heard."""

from __future__ import annotations

from dataclasses import replace

from t2s_rt.pregen.phrase import Descriptors, PhrasedSong
from t2s_rt.pregen.phrasing import phrase_song
from tests.t2s_rt.pregen.songs import song, sung


def phrased(
    text: str,
    *sounds: Descriptors,
    language: str = "en",
    pitches: tuple[float, ...] = (60.0, 64.0, 62.0),
) -> PhrasedSong:
    """A line sung once for each sound, six seconds apart."""
    lines = [sung(text, 2.0 + 6.0 * i, list(pitches)) for i in range(len(sounds))]
    whole = phrase_song(song(lines))
    phrases = tuple(
        replace(phrase, descriptors=sound, language=language)
        for phrase, sound in zip(whole.phrases, sounds, strict=True)
    )
    return replace(whole, phrases=phrases)
