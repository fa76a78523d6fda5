"""Recordings and their texts, without times: which sound stands when (forced alignment).

eSpeak NG says each text (`rendition`), its recording is warped onto the real one (`warp`), and phone
models learned from all recordings of a voice move the boundaries to where that voice's sounds change
(`phone_models`). What does not fit is dropped and counted. Results are kept in ``aligned/`` of the
corpus folder under a hash of all that they depend on.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from t2s_rt.lyrics.espeak import FASTEST_WPM, SLOWEST_WPM, USUAL_WPM
from t2s_rt.lyrics.syllables import has_words
from t2s_rt.training.prepare import phone_models
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.heard import HOP_S, hear, level_db
from t2s_rt.training.prepare.phone_models import Utterance, phone_of
from t2s_rt.training.prepare.rendition import Rendition, render
from t2s_rt.training.prepare.warp import Span, warp
from t2s_rt.types import FloatArray

EDITION: Final = 2
"""Raise it when the same input would be aligned otherwise: what is kept is then made anew."""
WORST_SHARE: Final = 0.1
"""Of a group's clips, dropped for their score."""
LEAST_SCORE: Final = 0.85
"""Sentences of festvox-ru score 0.92 and more with their own texts, below 0.75 with another's."""
_BEST_SCORE: Final = 1.004
_FIT_WEIGHT: Final = 0.022
_STRANGE_WEIGHT: Final = 0.045
_LENGTH_SPREAD: Final = 0.15
_FEWEST_LENGTHS: Final = 8
LONGEST_S: Final = 40.0
_SHORTEST_S: Final = 0.15
_FULL_SCALE: Final = 0.995
_CLIPPED_SHARE: Final = 0.002
_LEAST_CONTRAST_DB: Final = 18.0
"""Between the loud and the quiet rows of a recording; below it is noise, or no voice."""
_PACE_LIMITS: Final = (0.4, 2.5)
"""How much longer than eSpeak at its usual pace a speaker may take; single words may take twice that."""
_SLOW_WORDS: Final = 2.0
_FEW_SOUNDS: Final = 8
_VOICED_ABOVE_DB: Final = 25.0
"""Rows this far below the loud ones still count as speech where the length of speech is estimated."""
_MEAN_LEANING_ROWS: Final = 200
"""The mean of a clip's rows leans on that of its speaker as if this many rows of it were in the clip."""

