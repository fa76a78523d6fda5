"""Peers as subjects. What one has watched is kept, so that a second judgement needs no browser."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.peers import packages
from bench.peers.mapping import OCULUS_LOOKS, ULIPSYNC_LOOKS, Look, mouth_of
from bench.peers.page import DRIVER, PeerPage, Weights
from bench.quality.track import MouthTrack
from t2s_rt.errors import ConfigError, SetupError
from t2s_rt.timebase import FRAME_SAMPLES
from t2s_rt.types import FloatArray


@dataclass(frozen=True, slots=True)
class Kind:
    """One peer.

    Attributes:
        title: What tables call it, before its version.
        package: Of npm.
        looks: What its visemes look like.
        late_s: By how much its documentation says to delay the sound.
        calibrated: Whether it needs a profile.
    """

    title: str
    package: str
    looks: dict[str, Look]
    late_s: float = 0.0
    calibrated: bool = False


KINDS: Final[dict[str, Kind]] = {
    "wlipsync": Kind("wLipSync", "wlipsync", ULIPSYNC_LOOKS, calibrated=True),
    "headaudio": Kind("HeadAudio", "@met4citizen/headaudio", OCULUS_LOOKS, late_s=0.1),
    "wawa-lipsync": Kind("wawa-lipsync", "wawa-lipsync", OCULUS_LOOKS),
}
"""By the names of the command line, which are also driver.js's. HeadAudio's README puts a delay of 0.1 s
behind the node; the others ask for none."""


class Peers:
    """All peers and the one browser they share, opened when something has to be watched anew.

    Args:
        folder: For packages, profile and what was watched.
    """

    def __init__(self, folder: Path = packages.FOLDER) -> None:
        self._folder = folder
        self._page: PeerPage | None = None

    def __enter__(self) -> Peers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the browser, if there is one."""
        if self._page is not None:
            self._page.close()
            self._page = None

    def page(self) -> PeerPage:
        """The browser with every package installed.

        Raises:
            SetupError: npm, a package, playwright or Chromium is missing.
        """
        if self._page is None:
            self._page = PeerPage(packages.install(self._folder))
        return self._page

    def subject(self, name: str) -> PeerSubject:
        """One peer.

        Raises:
            ConfigError: There is no such peer.
            SetupError: Something that it needs is missing.
            CorpusError: The voice that wLipSync is calibrated with is damaged.
        """
        kind = KINDS.get(name)
        if kind is None:
            raise ConfigError(f"There is no peer {name}.", f"Choose from {', '.join(KINDS)}.")
        profile = self._profile() if kind.calibrated else None
        return PeerSubject(name, profile, self._folder / "watched", self.page)

    def _profile(self) -> dict[str, object]:
        """The profile of wLipSync, calibrated once."""
        from bench.peers import calibrate  # reads the corpus: not for peers that need none

        source = Path(calibrate.__file__).read_bytes() + DRIVER.read_bytes()
        stamp = hashlib.blake2b(source, digest_size=8).hexdigest()
        file = self._folder / f"wlipsync-{packages.pinned_versions()['wlipsync']}-{stamp}.json"
        if not file.is_file():
            profile, words = calibrate.calibrate(self.page())
            file.write_text(json.dumps({"made_of": words, **profile}), encoding="utf-8")
        found: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        return found


class PeerSubject:
    """A peer's mouth.

    Args:
        name: Key of `KINDS`.
        profile: wLipSync's; None for others.
        kept: Folder of what was watched.
        page: Gives the browser.
    """

    def __init__(
        self, name: str, profile: dict[str, object] | None, kept: Path, page: Callable[[], PeerPage]
    ) -> None:
        self._package = name
        self._kind = KINDS[name]
        self._profile = profile
        self._kept = kept
        self._page = page
        self._version = packages.pinned_versions()[self._kind.package]
        known = DRIVER.read_bytes() + json.dumps([name, self._version, profile]).encode()
        self._stamp = hashlib.blake2b(known, digest_size=8).hexdigest()

    @property
    def name(self) -> str:
        """What tables call it, with its version."""
        return f"{self._kind.title} {self._version}"

    def weights(self, samples: FloatArray) -> Weights:
        """Its own weights ``(T, V)`` for a recording ``(N,)``, mono at 48 kHz, one row a whole frame.

        Raises:
            SetupError: Something that it needs is missing, or its code failed.
        """
        sound = np.ascontiguousarray(samples, np.float32)
        key = hashlib.blake2b(sound.tobytes(), digest_size=16).hexdigest()
        file = self._kept / f"{self._package}-{self._stamp}" / f"{key}.npz"
        if not file.is_file():
            found = self._page().watch(self._package, sound, self._profile)
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial.npz")
            np.savez_compressed(partial, names=np.array(found.names), rows=found.rows)
            partial.rename(file)
        with np.load(file) as kept:
            names = tuple(str(name) for name in kept["names"])
            return Weights(names, kept["rows"][: len(sound) // FRAME_SAMPLES])

    def watch(self, samples: FloatArray) -> MouthTrack:
        """The mouth of a recording ``(N,)``, mono at 48 kHz in [-1, 1].

        Raises:
            SetupError: Something that it needs is missing, or its code failed.
        """
        found = self.weights(samples)
        try:
            return mouth_of(found.names, found.rows, self._kind.looks, self._kind.late_s)
        except KeyError as problem:
            raise SetupError(f"{self.name} shows {problem}, of which nothing is known.") from problem
