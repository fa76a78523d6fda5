import numpy as np
import pytest

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.rig import Rig
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, Region
from t2s_rt.subtitles.moves import MOVE_INDEX, MOVES, Manner, moves_of

SUNG = {
    "silence": {},
    "a": {"jaw_open": 0.7, "lower_lip_depress": 0.3},
    "o": {"jaw_open": 0.4, "lip_rounding": 0.8},
    "u": {"jaw_open": 0.1, "lip_pucker": 0.8},
    "i": {"jaw_open": 0.2, "lip_spread": 0.7},
}
"""Mouths that a cue may meet; behind the shut lips of an 'm' a cue may wait."""


def actions(**intensities):
    row = np.zeros(ACTION_COUNT, np.float32)
    for name, value in intensities.items():
        row[ACTION_INDEX[name]] = value
    return row


def weights(row):
    out = np.zeros(52, np.float32)
    Rig().step(row, out)
    return out


def test_each_move_drives_actions_of_its_region_within_their_ranges():
    for move in MOVES:
        for name, gain in move.drives:
            action = ACTIONS[ACTION_INDEX[name]]
            assert action.region is move.region
            assert action.minimum <= gain <= 1.0
            assert gain != 0.0


def test_names_are_words_and_unique_in_their_lane():
    assert len(MOVE_INDEX) == len(MOVES)
    for move in MOVES:
        assert move.name.replace("_", "").isalpha()
        assert move.name == move.name.lower()
    assert all(moves_of(region) for region in Region)


def test_repeated_moves_have_a_cycle_and_held_ones_none():
    for move in MOVES:
        assert (move.cycle_beats > 0) == (move.cycle_s > 0) == (move.manner is Manner.REPEATED)


@pytest.mark.parametrize("sung", SUNG)
@pytest.mark.parametrize("move", [m for m in MOVES if m.region is not Region.NECK], ids=lambda m: m.name)
def test_the_rig_shows_each_move_over_each_mouth(move, sung):
    """Whatever is sung, the shapes that show the move alone show it as much."""
    asked = {name: 0.8 * gain for name, gain in move.drives}
    alone = weights(actions(**asked))
    over_song = weights(actions(**(SUNG[sung] | asked)))
    assert alone.max() > 0.25
    assert (over_song >= alone - 1e-6).all()


def test_a_smile_shows_with_round_lips():
    round_lips = actions(lip_rounding=0.8, jaw_open=0.3)
    smiling = actions(lip_rounding=0.8, jaw_open=0.3, corner_pull=0.7, cheek_raise=0.42)
    for name in ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft"):
        gained = weights(smiling)[ARKIT_INDEX[name]] - weights(round_lips)[ARKIT_INDEX[name]]
        assert gained > 0.4
    assert (
        weights(smiling)[ARKIT_INDEX["mouthPucker"]] == weights(round_lips)[ARKIT_INDEX["mouthPucker"]]
    )
