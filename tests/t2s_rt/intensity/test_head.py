import numpy as np

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.intensity.head import Head, Nods
from t2s_rt.intensity.measure import energy_share_below
from t2s_rt.types import Feature
from tests.t2s_rt.intensity.conftest import hear

POSE = [ACTION_INDEX[name] for name in ("head_yaw", "head_pitch", "head_roll")]


def move(features, seed=0, style=0.5):
    head, face, out = Head(np.random.default_rng(seed), style), [0.0] * ACTION_COUNT, []
    for heard in hear(features):
        head.step(heard, face)
        out.append([face[i] for i in POSE])
    return np.array(out)


def test_the_head_moves_slowly(song):
    pose = move(song)
    assert energy_share_below(pose, 2.5) > 0.95
    assert energy_share_below(np.diff(pose, axis=0), 2.5) > 0.8
    assert 0.15 < np.abs(pose).max() < 0.9


def test_most_of_its_motion_is_nods_at_one_to_two_hertz_and_none_is_a_jerk(song):
    for seed in range(8):
        speed = np.diff(move(song, seed), axis=0)
        assert energy_share_below(speed, 2.0) - energy_share_below(speed, 1.0) > 0.5, seed
        assert np.abs(speed).max() < 0.05, seed


def test_a_nod_goes_with_the_note_and_fades(score):
    features = score.silence(0.5).note(1.0).silence(3.0).features
    nods = Nods(np.random.default_rng(0))
    nod = np.abs([nods.step(heard) for heard in hear(features)]).max(axis=1)
    assert nod[:29].max() == 0.0
    assert nod[30:60].max() > 0.03
    assert nod[-30:].max() < 0.01


def test_it_rises_with_pitch(song):
    f0_hz = song[:, -1, Feature.F0_HZ]
    voiced = f0_hz > 0.0
    follows = [
        np.corrcoef(move(song, seed)[voiced, 1], np.log(f0_hz[voiced]))[0, 1] for seed in range(8)
    ]
    assert 0.15 < np.mean(follows) < 0.7


def test_it_lifts_with_the_breath_and_outlasts_the_phrase(score):
    features = score.silence(1.0).silence(0.4, breath=0.9).note(2.0).silence(3.0).features
    poses = np.array([move(features, seed) for seed in range(6)])
    pitch = poses[:, :, 1]
    assert (pitch[:, 83] > pitch[:, 59] + 0.03).all()
    after = np.abs(poses[:, 204:234]).max(axis=(1, 2))
    assert np.median(after) > 0.05


def test_it_comes_to_rest_in_silence_but_breathes(score):
    pose = move(score.note(2.0).silence(8.0).features)[-240:]
    assert np.abs(pose).max() < 0.03
    assert np.ptp(pose[:, 1]) > 0.005


def test_a_long_held_note_does_not_freeze_it(score):
    pose = move(score.silence(0.5).note(8.0).features)
    moved = [np.ptp(pose[k : k + 120], axis=0).max() for k in range(60, 390, 60)]
    assert min(moved) > 0.02


def test_a_wilder_style_nods_more_often_and_further(song):
    heard_often, far = [], []
    for style in (0.0, 0.5, 1.0):
        nods = Nods(np.random.default_rng(1), style)
        path = np.abs([nods.step(heard) for heard in hear(song)]).max(axis=1)
        rising = np.diff((path > 0.2 * path.max()).astype(int)) > 0
        heard_often.append(rising.sum())
        far.append(np.quantile(path, 0.95))
    assert heard_often[0] < heard_often[2]
    assert far[0] < 0.7 * far[1] < 0.7 * far[2]


def test_a_wilder_style_has_wider_postures_and_no_head_runs_into_its_end(song):
    poses = [np.concatenate([move(song, seed, style) for seed in range(6)]) for style in (0.0, 0.5, 1.0)]
    spreads = [pose.std(axis=0).mean() for pose in poses]
    assert spreads[0] < 0.7 * spreads[1] < 0.6 * spreads[2]
    assert np.abs(poses[2]).max() < 0.97


def test_most_of_a_wild_or_calm_heads_motion_is_nods_too(song):
    for style in (0.0, 1.0):
        shares = []
        for seed in range(6):
            speed = np.diff(move(song, seed, style), axis=0)
            shares.append(energy_share_below(speed, 2.0) - energy_share_below(speed, 1.0))
        assert np.mean(shares) > 0.5, style


def test_it_breathes_alike_in_every_style(score):
    features = score.silence(8.0).features
    usual = move(features)
    for style in (0.0, 1.0):
        assert np.array_equal(move(features, style=style), usual)
