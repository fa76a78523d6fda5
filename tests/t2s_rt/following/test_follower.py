"""The follower: right about wrong clocks, quiet about right ones, never in a hurry."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from bench.singer import Manner, perform
from bench.song_clock import CLOSE_S, OFFSETS_S, Take, corrections, demo_take, real_take, recover, songs
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.synthesis import noise, silence, vowel
from t2s_rt.errors import ConfigError
from t2s_rt.following.follower import SLEW, Follower
from t2s_rt.lyrics import load_song
from t2s_rt.lyrics.song import Line, Song, Syllable, Word
from t2s_rt.timebase import FRAME_S, HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, Feature

RIGHT_S = 0.02
"""A clock that is right is moved by no more than this."""


def a_song(pitches: list[float | None], note_s: float = 0.4, rest_every: int = 6) -> Song:
    """Notes one after the other, a rest as long as a note after every so many."""
    syllables, now_s = [], 1.0
    for i, pitch in enumerate(pitches):
        syllables.append(Syllable("la", now_s, now_s + 0.9 * note_s, pitch))
        now_s += note_s * (2 if i % rest_every == rest_every - 1 else 1)
    words = tuple(Word((syllable,)) for syllable in syllables)
    return Song("", "", "en", (Line(words, 1.0, syllables[-1].end_s),))


MELODY = [
    60.0,
    64,
    62,
    67,
    65,
    60,
    69,
    67,
    64,
    62,
    60,
    65,
    67,
    60,
    72,
    71,
    67,
    64,
    65,
    62,
    60,
    62,
    64,
    60,
]


def take_of(song: Song, manner: Manner, name: str = "made") -> Take:
    rows = FeatureExtractor().extract(perform(song, 0.0, song.end_s + 0.5, manner))
    return Take(name, song, 0.0, rows)


@pytest.fixture(scope="module")
def made() -> Take:
    return take_of(a_song(MELODY), Manner(seed=5))


@pytest.fixture(scope="module")
def demo() -> Take:
    return demo_take()


@pytest.mark.parametrize("offset_s", OFFSETS_S)
def test_a_wrong_clock_is_put_right_on_the_demo_recording(demo: Take, offset_s: float) -> None:
    found = recover(demo, offset_s)
    assert found.error_s < CLOSE_S
    assert found.worst_late_s < CLOSE_S
    assert found.backwards == 0


@pytest.mark.corpus
@pytest.mark.parametrize("offset_s", OFFSETS_S)
def test_a_wrong_clock_is_put_right_on_the_real_song(shared_data: Path, offset_s: float) -> None:
    take = real_take()
    assert take is not None
    found = recover(take, offset_s)
    assert found.error_s < CLOSE_S
    assert found.worst_late_s < CLOSE_S
    assert found.backwards == 0


@pytest.mark.parametrize("transposed", [0.0, -12.0, 5.0, -3.5])
@pytest.mark.parametrize("offset_s", [-0.3, 0.0, 0.3])
def test_the_key_does_not_matter(transposed: float, offset_s: float) -> None:
    take = take_of(a_song(MELODY), Manner(seed=7, transposed=transposed))
    assert recover(take, offset_s).error_s < CLOSE_S


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["on_the_run", "chasing_marks"])
def test_a_wrong_clock_is_put_right_on_shared_songs(shared_data: Path, name: str) -> None:
    song = songs()[name]
    for line in (0, len(song.lines) // 2):
        start_s = song.lines[line].start_s - 1.0
        rows = FeatureExtractor().extract(perform(song, start_s, start_s + 15.0, Manner(seed=line)))
        take = Take(name, song, start_s, rows)
        assert max(recover(take, offset_s).error_s for offset_s in OFFSETS_S) < CLOSE_S


def test_a_right_clock_is_left_alone(made: Take, demo: Take) -> None:
    for take in (made, demo):
        _, given_s = corrections(take.song, take.rows, take.start_s)
        assert np.abs(given_s).max() < RIGHT_S


def test_words_without_notes_never_disturb_a_right_clock(made: Take) -> None:
    words_only = a_song([None] * len(MELODY))
    _, given_s = corrections(words_only, made.rows, 0.0)
    assert np.abs(given_s).max() < CLOSE_S


def test_a_song_on_one_note_is_a_song_without_notes(made: Take) -> None:
    """Some files give every note the same pitch; taking that for the melody would mislead."""
    flat, none = a_song([60.0] * len(MELODY)), a_song([None] * len(MELODY))
    np.testing.assert_array_equal(
        corrections(flat, made.rows, 0.1)[1], corrections(none, made.rows, 0.1)[1]
    )


@pytest.mark.parametrize("heard", ["silence", "hiss", "one note"])
def test_what_says_nothing_moves_nothing(heard: str) -> None:
    samples = {
        "silence": lambda: silence(12.0),
        "hiss": lambda: noise(12.0, -30.0),
        "one note": lambda: vowel("a", 262.0, 12.0, vibrato_cents=40.0),
    }[heard]()
    _, given_s = corrections(a_song(MELODY), FeatureExtractor().extract(samples), 0.0)
    assert np.abs(given_s).max() == 0.0


def test_another_song_moves_nothing(demo: Take) -> None:
    _, given_s = corrections(a_song(MELODY), demo.rows, 0.0)
    assert np.abs(given_s).max() < CLOSE_S


def test_it_glides_and_the_corrected_clock_never_runs_backwards(made: Take) -> None:
    for rate in (0.9, 1.0, 1.1):
        clock_s, given_s = corrections(made.song, made.rows, 0.3, rate=rate)
        moved_s = np.abs(np.diff(given_s))
        assert moved_s.max() <= SLEW * rate * FRAME_S + 1e-9
        assert np.diff(clock_s + given_s).min() > 0.0


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_a_song_that_plays_faster_or_slower(rate: float) -> None:
    """The singer sings the song at that rate; the clock is 0.2 s of the song behind."""
    slow = Song("", "", "en", tuple(_stretched(line, 1.0 / rate) for line in a_song(MELODY).lines))
    rows = FeatureExtractor().extract(perform(slow, 0.0, slow.end_s, Manner(seed=3)))
    _, given_s = corrections(a_song(MELODY), rows, -0.2, rate=rate)
    assert given_s[-1] == pytest.approx(0.2, abs=CLOSE_S)


def _stretched(line: Line, by: float) -> Line:
    words = tuple(
        Word(tuple(Syllable(s.text, by * s.start_s, by * s.end_s, s.pitch_midi) for s in word.syllables))
        for word in line.words
    )
    return Line(words, by * line.start_s, by * line.end_s)


def frames_of(take: Take) -> np.ndarray:
    whole = len(take.rows) // HOPS_PER_FRAME * HOPS_PER_FRAME
    return take.rows[:whole].reshape(-1, HOPS_PER_FRAME, FEATURE_COUNT)


def test_pauses_seeks_and_free_singing_keep_the_offset(made: Take) -> None:
    follower, frames = Follower(made.song), frames_of(made)
    for i, frame in enumerate(frames):
        held_s = follower.step(i * FRAME_S - 0.2, frame)
    assert held_s == pytest.approx(0.2, abs=CLOSE_S)
    assert {follower.step(5.0, frame) for frame in frames[:60]} == {held_s}  # paused
    assert {follower.step(-1.0, frame) for frame in frames[:600]} == {held_s}  # no song
    first = 300  # a seek back into the middle, singing there
    again_s = [follower.step((first + i) * FRAME_S - 0.2, f) for i, f in enumerate(frames[first:])]
    assert np.abs(np.array(again_s) - 0.2).max() < CLOSE_S


def test_an_offset_that_changes_is_found_again(demo: Take) -> None:
    follower, frames = Follower(demo.song), frames_of(demo)
    half = len(frames) // 2
    for i, frame in enumerate(frames):
        given_s = follower.step(i * FRAME_S - (0.1 if i < half else -0.15), frame)
        if i == half - 1:
            assert given_s == pytest.approx(0.1, abs=CLOSE_S)
    assert given_s == pytest.approx(-0.15, abs=CLOSE_S)


def test_newer_features_are_no_offset(made: Take) -> None:
    """The engine's position is that of the frame, which lies its look-ahead behind the features."""
    follower = Follower(made.song, features_ahead_s=0.02)
    given_s = [follower.step((i + 1) * FRAME_S - 0.02, f) for i, f in enumerate(frames_of(made))]
    np.testing.assert_allclose(given_s, corrections(made.song, made.rows, 0.0)[1], atol=0.006)


