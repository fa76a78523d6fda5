"""What a network should do with a labelled clip: the mouth, the voice and the sound, one row a hop.

The articulation teacher: `t2s_rt.articulation` gives the mouth at full voice from the sounds and their
times; on top stands what song adds. The jaw grows with loudness against the singer's own louder voice
(Huber and Chandrasekaran, JSLHR 2006; Echternach et al., J. Voice 2016: opening follows level) and as f0
comes near the first formant (Sundberg and Skoog, J. Voice 1997). A mouth opens just before the voice
and is shut soon after it, and an audible breath parts the lips.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from t2s_rt.articulation.coarticulation import COLUMNS, MouthScore
from t2s_rt.articulation.inventory import (
    CLOSURE,
    FUNNEL,
    JAW,
    MOUTH_ACTIONS,
    PUCKER,
    ROUNDING,
    SPREAD,
    posture,
)
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.lyrics.ipa import NON_SYLLABIC, SYLLABIC, is_vowel_letter
from t2s_rt.lyrics.phonemes import Phoneme
from t2s_rt.timebase import HOP_RATE_HZ, HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.types import Feature, FloatArray

_Flags = npt.NDArray[np.bool_]

_CLASSES: Final[tuple[tuple[str, str], ...]] = (
    ("none", ""),
    ("a", "aɑɐæɶʌɒ"),
    ("e", "eɛ"),
    ("i", "iɪ"),
    ("o", "oɔ"),
    ("u", "uʊʉ"),
    ("y", "yʏøœɵ"),
    ("ɨ", "ɨᵻɯ"),
    ("ə", "əɘɤɜɝɞɚ"),
    ("m", "m"),
    ("p", "pbɓʙ"),
    ("f", "fvɱʋɸβ"),
    ("n", "nɳɲŋɴ"),
    ("t", "tʈdɖɗ"),
    ("k", "kqcɡgɟɢɠʄ"),
    ("s", "szɬɮθð"),
    ("ʃ", "ʃʂʒʐɕʑ"),
    ("l", "lɫɭʎ"),
    ("r", "rʀʁɾɽɹɻ"),
    ("j", "jʝ"),
    ("w", "wʍɥ"),
    ("x", "xçχħɧɣʕɰ"),
    ("h", "hɦʔ"),
)
SOUND_CLASSES: Final = tuple(name for name, _ in _CLASSES)
"""Groups of sounds that look and sound alike, for the auxiliary head. 0 is no sound; a letter that is in
none of the groups counts as ``h``, which asks for nothing either."""
_CLASS_OF_LETTER: Final = {
    letter: index for index, (_, letters) in enumerate(_CLASSES) for letter in letters
}
POSTURE_SHARE: Final = 0.5
"""How far a sound that is certain draws the mouth from the regression to its posture, if it insists."""
_UNKNOWN_CLASS: Final = SOUND_CLASSES.index("h")

AUDIBLE_BELOW_DB: Final = 30.0
"""The voice is heard down to this far below the singer's louder voice."""
AUDIBLE_ABOVE_NOISE_DB: Final = 8.0
LOUD_PERCENTILE: Final = 90.0
QUIET_PERCENTILE: Final = 20.0
EDGE_S: Final = 0.06
"""Labels of edges are believed this far; within it the voice's own edge counts."""
REST_S: Final = 0.12
"""A silence between labels as long as this is a rest."""
STOP_S: Final = 0.30
"""A silence inside labels is a stop up to this length, and a rest that nobody labelled beyond."""

OPENS_BEFORE_S: Final = 0.045
"""The mouth starts to open this long before the voice and is open when it begins."""
SHUTS_WITHIN_S: Final = 0.040
"""It is shut this long after the voice has ended."""

