import numpy as np

from t2s_rt.intensity.hearing import Hearing
from t2s_rt.types import Feature
from tests.t2s_rt.intensity.conftest import hear


def test_phrases_begin_and_end_once(score):
    features = score.silence(1.0).note(1.0).silence(1.0).note(1.0).silence(1.0).features
    flags = [(h.phrase_began, h.phrase_ended) for h in hear(features)]
    began = [k for k, (b, _) in enumerate(flags) if b]
    ended = [k for k, (_, e) in enumerate(flags) if e]
    assert began == [60, 180]
    assert [k - 120 * i - 120 for i, k in enumerate(ended)] == [round(Hearing.PHRASE_GAP_S * 60) - 1] * 2


def test_a_consonant_does_not_end_a_phrase(score):
    features = score.silence(0.5).note(0.5).silence(0.15).note(0.5).features
    assert sum(h.phrase_began for h in hear(features)) == 1


def test_a_wavering_voice_is_not_flapped_by(score):
    features = score.silence(0.5).note(1.0).features
    features[60:, :, Feature.VOICE] = np.resize([0.58, 0.53], (30, 1))
    assert all(h.present for k, h in enumerate(hear(features)) if k >= 31)


def test_effort_is_level_against_the_singers_own(score):
    features = score.note(1.0, loudness_dbfs=-18.0).features
    assert abs([h.effort for h in hear(features)][-1] - 1.0) < 0.01
    soft = features.copy()
    soft[:, :, Feature.LOUDNESS_DBFS] -= 12.0
    assert abs([h.effort for h in hear(soft)][-1] - 0.5) < 0.01
    both = soft.copy()
    both[:, :, Feature.REFERENCE_DBFS] -= 12.0
    assert abs([h.effort for h in hear(both)][-1] - 1.0) < 0.01


def test_pitch_is_told_against_the_singers_own_middle_at_any_register(score):
    rng = np.random.default_rng(1)
    offsets = rng.integers(-5, 6, 40)
    for octave in (1.0, 4.0):
        score.frames.clear()
        for semitones in offsets:
            score.note(0.4, 150.0 * octave * 2 ** (semitones / 12))
        pitch = np.array([h.pitch for h in hear(score.features)])[::-24][::-1]  # last frame of each note
        assert np.corrcoef(pitch[10:], offsets[10:])[0, 1] > 0.95
        assert abs(np.median(pitch[10:])) < 0.5


def test_vibrato_is_no_melody_but_a_leap_is(score):
    features = score.note(3.0).features
    time_s = np.arange(180) / 60
    features[:, :, Feature.F0_HZ] = (300 * 2 ** (0.8 * np.sin(2 * np.pi * 5.5 * time_s) / 12))[:, None]
    heard = [(h.pitch, h.pitch_rose) for h in hear(features)]
    assert np.ptp([p for p, _ in heard][60:]) < 0.35
    assert not any(rose for _, rose in heard)

    leap = score.note(1.0, 300.0 * 2 ** (5 / 12)).features
    assert sum(h.pitch_rose for h in hear(leap)) == 1


def test_a_breath_counts_only_where_one_can_hear_it(score):
    clear = score.silence(0.2, breath=0.9, breath_dbfs=-44.0).features
    hiss = clear.copy()
    hiss[:, :, Feature.LOUDNESS_DBFS] = -80.0
    assert [h.breath for h in hear(clear)][-1] > 0.8
    assert [h.breath for h in hear(hiss)][-1] == 0.0


def test_activity_outlasts_the_voice_and_settles(score):
    activity = [h.activity for h in hear(score.note(2.0).silence(3.0).features)]
    assert activity[119] > 0.99
    assert activity[119 + 18] > 0.4
    assert activity[-1] < 0.01


def test_what_is_far_softer_than_the_singer_has_to_be_a_voice_for_sure(score):
    features = score.note(1.0, loudness_dbfs=-18.0).silence(0.5).note(0.5, loudness_dbfs=-48.0).features
    for presence, present in ((0.78, False), (0.95, True)):
        hearing = Hearing()
        for k, rows in enumerate(features.tolist()):
            hearing.step(rows, presence if k >= 90 else float(k < 60))
        assert hearing.present is present
