"""A profile for wLipSync, which ships none: calibrated from labelled vowels, as its README asks for.

The voice is the corpus' labelled Russian (`t2s_rt.training.prepare.festvox_ru`): its first sentences, as
they are and sped up by 1.2 and 1.4, which moves the formants to a woman's and a child's. Each of five
vowels gets an entry of each voice. Fifteen entries also give wLipSync all twelve coefficients: version
1.3.1 copies as many as the profile has entries and leaves the others 0, so that a profile of five hears
only five. There is no entry for noise: one made of pauses took most of a high voice for itself, and
loudness gates already. Frames are turned into cepstra by the package's own compiled code; of its three
comparisons, with and without standardisation, the one is taken that tells the vowels of the next
sentences apart best.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from bench.peers.page import PeerPage
from bench.quality.orders import class_of
from t2s_rt.errors import CorpusError
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.training.prepare import festvox_ru
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.types import FloatArray

CLASSES: Final = ("A", "I", "U", "E", "O")
SENTENCES: Final = 80
PROVED_ON: Final = 40
ENOUGH: Final = 60
"""Frames of each class of a voice."""
SPEEDS: Final = (1.0, 1.2, 1.4)
LONG_ENOUGH_S: Final = 0.06
WINDOW: Final = 3072
"""Samples at 48 kHz of what wLipSync hears at a time: 1,024 at 16 kHz."""
PARTS: Final = 12
"""Calibration data of each entry, as many as uLipSync keeps."""
METHODS: Final = ("L1", "L2", "cosine")
Profile = dict[str, object]


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames of one voice at one speed.

    Attributes:
        samples: ``(N,)`` at 48 kHz, the windows one behind the other.
        ends: End of each frame.
        classes: Of each frame, out of `CLASSES`.
    """

    samples: FloatArray
    ends: tuple[int, ...]
    classes: tuple[str, ...]


def class_name(ipa: str) -> str:
    """Class of a sound by uLipSync, empty where it has none."""
    return class_of(ipa).upper()


def frames_of(clips: Sequence[LabelledClip], speed: float) -> Frames:
    """A frame around the middle of each vowel of `CLASSES`, `ENOUGH` of a class."""
    parts: list[FloatArray] = []
    classes: list[str] = []
    for clip in clips:
        for name, start_s, end_s in _spans(clip):
            if classes.count(name) < ENOUGH:
                parts.append(_window(clip, 0.5 * (start_s + end_s), speed))
                classes.append(name)
    ends = tuple(WINDOW * (i + 1) for i in range(len(parts)))
    return Frames(np.concatenate(parts), ends, tuple(classes))


def _window(clip: LabelledClip, middle_s: float, speed: float) -> FloatArray:
    """``(WINDOW,)`` of a clip played faster, at 48 kHz: twice as much is resampled by its spectrum."""
    rate_hz = clip.rate_hz * speed
    size = 2 * round(WINDOW * rate_hz / SAMPLE_RATE_HZ)
    samples = np.pad(clip.samples, size)
    first = round(middle_s * clip.rate_hz) + size // 2
    part = np.fft.irfft(np.fft.rfft(samples[first : first + size]), 2 * WINDOW)
    part *= 2 * WINDOW / size
    return part[WINDOW // 2 : WINDOW // 2 + WINDOW].astype(np.float32)


def _spans(clip: LabelledClip) -> Iterator[tuple[str, float, float]]:
    for ipa, start_s, end_s in clip.sounds:
        if (name := class_name(ipa)) and end_s - start_s >= LONG_ENOUGH_S:
            yield name, start_s, end_s


def profile_of(
    voices: Sequence[tuple[Sequence[str], FloatArray]], method: int = 2, *, standardised: bool = False
) -> Profile:
    """A profile in uLipSync's format, with an entry for each class of each voice.

    Args:
        voices: For each the classes of its frames and their cepstra ``(N, 12)``.
        method: Index into `METHODS`.
        standardised: Whether coefficients are divided by their deviation.

    Raises:
        CorpusError: A voice has fewer than `PARTS` frames of a class.
    """
    entries = []
    for classes, cepstra in voices:
        for name in CLASSES:
            mine = cepstra[[found == name for found in classes]]
            if len(mine) < PARTS:
                raise CorpusError(f"Of {name} there are {len(mine)} frames; a profile needs {PARTS}.")
            means = [part.mean(axis=0) for part in np.array_split(mine, PARTS)]
            entries.append(
                {"name": name, "mfccCalibrationDataList": [{"array": m.tolist()} for m in means]}
            )
    return {
        "targetSampleRate": 16_000,
        "sampleCount": 1024,
        "melFilterBankChannels": 30,
        "compareMethod": method,
        "mfccNum": 12,
        "mfccDataCount": PARTS,
        "useStandardization": standardised,
        "mfccs": entries,
    }


def accuracy(page: PeerPage, profile: Profile, proof: Sequence[Frames]) -> float:
    """Mean over the five vowels of the share of frames that wLipSync takes for what they are."""
    hits: defaultdict[str, list[bool]] = defaultdict(list)
    for frames in proof:
        entries = page.hear(frames.samples, frames.ends, profile).entries
        for name, entry in zip(frames.classes, entries, strict=True):
            hits[name].append(CLASSES[int(entry) % len(CLASSES)] == name)
    return float(np.mean([np.mean(hits[name]) for name in CLASSES if hits[name]]))


def calibrate(page: PeerPage) -> tuple[Profile, str]:
    """The profile, and in words what it was made of.

    Raises:
        SetupError: The voice cannot be had here, or the package's code failed.
        CorpusError: The voice is damaged.
    """
    clips = list(islice(festvox_ru.clips(), SENTENCES + PROVED_ON))
    heard = [frames_of(clips[:SENTENCES], speed) for speed in SPEEDS]
    asked = [frames_of(clips[SENTENCES:], speed) for speed in SPEEDS]
    blank = [(CLASSES * PARTS, np.zeros((len(CLASSES) * PARTS, 12), np.float32))] * len(SPEEDS)
    empty = profile_of(blank)
    voices = [(f.classes, page.hear(f.samples, f.ends, empty).cepstra) for f in heard]
    best, best_share, words = empty, -1.0, ""
    for method, method_name in enumerate(METHODS):
        for standardised in (False, True):
            profile = profile_of(voices, method, standardised=standardised)
            share = accuracy(page, profile, asked)
            if share > best_share:
                how = f"{method_name}{', standardised' if standardised else ''}"
                best, best_share = profile, share
                words = f"{SENTENCES} sentences, {how}; of the next vowels {share:.2f} right"
    return best, words
