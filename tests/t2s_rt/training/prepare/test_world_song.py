from dataclasses import replace

import numpy as np
import pytest
import pyworld

from t2s_rt.training.prepare import world_song
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.world import STEP_S, Analysis, take_apart
from t2s_rt.training.prepare.world_song import HELD_S, STYLES, Style, resing_clip
from t2s_rt.types import FloatArray
from tests.t2s_rt.training.prepare import spoken

CLIP = spoken.clip()


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return take_apart(CLIP.samples)


def sing(style: Style, analysis: Analysis, seed: int = 0) -> LabelledClip:
    return resing_clip(CLIP, style, np.random.default_rng(seed), analysis)


def within(song: LabelledClip, index: int, margin_s: float = 0.04) -> FloatArray:
    _, start_s, end_s = song.sounds[index]
    return song.samples[round((start_s + margin_s) * RATE_HZ) : round((end_s - margin_s) * RATE_HZ)]


def band_db(samples: FloatArray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ)
    return float(
        10.0 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].sum() / len(samples) ** 2 + 1e-12)
    )


@pytest.mark.parametrize("style", STYLES)
def test_a_song_is_sound_and_level(style: Style, analysis: Analysis) -> None:
    song = sing(style, analysis, 7)
    assert song.name == f"sasi.{style}"
    assert song.sung
    assert song.samples.dtype == np.float32
    assert np.abs(song.samples).max() <= 0.951
    assert (song.speaker, song.language, song.licence) == ("test/nobody", "it", "CC0")
    assert song.samples.std() > 0.005


@pytest.mark.parametrize("seed", range(4))
def test_the_pitch_that_is_drawn_is_the_pitch_that_sounds(
    seed: int, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def spy(f0_hz: FloatArray, log_power: FloatArray, aperiodicity: FloatArray) -> FloatArray:
        asked.append(f0_hz)
        return world_song_put_together(f0_hz, log_power, aperiodicity)

    world_song_put_together = world_song.put_together
    monkeypatch.setattr(world_song, "put_together", spy)
    song = sing("melody", analysis, seed)
    measured_hz, _ = pyworld.harvest(song.samples.astype(np.float64), RATE_HZ, 70.0, 1150.0)
    both = slice(0, min(len(measured_hz), len(asked[0])))
    voiced = (asked[0][both] > 0.0) & (measured_hz[both] > 0.0)
    cents = 1200.0 * np.log2(measured_hz[both][voiced] / asked[0][both][voiced])
    assert voiced.sum() > 0.9 * (asked[0] > 0.0).sum()
    assert abs(np.median(cents)) < 5.0
    assert np.mean(np.abs(cents) < 50.0) > 0.85


@pytest.mark.parametrize("style", ["melody", "held", "belt"])
@pytest.mark.parametrize("seed", range(2))
def test_each_vowel_sounds_within_its_new_label(style: Style, seed: int, analysis: Analysis) -> None:
    song = sing(style, analysis, seed)
    for index, (ipa, start_s, end_s) in enumerate(song.sounds):
        low, high = (band_db(within(song, index), *band) for band in ((70.0, 2000.0), (4500.0, 7900.0)))
        assert (low < high) if ipa == "s" else (low > high + 6.0), (ipa, start_s, end_s)
    assert [ipa for ipa, _, _ in song.sounds] == ["s", "a", "s", "i"]


def test_held_vowels_stand_and_consonants_keep_their_length(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        world_song, "put_together", lambda f0_hz, *_: np.zeros(len(f0_hz) * 80, np.float32)
    )
    lengths_s: dict[str, list[float]] = {"s": [], "a": [], "i": []}
    for seed in range(40):
        song = sing("held", analysis, seed)
        assert song.duration_s == pytest.approx(song.sounds[-1][2], abs=0.21)
        for ipa, start_s, end_s in song.sounds:
            lengths_s[ipa].append(end_s - start_s)
    np.testing.assert_allclose(lengths_s["s"], 0.15, atol=1.01 * STEP_S)
    assert max(lengths_s["a"]) > 2.0
    assert max(max(times_s) for times_s in lengths_s.values()) <= HELD_S[1] + STEP_S


def test_a_held_vowel_never_stops(analysis: Analysis) -> None:
    song = sing("held", analysis, 3)
    index = max((1, 3), key=lambda i: song.sounds[i][2] - song.sounds[i][1])
    assert song.sounds[index][2] - song.sounds[index][1] > 0.4
    blocks = np.array_split(within(song, index), 12)
    assert np.ptp([10 * np.log10(np.mean(block**2)) for block in blocks]) < 15.0


def test_a_long_clip_is_cut_to_what_can_be_held(analysis: Analysis) -> None:
    long = replace(
        CLIP,
        samples=np.tile(CLIP.samples, 30),
        sounds=tuple(
            (ipa, start_s + 1.3 * i, end_s + 1.3 * i)
            for i in range(30)
            for ipa, start_s, end_s in CLIP.sounds
        ),
    )
    song = resing_clip(long, "held", np.random.default_rng(0))
    assert 15.0 < song.duration_s < 22.0 + HELD_S[1]
    assert song.sounds[-1][2] <= song.duration_s + STEP_S


def test_a_whisper_has_no_pitch_and_the_times_of_speech(analysis: Analysis) -> None:
    for seed in range(3):
        song = sing("whisper", analysis, seed)
        np.testing.assert_allclose(
            [s[1:] for s in song.sounds], [s[1:] for s in CLIP.sounds], atol=STEP_S
        )
        for index in (1, 3):
            assert (
                periodicity(within(song, index))
                < 0.5
                < periodicity(within(sing("belt", analysis), index))
            )


def periodicity(samples: FloatArray) -> float:
    """Highest autocorrelation under 1 kHz after 6 to 25 ms, when a formant has rung out."""
    spectrum = np.abs(np.fft.rfft(samples, 8192)) ** 2
    spectrum[512:] = 0.0
    correlation = np.fft.irfft(spectrum)
    return float(correlation[100:400].max() / correlation[0])


def test_the_seed_decides(analysis: Analysis) -> None:
    one, same, other = (sing("melody", analysis, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.samples, same.samples)
    assert one.sounds == same.sounds
    assert one.samples.shape != other.samples.shape or not np.array_equal(one.samples, other.samples)


def test_a_clip_without_voice_can_be_sung_too() -> None:
    mute = replace(CLIP, samples=np.zeros(16_000, np.float32), sounds=(("a", 0.2, 0.8),))
    for style in STYLES:
        song = resing_clip(mute, style, np.random.default_rng(0))
        assert song.sounds == (("a", pytest.approx(0.2), pytest.approx(0.8)),)