Sounds = tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """Somebody says a text.

    Attributes:
        name: Unique within its source.
        samples: ``(N,)`` mono at 16 kHz.
        text: What is said.
        accent: eSpeak voice that says it alike, such as ``es-419``.
        speaker: One person.
        language: Code as eSpeak NG has it.
    """

    name: str
    samples: FloatArray
    text: str
    accent: str
    speaker: str
    language: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where recordings come from.

    Attributes:
        source: Package or collection.
        licence: Its licence's name.
    """

    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """What came of one recording.

    Attributes:
        sounds: ``(ipa, start_s, end_s)``; empty where none were found.
        fits: Of each sound (`phone_models.Utterance`).
        dropped: Why it is not used, empty where it is.
        score: 0 to 1, about the share of its boundaries that err by 40 ms at most (`judged`).
    """

    sounds: Sounds
    fits: tuple[float, ...]
    dropped: str = ""
    score: float = 0.0


def labelled(
    recordings: Sequence[Recording], origin: Origin, folder: Path, teaching_s: float = math.inf
) -> Iterator[LabelledClip]:
    """Align recordings that share their phone models, or find what was kept of it.

    Args:
        recordings: Of one voice, or of several of which none has minutes.
        origin: Goes into the clips.
        folder: The corpus folder.
        teaching_s: So much of them is warped and teaches the models by which all are aligned.

    Yields:
        A clip for each recording that is not dropped, in their order.

    Raises:
        SetupError: eSpeak NG is not installed.
    """
    for recording, found in zip(recordings, kept(recordings, origin, folder, teaching_s), strict=True):
        if not found.dropped:
            yield LabelledClip(
                name=recording.name, samples=np.clip(recording.samples, -1.0, 1.0), rate_hz=RATE_HZ,
                sounds=found.sounds, text=recording.text, speaker=recording.speaker,
                language=recording.language, source=origin.source, licence=origin.licence,
                alignment_score=found.score,
            )  # fmt: skip


def kept(
    recordings: Sequence[Recording], origin: Origin, folder: Path, teaching_s: float = math.inf
) -> list[Alignment]:
    """Alignments of all recordings, from ``aligned/`` of the corpus folder where they are there."""
    told = f"{EDITION}" if math.isinf(teaching_s) else f"{EDITION} {teaching_s}"
    state = hashlib.sha256(told.encode())
    for recording in recordings:
        state.update("\n".join((recording.name, recording.text, recording.accent)).encode())
        state.update(np.ascontiguousarray(recording.samples).tobytes())
    path = folder / "aligned" / f"{origin.source}-{state.hexdigest()[:16]}.json"
    if path.is_file():
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Alignment(tuple(map(tuple, row[0])), tuple(row[1]), row[2]) for row in rows]
    else:
        found = align(recordings, origin.source, teaching_s)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        rows = [(one.sounds, one.fits, one.dropped) for one in found]
        partial.write_text(json.dumps(rows), encoding="utf-8")
        partial.replace(path)
    found = judged(found)
    reasons = Counter(one.dropped for one in found if one.dropped)
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    languages = " ".join(dict.fromkeys(recording.language for recording in recordings))
    told = f"{len(found)} recordings in {languages}; dropped: {told or 'none'}"
    print(f"{origin.source}: {told}", file=sys.stderr)
    return found


def align(
    recordings: Sequence[Recording], title: str = "", teaching_s: float = math.inf
) -> list[Alignment]:
    """Align recordings that share their phone models; see `labelled`.

    Args:
        recordings: Of one voice, or of several of which none has minutes.
        title: For the progress bar.
        teaching_s: See `labelled`.
    """
    results: list[Alignment] = [Alignment((), ())] * len(recordings)
    utterances: dict[int, Utterance] = {}
    teach = _teachers(recordings, teaching_s)
    bar = tqdm(recordings, f"aligning {title}", unit="clip", disable=None)
    for number, recording in enumerate(bar):
        begun = _begin(recording, warped=number in teach)
        if isinstance(begun, str):
            results[number] = Alignment((), (), begun)
        else:
            utterances[number] = begun
    teachers = [utterance for utterance in utterances.values() if utterance.spans]
    if teachers:
        _normalise([recordings[number].speaker for number in utterances], list(utterances.values()))
        phone_models.align(list(utterances.values()), teachers)
    for number, utterance in utterances.items():
        fits = tuple(round(fit, 3) for fit in utterance.fits)
        dropped = "" if fits else "of another length than its text"
        results[number] = Alignment(_times(utterance), fits, dropped)
    return results


def _teachers(recordings: Sequence[Recording], teaching_s: float) -> set[int]:
    """Which recordings teach: evenly spread ones, together about so long, or all."""
    total_s = sum(len(recording.samples) for recording in recordings) / RATE_HZ
    share = min(teaching_s / max(total_s, 1e-9), 1.0)
    return {k for k in range(len(recordings)) if int((k + 1) * share + 1e-9) > int(k * share + 1e-9)}


def judged(found: Sequence[Alignment]) -> list[Alignment]:
    """The same with scores, and with the worst tenth, and what hardly fits, marked as dropped.

    The score falls with the fit, weighted by length, and with how far the lengths of sounds lie from
    what is usual for each in these recordings. Its weights are those of least squares on festvox-ru,
    whose true boundaries are known (`t2s_rt.training.prepare.calibrate` prints how well it foretells).
    """
    usual = _usual_lengths(found)
    scored = [replace(one, score=_score(one, usual)) if one.sounds else one for one in found]
    used = sorted((one.score, number) for number, one in enumerate(scored) if not one.dropped)
    worst = {number for _, number in used[: round(WORST_SHARE * len(used))]}
    return [
        replace(one, dropped="among the worst aligned")
        if not one.dropped and (number in worst or one.score < LEAST_SCORE)
        else one
        for number, one in enumerate(scored)
    ]


def _usual_lengths(found: Sequence[Alignment]) -> dict[str, tuple[float, float]]:
    """Mean and spread of the logarithm of each phone's length; under ``""`` those of any phone."""
    lengths: defaultdict[str, list[float]] = defaultdict(list)
    for one in found:
        for ipa, start_s, end_s in one.sounds:
            for name in (phone_of(ipa), ""):
                lengths[name].append(math.log(max(end_s - start_s, HOP_S)))
    return {
        name: (float(np.mean(held)), float(np.std(held)) + _LENGTH_SPREAD)
        for name, held in lengths.items()
        if len(held) >= _FEWEST_LENGTHS or not name
    }


