import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.training import scene
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.scene import Band, hiss, played_alone, sounding_rms, staged
from t2s_rt.types import FloatArray


def phrase() -> FloatArray:
    """A second of silence, a second of a vowel, a second of silence."""
    note = synthesis.vowel("a", 220.0, 1.0, sample_rate_hz=RATE_HZ)
    rest = np.zeros(RATE_HZ, np.float32)
    return np.concatenate([rest, note, rest]).astype(np.float32)


def tone(hz: float = 440.0, seconds: float = 2.0) -> FloatArray:
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return np.sin(2 * np.pi * hz * time_s).astype(np.float32)


def test_level_counts_only_what_sounds() -> None:
    note = phrase()[RATE_HZ : 2 * RATE_HZ]
    assert sounding_rms(phrase()) == pytest.approx(sounding_rms(note), rel=0.1)
    assert sounding_rms(np.zeros(RATE_HZ, np.float32)) == 0.0
    assert sounding_rms(np.zeros(3, np.float32)) == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_sounds_stay_where_they_were_and_nothing_comes_early(seed: int) -> None:
    heard = staged(phrase(), None, np.random.default_rng(seed))
    assert heard.shape == phrase().shape
    assert np.abs(heard).max() <= 1.0
    loud = sounding_rms(heard[RATE_HZ : 2 * RATE_HZ])
    before = np.sqrt(np.mean(heard[RATE_HZ // 2 : RATE_HZ - 16] ** 2))
    assert before < 0.12 * loud + 10 ** (-46 / 20) * 2.5


def test_a_seed_repeats_a_scene_and_another_does_not() -> None:
    one, same, other = (staged(phrase(), Band((tone(),)), np.random.default_rng(s)) for s in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def test_a_band_leaks_in_at_the_asked_level(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ROOM_CHANCE", 0.0), ("BLEED_CHANCE", 1.0), ("HISS_CHANCE", 0.0)):
        monkeypatch.setattr(scene, name, value)
    monkeypatch.setattr(scene, "EQ_DEVIATION_DB", 0.0)
    for name in ("BLEED_RANGE_DB", "LOUD_BLEED_RANGE_DB"):
        monkeypatch.setattr(scene, name, (-12.0, -12.0))
    ratios = []
    for seed in range(6):
        heard = staged(phrase(), Band((tone(1000.0),)), np.random.default_rng(seed))
        band = np.sqrt(np.mean(heard[: RATE_HZ // 2] ** 2))
        ratios.append(20 * np.log10(band / sounding_rms(heard[RATE_HZ : 2 * RATE_HZ])))
    assert np.median(ratios) == pytest.approx(-12.0, abs=3.0)


def test_a_short_piece_is_played_again_and_again() -> None:
    played = Band((tone(seconds=1.0),)).play(5 * RATE_HZ, np.random.default_rng(0))
    assert len(played) == 5 * RATE_HZ
    assert np.sqrt(np.mean(played[-RATE_HZ:] ** 2)) == pytest.approx(1.0, rel=0.05)


def test_a_band_alone_and_hiss_are_as_long_as_wanted() -> None:
    rng = np.random.default_rng(0)
    assert played_alone(2 * RATE_HZ, Band((tone(),)), rng).shape == (2 * RATE_HZ,)
    level = 20 * np.log10(np.sqrt(np.mean(hiss(RATE_HZ, -50.0, rng) ** 2)))
    assert level == pytest.approx(-50.0, abs=0.5)
