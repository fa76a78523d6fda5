import time
import tracemalloc

import numpy as np
import pytest

from t2s_rt.articulation.inventory import CLOSURE, JAW, MOUTH_COLUMNS, ROUNDING
from t2s_rt.articulation.lead import Lead
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.perform import Performer
from t2s_rt.timebase import FRAME_S
from t2s_rt.types import Feature
from tests.t2s_rt.articulation.test_coarticulation import word
from tests.t2s_rt.intensity.conftest import Score

STILL = np.zeros(ACTION_COUNT, np.float32)


def sing(phonemes, features, motion=STILL, song_s=None, lead=None):
    """Mouth ``(T, 8)``, trust and readiness of a performance; the song starts with the features."""
    lead, performer = lead or Lead(phonemes), Performer()
    mouth, notes = [], []
    for index, rows in enumerate(features):
        wish, out = Condition(), np.zeros(ACTION_COUNT, np.float32)
        moved = motion if motion.ndim == 1 else motion[index]
        now_s = index * FRAME_S if song_s is None else song_s[index]
        lead.step(now_s, rows, moved, wish)
        performer.step(rows, moved, out, wish)
        mouth.append(out[list(MOUTH_COLUMNS)])
        notes.append((wish.trust, wish.ready))
    return np.array(mouth), np.array(notes)


def opening(mouth):
    return mouth[:, JAW] * (1.0 - mouth[:, CLOSURE])


def heard(**levels):
    row = STILL.copy()
    for name, level in levels.items():
        row[ACTION_INDEX[name]] = level
    return row


PHRASES = [
    *word(("m", 0.08), ("a", 0.8), ("t", 0.08), ("o", 1.0), start_s=1.0),
    *word(("s", 0.1), ("a", 0.8), ("m", 0.08), ("i", 0.8), start_s=4.0),
    *word(("t", 0.08), ("o", 1.2), start_s=7.0),
]


def test_a_silent_singer_has_a_still_mouth():
    mouth, notes = sing(PHRASES, Score().silence(10.0).features)
    assert opening(mouth).max() <= 0.2 * 0.7
    assert (opening(mouth) < 0.02).mean() > 0.9
    assert notes[:, 1].max() == pytest.approx(Lead.READY, abs=1e-6)


def test_lips_wait_for_a_singer_who_never_came_only_once():
    _, notes = sing(PHRASES, Score().silence(10.0).features)
    ready = notes[:, 1] > 0.05
    assert ready[: round(2 / FRAME_S)].any()
    assert not ready[round(2 / FRAME_S) :].any()


def test_lips_that_waited_in_vain_relax_soon():
    _, notes = sing(PHRASES, Score().silence(3.0).features)
    late = round((1.08 + Lead.PATIENCE_S + 0.2) / FRAME_S)
    assert notes[late:, 1].max() < 0.01


def test_they_wait_again_once_a_voice_was_heard():
    _, notes = sing(PHRASES, Score().silence(2.0).note(0.5).silence(6.0).features)
    assert notes[round(3.9 / FRAME_S) : round(4.2 / FRAME_S), 1].max() == pytest.approx(Lead.READY)


def test_the_voice_brings_the_words_shape_at_once():
    features = Score().silence(1.08).note(0.9).silence(0.5).features
    mouth, _ = sing(PHRASES, features, heard(jaw_open=0.3))
    begins = round(1.08 / FRAME_S)
    assert opening(mouth)[begins + 3] > 0.4
    assert mouth[round(1.9 / FRAME_S), ROUNDING] > 0.2  # 'o' comes, though nobody heard one


def test_a_voice_that_ends_closes_the_mouth_whatever_the_words_say():
    features = Score().silence(1.0).note(0.5).silence(1.0).features
    mouth, _ = sing(PHRASES, features, heard(jaw_open=0.4))
    held = opening(mouth)[round(1.4 / FRAME_S)]
    assert held > 0.3
    assert opening(mouth)[round(1.5 / FRAME_S) + 4] < 0.1 * held


def test_size_follows_the_voices_loudness():
    def opened(loudness_dbfs):
        features = Score().silence(1.0).note(0.9, loudness_dbfs=loudness_dbfs).features
        mouth, _ = sing(PHRASES, features, heard(jaw_open=0.3))
        return opening(mouth)[round(1.8 / FRAME_S)]

    assert opened(-36.0) < 0.85 * opened(-18.0)


def test_without_words_or_song_the_performance_is_as_ever():
    features = Score().silence(0.5).note(2.0).silence(0.5).note(1.0).features
    motion = heard(jaw_open=0.5, lip_rounding=0.3)
    performer, alone = Performer(), []
    for rows in features:
        out = np.zeros(ACTION_COUNT, np.float32)
        performer.step(rows, motion, out)
        alone.append(out[list(MOUTH_COLUMNS)])
    nowhere, _ = sing(PHRASES, features, motion, song_s=np.full(len(features), -1.0))
    np.testing.assert_array_equal(nowhere, alone)
    between, _ = sing(PHRASES, features, motion, song_s=np.full(len(features), 30.0))
    np.testing.assert_array_equal(between, alone)
    wordless, _ = sing([], features, motion)
    np.testing.assert_array_equal(wordless, alone)