def _score(one: Alignment, usual: dict[str, tuple[float, float]]) -> float:
    lengths = np.array([max(end_s - start_s, HOP_S) for _, start_s, end_s in one.sounds])
    means, spreads = np.array([usual.get(phone_of(ipa), usual[""]) for ipa, _, _ in one.sounds]).T
    strange = float(np.mean(np.square((np.log(lengths) - means) / spreads)))
    fit = float(np.average(one.fits, weights=lengths))
    return min(max(_BEST_SCORE + _FIT_WEIGHT * fit - _STRANGE_WEIGHT * strange, 0.0), 1.0)


def _begin(recording: Recording, *, warped: bool) -> Utterance | str:
    """The utterance, with spans if it is to be warped, or why it is not used."""
    if reason := _unfit(recording):
        return reason
    heard = hear(recording.samples)
    level = level_db(heard)
    loud, quiet = np.percentile(level, (95.0, 5.0))
    if loud - quiet < _LEAST_CONTRAST_DB:
        return "too noisy"
    rendition = render(recording.text, recording.accent)
    if not rendition.sounds:
        return "without words"
    speech_s = HOP_S * float(np.count_nonzero(level > loud - _VOICED_ABOVE_DB))
    pace = speech_s / _sounding_s(rendition)
    longest = _PACE_LIMITS[1] * (_SLOW_WORDS if len(rendition.sounds) <= _FEW_SOUNDS else 1.0)
    if not _PACE_LIMITS[0] < pace < longest:
        return "of another length than its text"
    sounds = rendition.sounds
    spans: list[Span] = []
    if warped:
        wpm = min(max(round(USUAL_WPM / pace), SLOWEST_WPM), FASTEST_WPM)
        paced = render(recording.text, recording.accent, wpm)
        sounds = paced.sounds
        spans, _ = warp(heard, paced)
        if not spans:
            return "of another length than its text"
    return Utterance(heard, [s.ipa for s in sounds], [s.begins_word for s in sounds], spans)


def _unfit(recording: Recording) -> str:
    samples = recording.samples
    if not has_words(recording.text):
        return "without words"
    if len(samples) < _SHORTEST_S * RATE_HZ:
        return "too short"
    if len(samples) > LONGEST_S * RATE_HZ:
        return "too long"
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak) or peak < 1e-3:
        return "silent"
    if float(np.mean(np.abs(samples) > _FULL_SCALE)) > _CLIPPED_SHARE:
        return "clipped"
    return ""


def _sounding_s(rendition: Rendition) -> float:
    return sum(sound.end_s - sound.start_s for sound in rendition.sounds)


def _normalise(speakers: Sequence[str], utterances: Sequence[Utterance]) -> None:
    """Each clip's rows by its own mean and its speaker's spread, in place."""
    for speaker in dict.fromkeys(speakers):
        own = [u for name, u in zip(speakers, utterances, strict=True) if name == speaker]
        rows = np.concatenate([utterance.heard for utterance in own])
        mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-3
        for utterance in own:
            count = len(utterance.heard)
            leaning = utterance.heard.sum(axis=0) + _MEAN_LEANING_ROWS * mean
            utterance.heard = (
                (utterance.heard - leaning / (count + _MEAN_LEANING_ROWS)) / spread
            ).astype(np.float32)


def _times(utterance: Utterance) -> Sounds:
    return tuple(
        (ipa, round(start * HOP_S, 4), round(end * HOP_S, 4))
        for ipa, (start, end) in zip(utterance.phones, utterance.spans, strict=True)
    )
