"""A guide voice: a song's words and notes as sound, for rendering a face when nobody has sung.

The real pipeline runs on it, so everything that follows the voice (loudness, pitch, breath, phrases)
works as it does live. It is heard by the engine only, and made for that: an additive voice between 60
and 7,000 Hz (`FORMANTS_HZ` for vowels, after Peterson and Barney 1952 and usual textbook values), noise
for unvoiced consonants, silence and a burst for stops, a breath before a phrase. Notes glide into each
other and long ones have vibrato; what has no pitch is spoken with a falling contour. No chance: the
same song gives the same sound.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.articulation.inventory import posture
from t2s_rt.lyrics.ipa import NON_SYLLABIC, is_vowel_letter
from t2s_rt.lyrics.phonemes import Phoneme
from t2s_rt.lyrics.song import Song, Syllable, SyllableKind
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

_Array = npt.NDArray[np.float64]

BLOCK_SAMPLES: Final = 4800
TAIL_S: Final = 1.0
"""Silence after the last word, so that the face comes to rest."""
CONTROL_SAMPLES: Final = 96
"""Pitch, formants and levels are set this often (2 ms), linear between."""
HIGHEST_HZ: Final = 7_500.0
LEVEL: Final = 0.1
"""RMS of a usual vowel: -20 dBFS."""
LONGEST_PIECE_S: Final = 12.0
"""Longer phrases are made in pieces, longer sounds as several: memory stays bounded."""
PHRASE_GAP_S: Final = 0.25

FORMANTS_HZ: Final[dict[str, tuple[float, float, float]]] = {
    **dict.fromkeys("aɐɑ", (790.0, 1200.0, 2650.0)), "æ": (760.0, 1880.0, 2650.0),
    "ɒ": (640.0, 980.0, 2600.0), "ɶ": (650.0, 1400.0, 2500.0), "ʌ": (690.0, 1300.0, 2600.0),
    "ɛ": (570.0, 2050.0, 2750.0), "ɔ": (580.0, 880.0, 2560.0), "œ": (540.0, 1600.0, 2500.0),
    **dict.fromkeys("ɜɝɞɚ", (490.0, 1450.0, 2000.0)), "e": (450.0, 2250.0, 2850.0),
    "o": (460.0, 840.0, 2550.0), **dict.fromkeys("øɵ", (430.0, 1650.0, 2400.0)),
    **dict.fromkeys("əɘɤ", (500.0, 1500.0, 2550.0)), "i": (300.0, 2550.0, 3200.0),
    **dict.fromkeys("ɪᵻ", (400.0, 2200.0, 2850.0)), "ɨ": (330.0, 1900.0, 2600.0),
    "ɯ": (340.0, 1350.0, 2450.0), "u": (320.0, 860.0, 2450.0), "ʉ": (330.0, 1450.0, 2400.0),
    "ʊ": (430.0, 1050.0, 2450.0), **dict.fromkeys("yʏ", (310.0, 2000.0, 2400.0)),
}  # fmt: skip
"""First three formants of each vowel letter, between the averages of men and women."""
_CONSONANT_FORMANTS_HZ: Final = {
    **dict.fromkeys("mnŋɲɴɳɱ", (280.0, 1150.0, 2250.0)),
    **dict.fromkeys("lɫɭʎ", (380.0, 1250.0, 2600.0)),
    **dict.fromkeys("jʝ", (290.0, 2400.0, 3000.0)), **dict.fromkeys("wɥ", (310.0, 750.0, 2350.0)),
    **dict.fromkeys("ɹɻ", (420.0, 1250.0, 1700.0)), **dict.fromkeys("ɾrʀʁɽ", (450.0, 1400.0, 2400.0)),
}  # fmt: skip
_NEUTRAL_HZ: Final = (450.0, 1500.0, 2500.0)
_UPPER_HZ: Final = (3600.0, 4600.0)
_WIDTHS_HZ: Final = (85.0, 100.0, 130.0, 180.0, 240.0)
_GAINS: Final = {
    **dict.fromkeys("mnŋɲɴɳɱ", 0.40), **dict.fromkeys("lɫɭʎjʝwɥɹɻɰ", 0.55),
    **dict.fromkeys("ɾrʀʁɽ", 0.35),
    **dict.fromkeys("vðzʒʑβɣʐʋ", 0.22), **dict.fromkeys("bdɡgɖɟɢɓɗɠ", 0.10), **dict.fromkeys("hɦ", 0.05),
}  # fmt: skip
"""Level of the voice in voiced consonants, of a vowel's."""
_NOISE_BANDS_HZ: Final = {
    **dict.fromkeys("szɬ", (3800.0, 7500.0)), **dict.fromkeys("ʃʒɕʑʂʐ", (2000.0, 5500.0)),
    **dict.fromkeys("çxχħɣ", (1200.0, 4500.0)), **dict.fromkeys("hɦʔ", (600.0, 3500.0)),
}  # fmt: skip
_USUAL_NOISE_HZ: Final = (1200.0, 7000.0)
_NOISE_LEVEL: Final = 0.035
_BURST_S: Final = 0.015
_SMOOTHING_S: Final = 0.018
"""How fast formants and levels move from one sound to the next."""

