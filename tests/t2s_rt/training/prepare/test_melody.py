import numpy as np
import pytest

from t2s_rt.training.prepare.melody import NOTE_S, VIBRATO_SEMITONES, draw_octaves, wander
from t2s_rt.training.prepare.world import STEP_S

ONSETS = np.array([20, 90, 200, 420, 1200])
OFFSETS = np.array([70, 180, 400, 1150, 1200])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("held", [False, True])
def test_notes_stay_in_their_range(seed: int, held: bool) -> None:
    octaves = draw_octaves(ONSETS, OFFSETS, (200.0, 400.0), np.random.default_rng(seed), held=held)
    assert octaves.shape == (1200,)
    margin = VIBRATO_SEMITONES / 12.0 + 1e-9
    assert octaves.min() >= np.log2(200.0) - margin
    assert octaves.max() <= np.log2(400.0) + margin
    assert np.abs(np.diff(octaves)).max() < 0.1  # 17 rows for a glide of up to 5 semitones


def test_a_held_vowel_keeps_its_note_unless_it_turns() -> None:
    kept = sum(
        np.ptp(draw_octaves(ONSETS, OFFSETS, (100.0, 400.0), rng, held=True)[500:1100])
        < 2 * (VIBRATO_SEMITONES + 0.4) / 12.0
        for rng in map(np.random.default_rng, range(40))
    )  # fmt: skip
    assert 25 <= kept < 40


def test_a_melody_moves_within_a_long_vowel() -> None:
    octaves = draw_octaves(ONSETS, OFFSETS, (100.0, 400.0), np.random.default_rng(1), held=False)
    longest = round(NOTE_S[1] / STEP_S)
    assert all(np.ptp(octaves[at : at + 2 * longest]) > 0.05 for at in range(0, 1200 - 2 * longest, 50))


def test_wandering_is_smooth_and_of_the_length_asked_for() -> None:
    for rows in (1, 2, 77, 4000):
        assert wander(rows, 4.0, np.random.default_rng(0)).shape == (rows,)
    long = wander(4000, 4.0, np.random.default_rng(0))
    assert 0.4 < long.std() < 1.2
    assert np.abs(np.diff(long)).max() < 0.15
