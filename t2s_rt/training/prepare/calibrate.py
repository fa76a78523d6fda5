"""How far alignment errs, measured on the voice whose labels people made.

``python -m t2s_rt.training.prepare.calibrate`` aligns sentences of festvox-ru from their texts alone and
compares. Sounds are paired by the cheapest edit of one sequence into the other, by kind: all vowels are
one, softness and length do not count. Boundaries are compared where the kinds agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.lyrics.ipa import is_vowel_letter
from t2s_rt.training.prepare import festvox_ru
from t2s_rt.training.prepare.align import Alignment, Origin, Recording, Sounds, kept
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import corpus_folder
from t2s_rt.types import FloatArray

EVERY: Final = 5
"""One sentence of so many is aligned: 20 minutes, as much as other voices have."""
WRONG_EVERY: Final = 12
"""One sentence of so many gets another's text, to see whether that is noticed."""
BILABIALS: Final = "pbm"
_VOWEL: Final = "V"
_ALIKE: Final = {"ɡ": "g", "ɫ": "l", **dict.fromkeys("ʂʃɕ", "ʃ"), **dict.fromkeys("ʐʒʑ", "ʒ")}
_MISSING: Final = 1.0
_EXCHANGED: Final = 1.2
_VOWEL_FOR_CONSONANT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One sentence aligned, against its labels.

    Attributes:
        starts_s: ``(N,)`` errors of the starts of paired sounds; positive is late.
        lips_s: ``(M, 2)`` errors of starts and ends of paired bilabials.
        lips: Their letters.
        paired: Share of the labelled sounds that are paired.
    """

    starts_s: FloatArray
    lips_s: FloatArray
    lips: str
    paired: float

    @property
    def within_40_ms(self) -> float:
        """Share of the paired sounds whose start errs by 40 ms at most."""
        return float(np.mean(np.abs(self.starts_s) <= 0.04)) if len(self.starts_s) else 0.0


def compare(found: Sounds, labels: Sounds) -> Comparison:
    """Hold the sounds of an alignment against labels."""
    pairs = pair([_kind(sound[0]) for sound in found], [_kind(sound[0]) for sound in labels])
    errors = np.array([found[i][1] - labels[k][1] for i, k in pairs], np.float32)
    lips = [(found[i], labels[k]) for i, k in pairs if labels[k][0][0] in BILABIALS]
    both = [(mine[1] - true[1], mine[2] - true[2]) for mine, true in lips]
    return Comparison(
        errors,
        np.array(both, np.float32).reshape(-1, 2),
        "".join(true[0][0] for _, true in lips),
        len(pairs) / max(len(labels), 1),
    )


def pair(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of equal members in the cheapest edit of one sequence into the other, in order."""
    costs = np.zeros((len(left) + 1, len(right) + 1))
    costs[:, 0] = _MISSING * np.arange(len(left) + 1)
    costs[0] = _MISSING * np.arange(len(right) + 1)
    for i, one in enumerate(left):
        for k, other in enumerate(right):
            costs[i + 1, k + 1] = min(
                costs[i, k] + _exchange(one, other),
                costs[i, k + 1] + _MISSING,
                costs[i + 1, k] + _MISSING,
            )
    pairs = []
    i, k = len(left), len(right)
    while i and k:
        if costs[i, k] == costs[i - 1, k - 1] + _exchange(left[i - 1], right[k - 1]):
            i, k = i - 1, k - 1
            if left[i] == right[k]:
                pairs.append((i, k))
        elif costs[i, k] == costs[i - 1, k] + _MISSING:
            i -= 1
        else:
            k -= 1
    return pairs[::-1]


