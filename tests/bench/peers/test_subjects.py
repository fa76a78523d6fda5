"""Peers as subjects: with a stand-in for the browser, and with the browser and the real packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.peers import packages
from bench.peers.calibrate import CLASSES, PARTS, profile_of
from bench.peers.page import PeerPage, Weights
from bench.peers.subjects import KINDS, Peers, PeerSubject
from bench.quality.song import load_song
from bench.quality.sound import in_silence
from bench.quality.vowels import MAN, Note, sing
from t2s_rt.errors import ConfigError, SetupError
from t2s_rt.timebase import FRAME_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

QUIET_S = 0.5
A = in_silence(sing(MAN, Note("a", 110.0, 0.8)), QUIET_S, QUIET_S)


class PageOfOne:
    """Shows one viseme as long as there is sound, and counts what it is asked."""

    def __init__(self, viseme: str) -> None:
        self.viseme = viseme
        self.asked = 0

    def watch(self, _: str, samples: FloatArray, __: object) -> Weights:
        self.asked += 1
        return Weights((self.viseme,), np.ones((len(samples) // FRAME_SAMPLES + 5, 1), np.float32))


def subject_on(page: PageOfOne, folder: Path, name: str = "headaudio") -> PeerSubject:
    return PeerSubject(name, None, folder, lambda: page)  # type: ignore[arg-type,return-value]


def test_what_was_watched_is_kept_and_as_long_as_the_recording(tmp_path: Path) -> None:
    page = PageOfOne("viseme_aa")
    track = subject_on(page, tmp_path).watch(A)
    assert len(track.opening) == len(A) // FRAME_SAMPLES
    assert track.opening == pytest.approx(0.7)
    assert track.available_s[0] == pytest.approx(1 / 60)
    assert track.time_s[0] == pytest.approx(1 / 60 - 0.1)  # HeadAudio's README delays the sound
    again = subject_on(PageOfOne("viseme_sil"), tmp_path).watch(A.copy())
    assert again.opening == pytest.approx(0.7)
    other = PageOfOne("viseme_sil")
    assert subject_on(other, tmp_path).watch(A[800:]).opening == pytest.approx(0.0)
    assert (page.asked, other.asked) == (1, 1)


def test_a_viseme_nobody_knows_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="viseme_new"):
        subject_on(PageOfOne("viseme_new"), tmp_path).watch(A)


def test_a_name_nobody_knows_is_refused(tmp_path: Path) -> None:
    with Peers(tmp_path) as peers, pytest.raises(ConfigError, match="wawa-lipsync"):
        peers.subject("rhubarb")


def test_a_missing_chromium_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setattr("bench.peers.page.shutil.which", lambda _: None)
    with pytest.raises(SetupError, match="apt install chromium"):
        PeerPage(tmp_path)


def test_packages_that_do_not_load_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page asks for files that are not there; it is not waited for in vain for long."""
    pytest.importorskip("playwright")
    monkeypatch.setattr("bench.peers.page.CHROMIUMS", ("no-such-browser",))
    with pytest.raises(SetupError, match="Chromium"):
        PeerPage(tmp_path)


@pytest.fixture(scope="module")
def page() -> Iterator[PeerPage]:
    """The browser with the real packages."""
    pytest.importorskip("playwright", reason="no playwright: pip install playwright")
    try:
        folder = packages.install()
    except SetupError as problem:
        pytest.skip(str(problem))
    with PeerPage(folder) as opened:
        yield opened


def profile_of_tones() -> dict[str, object]:
    """A profile that takes everything for an A but nothing at all."""
    classes = [name for name in CLASSES for _ in range(PARTS)]
    cepstra = np.full((len(classes), 12), -50.0, np.float32)
    cepstra[:PARTS, 0] = 50.0
    return profile_of([(classes, cepstra), (classes, cepstra)])


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", [name for name in KINDS if name != "headaudio"])
def test_the_pinned_package_itself_opens_the_mouth_on_a_vowel(
    name: str, page: PeerPage, tmp_path: Path
) -> None:
    profile = profile_of_tones() if KINDS[name].calibrated else None
    subject = PeerSubject(name, profile, tmp_path, lambda: page)
    package = packages.FOLDER / "node_modules" / KINDS[name].package
    assert any(package in file.parents for file in page.served)
    assert packages.installed_versions(packages.FOLDER)[KINDS[name].package] in subject.name
    found = subject.weights(A)
    track = subject.watch(A)
    sung = (track.available_s > QUIET_S + 0.3) & (track.available_s < QUIET_S + 0.8)
    assert track.opening[sung].mean() > 0.05
    assert track.opening[track.available_s < QUIET_S].max() < 0.05  # nothing moves before the voice
    again = PeerSubject(name, profile, tmp_path / "again", lambda: page).weights(A)
    assert found.names == again.names
    assert np.array_equal(found.rows, again.rows)  # virtual time: no run differs from another


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.timeout(180)
def test_headaudio_opens_the_mouth_on_a_song(page: PeerPage, tmp_path: Path) -> None:
    """Made vowels are no speech to it: it answers them with no shape at all."""
    song, _ = load_song()
    track = PeerSubject("headaudio", None, tmp_path, lambda: page).watch(song[: 4 * SAMPLE_RATE_HZ])
    assert track.opening.max() > 0.1
    assert (track.opening > 0.05).mean() < 0.9


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_future_never_matters(page: PeerPage, tmp_path: Path) -> None:
    """What a peer shows up to a moment is the same whatever comes after it."""
    for name in ("headaudio", "wawa-lipsync"):
        subject = PeerSubject(name, None, tmp_path, lambda: page)
        cut = A.copy()
        cut[round(0.9 * SAMPLE_RATE_HZ) :] = 0.0
        before = round(0.9 * SAMPLE_RATE_HZ) // FRAME_SAMPLES - 1
        assert np.array_equal(subject.weights(A).rows[:before], subject.weights(cut).rows[:before])