LEVEL_S: Final = 0.30
"""Length of the window (Hann, so effectively half) over which loudness counts."""
JAW_PER_DB: Final = 0.025
"""Share of its opening that the jaw loses for each dB below the louder voice."""
LIPS_PER_DB: Final = 0.007
"""The same for the lips, which keep their shape."""
_PER_DB: Final = np.full(len(MOUTH_ACTIONS), JAW_PER_DB, np.float32)
_PER_DB[[ROUNDING, PUCKER, FUNNEL, SPREAD]] = LIPS_PER_DB
_PER_DB[CLOSURE] = 0.0
SOFTEST_DB: Final = -20.0
LOUDEST_DB: Final = 5.0
PITCH_GAIN: Final = 0.10
"""Jaw for each octave of f0 beyond `PITCH_FROM` of the first formant."""
PITCH_FROM: Final = 0.8
WIDEST_JAW: Final = 0.92
F1_SHUT_HZ: Final = 190.0
F1_OCTAVES_PER_JAW: Final = 2.95
"""The first formant by the jaw's opening at full voice: 286 Hz for i, 760 Hz for a."""
VOWEL_EDGE_S: Final = 0.08
BREATH_JAW: Final = 0.08
"""An audible breath parts the lips by this; less than what counts as open, since hiss is like it."""
BREATH_BEFORE_S: Final = 0.8
BREATH_S: Final = 0.10


@dataclass(frozen=True, slots=True)
class Targets:
    """One row a hop; row i describes the end of hop i, that is (i + 1) / 120 s.

    Attributes:
        mouth: ``(hops, 8)`` intensities, 0 to 1, in the order of `MOUTH_ACTIONS`.
        voice: ``(hops,)`` 1 from a phrase's first sound to its last, consonants and stops among them, 0
            in rests.
        sound: ``(hops,)`` int8, index into `SOUND_CLASSES`.
    """

    mouth: FloatArray
    voice: FloatArray
    sound: npt.NDArray[np.int8]


@lru_cache(maxsize=1024)
def sound_class(ipa: str) -> int:
    """Index into `SOUND_CLASSES` of an IPA symbol with marks; affricates count as their fricatives."""
    known = [
        _CLASS_OF_LETTER[letter]
        for letter in unicodedata.normalize("NFD", ipa.replace("ç", "x"))
        if letter in _CLASS_OF_LETTER
    ]
    if not known:
        return _UNKNOWN_CLASS
    affricate = len(known) > 1 and SOUND_CLASSES[known[0]] == "t"
    return known[-1] if affricate else known[0]


def class_postures() -> tuple[FloatArray, FloatArray]:
    """What each of `SOUND_CLASSES` asks of the mouth, by its first letter, and how firmly.

    Lips are drawn by `POSTURE_SHARE` of their dominance, and wholly where they close. The jaw is drawn
    by consonants alone, as firmly as they ask for it: in vowels it follows loudness, of which a posture
    knows nothing.

    Returns:
        ``(sounds, actions)`` intensities and ``(sounds, actions)`` insistence, 0 to 1.
    """
    wanted = np.zeros((len(_CLASSES), len(MOUTH_ACTIONS)), np.float32)
    insistence = np.zeros_like(wanted)
    for row, (_, letters) in enumerate(_CLASSES):
        if not letters:
            continue
        asked = posture(letters[0])
        wanted[row] = asked.targets
        insistence[row] = POSTURE_SHARE * asked.lip_dominance
        insistence[row, JAW] = 0.0 if is_vowel_letter(letters[0]) else asked.jaw_dominance
        if asked.closes:
            insistence[row, CLOSURE] = 1.0
    return wanted, insistence


def retimed(clip: LabelledClip, speed: float) -> LabelledClip:
    """The clip played ``speed`` times as fast: pitch and formants move along.

    Args:
        clip: At any rate.
        speed: Above 0, such as 0.8 to 1.25.
    """
    samples = np.asarray(soxr.resample(clip.samples, speed * clip.rate_hz, clip.rate_hz), np.float32)
    sounds = tuple((ipa, start_s / speed, end_s / speed) for ipa, start_s, end_s in clip.sounds)
    return replace(clip, name=f"{clip.name} x{speed:g}", samples=samples, sounds=sounds)


def features_of(clip: LabelledClip) -> FloatArray:
    """``(hops, FEATURE_COUNT)``: how the engine hears the clip, ``hops`` as in `targets_of`."""
    samples = np.asarray(soxr.resample(clip.samples, clip.rate_hz, SAMPLE_RATE_HZ), np.float32)
    hops = _hops(clip)
    padded = np.zeros(hops * HOP_SAMPLES, np.float32)
    kept = min(len(samples), len(padded))
    padded[:kept] = samples[:kept]
    return FeatureExtractor().extract(padded)