def _exchange(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return _VOWEL_FOR_CONSONANT if _VOWEL in (one, other) else _EXCHANGED


def _kind(ipa: str) -> str:
    if is_vowel_letter(ipa[0]):
        return _VOWEL
    kind = _ALIKE.get(ipa[0], ipa[0])
    return kind + "ʃ" if kind == "t" and ipa[1:2] in ("s", "ʃ", "ɕ", "ʂ") else kind


def main() -> None:
    """Align, compare and print."""
    clips = list(festvox_ru.clips())[::EVERY]
    right = _aligned(clips, [clip.text for clip in clips])
    _print_errors([compare(a.sounds, c.sounds) for a, c in zip(right, clips, strict=True) if a.sounds])
    _print_scores(clips, right)
    _print_wrong_texts(clips)


def _aligned(clips: Sequence[LabelledClip], texts: Sequence[str]) -> list[Alignment]:
    recordings = [
        Recording(clip.name, clip.samples, text, clip.language, clip.speaker, clip.language)
        for clip, text in zip(clips, texts, strict=True)
    ]
    return kept(recordings, Origin(festvox_ru.PACKAGE.name, festvox_ru.LICENCE), corpus_folder())


def _print_errors(compared: Sequence[Comparison]) -> None:
    starts = np.concatenate([one.starts_s for one in compared])
    lips = np.concatenate([one.lips_s for one in compared])
    letters = np.array(list("".join(one.lips for one in compared)))
    print(f"{len(compared)} sentences, {np.mean([one.paired for one in compared]):.1%} of sounds paired")
    print(f"{'':8} {'count':>6} {'median':>8} {'90 %':>8} {'20 ms':>7} {'40 ms':>7} {'late':>8}")
    print(_row("all", starts))
    for letter in BILABIALS:
        print(_row(f"{letter} start", lips[letters == letter, 0]))
        print(_row(f"{letter} end", lips[letters == letter, 1]))
    print(f"bilabials with both ends within 40 ms: {np.mean((np.abs(lips) <= 0.04).all(axis=1)):.1%}")


def _row(name: str, errors_s: FloatArray) -> str:
    size = np.abs(errors_s) * 1e3
    shares = " ".join(f"{np.mean(size <= limit):7.1%}" for limit in (20, 40))
    middle, most = np.percentile(size, (50, 90))
    late = float(np.median(errors_s)) * 1e3
    return f"{name:8} {len(size):6} {middle:5.0f} ms {most:5.0f} ms {shares} {late:+5.0f} ms"


def _print_scores(clips: Sequence[LabelledClip], found: Sequence[Alignment]) -> None:
    """How scores go with the truth."""
    held = [
        (one.score, compare(one.sounds, clip.sounds).within_40_ms)
        for one, clip in zip(found, clips, strict=True)
        if one.sounds
    ]
    scores, truth = np.array(held).T
    straight = np.corrcoef(scores, truth)[0, 1]
    ranked = np.corrcoef(_ranks(scores), _ranks(truth))[0, 1]
    worst = scores <= np.percentile(scores, 10)
    print(f"score against the share within 40 ms: r {straight:.2f}, by rank {ranked:.2f}")
    print(f"mean score {scores.mean():.3f}, mean share {truth.mean():.3f}")
    print(
        f"share in the worst tenth by score {truth[worst].mean():.1%}, else {truth[~worst].mean():.1%}"
    )


def _print_wrong_texts(clips: Sequence[LabelledClip]) -> None:
    """Whether scores tell that somebody says something else."""
    some = clips[::2]
    wrong = set(range(0, len(some), WRONG_EVERY))
    texts = [some[k + 1 if k in wrong and k + 1 < len(some) else k].text for k in range(len(some))]
    found = _aligned(some, texts)
    right_scores = [one.score for k, one in enumerate(found) if k not in wrong]
    wrong_scores = [found[k].score for k in wrong]
    refused = sum(bool(found[k].dropped) for k in wrong)
    print(f"wrong texts score {max(wrong_scores):.3f} at most, right ones {min(right_scores):.3f} at "
          f"least; {refused} of {len(wrong)} wrong ones are dropped")  # fmt: skip


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.argsort(np.argsort(values)).astype(np.float64)


if __name__ == "__main__":
    main()