def test_other_sounds_than_the_words_win_within_a_second_or_two():
    phonemes = word(*[(v, 0.5) for v in "iouieuoi" * 3], start_s=0.5)
    features = Score().silence(0.5).note(11.0).features
    motion = np.repeat(heard(jaw_open=0.6)[None], len(features), axis=0)
    motion[:, ACTION_INDEX["jaw_open"]] += 0.15 * np.sin(np.arange(len(features)) / 9.0)
    _, notes = sing(phonemes, features, motion)
    assert notes[round(2.5 / FRAME_S) :, 0].mean() < 0.1


def test_the_words_sounds_are_believed_and_believed_again():
    phonemes = word(*[(v, 0.5) for v in "aiouieuaoi" * 4], start_s=0.5)
    features = Score().silence(0.5).note(19.0).features
    shapes = {"a": (0.5, 0.0, 0.1), "i": (0.2, 0.0, 0.3), "e": (0.3, 0.0, 0.25), "o": (0.35, 0.2, 0.05),
              "u": (0.25, 0.2, 0.05)}  # fmt: skip
    motion = np.zeros((len(features), ACTION_COUNT), np.float32)
    columns = [ACTION_INDEX[n] for n in ("jaw_open", "lip_rounding", "lip_spread")]
    for index in range(len(features)):
        now_s = index * FRAME_S
        sounds = [p.ipa for p in phonemes if p.start_s <= now_s - 0.02 < p.end_s]
        motion[index, columns] = shapes[sounds[0]] if sounds else 0.0
    wrong = slice(round(5 / FRAME_S), round(9 / FRAME_S))
    motion[wrong, columns[0]] = 0.5
    motion[wrong, columns[1:]] = (0.0, 0.1)
    _, notes = sing(phonemes, features, motion)
    assert notes[round(1 / FRAME_S) : wrong.start, 0].min() > 0.9
    assert notes[round(7 / FRAME_S) : wrong.stop, 0].max() < 0.3
    assert notes[round(13 / FRAME_S) :, 0].min() > 0.9


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_seek_pause_and_rate_never_make_the_mouth_jump(speed):
    rng = np.random.default_rng(4)
    phonemes = word(*[(v, 0.2) for v in "maiotunesu" * 8], start_s=0.2)
    features = Score().note(14.0).features
    song_s, now_s = [], 0.0
    for index in range(len(features)):
        if index % 80 == 40:
            now_s = float(rng.uniform(0.0, 16.0))
        now_s += 0.0 if index % 80 in range(60, 75) else speed * FRAME_S
        song_s.append(now_s if index % 300 < 280 else -1.0)
    mouth, _ = sing(phonemes, features, heard(jaw_open=0.3), song_s)
    moves = np.abs(np.diff(mouth[10:], axis=0)).max(axis=0)
    assert moves[JAW] < 0.25
    assert moves[ROUNDING] < 0.3
    assert moves[CLOSURE] < 0.7  # lips close within three frames


def test_a_paused_song_holds_the_mouth():
    features = Score().note(2.0).features
    song_s = np.minimum(1.0 + np.arange(len(features)) * FRAME_S, 1.6)
    mouth, _ = sing(PHRASES, features, heard(jaw_open=0.4), song_s)
    assert np.ptp(mouth[60:, JAW]) < 0.02


def test_reset_forgets_the_singer_and_keeps_the_song():
    features = Score().silence(0.8).note(2.0).silence(1.5).features
    lead = Lead(PHRASES)
    first, first_notes = sing(PHRASES, features, heard(jaw_open=0.4), lead=lead)
    lead.reset()
    again, notes = sing(PHRASES, features, heard(jaw_open=0.4), lead=lead)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first_notes, notes)
    assert lead.latency_samples == 0


def test_broken_features_and_times_do_no_harm():
    features = Score().note(1.0).features
    features[10, :, Feature.LOUDNESS_DBFS] = -100.0
    lead, wish = Lead(PHRASES), Condition()
    for song_s in (0.0, 1e12, 0.5, -5.0, 1.2, float("inf"), 1.3, float("nan")):
        lead.step(song_s, features[0], STILL, wish)
        assert np.isfinite(wish.shape).all()
        assert 0.0 <= wish.trust <= 1.0
        assert 0.0 <= wish.ready <= 1.0


def test_it_takes_little_time_and_no_more_memory():
    features = Score().note(2.0).features
    lead, wish = Lead(word(*[(v, 0.2) for v in "maiotunesu" * 100])), Condition()
    for index in range(200):
        lead.step(index * FRAME_S, features[index % 120], STILL, wish)
    tracemalloc.start()
    begun, _ = tracemalloc.get_traced_memory()
    for index in range(1000):
        lead.step(index * FRAME_S, features[index % 120], STILL, wish)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown - begun < 20_000
    begun_s = time.process_time()
    for index in range(2000):
        lead.step(index * FRAME_S, features[index % 120], STILL, wish)
    assert (
        time.process_time() - begun_s
    ) / 2000 < 400e-6  # measured 30 µs; the margin is for others' load