def targets_of(clip: LabelledClip, features: FloatArray | None = None) -> Targets:
    """What the face does in a clip, ``floor(duration_s * 120)`` rows.

    Args:
        clip: Its samples are the clean voice alone.
        features: ``(hops or more, FEATURE_COUNT)`` of the clean voice, for its level, pitch and breath;
            heard here where they are not given (16 s take 0.35 s of one core).

    Raises:
        ValueError: There are fewer feature rows than hops.
    """
    hops = _hops(clip)
    heard = features_of(clip) if features is None else features[:hops]
    if len(heard) < hops:
        raise ValueError(f"clip {clip.name} has {hops} hops, but {len(heard)} rows of features came")
    times_s = (np.arange(hops) + 1) / HOP_RATE_HZ
    sound, vowel = _sounds(clip, times_s)
    level_db = heard[:, Feature.LOUDNESS_DBFS].astype(np.float64)
    voice = _voice(sound > 0, level_db)
    mouth = _score(clip, times_s)
    _sing(mouth, _loudness_db(level_db, voice & _sonorous(sound)), _octaves(heard), vowel)
    mouth *= _presence(voice)[:, None]
    _breathe(mouth, heard[:, Feature.BREATH], voice)
    return Targets(np.clip(mouth, 0.0, 1.0), voice.astype(np.float32), sound)


def _hops(clip: LabelledClip) -> int:
    return len(clip.samples) * HOP_RATE_HZ // clip.rate_hz


def _carries(ipa: str) -> bool:
    return SYLLABIC in ipa or (is_vowel_letter(ipa[:1]) and NON_SYLLABIC not in ipa)


def phonemes_of(clip: LabelledClip) -> tuple[Phoneme, ...]:
    """The clip's sounds as the articulation takes them."""
    return tuple(Phoneme(ipa, start_s, end_s, 0, _carries(ipa)) for ipa, start_s, end_s in clip.sounds)


def _score(clip: LabelledClip, times_s: npt.NDArray[np.float64]) -> FloatArray:
    """``(hops, actions)`` at full voice."""
    score = MouthScore(phonemes_of(clip))
    rows = np.zeros((len(times_s), COLUMNS), np.float32)
    for time_s, row in zip(times_s, rows, strict=True):
        score.read(float(time_s), row)
    return rows[:, : len(MOUTH_ACTIONS)].copy()


def _sounds(clip: LabelledClip, times_s: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int8], _Flags]:
    """The class of the sound at each row, and whether it carries a syllable."""
    sound = np.zeros(len(times_s), np.int8)
    carries = np.zeros(len(times_s), np.bool_)
    for ipa, start_s, end_s in clip.sounds:
        inside = slice(*np.searchsorted(times_s, (start_s, end_s)))
        sound[inside] = sound_class(ipa)
        carries[inside] = _carries(ipa)
    return sound, carries


def _sonorous(sound: npt.NDArray[np.int8]) -> _Flags:
    loud = [SOUND_CLASSES.index(name) for name in "aeiouyɨəmnlrjw"]
    return np.isin(sound, loud)


def _rows(duration_s: float) -> int:
    return round(duration_s * HOP_RATE_HZ)


def _voice(labelled: _Flags, level_db: npt.NDArray[np.float64]) -> _Flags:
    """Where somebody speaks or sings: labels say where about, the level says when."""
    if not labelled.any():
        return labelled.copy()
    quiet = level_db[~labelled]
    noise_db = float(np.percentile(quiet, QUIET_PERCENTILE)) if len(quiet) else -100.0
    loud_db = float(np.percentile(level_db[labelled], LOUD_PERCENTILE))
    least_db = max(loud_db - AUDIBLE_BELOW_DB, min(noise_db + AUDIBLE_ABOVE_NOISE_DB, loud_db - 12.0))
    near = _spread(labelled, np.ones(2 * _rows(EDGE_S) + 1)) > 0.5
    voice = near & (level_db > least_db)
    for begin, end in _stretches(~voice):
        inside = begin > 0 and end < len(voice)
        longest_s = STOP_S if labelled[begin:end].all() else REST_S
        if inside and end - begin < _rows(longest_s):
            voice[begin:end] = True
    return voice