_COMFORTABLE_MIDI: Final = 62.0
"""Melodies are moved by octaves so that their median is nearest to this: files may be octaves off."""
_LOWEST_MIDI: Final = 40.0
_HIGHEST_MIDI: Final = 84.0
_GLIDE_S: Final = 0.06
_VIBRATO_FROM_S: Final = 0.35
_VIBRATO_HZ: Final = 5.5
_VIBRATO_SEMITONES: Final = 0.35
_SPOKEN_MIDI: Final = 55.0
_SPOKEN_FALL: Final = 5.0
"""Semitones that an unpitched phrase falls from its start to its end."""
_SPOKEN_ACCENT: Final = 2.0
_DB_PER_SEMITONE: Final = 0.3
_GOLDEN_DB: Final = 2.0
_BREATH_S: Final = 0.28
_BREATH_GAP_S: Final = 0.6
_BREATH_LEVEL: Final = 0.004


@dataclass(frozen=True, slots=True)
class _Note:
    start_s: float
    end_s: float
    midi: float
    gain: float


def guide_blocks(song: Song, phonemes: Sequence[Phoneme], voice: int = 0) -> Iterator[FloatArray]:
    """The guide voice from the start of the audio to a second after the last word, piece by piece.

    Args:
        song: The song, for notes and accents.
        phonemes: What the voice sings, as `t2s_rt.lyrics.phonemes.phonemes` times it.
        voice: Index into the song's voices.

    Yields:
        Blocks of at most `BLOCK_SAMPLES` mono samples at 48 kHz, made when they are asked for.
    """
    syllables = tuple(song.syllables(voice))
    ordered = sorted(phonemes, key=lambda phoneme: phoneme.start_s)
    notes = _notes(syllables, ordered)
    written = 0
    for piece in _pieces(ordered):
        first, samples = _sing(piece, notes, written / SAMPLE_RATE_HZ)
        yield from _blocks(np.zeros(0), first - written)
        samples = samples[max(0, written - first) :]
        yield from _blocks(samples, 0)
        written = max(written, first) + len(samples)
    last_s = max((phoneme.end_s for phoneme in ordered), default=0.0)
    yield from _blocks(np.zeros(0), round((max(last_s, song.end_s) + TAIL_S) * SAMPLE_RATE_HZ) - written)


def _blocks(samples: _Array, silence_samples: int) -> Iterator[FloatArray]:
    """Silence, then samples, in blocks."""
    while silence_samples > 0:
        count = min(silence_samples, BLOCK_SAMPLES)
        yield np.zeros(count, np.float32)
        silence_samples -= count
    for first in range(0, len(samples), BLOCK_SAMPLES):
        yield samples[first : first + BLOCK_SAMPLES].astype(np.float32)


def _pieces(phonemes: Sequence[Phoneme]) -> Iterator[list[Phoneme]]:
    """Phrases, in pieces that are not too long."""
    piece: list[Phoneme] = []
    for phoneme in itertools.chain.from_iterable(map(_cut, phonemes)):
        if piece and (
            phoneme.start_s - piece[-1].end_s > PHRASE_GAP_S
            or phoneme.end_s - piece[0].start_s > LONGEST_PIECE_S
        ):
            yield piece
            piece = []
        piece.append(phoneme)
    if piece:
        yield piece


def _cut(phoneme: Phoneme) -> Iterator[Phoneme]:
    start_s = phoneme.start_s
    while phoneme.end_s - start_s > LONGEST_PIECE_S:
        yield replace(phoneme, start_s=start_s, end_s=start_s + LONGEST_PIECE_S)
        start_s += LONGEST_PIECE_S
    yield replace(phoneme, start_s=start_s)


