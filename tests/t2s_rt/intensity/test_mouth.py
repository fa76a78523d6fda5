import numpy as np
import pytest

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTION_NAMES
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.mouth import KNOWN_BY_MODEL
from t2s_rt.intensity.perform import Performer
from t2s_rt.types import Feature
from tests.t2s_rt.intensity.conftest import actions, column, play

MOTION = actions(jaw_open=0.5, lip_rounding=0.3)


def test_silence_keeps_the_mouth_at_rest_whatever_the_model_says(score):
    out = play(Performer(), score.silence(2.0).features, MOTION)
    assert not column(out, "jaw_open").any()
    assert not column(out, "lip_rounding").any()
    assert not column(out, "corner_pull").any()


def test_the_mouth_opens_in_the_voices_first_frame(score):
    out = play(Performer(), score.silence(0.5).note(1.0).features, MOTION)
    assert column(out, "jaw_open")[29] == 0.0
    assert column(out, "jaw_open")[30] > 0.45


def test_it_closes_to_a_tenth_within_two_frames_and_then_to_nothing(score):
    out = play(Performer(), score.note(1.0).silence(1.0).features, MOTION)
    jaw = column(out, "jaw_open")
    assert jaw[59] > 0.4
    assert jaw[61] < 0.1 * jaw[59]
    assert jaw[64:].max() == 0.0
    assert np.abs(column(out, "corner_pull"))[72:].max() == 0.0


def test_a_jittering_model_is_smoothed_on_a_held_note_and_not_delayed_by_a_vowel(score):
    features = score.note(4.0).features
    jitter = 0.04 * np.random.default_rng(3).standard_normal(240)
    motion = np.repeat(MOTION[None], 240, axis=0)
    motion[:, np.flatnonzero(MOTION)] += jitter[:, None].astype(np.float32)
    jaw = column(play(Performer(), features, motion), "jaw_open")
    assert jaw[60:].std() < 0.75 * jitter[60:].std()

    step = np.repeat(actions(jaw_open=0.2)[None], 240, axis=0)
    step[120:] = actions(jaw_open=0.7)
    jaw = column(play(Performer(), features, step), "jaw_open")
    assert jaw[120] > 0.2 + 0.5 * 0.5
    assert jaw[123] > 0.2 + 0.9 * 0.5


def test_a_steady_note_with_vibrato_does_not_flicker(score):
    features = score.note(8.0).features
    wave = np.sin(2 * np.pi * 5.5 * np.arange(480) / 60)[:, None]
    features[:, :, Feature.LOUDNESS_DBFS] += 2.0 * wave
    jaw = column(play(Performer(), features, MOTION), "jaw_open")
    assert jaw[30:].std() < 0.01


def test_the_jaw_follows_loudness_a_little(score):
    loud = column(play(Performer(), score.note(2.0, loudness_dbfs=-18.0).features, MOTION), "jaw_open")[
        -1
    ]
    score.frames.clear()
    soft = column(play(Performer(), score.note(2.0, loudness_dbfs=-30.0).features, MOTION), "jaw_open")[
        -1
    ]
    assert 1.1 < loud / soft < 1.3


def test_closed_lips_lower_the_jaw_but_leave_it_room(score):
    features = score.note(1.0).features
    out = play(Performer(), features, actions(jaw_open=0.6, lip_closure=1.0))
    assert column(out, "lip_closure")[-1] == pytest.approx(1.0)
    assert 0.2 < column(out, "jaw_open")[-1] < 0.4


def test_lips_that_a_model_half_closes_are_closed_and_those_it_hardly_moves_are_not(score):
    features = score.note(1.0).features
    half = play(Performer(), features, actions(jaw_open=0.6, lip_closure=0.56))
    assert column(half, "lip_closure")[-1] == pytest.approx(1.0)
    doubtful = play(Performer(), features, actions(jaw_open=0.6, lip_closure=0.3))
    assert 0.4 < column(doubtful, "lip_closure")[-1] < 0.7
    hardly = play(Performer(), features, actions(jaw_open=0.6, lip_closure=0.09))
    assert column(hardly, "lip_closure")[-1] < 0.15
    not_at_all = play(Performer(), features, actions(jaw_open=0.6, lip_closure=0.03))
    assert column(not_at_all, "lip_closure")[-1] == 0.0


