import numpy as np
import pytest

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, Region
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.cued import Cued
from t2s_rt.intensity.perform import Performer
from tests.t2s_rt.intensity.conftest import actions, column, play

SUNG = actions(jaw_open=0.5, lip_rounding=0.3, lip_spread=0.2)
LIDS = ("eye_openness_left", "eye_openness_right")


def perform(song, condition=None, seed=3):
    """A performance under one condition throughout, or under one for each frame."""
    performer, out = Performer(seed), np.zeros((len(song), ACTION_COUNT), np.float32)
    for k, (x, face) in enumerate(zip(song, out, strict=True)):
        now = condition(k) if callable(condition) else condition
        performer.step(x, SUNG, face, now)
    return out


def asking(authority=1.0, **targets):
    condition = Condition()
    for name, target in targets.items():
        condition.target[ACTION_INDEX[name]] = target
        condition.authority[ACTION_INDEX[name]] = authority
    return condition


def test_where_nothing_is_asked_the_face_is_the_same_to_the_bit(song):
    wished = Condition()
    wished.target[:] = 0.7
    free = play(Performer(3), song, SUNG)
    for condition in (None, Condition(), wished):
        assert np.array_equal(perform(song, condition), free)


@pytest.mark.parametrize("action", [a.name for a in ACTIONS])
@pytest.mark.parametrize("target", [-0.9, -0.4, 0.3, 0.8])
def test_a_cue_decides_and_changes_nothing_else(song, action, target):
    if target < ACTIONS[ACTION_INDEX[action]].minimum:
        return
    free, cued = perform(song[:900]), perform(song[:900], asking(**{action: target}))
    here = ACTION_INDEX[action]
    assert np.array_equal(np.delete(cued, here, axis=1), np.delete(free, here, axis=1))
    assert np.abs(cued[:, here] - target).mean() < 0.08


@pytest.mark.parametrize("action", [a.name for a in ACTIONS])
def test_a_cue_at_zero_stills(song, action):
    held = column(perform(song, asking(**{action: 0.0})), action)
    assert np.abs(held).max() == 0.0


@pytest.mark.parametrize("action", ["brow_raise_inner", "gaze_x", "head_yaw", "corner_pull"])
def test_a_held_cue_is_alive(song, action):
    held = column(perform(song, asking(**{action: 0.6})), action)
    assert held.std() > 0.005


def test_a_louder_voice_goes_further(score):
    loud = score.note(3.0, loudness_dbfs=-14.0).features
    soft = type(score)().note(3.0, loudness_dbfs=-34.0).features
    asked = asking(brow_raise_inner=0.6, corner_pull=-0.6)
    for name in ("brow_raise_inner", "corner_pull"):
        shown = [np.abs(column(perform(x, asked), name)[90:]).mean() for x in (soft, loud)]
        assert shown[0] + 0.01 < shown[1]


def test_lids_that_a_cue_holds_are_not_shut_by_chance(song):
    for target in (-1.0, -0.4, 0.6):
        asked = asking(eye_openness_left=target, eye_openness_right=target)
        held = perform(song[: round(Cued.STARE_S * 60) - 1], asked)
        for name in LIDS:
            assert np.abs(column(held, name) - target).max() < 0.06


def test_wide_eyes_blink_again_once_they_have_stared(song):
    held = column(perform(song, asking(eye_openness_left=0.6, eye_openness_right=0.6)), LIDS[0])
    stare = round(Cued.STARE_S * 60)
    assert held[:stare].min() > 0.5
    assert held[stare:].min() == -1.0


def test_open_eyes_blink_under_other_cues(song):
    free = perform(song)
    cued = perform(song, asking(brow_raise_inner=0.9, gaze_x=0.5, eye_squint=0.5, head_yaw=-0.5))
    for name in LIDS:
        assert np.array_equal(column(cued, name), column(free, name))
        assert column(cued, name).min() == -1.0


def test_shut_eyes_stay_shut(song):
    held = perform(song, asking(eye_openness_left=-1.0, eye_openness_right=-1.0))
    for name in LIDS:
        assert column(held, name).max() < -0.9


@pytest.mark.parametrize("target", [-1.0, 0.0, 0.8])
def test_taking_and_letting_go_of_the_lids_is_no_jump(song, target):
    """No step is larger than those of a free blink, whenever the cue comes."""
    asked = asking(eye_openness_left=target, eye_openness_right=target)

    def ramped(k):
        asked.authority[[ACTION_INDEX[name] for name in LIDS]] = abs((k % 60) / 30 - 1.0)
        return asked

    free = np.abs(np.diff(column(perform(song), LIDS[0]))).max()
    assert np.abs(np.diff(column(perform(song, ramped), LIDS[0]))).max() < free + 0.15


def test_the_free_performance_goes_on_under_a_cue(song):
    """When a cue ends, brows, head and gaze are where they would have been without it."""
    asked = asking(brow_raise_inner=0.9, head_yaw=0.5, eye_openness_left=-1.0)
    cued = perform(song, lambda k: asked if k < 600 else None)
    assert np.array_equal(cued[600:], perform(song)[600:])


def test_every_region_has_its_life():
    assert set(Cued.LIFE) == set(Region)
