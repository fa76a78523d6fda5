"""A singer known to the sample: sings a song's notes as people do, late, early, sharp and flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from t2s_rt.audio.synthesis import VoiceType, Vowel, noise, sing
from t2s_rt.lyrics.song import Song, Syllable
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

VOWELS: Final[tuple[Vowel, ...]] = ("a", "e", "i", "o", "u")
LOWEST_MIDI: Final = 52.0
"""E3: songs are sung in the octave from here on, whatever octave their file has."""
SHORTEST_NOTE_S: Final = 0.06
LEGATO_S: Final = 0.35
"""Notes closer than this are sung on one breath; before a longer gap a note ends where it is written."""
CONSONANT_DBFS: Final = -38.0
ROOM_DBFS: Final = -62.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How well somebody sings.

    Attributes:
        timing_s: Each note starts up to this much early or late, in s.
        pitch_cents: Each note is off by up to this much.
        vibrato_cents: Depth of vibrato as half of peak to peak; it sets in with longer notes.
        glide_s: How long the pitch takes from one note to the next.
        consonants: Share of syllables that begin with an unvoiced gap.
        transposed: Semitones between the sung key and the written one.
        voice: Whose formants.
        seed: Decides all of it.
    """

    timing_s: float = 0.03
    pitch_cents: float = 50.0
    vibrato_cents: float = 40.0
    glide_s: float = 0.06
    consonants: float = 0.7
    transposed: float = 0.0
    voice: VoiceType = "female"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Note:
    start_s: float
    end_s: float
    midi: float
    vowel: Vowel
    gap_s: float


def perform(song: Song, start_s: float, end_s: float, manner: Manner, voice: int = 0) -> FloatArray:
    """Sing the notes that begin in a part of the song.

    Args:
        song: With pitches; syllables without one are sung on the note before.
        start_s: Start of the part, which is the result's first sample.
        end_s: End of the part.
        manner: How.
        voice: Which of the song's voices.

    Returns:
        Samples ``(N,)`` at 48 kHz with a faint room noise.
    """
    out = noise(end_s - start_s, ROOM_DBFS, seed=manner.seed)
    rng = np.random.default_rng(manner.seed)
    before: _Note | None = None
    for note in _notes(song, start_s, end_s, manner, voice, rng):
        _add(out, note.start_s - start_s - note.gap_s, _hiss(note.gap_s, rng))
        joined = before is not None and note.start_s - before.end_s < LEGATO_S
        from_midi = before.midi if before is not None and joined else note.midi
        _add(out, note.start_s - start_s, _sung(note, from_midi, manner))
        before = note
    return out


def _notes(
    song: Song, start_s: float, end_s: float, manner: Manner, voice: int, rng: np.random.Generator
) -> list[_Note]:
    """What is really sung: the written notes with this singer's faults, in order, never overlapping."""
    written = [s for s in song.syllables(voice) if start_s <= s.start_s < end_s - SHORTEST_NOTE_S]
    late_s = rng.uniform(-manner.timing_s, manner.timing_s, len(written) + 1)
    off = rng.uniform(-manner.pitch_cents, manner.pitch_cents, len(written)) / 100.0
    gaps_s = np.where(
        rng.random(len(written)) < manner.consonants, rng.uniform(0.04, 0.09, len(written)), 0.0
    )
    notes: list[_Note] = []
    midi = LOWEST_MIDI + 8
    for i, syllable in enumerate(written):
        midi = _octave(syllable.pitch_midi, midi) + manner.transposed
        begin_s = max(syllable.start_s + late_s[i], notes[-1].end_s if notes else start_s)
        stop_s = _stop_s(
            syllable, written[i + 1] if i + 1 < len(written) else None, late_s[i + 1], end_s
        )
        gap_s = 0.0 if syllable.held else float(gaps_s[i])
        if notes and begin_s - gap_s < notes[-1].end_s:
            last = notes[-1]
            cut_s = max(last.start_s + SHORTEST_NOTE_S, begin_s - gap_s)
            notes[-1] = _Note(last.start_s, min(last.end_s, cut_s), last.midi, last.vowel, last.gap_s)
        if stop_s - begin_s >= SHORTEST_NOTE_S:
            vowel = notes[-1].vowel if syllable.held and notes else VOWELS[int(rng.integers(5))]
            notes.append(_Note(float(begin_s), float(stop_s), float(midi + off[i]), vowel, gap_s))
        midi -= manner.transposed
    return notes


def _stop_s(syllable: Syllable, after: Syllable | None, after_late_s: float, end_s: float) -> float:
    """A note lasts until the next one of its breath, else as long as it is written."""
    if after is None or after.start_s - syllable.end_s > LEGATO_S:
        return min(syllable.end_s + 0.5 * after_late_s, end_s)
    return min(after.start_s + after_late_s, end_s)


def _octave(pitch_midi: float | None, before: float) -> float:
    if pitch_midi is None:
        return before
    return LOWEST_MIDI + (pitch_midi - LOWEST_MIDI) % 12.0


def _sung(note: _Note, from_midi: float, manner: Manner) -> FloatArray:
    time_s = np.arange(round((note.end_s - note.start_s) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    glide = np.exp(-time_s / (manner.glide_s / 2.0)) if manner.glide_s > 0 else np.zeros_like(time_s)
    depth = manner.vibrato_cents / 100.0 * np.clip((time_s - 0.25) / 0.25, 0.0, 1.0)
    midi = note.midi + (from_midi - note.midi) * glide + depth * np.sin(2 * np.pi * 5.5 * time_s)
    return sing(note.vowel, 440.0 * 2.0 ** ((midi - 69.0) / 12.0), voice=manner.voice)


def _hiss(duration_s: float, rng: np.random.Generator) -> FloatArray:
    return noise(duration_s, CONSONANT_DBFS, seed=int(rng.integers(1 << 30)))


def _add(out: FloatArray, at_s: float, part: FloatArray) -> None:
    first = max(0, round(at_s * SAMPLE_RATE_HZ))
    room = out[first : first + len(part)]
    room += part[: len(room)]
