"""Vowels sung higher than most formants: are they still told apart by sound alone?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from bench.quality.figures import Figure
from bench.quality.orders import VOWEL_ORDERS, Seen, mean_share
from bench.quality.track import Subject
from bench.quality.vowels import CHILD, VIBRATO_CENTS, VOWELS, WOMAN, Note, sing
from t2s_rt.audio import synthesis
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

NOTE_S: Final = 1.0
REST_S: Final = 0.4
HIGH_HZ: Final = (698.5, 784.0, 880.0, 987.8)
LOW_HZ: Final = (110.0, 147.0, 220.0, 330.0)

Maker = Callable[[str], FloatArray]


def phrase(make: Maker, seed: int) -> tuple[FloatArray, list[tuple[str, float, float]]]:
    """Each vowel twice with rests, in an order that the seed decides, and when each stands."""
    rng = np.random.default_rng(seed)
    parts, labels = [synthesis.silence(REST_S)], []
    now_s = REST_S
    for vowel in (*rng.permutation(list(VOWELS)), *rng.permutation(list(VOWELS))):
        note = make(str(vowel))
        length_s = len(note) / SAMPLE_RATE_HZ
        labels.append((str(vowel), now_s, now_s + length_s))
        parts += [note, synthesis.silence(REST_S)]
        now_s += length_s + REST_S
    return np.concatenate(parts), labels


def shown(subject: Subject, make: Maker, seed: int) -> list[Seen]:
    """The vowels of one phrase at their middles."""
    samples, labels = phrase(make, seed)
    track = subject.watch(samples)
    return [Seen(vowel, track.middle(start, end)) for vowel, start, end in labels]


def second_synthesiser() -> Iterator[Maker]:
    """A woman and a child at each high pitch, with vibrato on every other."""
    for number, f0_hz in enumerate(HIGH_HZ):
        for singer in (WOMAN, CHILD):
            cents = VIBRATO_CENTS * (number % 2)
            yield lambda v, s=singer, f=f0_hz, c=cents: sing(s, Note(v, f, NOTE_S, c))  # type: ignore[misc]


def own_synthesiser() -> Iterator[Maker]:
    """The engine's own female voice, which models may have trained on."""
    for number, f0_hz in enumerate(HIGH_HZ):
        cents = VIBRATO_CENTS * (number % 2)
        yield lambda v, f=f0_hz, c=cents: synthesis.vowel(  # type: ignore[misc]
            next(name for name in ("a", "i", "u", "e", "o") if name == v), f, NOTE_S, vibrato_cents=c
        )


def measure(subject: Subject) -> list[Figure]:
    """The three orders, within each singer and pitch, for both synthesisers."""
    figures = []
    for family, makers in (("sung", second_synthesiser()), ("sung_own", own_synthesiser())):
        groups = [shown(subject, make, seed) for seed, make in enumerate(makers)]
        note = f"{len(groups)} voices at 698 to 988 Hz, 10 vowels each"
        figures += [Figure(f"{family}.{o.name}", mean_share(groups, o), note) for o in VOWEL_ORDERS]
    return figures
