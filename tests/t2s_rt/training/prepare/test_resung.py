from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.training.prepare import resung
from t2s_rt.training.prepare.resung import clips, draw_style
from tests.t2s_rt.training.prepare import spoken


def test_songs_are_made_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = [replace(spoken.clip("one"), source="festvox-ru"), spoken.clip("two")]
    made = list(clips(source, tmp_path))
    assert [song.name.split(".")[0] for song in made] == ["one", "one", "two"]
    assert len({song.name for song in made}) == 3
    assert {song.source for song in made} == {"festvox-ru, re-sung", "test, re-sung"}

    def fails(samples: object) -> None:
        raise AssertionError("taken apart again")

    monkeypatch.setattr(resung, "take_apart", fails)
    for song, again in zip(made, clips(source, tmp_path), strict=True):
        np.testing.assert_array_equal(song.samples, again.samples)
        assert (song.name, song.sounds) == (again.name, again.sounds)
        assert song.samples.dtype == np.float32


def test_another_folder_gets_the_same_songs(tmp_path: Path) -> None:
    one, other = (next(clips([spoken.clip()], tmp_path / folder)) for folder in "ab")
    np.testing.assert_array_equal(one.samples, other.samples)
    assert one.sounds == other.sounds


def test_what_was_interrupted_is_made_again(tmp_path: Path) -> None:
    next(clips([spoken.clip()], tmp_path))
    (path,) = (tmp_path / "resung").iterdir()
    whole = path.read_bytes()
    path.with_suffix(".part").write_bytes(whole[:100])
    path.unlink()
    next(clips([spoken.clip()], tmp_path))
    assert path.read_bytes() == whole


def test_songs_are_not_sung_again(tmp_path: Path) -> None:
    assert list(clips([replace(spoken.clip(), sung=True)], tmp_path)) == []


def test_styles_come_in_their_shares() -> None:
    drawn = Counter(draw_style(f"{number * 7919:032x}") for number in range(3000))
    assert drawn["melody"] / 3000 == pytest.approx(0.50, abs=0.04)
    assert drawn["whisper"] / 3000 == pytest.approx(0.14, abs=0.03)
    assert min(drawn.values()) > 100
