import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.heard import HOP_SAMPLES, WIDTH, hear, level_db


def tone(hz: float, seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(
        np.float32
    )


def test_a_row_every_five_milliseconds() -> None:
    assert hear(tone(300, 1.0)).shape == (RATE_HZ // HOP_SAMPLES, WIDTH)
    assert hear(np.zeros(3, np.float32)).shape == (1, WIDTH)


def test_ten_times_louder_is_twenty_decibels_and_the_same_colour() -> None:
    quiet, loud = hear(tone(300, 0.5, 0.01)), hear(tone(300, 0.5, 0.1))
    middle = slice(20, 80)
    assert np.allclose(level_db(loud)[middle] - level_db(quiet)[middle], 20.0, atol=0.1)
    assert np.allclose(quiet[middle, 1:], loud[middle, 1:], atol=0.05)


def test_a_change_lies_at_its_row() -> None:
    rows = hear(np.concatenate((tone(300, 0.5), tone(2_500, 0.5))))
    fastest = int(np.abs(rows[:, 13:26]).sum(axis=1).argmax())
    assert abs(fastest - 100) <= 2


def test_silence_is_finite() -> None:
    assert np.isfinite(hear(np.zeros(RATE_HZ, np.float32))).all()
