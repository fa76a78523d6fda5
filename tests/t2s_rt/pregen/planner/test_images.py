"""Gestures on words are made of moves that exist."""

from __future__ import annotations

from t2s_rt.pregen.planner.acting import SIDED
from t2s_rt.pregen.planner.images import GESTURES
from t2s_rt.subtitles.moves import MOVE_INDEX


def test_every_gesture_is_a_move_of_its_region() -> None:
    for gestures in GESTURES.values():
        for gesture in gestures:
            for move in SIDED.get(gesture.move, (gesture.move,)):
                assert (gesture.region, move) in MOVE_INDEX, gesture


def test_every_gesture_suits_some_emotion_and_says_why() -> None:
    for gestures in GESTURES.values():
        assert gestures
        assert all(gesture.emotions and "{word}" in gesture.why for gesture in gestures)
