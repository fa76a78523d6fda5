"""`t2s render-song`: a face from words and notes alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.cli import main
from t2s_rt.intensity.actions import ACTION_INDEX

SONG = """#VERSION:1.1.0
#TITLE:Two words
#ARTIST:A test
#LANGUAGE:English
#MP3:none.ogg
#BPM:300
#GAP:1000
: 0 16 0 Pa
: 40 16 7 moo
E
"""
SUBTITLES = "WEBVTT\n\n00:01.000 --> 00:03.800\n[brows] raise 0.6\n"


def render_song(folder: Path, *options: str) -> dict[str, np.ndarray]:
    song, out = folder / "song.txt", folder / "face.npz"
    song.write_text(SONG, encoding="utf-8")
    assert main(["render-song", str(song), "-o", str(out), "--quiet", *options]) == 0
    with np.load(out) as archive:
        return dict(archive)


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("song")
    (folder / "song.vtt").write_text(SUBTITLES, encoding="utf-8")
    return render_song(folder, "--subtitles", str(folder / "song.vtt"))


def mean(face: dict[str, np.ndarray], name: str, start_s: float, end_s: float) -> float:
    inside = (face["song_s"] >= start_s) & (face["song_s"] < end_s)
    return float(face["actions"][inside, ACTION_INDEX[name]].mean())


def test_it_lasts_as_long_as_the_song_and_a_second_more(face: dict[str, np.ndarray]) -> None:
    assert face["song_s"][-1] == pytest.approx(1 + 56 * 0.05 + 1, abs=0.1)
    np.testing.assert_allclose(face["song_s"], face["time_s"], atol=1e-6)


def test_vowels_have_their_shapes_and_rests_are_still(face: dict[str, np.ndarray]) -> None:
    ah, oo, rest = (1.2, 1.7), (3.2, 3.7), (2.3, 2.7)
    assert mean(face, "jaw_open", *ah) > 0.25 > mean(face, "jaw_open", *oo)
    rounded = [mean(face, "lip_rounding", *span) + mean(face, "lip_pucker", *span) for span in (oo, ah)]
    assert rounded[0] > rounded[1] + 0.3
    assert mean(face, "jaw_open", *rest) < 0.03


def test_notes_that_are_sung_are_heard(face: dict[str, np.ndarray]) -> None:
    held = (face["song_s"] > 1.3) & (face["song_s"] < 1.7)
    later = (face["song_s"] > 3.3) & (face["song_s"] < 3.7)
    ratio = np.median(face["f0_hz"][later]) / np.median(face["f0_hz"][held])
    assert 12 * np.log2(ratio) == pytest.approx(7, abs=0.3)


def test_subtitles_are_performed(face: dict[str, np.ndarray]) -> None:
    assert mean(face, "brow_raise_inner", 1.3, 3.7) == pytest.approx(0.6, abs=0.08)


def test_it_repeats_exactly(tmp_path: Path) -> None:
    first, second = (render_song(tmp_path)["actions"] for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_a_style_moves_the_head_more_or_less(tmp_path: Path) -> None:
    calm, wild = (render_song(tmp_path, "--style", style) for style in ("0", "1"))
    turned = [np.abs(np.diff(face["neck_pose"], axis=0)).sum() for face in (calm, wild)]
    assert turned[0] < 0.6 * turned[1]


@pytest.mark.parametrize("song", ["absent.txt", "."])
def test_what_is_no_song_is_refused_in_words(tmp_path, capsys, monkeypatch, song):
    monkeypatch.chdir(tmp_path)
    assert main(["render-song", song, "-o", "face.npz"]) == 2
    assert "Traceback" not in capsys.readouterr().err