def test_a_held_loud_note_is_never_sung_with_a_shut_mouth_unless_lips_close_it(score):
    features = score.note(2.0).features
    assert column(play(Performer(), features), "jaw_open")[-1] > 0.1
    hummed = play(Performer(), features, actions(lip_closure=1.0))
    assert column(hummed, "jaw_open")[-1] < 0.01


def test_a_clear_breath_parts_the_lips_and_a_faint_one_does_not(score):
    clear = column(play(Performer(), score.silence(0.5, breath=0.9).features), "jaw_open")
    assert 0.05 < clear[-1] < 0.12
    score.frames.clear()
    faint = score.silence(0.5, breath=0.9, breath_dbfs=-58.0).features
    assert column(play(Performer(), faint), "jaw_open").max() == 0.0


def test_the_smile_is_performed_only_where_the_model_does_not_know_it(score):
    features = score.note(2.0).features
    performed = play(Performer(knows=KNOWN_BY_MODEL), features, actions(corner_pull=-0.5))
    assert 0.02 < column(performed, "corner_pull")[-1] < 0.3
    assert 0.0 < column(performed, "cheek_raise")[-1] < 0.3
    known = play(Performer(knows=("jaw_open", "corner_pull")), features, actions(corner_pull=-0.5))
    assert column(known, "corner_pull")[-1] == pytest.approx(-0.5, abs=0.01)


def wish(trust, ready=0.0, **levels):
    condition = Condition()
    condition.shape[:] = actions(**levels)
    condition.trust, condition.ready = trust, ready
    return condition


def play_words(features, motion, condition):
    performer, out = Performer(), np.zeros((len(features), ACTION_COUNT), np.float32)
    for rows, row in zip(features, out, strict=True):
        performer.step(rows, motion, row, condition)
    return out


def test_words_that_are_not_trusted_change_nothing(score):
    features = score.silence(0.5).note(1.0).silence(0.5).features
    words = wish(0.0, ready=1.0, jaw_open=0.9, lip_closure=1.0, lip_pucker=0.8)
    np.testing.assert_array_equal(
        play_words(features, MOTION, words), play(Performer(), features, MOTION)
    )


def test_trusted_words_replace_the_heard_shape_and_leave_the_rest(score):
    features = score.silence(0.5).note(1.5).features
    out = play_words(features, MOTION, wish(1.0, jaw_open=0.2, lip_spread=0.4))
    alone = play(Performer(), features, MOTION)
    assert column(out, "lip_rounding")[-1] == 0.0
    assert column(out, "lip_spread")[-1] > 0.3
    assert column(out, "jaw_open")[-1] == pytest.approx(0.2, abs=0.04)
    others = [
        i for i, name in enumerate(ACTION_NAMES) if not name.startswith(("jaw", "lip", "upper", "lower"))
    ]
    np.testing.assert_array_equal(out[:, others], alone[:, others])


def test_half_trusted_words_meet_the_heard_shape_half_way(score):
    features = score.silence(0.5).note(1.5).features
    whole = play_words(features, MOTION, wish(1.0, jaw_open=0.2))
    half = play_words(features, MOTION, wish(0.5, jaw_open=0.2))
    alone = play(Performer(), features, MOTION)
    middle = 0.5 * (column(whole, "jaw_open") + column(alone, "jaw_open"))
    np.testing.assert_allclose(column(half, "jaw_open"), middle, atol=1e-6)


def test_without_a_voice_words_show_only_as_far_as_they_are_ready(score):
    features = score.silence(1.0).features
    assert not play_words(features, MOTION, wish(1.0, jaw_open=0.7))[:, ACTION_INDEX["jaw_open"]].any()
    ready = column(play_words(features, MOTION, wish(1.0, ready=0.2, jaw_open=0.7)), "jaw_open")
    assert 0.05 < ready[-1] <= 0.2 * 0.7 + 1e-6


def test_a_mouth_shaped_by_words_closes_as_fast_as_any(score):
    features = score.note(1.0).silence(0.5).features
    jaw = column(play_words(features, MOTION, wish(1.0, jaw_open=0.7)), "jaw_open")
    assert jaw[59] > 0.4
    assert jaw[62] < 0.1 * jaw[59]