def _notes(syllables: Sequence[Syllable], phonemes: Sequence[Phoneme]) -> dict[int, _Note]:
    """Pitch and level of each syllable that is sung."""
    pitched = [s.pitch_midi for s in syllables if s.pitch_midi is not None]
    flat = len(set(pitched)) < 2 and len(pitched) > 3  # a file that writes one pitch knows none
    middle = 0.0 if flat or not pitched else float(np.median(pitched))
    shift = 12.0 * round((_COMFORTABLE_MIDI - middle) / 12.0)
    notes: dict[int, _Note] = {}
    for phrase in _pieces(phonemes):
        begins_s, ends_s = phrase[0].start_s, phrase[-1].end_s
        for index in dict.fromkeys(phoneme.syllable for phoneme in phrase):
            syllable = syllables[index]
            if syllable.pitch_midi is None or flat:
                midi = _spoken(syllable, index, begins_s, ends_s)
                gain_db = 0.0
            else:
                midi = min(max(syllable.pitch_midi + shift, _LOWEST_MIDI), _HIGHEST_MIDI)
                gain_db = min(max(_DB_PER_SEMITONE * (midi - middle - shift), -3.0), 3.0)
            if syllable.kind in (SyllableKind.GOLDEN, SyllableKind.GOLDEN_RAP):
                gain_db += _GOLDEN_DB
            notes[index] = _Note(syllable.start_s, syllable.end_s, midi, 10.0 ** (gain_db / 20.0))
    return notes


def _spoken(syllable: Syllable, index: int, begins_s: float, ends_s: float) -> float:
    """Falls over the phrase, with an accent on every third syllable and on long ones; questions rise."""
    done = (syllable.start_s - begins_s) / max(ends_s - begins_s, 0.1)
    midi = _SPOKEN_MIDI + 0.5 * _SPOKEN_FALL - _SPOKEN_FALL * min(max(done, 0.0), 1.0)
    if index % 3 == 0 or syllable.duration_s > 0.4:
        midi += _SPOKEN_ACCENT
    return midi + (6.0 if syllable.text.endswith(("?", "？")) else 0.0)


def _sing(piece: list[Phoneme], notes: dict[int, _Note], free_s: float) -> tuple[int, _Array]:
    """First sample and samples of one piece, its breath included."""
    begins_s = piece[0].start_s
    breath = begins_s - free_s > _BREATH_GAP_S
    start = round(max(begins_s - (_BREATH_S + 0.1 if breath else 0.0), 0.0) * SAMPLE_RATE_HZ)
    count = round((piece[-1].end_s + 0.03) * SAMPLE_RATE_HZ) - start
    controls_s = (start + np.arange(0, count + CONTROL_SAMPLES, CONTROL_SAMPLES)) / SAMPLE_RATE_HZ
    formants, gains = _tract(piece, notes, controls_s)
    samples = _voice(_pitch_hz(piece, notes, controls_s), formants, gains, count)
    _add_noise(samples, piece, start)
    if breath:
        length = round(_BREATH_S * SAMPLE_RATE_HZ)
        swell = np.sin(np.linspace(0.0, np.pi, length)) ** 2
        samples[:length] += _BREATH_LEVEL * swell * _noise(length, (500.0, 4500.0), start)
    return start, samples


def _tract(piece: list[Phoneme], notes: dict[int, _Note], times_s: _Array) -> tuple[_Array, _Array]:
    """``(C, 5)`` formants in Hz and ``(C,)`` levels of the voice at the control times."""
    formants = np.empty((len(times_s), 5))
    formants[:] = (*_NEUTRAL_HZ, *_UPPER_HZ)
    gains = np.zeros(len(times_s))
    begun = 0
    for phoneme in piece:
        first, last = np.searchsorted(times_s, (phoneme.start_s, phoneme.end_s))
        letter = phoneme.ipa[0]
        found = FORMANTS_HZ.get(letter) or _CONSONANT_FORMANTS_HZ.get(letter)
        if found is not None:
            formants[begun:last, :3] = found  # sounds without formants take those that follow
            begun = last
        vowel = is_vowel_letter(letter)
        if posture(phoneme.ipa).voiced:
            level = 1.0 if vowel else _GAINS.get(letter, 0.25)
            level *= 0.8 if NON_SYLLABIC in phoneme.ipa else 1.0
            gains[first:last] = level * notes[phoneme.syllable].gain
    return _smoothed(formants), _smoothed(gains[:, None])[:, 0]


def _smoothed(curves: _Array) -> _Array:
    """Raised-cosine mean over `_SMOOTHING_S`, ends held."""
    half = max(1, round(_SMOOTHING_S * SAMPLE_RATE_HZ / CONTROL_SAMPLES))
    window = np.hanning(2 * half + 3)[1:-1]
    window /= window.sum()
    padded = np.pad(curves, ((half, half), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, window, mode="valid") for column in padded.T], axis=1)


