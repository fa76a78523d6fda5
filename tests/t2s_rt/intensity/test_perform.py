import itertools

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.demo import demo_song_path
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.synthesis import vowel
from t2s_rt.errors import ConfigError
from t2s_rt.inference.baseline import BaselineMotion
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, MOUTH_NAMES
from t2s_rt.intensity.measure import (
    blinks_per_minute,
    energy_share_below,
    flicker,
    opening_delay_s,
    release_delay_s,
    rest_share,
)
from t2s_rt.intensity.mouth import KNOWN_BY_MODEL
from t2s_rt.intensity.perform import Performer
from t2s_rt.timebase import HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, Feature
from tests.t2s_rt.intensity.conftest import actions, column, play, rank_correlation

MOUTH = [ACTION_INDEX[name] for name in MOUTH_NAMES]
MODELLED = [ACTION_INDEX[name] for name in KNOWN_BY_MODEL]
HEAD = [ACTION_INDEX[name] for name in ("head_yaw", "head_pitch", "head_roll")]
BROWS = [ACTION_INDEX[name] for name in ACTION_INDEX if name.startswith("brow_raise")]
STYLES = (0.0, 0.25, 0.5, 0.75, 1.0)
INVENTED = ("brow_raise_inner", "head_yaw", "head_pitch", "head_roll")
SEEDS = range(8)


class Recording:
    """A recording as it is performed: features per frame, the baseline's motion and several seeds."""

    def __init__(self, samples):
        rows = FeatureExtractor().extract(samples)
        count = len(rows) // HOPS_PER_FRAME
        self.features = rows[: count * HOPS_PER_FRAME].reshape(count, HOPS_PER_FRAME, FEATURE_COUNT)
        self.motion = np.zeros((count, ACTION_COUNT), np.float32)
        baseline = BaselineMotion()
        for x, y in zip(self.features, self.motion, strict=True):
            baseline.step(x, y)
        self.available_s = (np.arange(count) + 1) / 60
        self.performances = [self.perform(seed) for seed in SEEDS]

    def perform(self, seed, style=0.5):
        return play(Performer(seed, BaselineMotion.knows, style), self.features, self.motion)

    def newest(self, feature):
        return self.features[:, -1, feature]

    @property
    def silent(self):
        """Frames with neither voice nor breath for the last 0.15 s."""
        sounding = (self.newest(Feature.VOICE) > 0.02) | (self.newest(Feature.LOUDNESS_DBFS) > -50.0)
        return np.convolve(sounding, np.ones(10))[: sounding.size] == 0


@pytest.fixture(scope="module")
def demo():
    samples, _ = soundfile.read(demo_song_path(), dtype="float32")
    return Recording(samples)


@pytest.fixture(scope="module")
def real(shared_data):
    samples, _ = soundfile.read(shared_data / "nit_song070" / "004.wav", dtype="float32")
    return Recording(samples)


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.corpus)])
def sung(request):
    """The demo song, and a real one where there is one."""
    return request.getfixturevalue(request.param)


def test_the_same_seed_repeats_and_reset_starts_anew(song):
    performer = Performer(seed=3)
    first = play(performer, song[:1200])
    assert np.array_equal(first, play(Performer(seed=3), song[:1200]))
    performer.reset()
    assert np.array_equal(first, play(performer, song[:1200]))


def test_frames_never_depend_on_what_comes_after(song):
    changed = song.copy()
    changed[900:] = song[:1][0]
    assert np.array_equal(play(Performer(), song)[:900], play(Performer(), changed)[:900])


def test_another_seed_is_another_performance_with_the_same_mouth(sung):
    for a, b in itertools.combinations(sung.performances, 2):
        assert np.array_equal(a[:, MOUTH], b[:, MOUTH])
        assert not np.array_equal(a, b)
    for name in INVENTED:
        curves = np.array([column(out, name) for out in sung.performances])
        alike = np.corrcoef(curves)[np.triu_indices(len(curves), 1)]
        assert np.mean(alike) < 0.6, name


@pytest.fixture(scope="module")
def styled(demo):
    """The demo song in every style, the same four seeds each."""
    return {style: [demo.perform(seed, style) for seed in range(4)] for style in STYLES}


def test_more_style_is_more_motion_of_head_and_brows(styled):
    for region in (HEAD, BROWS):
        energies = [
            np.mean([np.square(np.diff(out[:, region], axis=0)).sum() for out in outs])
            for outs in styled.values()
        ]
        assert all(less * 1.1 < more for less, more in itertools.pairwise(energies)), energies


def test_the_usual_style_is_the_one_without_a_style(demo, styled):
    for seed, out in enumerate(styled[0.5]):
        assert np.array_equal(out, demo.performances[seed])


def test_no_style_changes_the_mouth_that_sounds_are_made_with(demo, styled):
    for out in itertools.chain(*styled.values()):
        assert np.array_equal(out[:, MODELLED], demo.performances[0][:, MODELLED])
    corners = [column(outs[0], "corner_pull").max() for outs in styled.values()]
    assert corners == sorted(corners)
    assert corners[-1] < 1.6 * corners[0]


def test_what_a_model_says_of_corners_and_cheeks_no_style_changes(song):
    motion = actions(corner_pull=0.5, cheek_raise=0.3, jaw_open=0.4)
    calm, wild = (play(Performer(0, MOUTH_NAMES, style), song[:900], motion) for style in (0.0, 1.0))
    assert np.array_equal(calm[:, MOUTH], wild[:, MOUTH])


