"""Real music without singers: what leaks into a microphone, or plays while nobody sings.

Sources: Debian packages asterisk-moh-opsound-wav, hyperrogue-music, warzone2100-music and
planetblupi-music-ogg. Licences: see `ALBUMS`; each package's ``copyright`` is unpacked beside its files.
`HELD_OUT_ALBUM` is for judging (`bench.quality`): training must not hear it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from t2s_rt.audio.files import open_audio
from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain
from t2s_rt.types import FloatArray

PIECE_S: Final = 10.0
BLOCK_FRAMES: Final = 1 << 16
SUFFIXES: Final = frozenset((".wav", ".ogg", ".opus"))
_COPYRIGHT: Final = "usr/share/doc/*/copyright"


@dataclass(frozen=True, slots=True)
class Album:
    """The music of one package.

    Attributes:
        package: Where it comes from; only its music is kept, not the sounds and voices of the game.
        licence: Of its tracks, with their authors as the package names them.
    """

    package: Package
    licence: str


ALBUMS: Final = (
    Album(
        Package(
            "asterisk-moh-opsound-wav", "2.03-1.1",
            "8f9d808a729d305c2d3343993f21ca5e6829e411682618dc8ea7aa8bc24a566c",
            ("usr/share/asterisk/moh/*.wav", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, Macroform, Manolo Camp, Reno Project",
    ),
    Album(
        Package(
            "hyperrogue-music", "12.0q-1",
            "61ab9f4c2169442d85f42c42d26e80c1a18b93c741f3d44f1b9d83015904e7f7",
            ("usr/share/hyperrogue/music/*.ogg", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, Shawn Parrotte, Lincoln Domina, Will Savino",
    ),
    Album(
        Package(
            "warzone2100-music", "4.3.3-3",
            "d3b2c9f90ea5438d45d4aff18339a03ec808e1affa9dac91f7dad61cb15ee64e",
            ("usr/share/games/warzone2100/music/*.opus", "usr/share/games/warzone2100/*/license.txt",
             _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, LupusMechanicus, and GPL-2+, Warzone 2100 Project; see each album's license.txt",
    ),
    Album(
        Package(
            "planetblupi-music-ogg", "1.14.2-3",
            "7d89a6d00b43cdb601e35256ab1a62814d203b5922cfed6a0e73e98486e82fa6",
            ("usr/share/planetblupi/music/*.ogg", _COPYRIGHT),
        ),
        "GPL-3+, Mathieu Schroeter, Daniel Roux, EPSITEC SA and Denis Dumoulin",
    ),
)  # fmt: skip

HELD_OUT_ALBUM: Final = "planetblupi-music-ogg"
"""The package whose music is for judging only; whoever trains leaves its tracks out."""


@dataclass(frozen=True, slots=True)
class Track:
    """One piece of music, decoded as it is asked for.

    Attributes:
        path: The file.
        duration_s: Its length as its header says.
        source: Package it came with.
        licence: Its licence.
    """

    path: Path
    duration_s: float
    source: str
    licence: str

    def pieces(self, piece_s: float = PIECE_S) -> Iterator[FloatArray]:
        """Decode from the beginning to the end, holding one piece at a time.

        Args:
            piece_s: Length of a piece in s.

        Yields:
            Mono samples ``(N,)`` at `RATE_HZ` in [-1, 1] or a little beyond; the last piece may be
            shorter.

        Raises:
            AudioError: The file is missing or damaged.
        """
        size = round(piece_s * RATE_HZ)
        waiting = np.zeros(0, np.float32)
        for block in self._resampled():
            waiting = np.concatenate((waiting, block))
            while len(waiting) >= size:
                yield waiting[:size].copy()
                waiting = waiting[size:]
        if len(waiting):
            yield waiting

    def _resampled(self) -> Iterator[FloatArray]:
        with open_audio(self.path) as audio:
            stream = soxr.ResampleStream(audio.sample_rate_hz, RATE_HZ, 1, dtype="float32")
            for block in audio.blocks(BLOCK_FRAMES):
                yield stream.resample_chunk(block)
            yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def tracks() -> Iterator[Track]:
    """Every track of every album, after getting the packages that are not there yet.

    Raises:
        SetupError: A package is not there and cannot be fetched on this system.
        CorpusError: A package cannot be fetched, is damaged or holds no music.
        AudioError: A track cannot be opened.
    """
    for album in ALBUMS:
        yield from load_tracks(obtain(album.package, corpus_folder()), album)


def load_tracks(folder: Path, album: Album) -> Iterator[Track]:
    """The tracks of an unpacked album, in the order of their paths.

    Raises:
        CorpusError: There is no music in the folder.
        AudioError: A track cannot be opened.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    if not found:
        raise CorpusError(f"There is no music in {folder}.")
    for path in found:
        with open_audio(path) as audio:
            duration_s = audio.duration_s
        yield Track(path, duration_s, album.package.name, album.licence)
