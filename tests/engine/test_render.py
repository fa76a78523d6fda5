"""`t2s render`: the contract that other tools read, and how the face behaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli import main
from t2s_rt.audio.synthesis import noise, vowel
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.intensity.actions import ACTION_NAMES, ACTION_REGIONS
from t2s_rt.subtitles.cue import SubtitleTrack, TrackHeader
from t2s_rt.subtitles.load import save_track
from t2s_rt.types import FloatArray

RATE_HZ = 48_000
Face = dict[str, np.ndarray]


def render(samples: FloatArray, folder: Path, *options: str, rate_hz: int = RATE_HZ) -> Face:
    soundfile.write(folder / "voice.wav", samples, rate_hz, subtype="FLOAT")
    out = folder / "face.npz"
    assert main(["render", str(folder / "voice.wav"), "-o", str(out), "--quiet", *options]) == 0
    with np.load(out) as archive:
        return dict(archive)


def rest(seconds: float) -> FloatArray:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def opening(face: Face) -> FloatArray:
    weights = dict(zip(face["arkit_names"], face["arkit"].T, strict=True))
    return weights["jawOpen"] - weights["mouthClose"]


def action(face: Face, name: str) -> FloatArray:
    return face["actions"][:, list(face["action_names"]).index(name)]


@pytest.fixture(scope="module")
def phrase(tmp_path_factory: pytest.TempPathFactory) -> Face:
    """Two seconds of 'a' at 220 Hz between rests of one second."""
    sung = vowel("a", 220.0, 2.0, sample_rate_hz=RATE_HZ)
    return render(np.concatenate([rest(1), sung, rest(1)]), tmp_path_factory.mktemp("phrase"))


def test_the_archive_keeps_its_contract(phrase: Face) -> None:
    count = len(phrase["time_s"])
    assert 238 <= count <= 241
    shapes = {
        "time_s": (count,),
        "available_s": (count,),
        "song_s": (count,),
        "actions": (count, len(ACTION_NAMES)),
        "action_names": (len(ACTION_NAMES),),
        "action_regions": (len(ACTION_NAMES),),
        "arkit": (count, 52),
        "arkit_names": (52,),
        "expression": (count, 100),
        "jaw_pose": (count, 3),
        "neck_pose": (count, 3),
        "global_pose": (count, 3),
        "eyes_pose": (count, 6),
        "f0_hz": (count,),
        "voiced": (count,),
        "loudness_dbfs": (count,),
        "voice": (count,),
    }
    assert {name: value.shape for name, value in phrase.items()} == shapes
    assert tuple(phrase["action_names"]) == ACTION_NAMES
    assert tuple(phrase["action_regions"]) == ACTION_REGIONS
    assert tuple(phrase["arkit_names"]) == ARKIT_NAMES


def test_frames_come_sixty_a_second_and_at_most_twenty_milliseconds_late(phrase: Face) -> None:
    np.testing.assert_allclose(np.diff(phrase["time_s"]), 1 / 60, atol=1e-9)
    wait_s = phrase["available_s"] - phrase["time_s"]
    assert (wait_s >= 0).all()
    assert (wait_s <= 0.020 + 1e-9).all()


def test_the_mouth_is_open_while_the_voice_sings_and_shut_while_it_rests(phrase: Face) -> None:
    time_s, open_ = phrase["time_s"], opening(phrase)
    assert open_[(time_s > 1.3) & (time_s < 2.9)].min() > 0.1
    silent = (time_s < 0.95) | (time_s > 3.3)
    assert np.mean(np.abs(open_[silent]) < 0.02) >= 0.99


def test_silence_leaves_jaw_and_lips_at_rest(tmp_path: Path) -> None:
    hush = noise(6.0, sample_rate_hz=RATE_HZ, loudness_dbfs=-70.0)
    face = render(np.concatenate([rest(4), hush]), tmp_path)
    mouth = face["actions"][:, face["action_regions"] == "mouth"]
    assert np.mean(np.abs(mouth).max(axis=1) < 0.02) >= 0.99


@pytest.mark.parametrize("name", list("aeiou"))
def test_a_held_vowel_does_not_flicker(name: str, tmp_path: Path) -> None:
    sung = vowel(name, 220.0, 8.0, sample_rate_hz=RATE_HZ)
    face = render(np.concatenate([rest(0.5), sung]), tmp_path)
    held = (face["time_s"] > 1.0) & (face["time_s"] < 8.4)
    assert action(face, "jaw_open")[held].std() < 0.05


def test_pitch_and_level_are_reported(phrase: Face) -> None:
    sung = (phrase["time_s"] > 1.3) & (phrase["time_s"] < 2.9)
    cents = 1200 * np.log2(np.median(phrase["f0_hz"][sung & phrase["voiced"]]) / 220.0)
    assert abs(cents) < 5
    assert phrase["voiced"][sung].mean() > 0.98
    assert not phrase["voiced"][phrase["time_s"] < 0.95].any()
    assert phrase["loudness_dbfs"][5] <= -90


def test_a_render_repeats(tmp_path: Path) -> None:
    sung = vowel("o", 330.0, 1.0, sample_rate_hz=RATE_HZ)
    first, second = render(sung, tmp_path), render(sung, tmp_path)
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)


def test_the_first_file_survives_a_failed_second_render(tmp_path: Path) -> None:
    render(vowel("o", 330.0, 0.5, sample_rate_hz=RATE_HZ), tmp_path)
    before = (tmp_path / "face.npz").read_bytes()
    assert main(["render", str(tmp_path / "gone.wav"), "-o", str(tmp_path / "face.npz")]) == 2
    assert (tmp_path / "face.npz").read_bytes() == before


def test_a_recording_that_begins_in_the_middle_of_a_note_is_heard(tmp_path: Path) -> None:
    sung = vowel("a", 262.0, 2.0, sample_rate_hz=RATE_HZ)
    face = render(sung[RATE_HZ // 2 :], tmp_path)
    assert face["voiced"][10:-10].mean() > 0.98
    assert opening(face)[15:-10].min() > 0.1


def test_steady_hiss_leaves_the_mouth_shut(tmp_path: Path) -> None:
    hiss = noise(4.0, sample_rate_hz=RATE_HZ, loudness_dbfs=-45.0)
    face = render(hiss, tmp_path)
    assert np.mean(opening(face) > 0.1) < 0.01


SONG = """#VERSION:1.1.0
#TITLE:Two vowels
#ARTIST:A test
#LANGUAGE:English
#MP3:voice.wav
#BPM:300
#GAP:1000
: 0 20 0 Ah
: 20 20 0 ~
E
"""
SUBTITLES = """WEBVTT

