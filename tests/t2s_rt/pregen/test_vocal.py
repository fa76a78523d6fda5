"""Phrases heard in recordings: synthetic singers, whispers, bands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.audio.synthesis import noise, silence, vowel
from t2s_rt.errors import AudioError
from t2s_rt.lyrics import load_song
from t2s_rt.pregen.phrase import Contour
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.vocal import hear_vocal, vocal_descriptors
from tests.conftest import SHARED_DATA
from tests.t2s_rt.pregen.songs import sung

RATE_HZ = 48_000
LOUD = sung("louder than the sea", 1.0, [69.0])
SOFT = sung("softer than the snow", 4.0, [62.0])
USUAL = [sung("and on we walk again", 7.0 + 3 * i, [64.0 + i]) for i in range(4)]
LINES = [LOUD, SOFT, *USUAL]


def put(samples: np.ndarray, start_s: float, part: np.ndarray) -> None:
    start = round(start_s * RATE_HZ)
    samples[start : start + part.size] += part


def performance(band_dbfs: float | None = None) -> np.ndarray:
    """The lines, one vowel each: the first loud, high, with vibrato; the second soft, low, straight."""
    samples = silence(22.0)
    put(samples, 1.0, vowel("a", 440.0, 1.6, vibrato_cents=70.0, loudness_dbfs=-12.0))
    put(samples, 4.0, vowel("a", 294.0, 1.6, loudness_dbfs=-34.0))
    for i, line in enumerate(USUAL):
        put(samples, line.start_s, vowel("o", 330.0 * 2 ** (i / 12), 2.0, loudness_dbfs=-22.0))
    if band_dbfs is not None:
        samples += noise(22.0, band_dbfs)
    return samples


def write(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples, RATE_HZ)
    return path


def test_a_lone_voice_is_heard(tmp_path: Path) -> None:
    found, warnings = vocal_descriptors(LINES, hear_vocal(write(tmp_path / "a.wav", performance())))
    assert warnings == ()
    loud, soft, usual = found[0], found[1], found[3]
    assert loud.loudness is not None
    assert soft.loudness is not None
    assert usual.loudness is not None
    assert soft.loudness < 0.2
    assert abs(usual.loudness - 0.5) < 0.1
    assert loud.loudness > 0.85
    assert loud.vibrato is not None
    assert soft.vibrato is not None
    assert loud.vibrato > 0.5
    assert soft.vibrato < 0.2
    assert loud.pitch is not None
    assert soft.pitch is not None
    assert loud.pitch > 0.75
    assert soft.pitch < 0.4
    assert loud.contour is Contour.LEVEL


def test_a_band_makes_loudness_a_guess_and_says_so(tmp_path: Path) -> None:
    vocal = hear_vocal(write(tmp_path / "mix.wav", performance(band_dbfs=-24.0)))
    found, warnings = vocal_descriptors(LINES, vocal)
    assert len(warnings) == 1
    assert "instruments" in warnings[0]
    for one in found:
        assert one.vibrato is None
        assert one.loudness is not None
        assert 0.25 <= one.loudness <= 0.75
    assert found[0].pitch is not None  # from the notes
    assert found[0].pitch > 0.7


def test_a_whisper_is_soft_however_near_the_microphone(tmp_path: Path) -> None:
    samples = performance()
    start = round(4.0 * RATE_HZ)
    samples[start - 2400 : start + round(1.7 * RATE_HZ)] = 0.0
    put(samples, 3.9, vowel("a", 294.0, 0.1, loudness_dbfs=-20.0))
    put(samples, 4.0, noise(1.6, -20.0))
    found, _ = vocal_descriptors(LINES, hear_vocal(write(tmp_path / "w.wav", samples)))
    assert found[1].loudness is None or found[1].loudness <= 0.15


def test_two_channels_are_heard_like_one(tmp_path: Path) -> None:
    mono, _ = vocal_descriptors(LINES, hear_vocal(write(tmp_path / "a.wav", performance())))
    stereo = tmp_path / "b.wav"
    soundfile.write(stereo, np.stack([performance()] * 2, axis=1), RATE_HZ)
    found, _ = vocal_descriptors(LINES, hear_vocal(stereo))
    for one, other in zip(found, mono, strict=True):
        assert one.loudness == pytest.approx(other.loudness, abs=0.03)
        assert one.pitch == pytest.approx(other.pitch, abs=0.03)
        assert one.contour is other.contour


def test_a_recording_that_ends_early_leaves_the_rest_to_the_notes(tmp_path: Path) -> None:
    vocal = hear_vocal(write(tmp_path / "short.wav", performance()[: 6 * RATE_HZ]))
    found, _ = vocal_descriptors(LINES, vocal)
    assert found[0].loudness is not None
    assert found[-1].loudness is None
    assert found[-1].pitch is not None


def test_bad_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no file"):
        hear_vocal(tmp_path / "absent.wav")
    (tmp_path / "text.wav").write_text("not audio")
    with pytest.raises(AudioError, match="not an audio file"):
        hear_vocal(tmp_path / "text.wav")


@pytest.mark.corpus
@pytest.mark.slow
def test_the_shared_mix_is_known_as_one() -> None:
    folder = SHARED_DATA / "karaoke" / "on_the_run"
    phrased = phrase_song(load_song(folder / "song.txt"), folder / "audio.ogg")
    assert "instruments" in phrased.song.warnings[-1]
    assert all(phrase.descriptors.pitch is not None for phrase in phrased.phrases)
