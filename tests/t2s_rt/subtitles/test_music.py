import numpy as np
import pytest

from engine.demo import demo_song_path
from t2s_rt.intensity.actions import Region
from t2s_rt.lyrics import Line, Song, Syllable, Word, load_song
from t2s_rt.subtitles.music import ATTACK_S, DEFAULT_BEAT_S, FASTEST, SLOWEST, Music


def sung(onsets_s, length=0.8, line=8):
    """A song with a syllable at each onset, some to a line."""
    ends_s = [
        a + length * (b - a) for a, b in zip(onsets_s, [*onsets_s[1:], onsets_s[-1] + 1.0], strict=True)
    ]
    syllables = [Syllable("la", a, b) for a, b in zip(onsets_s, ends_s, strict=True)]
    lines = [syllables[i : i + line] for i in range(0, len(syllables), line)]
    return Song(
        "", "", "", tuple(Line((Word(tuple(part)),), part[0].start_s, part[-1].end_s) for part in lines)
    )


@pytest.mark.parametrize("bpm", [66, 80, 100, 123, 144])
@pytest.mark.parametrize("seed", range(4))
def test_the_beat_of_a_song_is_found(bpm, seed):
    """Notes of one, a half and two beats, 20 ms off as people are."""
    rng = np.random.default_rng(seed)
    beats = np.cumsum(rng.choice([0.5, 0.5, 1.0, 1.0, 2.0], 120))
    onsets_s = np.sort(3.0 + beats * 60 / bpm + rng.normal(0, 0.02, len(beats)))
    found_s = Music(sung(onsets_s.tolist())).beat_s
    ratio = found_s * bpm / 60
    assert min(abs(ratio - possible) for possible in (0.5, 1.0, 2.0)) < 0.01


def test_beats_fall_on_onsets():
    music = Music(sung([1.0 + 0.5 * i for i in range(40)]))
    beat_s = music.beat_near(8.0, 9.0)
    assert abs((beat_s - 1.0) / 0.5 - round((beat_s - 1.0) / 0.5)) < 0.02


def test_the_demo_song_has_its_beat():
    """A quarter note is 25 of the file's units of 25 ms."""
    music = Music(load_song(demo_song_path().with_name("song.txt")))
    assert music.beat_s == pytest.approx(0.625)


def test_without_a_song_everything_is_usual():
    music = Music()
    assert music.beat_s == DEFAULT_BEAT_S
    assert music.beat_near(3.0, 4.0) == 3.0
    for region in Region:
        assert music.attack_s(region, 5.0) == ATTACK_S[region]
        assert music.release_s(region, 5.0) > music.attack_s(region, 5.0)


def test_quick_words_make_quick_faces_and_long_notes_slow_ones():
    quick, usual, slow = (Music(sung([k * step for k in range(60)])) for step in (0.15, 0.33, 1.6))
    at_s = 8.07  # not where a note begins
    attacks_s = [music.attack_s(Region.BROWS, at_s) for music in (quick, usual, slow)]
    assert attacks_s[0] < attacks_s[1] < attacks_s[2]
    assert attacks_s[0] >= FASTEST * ATTACK_S[Region.BROWS]
    assert attacks_s[2] <= SLOWEST * ATTACK_S[Region.BROWS]


def test_a_cue_that_starts_with_a_note_lands_with_it():
    music = Music(sung([0.4 * k for k in range(60)]))
    assert music.attack_s(Region.NECK, 8.0) < music.attack_s(Region.NECK, 8.2)


def test_faces_let_go_slowly_where_a_phrase_ends():
    onsets_s = [0.4 * k for k in range(24)]
    music = Music(sung(onsets_s, line=8))
    ends_s = 0.4 * 7 + 0.32
    assert music.release_s(Region.MOUTH, ends_s) > music.release_s(Region.MOUTH, 0.4 * 4 + 0.32)
