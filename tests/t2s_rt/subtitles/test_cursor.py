import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTIONS, Region
from t2s_rt.intensity.condition import Condition
from t2s_rt.subtitles import Cue, SubtitleTrack
from t2s_rt.subtitles.cue import cue_order
from t2s_rt.subtitles.cursor import Cursor
from t2s_rt.subtitles.moves import MOVES
from t2s_rt.timebase import FRAME_S
from tests.t2s_rt.subtitles import samples
from tests.t2s_rt.subtitles.test_music import sung

SONG = sung([0.5 * k for k in range(1, 60)])
INNER = ACTION_INDEX["brow_raise_inner"]
OUTER = ACTION_INDEX["brow_raise_outer_left"]
PITCH = ACTION_INDEX["head_pitch"]
CORNERS = ACTION_INDEX["corner_pull"]
LOWEST = np.array([action.minimum for action in ACTIONS])
MOST_A_FRAME = 0.1
"""What a glide may move; a cue's own motion comes on top."""


def track(*cues):
    return SubtitleTrack(
        tuple(sorted((Cue(a, b, Region(r), m, i) for a, b, r, m, i in cues), key=cue_order))
    )


def play(cursor, times_s):
    """Authorities and targets, ``(T, ACTION_COUNT)`` each."""
    out = Condition()
    rows = []
    for now_s in times_s:
        cursor.step(float(now_s), out)
        rows.append((out.authority.copy(), out.target.copy()))
    return np.array([a for a, _ in rows]), np.array([t for _, t in rows])


def frames(start_s, end_s, rate=1.0):
    return np.arange(start_s, end_s, FRAME_S * rate)


def shown(authority, target):
    """What a face shows that rests where nothing is asked."""
    return authority * target


RAISE = track((2.0, 4.0, "brows", "raise", 0.7))


def test_the_written_intensity_holds_over_the_written_span():
    at_s = frames(0.0, 6.0)
    authority, target = play(Cursor(RAISE, SONG), at_s)
    inside = (at_s >= 2.0) & (at_s < 4.0)
    for action in (INNER, OUTER):
        assert (authority[inside, action] == 1.0).all()
        np.testing.assert_allclose(target[inside, action], 0.7, atol=1e-6)
    assert authority[at_s < 1.5].max() == 0.0
    assert authority[at_s > 4.7].max() == 0.0
    untouched = [i for i in range(ACTION_COUNT) if "brow_raise" not in ACTIONS[i].name]
    assert authority[:, untouched].max() == 0.0


def test_the_face_begins_before_the_cue_and_lets_go_after_it_smoothly():
    at_s = frames(0.0, 6.0)
    authority = play(Cursor(RAISE, SONG), at_s)[0][:, INNER]
    rising, falling = authority[at_s < 2.0], authority[at_s >= 4.0]
    assert ((rising > 0.0) & (rising < 1.0)).sum() >= 5
    assert ((falling > 0.0) & (falling < 1.0)).sum() >= 8
    assert (np.diff(rising) >= 0.0).all()
    assert (np.diff(falling) <= 0.0).all()
    assert np.abs(np.diff(authority)).max() < 0.25


@pytest.mark.parametrize("length_s", [0.05, 0.1, 0.3])
def test_the_shortest_cue_reaches_its_intensity(length_s):
    short = track((2.0, 2.0 + length_s, "neck", "lower", 0.9))
    assert shown(*play(Cursor(short, SONG), frames(0.0, 4.0)))[:, PITCH].min() == pytest.approx(
        -0.9, abs=1e-6
    )


def test_neighbours_cross_over_without_passing_through_rest():
    for gap_s in (0.0, 0.1, 0.3, 0.5):
        pair = track(
            (1.0, 2.0, "brows", "raise", 0.4), (2.0 + gap_s, 3.0 + gap_s, "brows", "raise", 0.9)
        )
        at_s = frames(1.0, 3.0 + gap_s)
        authority, target = play(Cursor(pair, SONG), at_s)
        assert authority[:, INNER].min() == 1.0
        assert (np.diff(target[:, INNER]) >= -1e-6).all()
        assert np.abs(np.diff(target[:, INNER])).max() < 0.15


def test_an_action_that_only_one_neighbour_drives_lets_go():
    pair = track((1.0, 2.0, "brows", "raise", 0.4), (2.0, 4.0, "brows", "raise_inner", 0.9))
    at_s = frames(0.0, 4.0)
    authority, _ = play(Cursor(pair, SONG), at_s)
    assert authority[at_s > 3.0, OUTER].max() == 0.0
    assert authority[at_s > 3.0, INNER].min() == 1.0


def test_nods_go_with_the_beat():
    at_s = frames(0.0, 10.0)
    pitch = shown(*play(Cursor(track((3.0, 9.0, "neck", "nod", 0.8)), SONG), at_s))[:, PITCH]
    inside = (at_s > 3.2) & (at_s < 8.8)
    lows = [
        t for i, t in enumerate(at_s[1:-1], 1) if inside[i] and pitch[i - 1] > pitch[i] <= pitch[i + 1]
    ]
    assert len(lows) == 11
    assert max(abs(t / 0.5 - round(t / 0.5)) * 0.5 for t in lows) < 0.02
    assert pitch[inside].min() == pytest.approx(-0.8, abs=0.01)
    assert pitch[inside].max() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("move", ["nod", "shake", "sway"])
