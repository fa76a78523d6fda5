"""Descriptors from notes, from times alone, and the words and deliveries that follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from t2s_rt.lyrics import SyllableKind
from t2s_rt.pregen.descriptors import (
    accents,
    contour_of,
    delivery,
    describe,
    effort,
    held_spans,
    note_descriptors,
)
from t2s_rt.pregen.phrase import Contour, Delivery, Descriptors
from tests.t2s_rt.pregen.songs import line, sung

LOW = sung("down in the valley below", 1.0, [55.0, 57.0, 55.0])
MIDDLE = sung("we walk along the road", 5.0, [60.0, 62.0, 60.0])
HIGH = sung("up to the shining sky", 9.0, [67.0, 69.0, 71.0])


def test_pitch_is_judged_against_the_whole_song() -> None:
    low, middle, high = note_descriptors([LOW, MIDDLE, HIGH])
    assert low.pitch is not None
    assert middle.pitch is not None
    assert high.pitch is not None
    assert low.pitch < 0.3 < middle.pitch < 0.7 < high.pitch
    assert high.contour is Contour.RISING
    assert middle.contour is Contour.ARCHED
    assert high.pitch_range == pytest.approx(4.0)


def test_an_octave_written_wrongly_changes_nothing() -> None:
    lines = [LOW, MIDDLE, HIGH]
    up = [
        replace(
            one,
            words=tuple(
                replace(
                    word,
                    syllables=tuple(
                        replace(s, pitch_midi=(s.pitch_midi or 0) + 12) for s in word.syllables
                    ),
                )
                for word in one.words
            ),
        )
        for one in lines
    ]
    assert note_descriptors(up) == note_descriptors(lines)


def test_a_song_on_one_pitch_has_no_melody() -> None:
    spoken = [sung("a b c d e", 1.0, [0.0]), sung("f g h i j", 4.0, [0.0])]
    for found in note_descriptors(spoken):
        assert (found.pitch, found.pitch_range, found.contour) == (None, None, None)
        assert found.rate == pytest.approx(2.5)


def test_rapped_notes_have_no_pitch() -> None:
    rapped = line((" one", 1, 1.4, 50.0), (" two", 1.4, 1.8, 70.0), kind=SyllableKind.RAP)
    found = note_descriptors([rapped, LOW, HIGH])[0]
    assert found.pitch is None
    assert found.rate == pytest.approx(2.5)


def test_rests_do_not_slow_the_rate() -> None:
    together = sung("one two three four", 1.0, [None])
    apart = line((" one", 1, 1.4, None), (" two", 1.4, 1.8, None), (" three", 9, 9.4, None))
    assert note_descriptors([together])[0].rate == pytest.approx(2.5)
    rate = note_descriptors([apart])[0].rate
    assert rate is not None
    assert 1.9 < rate < 2.5  # 3 syllables in 1.2 s and one breath of 0.3 s


def test_a_held_vowel_is_one_note_and_guessed_times_hold_none() -> None:
    held = line((" a", 1, 1.5, 60.0), ("~", 1.5, 3.0, 62.0), (" way", 3.0, 3.2, 60.0))
    assert held_spans(held) == [(1.0, 3.0), (3.0, 3.2)]
    assert note_descriptors([held])[0].held == pytest.approx(2.0)
    guessed = replace(
        held,
        words=tuple(
            replace(w, syllables=tuple(replace(s, estimated=True) for s in w.syllables))
            for w in held.words
        ),
    )
    assert note_descriptors([guessed])[0].held is None


def test_golden_notes_are_accents() -> None:
    golden = line((" sing", 1, 1.4, 60.0), kind=SyllableKind.GOLDEN)
    assert accents(golden) == (0,)
    assert accents(LOW) == ()


@pytest.mark.parametrize(
    ("pitches", "contour"),
    [
        ([60, 60.5, 60], Contour.LEVEL),
        ([60, 62, 64, 66], Contour.RISING),
        ([66, 64, 62, 60], Contour.FALLING),
        ([60, 65, 65, 60], Contour.ARCHED),
        ([65, 60, 60, 65], Contour.DIPPED),
        ([60, 64], Contour.RISING),
    ],
)
def test_contours(pitches: list[float], contour: Contour) -> None:
    pitch = np.array(pitches, np.float64)
    time_s = np.arange(pitch.size, dtype=np.float64)
    assert contour_of(time_s, pitch, np.ones(pitch.size)) is contour


def test_one_note_has_no_contour() -> None:
    assert contour_of(np.zeros(1), np.full(1, 60.0), np.ones(1)) is None


def test_words() -> None:
    belted = Descriptors(0.95, 0.9, 12.0, 2.0, 1.8, 0.7, Contour.RISING)
    assert describe(belted) == (
        "very high, rising, very loud, slow, a long held note, wide range, strong vibrato"
    )
    assert describe(Descriptors(loudness=0.3, rate=5.0)) == "soft, fast"
    assert describe(Descriptors()) == "sound unknown"


@pytest.mark.parametrize(
    ("descriptors", "expected"),
    [
        (Descriptors(loudness=0.05, pitch=0.3), Delivery.WHISPERED),
        (Descriptors(loudness=0.3, pitch=0.5), Delivery.SOFT),
        (Descriptors(loudness=0.5, pitch=0.5), Delivery.PLAIN),
        (Descriptors(loudness=0.75, pitch=0.6), Delivery.STRONG),
        (Descriptors(loudness=0.9, pitch=0.8), Delivery.BELTED),
        (Descriptors(), Delivery.PLAIN),
        (Descriptors(pitch=0.85, held=1.5), Delivery.STRONG),
        (Descriptors(pitch=0.2), Delivery.SOFT),
    ],
)
def test_deliveries(descriptors: Descriptors, expected: Delivery) -> None:
    assert delivery(descriptors) is expected


def test_more_voice_is_more_effort_and_notes_alone_are_never_a_whisper() -> None:
    efforts = [effort(Descriptors(loudness=x / 10, pitch=0.5)) for x in range(11)]
    assert efforts == sorted(efforts)
    assert efforts[0] == 0.0
    assert delivery(Descriptors(pitch=0.0, rate=6.0)) is Delivery.WHISPERED or effort(
        Descriptors(pitch=0.0)
    ) == pytest.approx(0.15)
