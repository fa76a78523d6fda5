from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.mel import mel_edges_hz
from t2s_rt.audio.synthesis import vowel
from t2s_rt.errors import AudioError, ConfigError, ModelError
from t2s_rt.inference.profile import MOST_DB, Profile
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS, Feature, FloatArray


def sung(note_s: float) -> FloatArray:
    """Five vowels at as many pitches."""
    notes = (("a", 165.0), ("e", 220.0), ("i", 196.0), ("o", 247.0), ("u", 294.0))
    return np.concatenate(
        [vowel(name, f0_hz, note_s, sample_rate_hz=SAMPLE_RATE_HZ) for name, f0_hz in notes]
    )


def through_a_microphone(samples: FloatArray, db_an_octave: float) -> FloatArray:
    """The sound through a microphone whose response tilts around 1 kHz."""
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ).clip(60, 7000) / 1000)
    return np.fft.irfft(spectrum * 10 ** (db_an_octave * octaves / 20), len(samples)).astype(np.float32)


@pytest.fixture(scope="module")
def plain() -> Profile:
    return Profile.measure(FeatureExtractor().extract(sung(1.2)))


def test_the_colour_of_a_microphone_is_what_differs(plain: Profile) -> None:
    tilt = 3.0
    theirs = through_a_microphone(sung(1.2), tilt)
    colour = Profile.measure(FeatureExtractor().extract(theirs)).against(plain.mel_db)
    assert colour.shape == (MEL_BANDS,)
    assert colour.dtype == np.float32
    sounding = slice(8, 38)  # 460 Hz to 3.9 kHz: above, these vowels have little sound to colour
    expected = tilt * np.log2(mel_edges_hz()[1:-1])[sounding]
    heard = colour[sounding]
    np.testing.assert_allclose(heard - heard.mean(), expected - expected.mean(), atol=0.6)


def test_a_voice_against_itself_is_left_alone(plain: Profile) -> None:
    np.testing.assert_allclose(plain.against(plain.mel_db), 0.0, atol=1e-5)


def test_loudness_is_no_colour_and_no_band_is_moved_far(plain: Profile) -> None:
    louder = Profile(tuple(level + 7.0 for level in plain.mel_db), 9.0)
    np.testing.assert_allclose(louder.against(plain.mel_db), 0.0, atol=1e-5)
    cut = Profile((*plain.mel_db[:40], *(level - 60.0 for level in plain.mel_db[40:])), 9.0)
    assert np.abs(cut.against(plain.mel_db)).max() == pytest.approx(MOST_DB)


def test_silence_consonants_and_bands_do_not_count(plain: Profile) -> None:
    features = FeatureExtractor().extract(sung(1.2))
    other = np.zeros((500, FEATURE_COUNT), np.float32)
    other[:, Feature.MEL] = -20.0
    other[:250, Feature.VOICE] = 1.0  # a voice without a pitch
    other[250:, Feature.VOICED] = 1.0  # a pitch that is no voice
    assert Profile.measure(np.concatenate([features, other])) == plain


def test_too_little_voice_is_refused_in_a_sentence() -> None:
    features = FeatureExtractor().extract(sung(0.5))
    with pytest.raises(AudioError, match=r"at least 4 s of sung voice, found [12]\.\d s\. Sing ten"):
        Profile.measure(features)


def test_a_model_that_does_not_say_what_it_heard_is_refused(plain: Profile) -> None:
    with pytest.raises(ModelError, match="mel_profile_db"):
        plain.against(())


def test_what_is_saved_is_what_is_loaded(plain: Profile, tmp_path: Path) -> None:
    path = tmp_path / "me.json"
    plain.save(path)
    assert Profile.load(path) == plain
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ConfigError, match="cannot be written"):
        plain.save(tmp_path / "nowhere" / "me.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "expected format, voice_s and mel_db"),
        ('{"format": 1}', "expected format, voice_s and mel_db"),
        (json.dumps({"format": 2, "voice_s": 9.0, "mel_db": [0.0] * 48}), "profile format 2"),
        (json.dumps({"format": 1, "voice_s": 9.0, "mel_db": [0.0] * 47}), "48 levels"),
        (json.dumps({"format": 1, "voice_s": 9.0, "mel_db": ["x"] * 48}), "must be numbers"),
        (json.dumps({"format": 1, "voice_s": None, "mel_db": [0.0] * 48}), "must be numbers"),
        ('{"format": 1, "voice_s": NaN, "mel_db": [' + ",".join("0" * 48) + "]}", "must be numbers"),
    ],
)
def test_what_is_no_profile_says_why(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "me.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{said}.*t2s profile"):
        Profile.load(path)


def test_a_missing_profile_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Profile.load(tmp_path / "me.json")