def _stretches(flags: _Flags) -> list[tuple[int, int]]:
    """First row and the row after the last of each stretch of true flags."""
    changes = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    return [(int(begin), int(end)) for begin, end in changes.reshape(-1, 2)]


def _presence(voice: _Flags) -> FloatArray:
    """0 to 1: opens before the voice, shuts after it."""
    rows = np.arange(len(voice), dtype=np.float32)
    presence = np.zeros(len(voice), np.float32)
    opens, shuts = OPENS_BEFORE_S * HOP_RATE_HZ, SHUTS_WITHIN_S * HOP_RATE_HZ
    for begin, end in _stretches(voice):
        rise = (rows - (begin - opens)) / opens
        fall = 1.0 - (rows - (end - 1)) / shuts
        np.maximum(presence, np.clip(np.minimum(rise, fall), 0.0, 1.0), out=presence)
    return presence


def _window(length_s: float) -> npt.NDArray[np.float64]:
    window = np.hanning(_rows(length_s) + 3)
    return np.asarray(window / window.sum(), np.float64)


def _spread(values: npt.ArrayLike, window: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Convolution as long as ``values``, even where the window is longer."""
    rows = np.asarray(values, np.float64)
    reach = (len(window) - 1) // 2
    return np.asarray(np.convolve(rows, window)[reach : reach + len(rows)], np.float64)


def _averaged(values: npt.NDArray[np.float64], counted: _Flags, window_s: float) -> FloatArray:
    """Moving mean over the rows that count, held where none is near."""
    total = _spread(np.where(counted, values, 0.0), _window(window_s))
    weight = _spread(counted, _window(window_s))
    known = np.flatnonzero(weight > 1e-6)
    if not len(known):
        return np.zeros(len(values), np.float32)
    return np.interp(np.arange(len(values)), known, total[known] / weight[known]).astype(np.float32)


def _loudness_db(level_db: npt.NDArray[np.float64], counted: _Flags) -> FloatArray:
    """Level against the singer's louder voice in this clip, steady over a note."""
    steady_db = _averaged(level_db, counted, LEVEL_S)
    if not counted.any():
        return np.zeros_like(steady_db)
    return steady_db - np.float32(np.percentile(steady_db[counted], LOUD_PERCENTILE))


def _octaves(features: FloatArray) -> FloatArray:
    """log2 of f0 in Hz, steady over a note and held through what has no pitch."""
    f0_hz = features[:, Feature.F0_HZ]
    pitched = f0_hz > 0.0
    return _averaged(np.log2(np.maximum(f0_hz, 1.0).astype(np.float64)), pitched, LEVEL_S)


def _sing(mouth: FloatArray, loudness_db: FloatArray, octaves: FloatArray, vowel: _Flags) -> None:
    """Let level and pitch move the mouth at full voice."""
    softness_db = np.clip(loudness_db, SOFTEST_DB, LOUDEST_DB)
    jaw = mouth[:, JAW]
    beyond = octaves - np.log2(PITCH_FROM * F1_SHUT_HZ) - F1_OCTAVES_PER_JAW * jaw
    share = _spread(vowel, _window(VOWEL_EDGE_S))
    jaw += PITCH_GAIN * np.maximum(beyond, 0.0) * share.astype(np.float32)
    mouth *= 1.0 + _PER_DB * softness_db[:, None]
    np.minimum(jaw, WIDEST_JAW, out=jaw)


def _breathe(mouth: FloatArray, breath: FloatArray, voice: _Flags) -> None:
    """Part the lips for a breath that is heard before a phrase."""
    due = np.zeros(len(voice), np.bool_)
    for begin, _ in _stretches(voice):
        due[max(begin - _rows(BREATH_BEFORE_S), 0) : begin] = True
    parted = BREATH_JAW * _spread(np.where(due & ~voice, breath, 0.0), _window(BREATH_S))
    np.maximum(mouth[:, JAW], parted.astype(np.float32), out=mouth[:, JAW])
