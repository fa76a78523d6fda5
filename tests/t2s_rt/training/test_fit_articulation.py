import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.articulation.inventory import JAW, LOWER, MOUTH_ACTIONS, SPREAD  # noqa: E402
from t2s_rt.training.fit_articulation import (  # noqa: E402
    CLASSES,
    TYPICAL,
    Heard,
    Weights,
    around,
    by_rule,
    delay_table,
    delayed,
    error_table,
    fit_action,
    fit_all,
    inventory_teacher,
    predict,
    score,
    shares,
    stretches,
)
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip  # noqa: E402
from t2s_rt.training.recogniser import FPS  # noqa: E402
from t2s_rt.training.targets import SOUND_CLASSES  # noqa: E402

pytestmark = pytest.mark.torch

AHEAD_S, BEHIND_S = 0.08, 0.04
LEVELS = {"a": 0.7, "i": 0.15, "u": 0.35, "s": 0.05, "none": 0.0}


def take(seed, sounds=60, late_s=0.0):
    """Sounds that are known for sure and a jaw that the teacher's model moves, with other levels."""
    rng = np.random.default_rng(seed)
    names = rng.choice(list(LEVELS), sounds)
    edges = np.cumsum([0.0, *rng.uniform(0.08, 0.25, sounds)])
    spans = np.stack([edges[:-1], edges[1:]], axis=1)
    likely = np.zeros((sounds, CLASSES))
    likely[np.arange(sounds), [SOUND_CLASSES.index(n) for n in names]] = 1.0
    times_s = np.arange(int(edges[-1] * 30)) / 30
    face = np.zeros((len(times_s), len(MOUTH_ACTIONS)), np.float32)
    clip = LabelledClip(
        "c", 0.01 * rng.standard_normal(int(edges[-1] * RATE_HZ) + 1).astype(np.float32), RATE_HZ,
        tuple((TYPICAL[n], float(a), float(b)) for n, (a, b) in zip(names, spans, strict=True)
              if n != "none"),
        "", "s", "xx", "t", "", None,
    )  # fmt: skip
    size = np.ones(len(times_s))
    heard = Heard(f"t{seed}", clip, spans + late_s, likely, face, times_s, size,
                  rng.normal(-10.0, 5.0, len(size)))  # fmt: skip
    weights = Weights([heard]).at(AHEAD_S, BEHIND_S)
    levels = np.zeros(CLASSES)
    for name, level in LEVELS.items():
        levels[SOUND_CLASSES.index(name)] = level
    face[:, JAW] = shares(weights, inventory_teacher().dominance[:, JAW]) @ levels
    return delayed(heard, -late_s) if late_s else heard


TAKES = [take(seed) for seed in range(3)]


def test_it_finds_the_levels_and_widths_that_made_a_face():
    weights, prior = Weights(TAKES), inventory_teacher()
    levels, _, ahead_s, behind_s = fit_action(JAW, TAKES, (0, 1), weights, prior)
    assert (ahead_s, behind_s) == (AHEAD_S, BEHIND_S)
    for name, level in LEVELS.items():
        assert levels[SOUND_CLASSES.index(name)] == pytest.approx(level, abs=0.08)
    shown = predict(JAW, 2, (levels, prior.dominance[:, JAW], ahead_s, behind_s), weights, TAKES)
    correlation, error = score(shown, TAKES[2].face[:, JAW])
    assert correlation > 0.97
    assert error < 0.06


def test_what_the_takes_do_not_show_stays_as_it_was():
    weights, prior = Weights(TAKES), inventory_teacher()
    fitted, evidence = fit_all(TAKES, weights, prior)
    np.testing.assert_array_equal(fitted.levels[:, SPREAD], prior.levels[:, SPREAD])
    assert fitted.ahead_s[LOWER] == prior.ahead_s[LOWER]
    unheard = SOUND_CLASSES.index("w")
    assert fitted.levels[unheard, JAW] == pytest.approx(prior.levels[unheard, JAW], abs=0.02)
    assert evidence[unheard, JAW] < 1.0 < evidence[SOUND_CLASSES.index("a"), JAW]


def test_a_face_that_is_recorded_late_is_found_out():
    prior = inventory_teacher()
    assert delay_table(TAKES[:2], prior)[0] == 0.0
    assert delay_table([take(seed, late_s=0.067) for seed in range(2)], prior)[0] == 0.067


def test_the_table_judges_only_what_moves():
    lines = error_table(TAKES, Weights(TAKES), inventory_teacher()).splitlines()
    jaw = [line for line in lines if line.startswith("| jaw_open")]
    assert len(jaw) == len(TAKES) + 1
    fit = [float(line.split("|")[6].split(",")[0]) for line in jaw]
    loudness = [line.split("|")[4].split(",")[0] for line in jaw]
    assert min(fit) > 0.9
    assert all(float(r) < 0.5 for r in loudness)  # its level hardly says what the jaw does
    assert sum("nothing to fit" in line for line in lines) == len(MOUTH_ACTIONS) - 1


def test_the_teacher_itself_is_judged_on_the_likely_sounds():
    mouth = by_rule(TAKES[0])
    assert mouth.shape == TAKES[0].face.shape
    assert score(mouth[:, JAW], TAKES[0].face[:, JAW])[0] > 0.6


def test_short_stretches_join_the_sound_before():
    likely = np.zeros((12, CLASSES), np.float32)
    likely[:5, 1] = likely[5:6, 2] = likely[6:, 3] = 1.0
    spans, mean = stretches(likely)
    np.testing.assert_allclose(spans * FPS, [(-0.5, 5.5), (5.5, 11.5)])
    assert mean[0, 1] == pytest.approx(5 / 6)


def test_a_gesture_is_the_mean_around_sure_sounds():
    count, mean = around(TAKES, ("a",), JAW)
    assert count > 10
    assert mean[len(mean) // 2] == mean.max()


def test_score_of_something_still():
    correlation, error = score(np.zeros(4), [0.0, 1.0, 0.0, 1.0])
    assert np.isnan(correlation)
    assert error == pytest.approx(np.sqrt(0.5))
