"""The real song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.quality.song import measure
from bench.quality.track import MouthTrack
from t2s_rt.errors import SetupError
from t2s_rt.types import FloatArray
from tests.bench.quality.made import track_of


class Flapping:
    """Opens and closes all the time, two frames each: closes at every label, knows no vowel."""

    name = "flapping"

    def watch(self, samples: FloatArray) -> MouthTrack:
        return track_of(np.where(np.arange(len(samples) // 800) // 2 % 2, 0.5, 0.0))


def test_without_the_song_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="labelled song"):
        measure(Flapping(), tmp_path)


@pytest.mark.corpus
def test_eighteen_bilabials_and_all_vowels_are_judged(shared_data: Path) -> None:
    figures = {f.key: f for f in measure(Flapping(), shared_data / "nit_song070")}
    assert figures["song.closures"].value == 18
    assert figures["song.closures"].note == "of 18"
    assert figures["song.open"].note == "62 vowels"
    assert figures["song.round"].value == figures["song.wide"].value == 0.5