def _pitch_hz(piece: list[Phoneme], notes: dict[int, _Note], times_s: _Array) -> _Array:
    """``(C,)`` pitch: steps that glide, with vibrato late in long notes."""
    sung = [notes[index] for index in dict.fromkeys(phoneme.syllable for phoneme in piece)]
    midi = np.full(len(times_s), sung[0].midi)
    vibrato = np.zeros(len(times_s))
    for note in sung:
        glide = 0.5 - 0.5 * np.cos(np.pi * np.clip((times_s - note.start_s) / _GLIDE_S + 0.5, 0.0, 1.0))
        midi += glide * (note.midi - midi)
        depth = np.clip((times_s - note.start_s - _VIBRATO_FROM_S) / 0.3, 0.0, 1.0)
        depth *= times_s < note.end_s
        vibrato = np.where(times_s >= note.start_s, depth, vibrato)
    midi += _VIBRATO_SEMITONES * vibrato * np.sin(2.0 * math.pi * _VIBRATO_HZ * times_s)
    return np.asarray(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def _voice(pitch_hz: _Array, formants: _Array, gains: _Array, count: int) -> _Array:
    """Harmonics, each weighted by the formants at its momentary frequency."""
    if not gains.any():
        return np.zeros(count)
    controls = np.arange(len(pitch_hz)) * CONTROL_SAMPLES
    index = np.arange(count)
    phase = 2.0 * np.pi * np.cumsum(np.interp(index, controls, pitch_hz)) / SAMPLE_RATE_HZ
    harmonics = np.arange(1, max(2, int(HIGHEST_HZ / pitch_hz.min())) + 1)
    weights = _weights(pitch_hz, formants, harmonics)
    weights *= (LEVEL * math.sqrt(2.0) * gains / np.sqrt(np.square(weights).sum(axis=0)))[None, :]
    twice_cosine, previous, current = 2.0 * np.cos(phase), np.zeros(count), np.sin(phase)
    samples = np.zeros(count)
    for weight in weights:
        samples += np.interp(index, controls, weight) * current
        previous, current = current, twice_cosine * current - previous
    return samples


def _weights(pitch_hz: _Array, formants: _Array, harmonics: npt.NDArray[np.int64]) -> _Array:
    """``(K, C)`` levels of the harmonics: the source falls by 6 dB an octave, formants raise."""
    frequency = harmonics[:, None] * pitch_hz[None, :]
    weights = (frequency < HIGHEST_HZ) / harmonics[:, None]
    for number, width in enumerate(_WIDTHS_HZ):
        centre = formants[:, number]
        if number == 0:
            centre = np.maximum(centre, pitch_hz)  # as trained sopranos tune it
        weights = weights * centre**2 / np.hypot(centre**2 - frequency**2, width * frequency)
    return weights


def _add_noise(samples: _Array, piece: list[Phoneme], start: int) -> None:
    for phoneme in piece:
        letter = (
            phoneme.ipa[-1] if len(phoneme.ipa) > 1 and phoneme.ipa[-1] in "szʃʒɕʑʂʐ" else phoneme.ipa[0]
        )
        wish = posture(phoneme.ipa)
        if is_vowel_letter(letter) or (wish.voiced and letter not in "zʒʑʐvð"):
            continue
        first = round(phoneme.start_s * SAMPLE_RATE_HZ) - start
        last = min(round(phoneme.end_s * SAMPLE_RATE_HZ) - start, len(samples))
        if wish.stops:  # silence, then the burst
            share = 0.5 if letter != phoneme.ipa[0] else 0.0
            burst = max(round(_BURST_S * SAMPLE_RATE_HZ), round(share * (last - first)))
            first = max(first, last - burst)
        length = last - first
        if length < 16 or first < 0:
            continue
        level = _NOISE_LEVEL * (0.4 if wish.voiced or letter in "hɦfθ" else 1.0)
        band = _NOISE_BANDS_HZ.get(letter, _USUAL_NOISE_HZ)
        edge = np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.008 * SAMPLE_RATE_HZ)
        samples[first:last] += level * np.minimum(edge, 1.0) * _noise(length, band, first)


def _noise(count: int, band_hz: tuple[float, float], seed: int) -> _Array:
    """White noise within a band, RMS 1."""
    spectrum = np.fft.rfft(np.random.default_rng(abs(seed)).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE_HZ)
    spectrum[(hz < band_hz[0]) | (hz > band_hz[1])] = 0.0
    samples = np.fft.irfft(spectrum, count)
    return np.asarray(samples / max(float(np.sqrt(np.mean(np.square(samples)))), 1e-9))
