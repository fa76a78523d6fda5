"""The repertoire is complete and made of moves that exist."""

from __future__ import annotations

import pytest

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.phrase import Emotion
from t2s_rt.pregen.planner.acting import (
    BREATH,
    CLIMAX,
    HELD_NOTES,
    QUESTION,
    QUESTIONING_BROWS,
    REPERTOIRE,
    SIDED,
    USUAL_BREATH,
    Beat,
)
from t2s_rt.subtitles.moves import MOVE_INDEX


def all_beats() -> list[Beat]:
    beats = [*QUESTION, *QUESTIONING_BROWS.values(), *USUAL_BREATH]
    for table in (CLIMAX, HELD_NOTES, BREATH):
        beats += [beat for option in table.values() for beat in option]
    for regions in REPERTOIRE.values():
        beats += [beat for options in regions.values() for option in options for beat in option]
    return beats


@pytest.mark.parametrize("emotion", Emotion)
def test_every_emotion_can_act_every_region_in_several_ways(emotion: Emotion) -> None:
    assert set(REPERTOIRE[emotion]) == set(Region)
    assert all(len(options) >= 3 for options in REPERTOIRE[emotion].values())
    assert emotion in CLIMAX


def test_every_beat_is_a_move_of_its_region() -> None:
    for beat in all_beats():
        for move in SIDED.get(beat.move, (beat.move,)):
            assert (beat.region, move) in MOVE_INDEX, beat


def test_no_beat_shouts_at_medium_effort() -> None:
    assert all(0.05 <= beat.gain <= 0.8 for beat in all_beats())


def test_every_beat_says_why() -> None:
    assert all(beat.why and "\n" not in beat.why for beat in all_beats())
