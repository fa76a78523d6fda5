import time

import numpy as np
import pytest

from t2s_rt.articulation.guide_voice import BLOCK_SAMPLES, guide_blocks
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.lyrics.load import load_song
from t2s_rt.lyrics.phonemes import phonemes
from t2s_rt.lyrics.song import Line, Song, Syllable, SyllableKind, Word
from t2s_rt.timebase import HOP_S, SAMPLE_RATE_HZ
from t2s_rt.types import Feature


def song(*notes, language="en", kind=SyllableKind.NORMAL):
    """One word a note: text, start, length, pitch."""
    words = tuple(
        Word((Syllable(text, start, start + length, pitch, kind),))
        for text, start, length, pitch in notes
    )
    return Song("", "", language, (Line(words, words[0].start_s, words[-1].end_s),))


def sound(made):
    return np.concatenate(list(guide_blocks(made, phonemes(made))))


def hear(samples):
    rows = FeatureExtractor().extract(samples)
    return rows, (np.arange(len(rows)) + 1) * HOP_S


MELODY = song(("ma", 1.0, 0.8, 57.0), ("so", 2.0, 0.8, 62.0), ("la", 3.0, 1.5, 64.0))


def test_the_engine_hears_the_notes_it_was_made_from():
    rows, time_s = hear(sound(MELODY))
    for start_s, midi in ((1.0, 57.0), (2.0, 62.0), (3.0, 64.0)):
        sung = rows[(time_s > start_s + 0.25) & (time_s < start_s + 0.6), Feature.F0_HZ]
        heard = 69.0 + 12.0 * np.log2(np.median(sung[sung > 0]) / 440.0)
        assert heard == pytest.approx(midi, abs=0.4)


def test_it_is_silent_before_between_and_after_and_voiced_in_its_vowels():
    rows, time_s = hear(sound(MELODY))
    voiced = rows[:, Feature.VOICED] > 0
    assert not voiced[time_s < 0.85].any()
    assert voiced[(time_s > 3.1) & (time_s < 4.3)].mean() > 0.95
    assert rows[time_s > 4.8, Feature.LOUDNESS_DBFS].max() < -80.0


def test_a_breath_comes_before_a_phrase():
    rows, time_s = hear(sound(MELODY))
    before = rows[(time_s > 0.6) & (time_s < 0.85), Feature.LOUDNESS_DBFS]
    assert -70.0 < before.max() < -35.0


def test_golden_notes_are_louder():
    def level(kind):
        samples = sound(song(("la", 1.0, 1.0, 60.0), kind=kind))
        return float(np.sqrt(np.mean(np.square(samples))))

    assert level(SyllableKind.GOLDEN) > 1.15 * level(SyllableKind.NORMAL)


def test_words_without_pitch_are_spoken_and_fall():
    made = song(*[("da", 1.0 + 0.3 * i, 0.3, None) for i in range(9)])
    rows, time_s = hear(sound(made))
    pitch = rows[:, Feature.F0_HZ]
    early = np.median(pitch[(time_s > 1.0) & (time_s < 1.9) & (pitch > 0)])
    late = np.median(pitch[(time_s > 2.8) & (time_s < 3.7) & (pitch > 0)])
    assert 80.0 < late < early < 300.0


def test_it_comes_in_blocks_of_the_whole_song_and_is_the_same_each_time():
    blocks = list(guide_blocks(MELODY, phonemes(MELODY)))
    assert all(block.dtype == np.float32 and 0 < len(block) <= BLOCK_SAMPLES for block in blocks)
    assert sum(map(len, blocks)) == round((MELODY.end_s + 1.0) * SAMPLE_RATE_HZ)
    np.testing.assert_array_equal(np.concatenate(blocks), sound(MELODY))
    assert np.abs(np.concatenate(blocks)).max() < 1.0


def test_the_first_block_does_not_wait_for_the_last():
    late = song(("a", 1.0, 0.3, 60.0), ("b", 3000.0, 500.0, 60.0))
    begun_s = time.process_time()
    next(iter(guide_blocks(late, phonemes(late))))
    assert time.process_time() - begun_s < 1.0


def test_no_words_are_silence():
    made = song(("♪", 1.0, 0.5, None))
    samples = sound(made)
    assert not samples.any()
    assert len(samples) == round(2.5 * SAMPLE_RATE_HZ)


@pytest.mark.corpus
def test_a_song_is_made_many_times_faster_than_it_lasts(shared_data):
    made = load_song(shared_data / "karaoke" / "chasing_marks" / "song.txt")
    begun_s = time.process_time()
    samples = sound(made)
    spent_s = time.process_time() - begun_s
    assert spent_s < 0.1 * len(samples) / SAMPLE_RATE_HZ  # measured 0.01
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 1.0