def test_reset_forgets_and_repeats(made: Take) -> None:
    follower = Follower(made.song)
    runs = []
    for _ in range(2):
        follower.reset()
        runs.append([follower.step(i * FRAME_S - 0.1, f) for i, f in enumerate(frames_of(made))])
    assert runs[0] == runs[1]
    assert runs[0][-1] != 0.0


def test_only_its_own_voice_counts() -> None:
    lines = (a_song(MELODY).lines[0], a_song([48.0, 55, 51, 58] * 6).lines[0])
    duet = Song(
        "", "", "en", (lines[0], Line(lines[1].words, 1.0, lines[1].end_s, 1)), voices=("a", "b")
    )
    rows = FeatureExtractor().extract(perform(duet, 0.0, 11.0, Manner(seed=2), voice=1))
    follower = Follower(duet, voice=1)
    whole = rows[: len(rows) // 2 * 2].reshape(-1, HOPS_PER_FRAME, FEATURE_COUNT)
    given_s = [follower.step((i + 1) * FRAME_S - 0.25, f) for i, f in enumerate(whole)]
    assert given_s[-1] == pytest.approx(0.25, abs=CLOSE_S)
    with pytest.raises(ConfigError, match="there is no voice 2"):
        Follower(duet, voice=2)


def test_any_position_and_any_song_are_taken() -> None:
    rows = np.zeros((HOPS_PER_FRAME, FEATURE_COUNT), np.float32)
    rows[:, Feature.F0_HZ], rows[:, Feature.ONSET] = 220.0, 1.0
    background = Song("", "", "en", (Line(a_song(MELODY).lines[0].words, 1.0, 20.0, background=True),))
    for song in (background, a_song([60.0]), load_song(demo_song())):
        follower = Follower(song)
        for song_s in (-1.0, 0.0, 0.01, 0.02, 99.0, 99.01, 86_000.0, 86_000.01, 3.0, 3.01):
            assert np.isfinite(follower.step(song_s, rows))


def demo_song() -> Path:
    from engine.demo import demo_lyrics_path

    return demo_lyrics_path()


def test_memory_does_not_grow(made: Take) -> None:
    follower, frame = Follower(made.song), frames_of(made)[100]
    for i in range(100):
        follower.step(i * FRAME_S, frame)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for i in range(1000):
        follower.step(i * FRAME_S, frame)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < 200_000
