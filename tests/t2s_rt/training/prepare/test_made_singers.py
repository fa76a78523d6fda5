from itertools import islice

import numpy as np
import pytest

from t2s_rt.training.prepare import made_singers
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.made_singers import FORMANTS_HZ, HIGHEST_HZ, SONGS, clips, high_clips


@pytest.fixture(scope="module")
def songs() -> list[LabelledClip]:
    return list(islice(clips(), 4 * SONGS))


def level(clip: LabelledClip, start_s: float, end_s: float) -> float:
    part = clip.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    return float(np.sqrt(np.mean(np.square(part))))


def test_sounds_lie_where_they_are_labelled(songs: list[LabelledClip]) -> None:
    for song in songs:
        assert song.sung
        assert np.abs(song.samples).max() <= 0.25 + 1e-6
        assert level(song, 0.0, 0.19) < 1e-3
        ends = [0.0, *(end_s for _, _, end_s in song.sounds)]
        for (ipa, start_s, end_s), before_s in zip(song.sounds, ends, strict=False):
            assert ipa == "m" or ipa in FORMANTS_HZ
            assert before_s <= start_s + 1e-9 < end_s
            assert level(song, start_s, end_s) > 1e-4
        gaps = [(a[2], b[1]) for a, b in zip(song.sounds, song.sounds[1:], strict=False)]
        for end_s, start_s in gaps:
            if start_s - end_s > 0.06:
                assert level(song, end_s + 0.02, start_s - 0.02) < 1e-3


def test_singers_differ_and_repeat_themselves(songs: list[LabelledClip]) -> None:
    assert len({song.speaker for song in songs}) == 4
    again = next(clips())
    np.testing.assert_array_equal(again.samples, songs[0].samples)
    assert again.sounds == songs[0].sounds


def test_a_vowel_stands_on_its_formants() -> None:
    """Low pitch, a man's tract: the envelope peaks at the table's first formant."""
    steady = made_singers._Singer(
        tract=1.0,
        manner={ipa: np.ones(3) for ipa in FORMANTS_HZ},
        bandwidths=made_singers.BANDWIDTHS_HZ,
        tilt_db=0.0,
        tuned=False,
        breath=0.0,
    )
    for ipa in ("a", "i", "u"):
        note = made_singers._Note(ipa, 20, 220, np.log2(80.0), joined=False)
        samples = made_singers._voice(steady, [note], 240, np.random.default_rng(0))
        part = samples[60 * 64 : 200 * 64]
        hz = np.fft.rfftfreq(len(part), 1.0 / RATE_HZ)
        source_away = np.abs(np.fft.rfft(part * np.hanning(len(part)))) * hz * (hz < 1100.0)
        strongest_hz = float(hz[source_away.argmax()])
        assert strongest_hz == pytest.approx(FORMANTS_HZ[ipa][0], abs=60.0)


def test_some_sing_high(songs: list[LabelledClip]) -> None:
    rng = np.random.default_rng(1)
    tops = []
    for _ in range(60):
        singer = made_singers._draw_singer(rng)
        notes = made_singers._draw_notes(made_singers._draw_range(singer, rng), rng)
        tops.append(2.0 ** max(note.octave for note in notes))
    assert max(tops) == pytest.approx(HIGHEST_HZ, rel=0.1)
    assert max(tops) <= HIGHEST_HZ * 1.001
    assert 0.2 < np.mean(np.array(tops) > 700.0) < 0.7


def test_high_singers_sing_nothing_else() -> None:
    first, second = islice(high_clips(), 2)
    assert (first.speaker, first.source) == ("high00", "made-high-singers")
    assert not np.array_equal(first.samples[:RATE_HZ], second.samples[:RATE_HZ])
    hz, spectrum = np.fft.rfftfreq(len(first.samples), 1.0 / RATE_HZ), np.abs(np.fft.rfft(first.samples))
    below = np.sqrt(np.mean(np.square(spectrum[(hz > 60.0) & (hz < 420.0)])))
    assert below < 0.05 * np.sqrt(np.mean(np.square(spectrum[(hz > 500.0) & (hz < 1100.0)])))