def test_no_style_jerks(styled):
    """Per second; a usual head turns at 2 and a usual brow moves at 2.7 in one frame of a hundred."""
    for outs in styled.values():
        steps = np.concatenate([60 * np.diff(out, axis=0) for out in outs])
        head, brow = np.linalg.norm(steps[:, HEAD], axis=1), np.abs(steps[:, BROWS]).max(axis=1)
        assert np.quantile(head, 0.99) < 3.2  # 70 degrees a second
        assert np.quantile(brow, 0.99) < 4.2
        assert head.max() < 5.5
        assert brow.max() < 8.0


@pytest.mark.parametrize("style", [0.0, 1.0])
def test_silence_is_as_still_in_every_style(score, style):
    out = play(Performer(style=style), score.note(3.0).silence(6.0).features)[-120:]
    for name in ("brow_raise_inner", "brow_furrow", "head_yaw"):
        assert np.abs(column(out, name)).max() < 0.01, name
    assert np.abs(column(out, "head_pitch")).max() < 0.03
    assert np.abs(out[:, MOUTH]).max() == 0.0


def test_brow_height_follows_the_sung_pitch_as_far_as_people_do(sung):
    f0_hz = sung.newest(Feature.F0_HZ)
    voiced = f0_hz > 0.0
    follows = [
        rank_correlation(column(out, "brow_raise_inner")[voiced], f0_hz[voiced])
        for out in sung.performances
    ]
    assert 0.35 < np.mean(follows) < 0.7


def test_the_head_moves_below_two_and_a_half_hertz(sung):
    pose = [ACTION_INDEX[name] for name in ("head_yaw", "head_pitch", "head_roll")]
    for out in sung.performances:
        assert energy_share_below(out[:, pose], 2.5) > 0.95
        assert np.abs(out[:, pose]).max() < 1.0


def test_blinks_come_at_the_rate_of_people(sung):
    rates = [blinks_per_minute(column(out, "eye_openness_left")) for out in sung.performances]
    assert 12.0 < np.mean(rates) < 22.0
    assert all(7.0 < rate < 28.0 for rate in rates)


def test_the_mouth_rests_in_silence(sung):
    assert sung.silent.sum() > 120
    assert rest_share(sung.performances[0][:, MOUTH], sung.silent) >= 0.99


def test_the_mouth_opens_with_the_voice_and_closes_with_it():
    hush = np.zeros(24_000, np.float32)
    note = vowel("a", 330.0, 1.5, loudness_dbfs=-20.0)
    recording = Recording(np.concatenate([hush, note, hush, hush]))
    jaw = column(recording.performances[0], "jaw_open")
    assert opening_delay_s(recording.available_s, jaw, 0.5) <= 0.05
    assert release_delay_s(recording.available_s, jaw, 2.0) <= 0.06


def test_a_held_vowel_does_not_flicker():
    note = vowel("o", 440.0, 8.0, vibrato_cents=50.0, loudness_dbfs=-18.0)
    recording = Recording(np.concatenate([np.zeros(24_000, np.float32), note]))
    jaw = column(recording.performances[0], "jaw_open")
    assert jaw[90:].min() > 0.1
    assert flicker(recording.available_s, jaw, 0.5, 8.5) < 0.05


def test_brows_and_head_settle_when_nobody_sings(score):
    out = play(Performer(), score.note(3.0).silence(6.0).features)[-120:]
    for name in ("brow_raise_inner", "brow_furrow", "head_yaw"):
        assert np.abs(column(out, name)).max() < 0.01, name
    assert np.abs(column(out, "head_pitch")).max() < 0.03


def test_both_lids_shut_together_and_wide_brows_widen_the_eyes(song):
    out = play(Performer(), song)
    assert np.array_equal(column(out, "eye_openness_left"), column(out, "eye_openness_right"))
    assert column(out, "eye_openness_left").min() == -1.0
    assert 0.05 < column(out, "eye_openness_left").max() < 0.4


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    style=st.floats(0, 1),
    level=st.floats(-100, 10),
    f0_hz=st.floats(0, 2000),
)
def test_every_intensity_stays_in_its_range_and_finite(seed, style, level, f0_hz):
    rng = np.random.default_rng(seed)
    features = rng.uniform(0.0, 1.0, (90, HOPS_PER_FRAME, FEATURE_COUNT)).astype(np.float32)
    features[:, :, Feature.LOUDNESS_DBFS] = level
    features[:, :, Feature.REFERENCE_DBFS] = rng.uniform(-60, 0)
    features[:, :, Feature.F0_HZ] = np.where(rng.random((90, 1)) < 0.7, f0_hz, 0.0)
    motion = rng.uniform(-1.0, 1.0, (90, ACTION_COUNT)).astype(np.float32)
    out = play(Performer(seed, style=style), features, motion)
    assert np.isfinite(out).all()
    assert (out >= [action.minimum for action in ACTIONS]).all()
    assert (out <= 1.0).all()


def test_it_adds_no_latency():
    assert Performer().latency_samples == 0


def test_what_is_no_mouth_action_no_seed_or_no_style_is_refused_with_advice():
    with pytest.raises(ConfigError, match="head_yaw"):
        Performer(knows=("jaw_open", "head_yaw"))
    with pytest.raises(ConfigError, match="positive"):
        Performer(seed=-1)
    with pytest.raises(ConfigError, match="wild"):
        Performer(style=1.2)


def test_what_the_model_does_not_know_is_not_read(song):
    knows = ("jaw_open", "lip_closure")
    told = actions(jaw_open=0.4, lip_pucker=0.9, head_yaw=1.0, brow_furrow=1.0)
    clean = actions(jaw_open=0.4)
    assert np.array_equal(
        play(Performer(knows=knows), song[:600], told), play(Performer(knows=knows), song[:600], clean)
    )
