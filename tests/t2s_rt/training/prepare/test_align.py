from pathlib import Path

import numpy as np
import pytest
import soxr

from t2s_rt.training.prepare import align as module
from t2s_rt.training.prepare.align import (
    Alignment,
    Origin,
    Recording,
    align,
    judged,
    kept,
    labelled,
)  # fmt: skip
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.rendition import render

SENTENCES = (
    "Big maps of the summer camp", "My mother baked a pumpkin pie", "Bob and Pam met a brown bear",
    "Please keep the beach clean", "The number is seven, not nine", "People jump over the puddle",
    "Nobody remembers the old bridge", "Put the paper back in the box", "We sang until morning came",
    "Mum bought apples and plums", "He drove home, and then he slept", "Simple words make good poems",
)  # fmt: skip
HIGHER = 1.12
"""How much higher the other voice's formants and pitch are, and how much faster it speaks."""
ORIGIN = Origin("test", "none")


def strange_voice(text: str, wpm: int = 130) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """Somebody higher and slower than the rendition, in a quiet room, and the truth about the sounds."""
    said = render(text, "en-us", wpm)
    samples = soxr.resample(said.samples, RATE_HZ * HIGHER, RATE_HZ)
    lead = 0.3
    noise = np.random.default_rng(len(text)).standard_normal(len(samples) + round(0.7 * RATE_HZ)) * 5e-4
    noise[round(lead * RATE_HZ) :][: len(samples)] += samples
    truth = [(s.ipa, lead + s.start_s / HIGHER, lead + s.end_s / HIGHER) for s in said.sounds]
    return noise.astype(np.float32), truth


def recording(name: str, samples: np.ndarray, text: str) -> Recording:
    return Recording(name, samples, text, "en-us", "somebody", "en")


@pytest.fixture(scope="module")
def voices() -> list[tuple[Recording, list[tuple[str, float, float]]]]:
    spoken = [(text, *strange_voice(text)) for text in SENTENCES]
    return [(recording(text, samples, text), truth) for text, samples, truth in spoken]


@pytest.mark.slow
def test_boundaries_of_a_strange_voice_are_found(voices) -> None:
    found = align([one for one, _ in voices])
    errors, lips = [], []
    for alignment, (_, truth) in zip(found, voices, strict=True):
        assert [sound[0] for sound in alignment.sounds] == [sound[0] for sound in truth]
        for got, true in zip(alignment.sounds, truth, strict=True):
            errors.append(abs(got[1] - true[1]))
            if true[0] in ("m", "b", "p"):
                lips.append(max(abs(got[1] - true[1]), abs(got[2] - true[2])))
    assert np.median(errors) < 0.012
    assert np.mean(np.array(errors) < 0.04) > 0.9
    assert np.mean(np.array(lips) < 0.04) > 0.85


@pytest.mark.slow
def test_a_wrong_text_scores_below_every_right_one(voices) -> None:
    recordings = [one for one, _ in voices]
    wrong = recording("wrong", recordings[0].samples, "Fish six such thick south chess")
    *right, last = judged(align([*recordings, wrong]))
    assert last.score < min(one.score for one in right)


def test_what_was_aligned_is_kept_and_a_new_text_is_aligned_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, _ = strange_voice("A big map")
    first = kept([recording("a", samples, "A big map")], ORIGIN, tmp_path)
    assert first[0].sounds
    calls = []
    monkeypatch.setattr(module, "align", lambda *given: calls.append(given) or first)
    assert kept([recording("a", samples, "A big map")], ORIGIN, tmp_path) == first
    assert calls == []
    kept([recording("a", samples, "A big mop")], ORIGIN, tmp_path)
    assert len(calls) == 1


def test_clips_carry_all_that_is_known(tmp_path: Path) -> None:
    samples, _ = strange_voice("A big map")
    (clip,) = labelled([recording("a", samples, "A big map")], ORIGIN, tmp_path)
    assert (clip.name, clip.text, clip.speaker, clip.language) == ("a", "A big map", "somebody", "en")
    assert (clip.source, clip.licence, clip.rate_hz) == ("test", "none", RATE_HZ)
    assert clip.alignment_score is not None
    assert 0.0 < clip.alignment_score < 1.0


@pytest.mark.parametrize(
    ("spoil", "text", "reason"),
    [
        (lambda x: x, "…", "without words"),
        (lambda x: x[:1000], "map", "too short"),
        (lambda x: np.tile(x, 60), "map", "too long"),
        (lambda x: 0.0 * x, "map", "silent"),
        (lambda x: x * np.nan, "map", "silent"),
        (lambda x: np.clip(x * 1e3, -1, 1), "A big map", "clipped"),
        (lambda x: x + 0.3 * np.random.default_rng(0).standard_normal(len(x)), "map", "too noisy"),
        (lambda x: x, "A big map " * 9, "of another length than its text"),
    ],
)
def test_what_cannot_be_used_is_dropped_with_the_reason(spoil, text: str, reason: str) -> None:
    samples, _ = strange_voice("A big map")
    (found,) = align([recording("a", spoil(samples).astype(np.float32), text)])
    assert (found.dropped, found.sounds) == (reason, ())


def aligned(fit: float, lengths_s: list[float]) -> Alignment:
    ends_s = np.cumsum(lengths_s).tolist()
    starts_s = [0.0, *ends_s[:-1]]
    sounds = tuple(("a", start_s, end_s) for start_s, end_s in zip(starts_s, ends_s, strict=True))
    return Alignment(sounds, (fit,) * len(sounds))


def test_the_worst_tenth_is_dropped() -> None:
    found = [aligned(-0.1 * k, [0.1, 0.2]) for k in range(20)]
    found.append(Alignment((), (), "silent"))
    after = judged(found)
    assert [k for k, one in enumerate(after) if one.dropped] == [18, 19, 20]
    assert after[20].dropped == "silent"


def test_a_score_lies_between_nought_and_one_and_falls_with_the_fit() -> None:
    scores = [one.score for one in judged([aligned(f, [0.1] * 5) for f in (0.0, -1.0, -3.0, -1e3)])]
    assert scores == sorted(scores, reverse=True)
    assert 0.0 <= scores[-1] < scores[0] <= 1.0


def test_sounds_of_unusual_length_cost_score() -> None:
    usual = [aligned(-1.0, [0.09, 0.1, 0.11, 0.1]) for _ in range(9)]
    *others, strange = judged([*usual, aligned(-1.0, [0.01, 0.8, 0.1, 0.1])])
    assert strange.score < min(one.score for one in others)
    assert strange.dropped == "among the worst aligned"


def test_what_hardly_fits_is_dropped_even_among_few() -> None:
    after = judged([aligned(-1.0, [0.1] * 5), aligned(-9.0, [0.1] * 5)])
    assert [bool(one.dropped) for one in after] == [False, True]


def test_what_a_decoder_overshot_is_cut(tmp_path: Path) -> None:
    samples, _ = strange_voice("A big map")
    samples = (samples / np.abs(samples).max()).astype(np.float32) * np.float32(1.05)
    (clip,) = labelled([recording("a", samples, "A big map")], ORIGIN, tmp_path)
    assert np.abs(clip.samples).max() == 1.0
