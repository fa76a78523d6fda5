import itertools
import re

import numpy as np
import pytest
import soundfile

from engine.demo import demo_lyrics_path, demo_song_path


@pytest.fixture(scope="module")
def song():
    samples, rate_hz = soundfile.read(demo_song_path(), dtype="float32")
    assert rate_hz == 48_000
    assert samples.ndim == 1
    return samples


@pytest.fixture(scope="module")
def notes():
    """(start_s, end_s, midi) of every note in the lyrics."""
    text = demo_lyrics_path().read_text(encoding="utf-8")
    beat_s = 60.0 / (4.0 * float(re.search(r"^#BPM:(.+)$", text, re.M)[1]))
    gap_s = float(re.search(r"^#GAP:(.+)$", text, re.M)[1]) / 1000.0
    rows = re.findall(r"^: (\d+) (\d+) (-?\d+) ", text, re.M)
    return [
        (gap_s + int(start) * beat_s, gap_s + (int(start) + int(length)) * beat_s, 60 + int(pitch))
        for start, length, pitch in rows
    ]


def level_dbfs(samples, from_s, to_s):
    part = samples[int(from_s * 48_000) : int(to_s * 48_000)].astype(np.float64)
    return 10.0 * np.log10(np.mean(part**2) + 1e-12)


def test_the_song_is_short_and_small(song):
    assert 25.0 < song.size / 48_000 < 35.0
    assert demo_song_path().stat().st_size < 450_000
    assert np.abs(song).max() < 0.9


def test_it_begins_and_ends_in_silence(song):
    assert level_dbfs(song, 0.0, 1.0) < -80.0
    assert level_dbfs(song, song.size / 48_000 - 0.9, song.size / 48_000) < -80.0


def test_a_voice_sounds_in_every_note_and_pauses_between_phrases(song, notes):
    assert all(level_dbfs(song, start, end) > -35.0 for start, end, _ in notes)
    gaps_s = [(b[0] - a[1], a[1]) for a, b in itertools.pairwise(notes)]
    longest_s, at_s = max(gaps_s)
    assert longest_s > 1.5
    assert level_dbfs(song, at_s + 0.3, at_s + 1.2) < -80.0


def test_it_has_held_notes_and_soft_and_loud_ones(song, notes):
    assert sum(end - start > 1.2 for start, end, _ in notes) >= 4
    levels = [level_dbfs(song, start, end) for start, end, _ in notes]
    assert max(levels) - min(levels) > 10.0


def test_each_note_is_sung_at_the_pitch_the_lyrics_say(song, notes):
    for start, end, midi in notes:
        if end - start < 0.4:
            continue
        part = song[int((start + 0.15) * 48_000) : int((end - 0.1) * 48_000)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 18))
        f0_hz = 440.0 * 2.0 ** ((midi - 69) / 12.0)
        bins = np.arange(spectrum.size) * 48_000 / (1 << 18)
        near = (bins > f0_hz * 2 ** (-3 / 12)) & (bins < f0_hz * 2 ** (3 / 12))
        power = spectrum[near] ** 2
        cents = 1200.0 * np.log2(np.sum(bins[near] * power) / np.sum(power) / f0_hz)
        assert abs(cents) < 35.0, (start, midi, cents)
