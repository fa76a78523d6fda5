"""Snapping syllables to onsets."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from engine.demo import __file__ as demo_file
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.errors import LyricsError
from t2s_rt.lyrics import Song, load_song, snap_song
from t2s_rt.timebase import HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, Feature
from tests.t2s_rt.lyrics.samples import SAMPLES, ULTRASTAR, read

HEAD = "#TITLE:T\n#ARTIST:A\n#BPM:75\n"
"""A beat lasts 0.2 s."""
FOUR = HEAD + ": 5 5 0 a\n: 10 5 0  b\n: 15 4 0 ~\n: 20 5 0  c\n: 25 5 0  d\nE"


def starts(song) -> list[float]:
    return [round(s.start_s, 4) for s in song.syllables()]


def test_syllables_move_to_their_onsets_and_others_between() -> None:
    song = snap_song(read("song.txt", FOUR), [1.05, 1.98, 4.1, 5.06])
    assert starts(song) == [1.05, 1.98, 3.04, 4.1, 5.06]
    assert song.lines[0].end_s == pytest.approx(6.06)


def test_no_onset_near_means_no_move() -> None:
    song = read("song.txt", FOUR)
    assert snap_song(song, []) == song
    assert snap_song(song, [1.2, 3.5, 9.0]) == song


def test_an_onset_serves_one_syllable_the_nearest() -> None:
    close = read("song.txt", "#BPM:750\n: 0 4 0 a\n: 5 4 0  b\nE")
    assert starts(close) == [0.0, 0.1]
    assert starts(snap_song(close, [0.09], window_s=0.12))[1] == 0.09


def test_pairs_are_chosen_together() -> None:
    """Both onsets are nearest to the second syllable; taking each in order still pairs both."""
    song = read("song.txt", "#BPM:750\n: 10 4 0 a\n: 15 4 0  b\nE")
    assert starts(snap_song(song, [0.27, 0.33])) == [0.27, 0.33]


def test_paired_syllables_are_no_longer_estimates() -> None:
    song = read("song.lrc", "[00:01.00]la la\n[00:02.00]\n")
    assert [s.estimated for s in song.syllables()] == [False, True]
    snapped = snap_song(song, [1.55])
    assert starts(snapped)[1] == 1.55
    assert [s.estimated for s in snapped.syllables()] == [False, False]


@pytest.mark.parametrize("seed", range(20))
def test_order_and_window_hold_for_any_onsets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    song = read("song.txt", ULTRASTAR)
    onsets = rng.uniform(0, 10, rng.integers(1, 80))
    snapped = snap_song(song, onsets)
    for before, after in zip(song.syllables(), snapped.syllables(), strict=True):
        assert abs(before.start_s - after.start_s) <= 0.12 + 1e-9
        assert before.text == after.text
        assert after.duration_s > 0
    for line in snapped.lines:
        assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(line.syllables))


def test_the_best_pairing_is_found() -> None:
    """Against every possible pairing in order, for small cases."""
    rng = np.random.default_rng(7)
    for _ in range(30):
        beats = np.cumsum(rng.integers(1, 4, 5)) * 2
        notes = "".join(f": {beat} 1 0  a\n" for beat in beats)
        song = read("song.txt", f"#BPM:300\n{notes}E")
        old = np.array(starts(song))
        onsets = np.sort(rng.uniform(old[0] - 0.1, old[-1] + 0.1, 4))
        new = np.array(starts(snap_song(song, onsets, 0.12)))
        paired = [i for i in range(5) if np.min(np.abs(onsets - new[i])) < 1e-4]
        gain = sum(0.12 - abs(old[i] - new[i]) for i in paired)
        best = max(
            sum(0.12 - abs(old[i] - onsets[j]) for i, j in zip(rows, columns, strict=True))
            for count in range(5)
            for rows in itertools.combinations(range(5), count)
            for columns in itertools.combinations(range(4), count)
            if all(abs(old[i] - onsets[j]) <= 0.12 for i, j in zip(rows, columns, strict=True))
        )
        assert gain >= best - 1e-3


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_snaps(name: str) -> None:
    song = read(name, SAMPLES[name])
    assert snap_song(song, np.arange(0, 70, 0.37)).format == song.format


HEARING_LAG_S = 0.058
"""Median of nearest onset minus note start over the demo song."""


def heard_onsets() -> np.ndarray:
    """Onsets that the engine's hearing reports in the demo song, its lag taken off."""
    samples, rate = soundfile.read(
        Path(demo_file).with_name("song.ogg"), dtype="float32", always_2d=True
    )
    samples = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE_HZ).astype(np.float32)
    hearing = FeatureExtractor()
    row = np.zeros(FEATURE_COUNT, np.float32)
    onsets = []
    for index in range(len(samples) // HOP_SAMPLES):
        hearing.step(samples[index * HOP_SAMPLES : (index + 1) * HOP_SAMPLES], row)
        if row[Feature.ONSET] > 0:
            onsets.append((index + 1) * HOP_SAMPLES / SAMPLE_RATE_HZ)
    return np.array(onsets) - HEARING_LAG_S


def articulated(song: Song) -> np.ndarray:
    return np.array([syllable.start_s for syllable in song.syllables() if not syllable.held])


def test_a_coarse_file_comes_nearer_to_the_real_singing() -> None:
    """The demo song in beats of 200 ms instead of 25, snapped to what is heard in its recording."""
    path = Path(demo_file).with_name("song.txt")

    def coarser(note: re.Match[str]) -> str:
        return f"{note[1]} {round(int(note[2]) / 8)} {max(1, int(note[3]) // 8)}"

    text = re.sub(r"(?m)^([:*]) (\d+) (\d+)", coarser, path.read_text(encoding="utf-8"))
    coarse = read("song.txt", text.replace("#BPM:600", "#BPM:75"))
    truth = articulated(load_song(path))
    before_s = np.abs(articulated(coarse) - truth)
    after_s = np.abs(articulated(snap_song(coarse, heard_onsets())) - truth)
    assert np.median(before_s) > 0.06
    assert np.median(after_s) < 0.02
    assert after_s.mean() < 0.6 * before_s.mean()  # some onsets are vibrato or another syllable


def test_bad_arguments() -> None:
    song = read("song.txt", FOUR)
    with pytest.raises(LyricsError, match="row of seconds"):
        snap_song(song, [[1.0]])
    with pytest.raises(LyricsError, match="row of seconds"):
        snap_song(song, [float("nan")])
    with pytest.raises(LyricsError, match="above 0 s"):
        snap_song(song, [1.0], window_s=0)
