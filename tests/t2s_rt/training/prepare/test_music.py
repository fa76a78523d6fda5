import re
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import AudioError, CorpusError
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.debian import Package, cached_deb, corpus_folder
from t2s_rt.training.prepare.music import ALBUMS, HELD_OUT_ALBUM, MORE_ALBUMS, Album, load_tracks, tracks
from tests.debs import write_deb

ALBUM = Album(Package("album", "1", "", ("*.wav",)), "CC0")


def write_tone(path: Path, rate_hz: int = 44_100, seconds: float = 2.5, tone_hz: float = 440.0) -> None:
    tone = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack((tone, tone), axis=1), rate_hz)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_a_track_comes_in_pieces_at_our_rate(tmp_path: Path, rate_hz: int) -> None:
    write_tone(tmp_path / "a.wav", rate_hz)
    (track,) = load_tracks(tmp_path, ALBUM)
    pieces = list(track.pieces(1.0))
    assert track.duration_s == pytest.approx(2.5)
    assert [len(piece) for piece in pieces[:2]] == [RATE_HZ, RATE_HZ]
    whole = np.concatenate(pieces)
    assert len(whole) == pytest.approx(2.5 * RATE_HZ, abs=2)
    spectrum = np.abs(np.fft.rfft(whole[:RATE_HZ]))
    assert int(np.argmax(spectrum)) == 440
    assert np.abs(whole[4000:-4000]).max() == pytest.approx(0.5, abs=0.01)


def test_pieces_do_not_depend_on_their_length(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", seconds=4.0)
    (track,) = load_tracks(tmp_path, ALBUM)
    np.testing.assert_array_equal(
        np.concatenate(list(track.pieces(0.3))), np.concatenate(list(track.pieces(99.0)))
    )


def test_albums_are_unpacked_without_the_voices_of_the_game(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tone(tmp_path / "tone.wav")
    held = (tmp_path / "tone.wav").read_bytes()
    files = {"usr/share/game/music/a.wav": held, "usr/share/game/sounds/speak.wav": held}
    sha256 = write_deb(tmp_path / "deb/game_1_all.deb", files)
    album = Album(Package("game", "1", sha256, ("usr/share/game/music/*",)), "CC0")
    monkeypatch.setenv("T2S_CORPUS", str(tmp_path))
    assert [(track.path.name, track.source, track.licence) for track in tracks([album])] == [
        ("a.wav", "game", "CC0")
    ]


def test_tracks_an_album_is_to_be_without_are_left_out(tmp_path: Path) -> None:
    for name in ("sung.wav", "played.wav"):
        write_tone(tmp_path / name)
    album = Album(ALBUM.package, "CC0", frozenset(("sung.wav",)))
    assert [track.path.name for track in load_tracks(tmp_path, album)] == ["played.wav"]


@pytest.mark.parametrize("album", [*ALBUMS, *MORE_ALBUMS], ids=lambda album: album.package.name)
def test_an_album_is_pinned_and_has_a_licence(album: Album) -> None:
    assert album.licence
    assert re.fullmatch("[0-9a-f]{64}", album.package.sha256)
    assert any(fnmatchcase("usr/share/doc/x/copyright", pattern) for pattern in album.package.keep)


def test_no_album_stands_twice_and_the_held_out_one_is_not_heard_later() -> None:
    names = [album.package.name for album in (*ALBUMS, *MORE_ALBUMS)]
    assert len(set(names)) == len(names)
    assert HELD_OUT_ALBUM in {album.package.name for album in ALBUMS}
    assert HELD_OUT_ALBUM not in {album.package.name for album in MORE_ALBUMS}


def test_a_folder_without_music_says_so(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no music in"):
        list(load_tracks(tmp_path, ALBUM))


def test_a_track_that_is_no_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.ogg").write_bytes(b"text")
    with pytest.raises(AudioError, match=r"a\.ogg is not an audio file"):
        list(load_tracks(tmp_path, ALBUM))


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("albums", [ALBUMS, MORE_ALBUMS], ids=["albums", "more"])
def test_the_real_albums_have_what_was_measured(albums: tuple[Album, ...]) -> None:
    if not all(cached_deb(album.package, corpus_folder()) for album in albums):
        pytest.skip(f"no music in {corpus_folder()}")
    found = list(tracks(albums))
    assert {track.source for track in found} == {album.package.name for album in albums}
    for album in albums:
        own = [track for track in found if track.source == album.package.name]
        assert not album.without & {track.path.name for track in own}
        assert 1e-3 < float(np.abs(next(own[0].pieces(30.0))).max()) < 1.5
