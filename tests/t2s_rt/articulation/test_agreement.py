import numpy as np

from t2s_rt.articulation.agreement import Agreement
from t2s_rt.articulation.coarticulation import COLUMNS, COVERED, SUNG
from t2s_rt.articulation.inventory import JAW, ROUNDING, SPREAD
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.timebase import FRAME_RATE_HZ
from t2s_rt.types import FEATURE_COUNT

SHAPES = np.array(
    [[0.68, 0.0, 0.0], [0.22, 0.0, 0.46], [0.44, 0.78, 0.0], [0.42, 0.0, 0.28]], np.float32
)
FEATURES = np.zeros((2, FEATURE_COUNT), np.float32)


def due(vowel):
    row = np.zeros(COLUMNS, np.float32)
    row[[JAW, ROUNDING, SPREAD]] = SHAPES[vowel]
    row[SUNG] = row[COVERED] = 1.0
    return row


def heard(vowel, boldness=0.5, offset=0.0):
    row = np.zeros(ACTION_COUNT, np.float32)
    columns = [ACTION_INDEX[name] for name in ("jaw_open", "lip_rounding", "lip_spread")]
    row[columns] = boldness * SHAPES[vowel] + offset
    return row


def run(agreement, vowels, shift=0, **how):
    return [
        agreement.step(due(vowel), FEATURES, heard((vowel + shift) % 4, **how), voice=True)
        for vowel in vowels
    ]


def vowels(duration_s, seed=3):
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(0, 4, round(duration_s / 0.3)), round(0.3 * FRAME_RATE_HZ))


def test_the_right_vowels_keep_it_even_from_a_timid_or_biased_model():
    assert min(run(Agreement(), vowels(10.0))) > 0.95
    assert min(run(Agreement(), vowels(10.0), boldness=0.3)) > 0.9
    assert min(run(Agreement(), vowels(10.0), offset=0.1)) > 0.9


def test_wrong_vowels_lose_it_within_about_a_second():
    for shift in (1, 2, 3):
        belief = run(Agreement(), vowels(8.0), shift=shift)
        assert belief[round(1.3 * FRAME_RATE_HZ)] < 0.2
        assert max(belief[round(2 * FRAME_RATE_HZ) :]) < 0.3


def test_agreement_brings_it_back():
    agreement = Agreement()
    run(agreement, vowels(4.0), shift=1)
    belief = run(agreement, vowels(8.0, seed=5))
    assert belief[-1] == 1.0


def test_silence_says_nothing():
    agreement = Agreement()
    for vowel in vowels(20.0):
        belief = agreement.step(due(vowel), FEATURES, np.zeros(ACTION_COUNT, np.float32), voice=False)
    assert belief == 1.0


def test_one_held_vowel_says_nothing_against_itself():
    assert min(run(Agreement(), np.full(600, 0))) > 0.9


def test_a_voice_in_a_rest_speaks_against_the_words():
    agreement, rest = Agreement(), np.zeros(COLUMNS, np.float32)
    for _ in range(3 * FRAME_RATE_HZ):
        belief = agreement.step(rest, FEATURES, heard(0), voice=True)
    assert belief == 0.0


def test_reset_believes_again():
    agreement = Agreement()
    run(agreement, vowels(4.0), shift=1)
    agreement.reset()
    assert run(agreement, vowels(4.0)) == run(Agreement(), vowels(4.0))