00:01.000 --> 00:03.000
[mouth] smile 0.8
[neck] turn_left 0.5
"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_subtitles_move_what_they_name_and_only_that(tmp_path: Path) -> None:
    sung = np.concatenate([rest(1), vowel("a", 220.0, 2.0, sample_rate_hz=RATE_HZ), rest(1)])
    free = render(sung, tmp_path)
    asked = render(sung, tmp_path, "--subtitles", written(tmp_path, "song.vtt", SUBTITLES))
    inside = (asked["time_s"] > 1.3) & (asked["time_s"] < 2.9)
    assert abs(action(asked, "corner_pull")[inside].mean() - 0.8) < 0.08
    assert abs(action(asked, "head_yaw")[inside].mean() - 0.5) < 0.08
    for name in ("jaw_open", "brow_furrow", "gaze_y", "head_pitch"):
        assert abs(action(asked, name) - action(free, name)).mean() < 0.02, name


def test_a_known_word_opens_the_mouth_no_later_than_its_sound(tmp_path: Path) -> None:
    sung = np.concatenate([rest(1), vowel("a", 220.0, 2.0, sample_rate_hz=RATE_HZ), rest(1)])
    known = render(sung, tmp_path, "--song", written(tmp_path, "song.txt", SONG))
    free = render(sung, tmp_path)

    def opens_s(face: Face) -> float:
        weight = opening(face)
        return float(face["time_s"][np.argmax(weight > 0.1 * weight.max())])

    assert 0.85 < opens_s(known) <= opens_s(free)
    np.testing.assert_allclose(known["song_s"], known["time_s"], atol=0.03)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--song", "absent.txt"), "absent.txt"),
        (("--subtitles", "absent.vtt"), "absent.vtt"),
        (("--song", "song.txt", "--voice", "3"), "no voice 3"),
        (("--subtitles", "song.txt"), "song.txt"),
    ],
)
def test_a_script_that_cannot_be_used_is_refused(tmp_path, capsys, monkeypatch, options, expected):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "song.txt", SONG)
    soundfile.write(tmp_path / "voice.wav", rest(0.2), RATE_HZ)
    assert main(["render", "voice.wav", "-o", "face.npz", *options]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert "Traceback" not in said


def test_subtitles_of_another_song_are_played_with_a_warning(tmp_path, capsys):
    track = SubtitleTrack((), TrackHeader(song_hash="0" * 64))
    save_track(track, tmp_path / "song.vtt")
    song = written(tmp_path, "song.txt", SONG)
    render(rest(0.2), tmp_path, "--song", song, "--subtitles", str(tmp_path / "song.vtt"))
    assert "another version of this song" in capsys.readouterr().err


def test_a_style_moves_the_head_more_or_less_and_never_the_jaw(tmp_path: Path) -> None:
    samples = np.concatenate([rest(0.3), vowel("a", 220.0, 1.5), vowel("o", 330.0, 1.5)])
    calm, wild = (render(samples, tmp_path, "--style", style) for style in ("0", "1"))
    np.testing.assert_array_equal(calm["jaw_pose"], wild["jaw_pose"])
    turned = [np.abs(np.diff(face["neck_pose"], axis=0)).sum() for face in (calm, wild)]
    assert turned[0] < 0.6 * turned[1]
