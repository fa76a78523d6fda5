import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.articulation.inventory import posture
from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare.festival_song import NOTE_S, PHONES, RANGE_HZ, WORDS, read_song, song


def test_scores_stay_in_range_and_are_the_same_each_time() -> None:
    for number in range(30):
        text, score = song("kal", number)
        assert (text, score) == song("kal", number)
        assert score != song("ked", number)[1]
        hz = [float(found) for found in re.findall(r'FREQ="(.*?)"', score)]
        assert len(hz) == WORDS == len(text.split())
        assert RANGE_HZ[0] - 0.1 <= min(hz) <= max(hz) <= RANGE_HZ[1] + 0.1
        times_s = [float(found) for found in re.findall(r'<DURATION SECONDS="(.*?)"', score)]
        assert NOTE_S[0] <= min(times_s) <= max(times_s) <= NOTE_S[1]


def test_a_song_is_read_with_the_glides_of_its_diphthongs(tmp_path: Path) -> None:
    (tmp_path / "0007.lab").write_text("#\n0.0 100 pau\n0.5 100 b\n1.5 100 ow\n1.6 100 pau\n")
    soundfile.write(tmp_path / "0007.wav", np.full(25_600, 0.99, np.float32), 16_000, subtype="FLOAT")
    clip = read_song(tmp_path / "0007", "kal", "bow")
    assert clip.sounds == (
        ("b", 0.0, 0.5),
        ("o", 0.5, pytest.approx(1.1)),
        ("ʊ̯", pytest.approx(1.1), 1.5),
    )
    assert (clip.name, clip.speaker, clip.language, clip.sung) == (
        "kal_0007",
        "festival/kal",
        "en-us",
        True,
    )
    assert np.abs(clip.samples).max() == pytest.approx(0.95)
    assert clip.duration_s == pytest.approx(1.9)


def test_every_phone_is_made_of_sounds_that_the_inventory_knows() -> None:
    unknown = posture("")
    for phone, ipa in PHONES.items():
        sounds = split_symbols(ipa)
        assert len(sounds) == (2 if phone in {"aw", "ay", "ey", "ow", "oy"} else 1), phone
        assert all(posture(sound.ipa) is not unknown for sound in sounds), phone
