"""The conductor passes on what its players know, in order and at the right place of the song."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.conductor import Conductor
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.intensity.condition import Condition
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.timebase import HOPS_PER_FRAME, NO_SONG_S
from t2s_rt.types import FEATURE_COUNT

FEATURES = np.zeros((HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
MOTION = np.zeros(ACTION_COUNT, np.float32)


class HearsHalfASecondLate:
    def step(self, song_s, features):
        return -0.5

    def reset(self):
        pass


class Reader:
    """Notes where it was asked, and what it was given to read."""

    def __init__(self):
        self.asked_s = []
        self.tracks = []

    def step(self, song_s, out):
        self.asked_s.append(song_s)
        out.authority[0] = 1.0

    def prepare(self, track):
        return track

    def replace(self, track):
        self.tracks.append(track)

    def reset(self):
        self.asked_s.clear()


class Lead:
    def step(self, song_s, features, motion, out):
        out.trust = song_s

    def reset(self):
        pass


def test_every_player_is_asked_at_the_corrected_place() -> None:
    reader, condition = Reader(), Condition()
    conductor = Conductor(HearsHalfASecondLate(), Lead(), reader)
    assert conductor.step(10.0, FEATURES, MOTION, condition) == pytest.approx(9.5)
    assert reader.asked_s == [pytest.approx(9.5)]
    assert condition.trust == pytest.approx(9.5)


def test_a_correction_never_leaves_the_song_before_its_start() -> None:
    assert Conductor(HearsHalfASecondLate()).step(0.2, FEATURES, MOTION, Condition()) == 0.0


def test_no_song_stays_no_song_whatever_is_heard() -> None:
    reader = Reader()
    conductor = Conductor(HearsHalfASecondLate(), None, reader)
    assert conductor.step(NO_SONG_S, FEATURES, MOTION, Condition()) == NO_SONG_S
    assert reader.asked_s == [NO_SONG_S]


def test_what_was_asked_in_the_last_frame_is_forgotten() -> None:
    condition = Condition()
    condition.target[3] = condition.trust = 1.0
    Conductor().step(1.0, FEATURES, MOTION, condition)
    assert not condition.target.any()
    assert condition.trust == 0.0


def test_the_newest_of_several_tracks_is_read_from_the_next_frame() -> None:
    reader = Reader()
    conductor = Conductor(None, None, reader)
    first, second = SubtitleTrack(()), SubtitleTrack(())
    conductor.replace_track(first)
    conductor.replace_track(second)
    conductor.step(1.0, FEATURES, MOTION, Condition())
    conductor.step(1.1, FEATURES, MOTION, Condition())
    assert reader.tracks == [second]
    assert reader.tracks[0] is second


def test_reset_resets_every_player() -> None:
    reader = Reader()
    conductor = Conductor(HearsHalfASecondLate(), Lead(), reader)
    conductor.step(1.0, FEATURES, MOTION, Condition())
    conductor.reset()
    assert reader.asked_s == []