def test_a_repeated_move_too_short_for_the_beat_still_swings_out(move):
    action = {"nod": "head_pitch", "shake": "head_yaw", "sway": "head_roll"}[move]
    out = shown(*play(Cursor(track((3.1, 3.2, "neck", move, 0.6)), SONG), frames(2.0, 5.0)))
    assert np.abs(out[:, ACTION_INDEX[action]]).max() == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
def test_what_is_asked_depends_on_the_position_alone(rate):
    at_s = frames(0.0, 8.0, rate)
    played = play(Cursor(samples.PLANNED, SONG), at_s)
    for i in range(0, len(at_s), 7):
        authority, target = play(Cursor(samples.PLANNED, SONG), at_s[i : i + 1])
        np.testing.assert_array_equal(authority[0], played[0][i])
        np.testing.assert_array_equal(target[0], played[1][i])


def test_a_pause_holds_the_face():
    cursor = Cursor(samples.PLANNED, SONG)
    play(cursor, frames(0.0, 2.0))
    authority, target = play(cursor, np.full(60, 2.0))
    assert (np.ptp(authority, axis=0) == 0.0).all()
    assert (np.ptp(target, axis=0) == 0.0).all()


SMILE = track((0.0, 20.0, "mouth", "smile", 1.0))
FROWN = track((0.0, 20.0, "mouth", "frown", 1.0))
TURNED = track((0.0, 5.0, "mouth", "smile", 1.0), (10.0, 20.0, "mouth", "frown", 1.0))


@pytest.mark.parametrize(
    ("first", "second", "jump_s"),
    [(SMILE, FROWN, 0.0), (SMILE, track(), 0.0), (TURNED, None, 9.0), (TURNED, None, -1.0)],
    ids=["another track", "no track", "seek", "stop"],
)
def test_no_jump_jumps_the_face(first, second, jump_s):
    cursor = Cursor(first, SONG)
    before = shown(*play(cursor, frames(1.0, 3.0)))
    if second is not None:
        cursor.replace(second)
    at_s = np.full(90, -1.0) if jump_s < 0 else frames(3.0, 4.5) + jump_s
    after = shown(*play(cursor, at_s))
    fresh = shown(*play(Cursor(second or first, SONG), at_s))
    both = np.concatenate([before[-1:], after])[:, CORNERS]
    assert np.abs(np.diff(both)).max() <= MOST_A_FRAME + 1e-6
    assert abs(both[6] - both[0]) > 0.25 * abs(fresh[6, CORNERS] - both[0]), "seen within 100 ms"
    assert abs(both[-1] - fresh[len(at_s) - 1, CORNERS]) < 1e-3, "there within 1.5 s"


def test_scrubbing_moves_the_face_all_the_time():
    cursor = Cursor(TURNED, SONG)
    play(cursor, frames(1.0, 2.0))
    out = shown(*play(cursor, [12.0, 14.0, 11.0, 13.0, 18.0, 15.0, 12.0, 16.0, 11.0, 17.0] * 4))
    assert np.abs(np.diff(out[:, CORNERS])).max() <= MOST_A_FRAME + 1e-6
    assert out[-1, CORNERS] < -0.95


def test_a_prepared_track_is_the_same_track():
    plain, prepared = Cursor(SMILE, SONG), Cursor(SMILE, SONG)
    for cursor, new in ((plain, FROWN), (prepared, prepared.prepare(FROWN))):
        play(cursor, frames(0.0, 1.0))
        cursor.replace(new)
    for a, b in zip(play(plain, frames(1.0, 2.0)), play(prepared, frames(1.0, 2.0)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_reset_forgets():
    at_s = frames(0.0, 8.0)
    cursor = Cursor(samples.PLANNED, SONG)
    first = play(cursor, at_s)
    cursor.step(700.0, Condition())
    cursor.reset()
    again = play(cursor, at_s)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


def test_words_are_left_alone():
    out = Condition()
    out.shape[:], out.trust = 0.5, 0.25
    Cursor(SMILE).step(1.0, out)
    assert (out.shape == 0.5).all()
    assert out.trust == 0.25


@settings(max_examples=80, deadline=None)
@given(
    first=samples.track(),
    second=samples.track(),
    path=st.lists(st.tuples(st.floats(-2, 410), st.sampled_from([0.0, 0.5, 1.0, 2.0])), max_size=6),
)
def test_whatever_is_played_stays_in_range(first, second, path):
    cursor = Cursor(first)
    for (start_s, rate), new in zip(path, itertools.cycle([first, second]), strict=False):
        authority, target = play(cursor, start_s + rate * FRAME_S * np.arange(20))
        assert np.isfinite(authority).all()
        assert np.isfinite(target).all()
        assert authority.min() >= 0.0
        assert authority.max() <= 1.0
        assert (target >= LOWEST).all()
        assert target.max() <= 1.0
        cursor.replace(new)


def test_memory_does_not_grow_with_time_and_steps_not_with_the_song():
    cues = [
        Cue(0.5 * k, 0.5 * k + 0.4, move.region, move.name, 0.5)
        for k in range(4000)
        for move in [MOVES[k % len(MOVES)]]
    ]
    cursor, out = Cursor(SubtitleTrack(tuple(cues))), Condition()
    for k in range(200):
        cursor.step(k * FRAME_S, out)
    tracemalloc.start()
    try:
        for k in range(100):
            cursor.step(k * FRAME_S, out)
        settled, _ = tracemalloc.get_traced_memory()
        for k in range(2000):
            cursor.step((k * 0.7) % 1900, out)
        grown, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown - settled < 5000
    assert peak - settled < 20_000
