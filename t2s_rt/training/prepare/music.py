"""Real music without singers: what leaks into a microphone, or plays while nobody sings.

Sources: Debian packages asterisk-moh-opsound-wav, hyperrogue-music, warzone2100-music and
planetblupi-music-ogg (`ALBUMS`); ardentryst, asc-music, extremetuxracer-data, flare-game,
fretsonfire-songs-muldjord, fretsonfire-songs-sectoid, hedgewars-data, pushover-data, singularity-music,
starfighter-data, wesnoth-1.16-music, xmoto-data and zaz-data (`MORE_ALBUMS`). Licences: see there; each
package's ``copyright`` is unpacked beside its files. `HELD_OUT_ALBUM` is for judging (`bench.quality`):
training must not hear it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
SUFFIXES: Final = frozenset((".wav", ".ogg", ".opus", ".mp3"))
_COPYRIGHT: Final = "usr/share/doc/*/copyright"


@dataclass(frozen=True, slots=True)
class Album:
    """The music of one package.

    Attributes:
        package: Where it comes from; only its music is kept, not the sounds and voices of the game.
        licence: Of its tracks, with their authors as the package names them.
        without: Names of files that are left out: a voice may be in them, they are no music, or they
            repeat another.
    """

    package: Package
    licence: str
    without: frozenset[str] = frozenset()


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

MORE_ALBUMS: Final = (
    Album(
        Package(
            "ardentryst", "1.71-9",
            "7a01180285a4acaa980b18118127c60ac0377f4e2bcd69244b1feb7de5fc566f",
            ("usr/share/games/ardentryst/Music/*.ogg", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, Jordan Trudgett",
        frozenset(("theme1_raw.ogg",)),
    ),
    Album(
        Package(
            "asc-music", "1.3-6",
            "369f2d396adb8db9003ef73b797d529e284a7764a5ff4b59a50a4c8b9294da5f",
            ("usr/share/games/asc/music/*.mp3", _COPYRIGHT),
        ),
        "GPL-2+, Michael Kievernagel",
    ),
    Album(
        Package(
            "extremetuxracer-data", "0.8.2-1",
            "8ce6c82e6fb89549d284f43f6c4b0a9d82e6c0e5da753bee0ef419276a21470c",
            ("usr/share/games/etr/music/*.ogg", _COPYRIGHT),
        ),
        "GPL-2+, Extreme Tux Racer Team",
    ),
    Album(
        Package(
            "flare-game", "1.14-1",
            "4ab6a8298276013d35a0806257e130d992761af1b749041433b409c3dafec508",
            ("usr/share/games/flare/mods/fantasycore/music/*.ogg", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0+, Clint Bellanger and others",
        frozenset(("wind_ambient.ogg",)),
    ),
    Album(
        Package(
            "fretsonfire-songs-muldjord", "2.dfsg-2.1",
            "b37adf8b08b46d4182c283e760e4f40622d83674e05803960ea1e11a92600c7b",
            ("usr/share/games/fretsonfire/data/songs/muldjord/*/guitar.ogg", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, El Senator of Muldjord",
    ),
    Album(
        Package(
            "fretsonfire-songs-sectoid", "1.dfsg-3.1",
            "14c1ed3e43c1a6a80eae7698f0469a0825cd1184e441968d62df89ca418aa0b4",
            ("usr/share/games/fretsonfire/data/songs/sectoid/*.ogg", _COPYRIGHT),
        ),
        "MIT, Carlos Viola Iborra",
    ),
    Album(
        Package(
            "hedgewars-data", "1.0.2-6",
            "722225903a72604403e6e0026e40e9a6953f47a74d94efc5f55504bc05bb4761",
            ("usr/share/games/hedgewars/Data/Music/*.ogg", _COPYRIGHT),
        ),
        "GPL-2, Hedgewars Team",
        frozenset(("Nature.ogg", "Olympics.ogg")),
    ),
    Album(
        Package(
            "pushover-data", "0.0.5+git20180909-4",
            "75f52ad553c73660489631b4b4eeb308c3601beee68a097abdd5f2e4e442cbfb",
            ("usr/share/pushover/themes/*.ogg", _COPYRIGHT),
        ),
        "GPL-3+, Roberto Lorenz",
    ),
    Album(
        Package(
            "singularity-music", "007-2",
            "139ba1e408eeb0a72f1fff3760ca46558b9f81bed97dc8c0efa108c4007f4845",
            ("usr/share/games/singularity/music/*.ogg", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, Max McCracken",
        frozenset(("Aberrations.ogg", "Enemy Unknown.ogg", "March Thee to Dis.ogg")),
    ),
    Album(
        Package(
            "starfighter-data", "2.4-1",
            "0c6038f76836c88249928d2ec93375cada3ccf4beb6d6faac3679f3bdb0e39cd",
            ("usr/share/starfighter/music/*.ogg", _COPYRIGHT),
        ),
        "GPL-2+, Parallel Realities, Guus Sliepen, Astrid S. de Wijn, Julie Marchant and others",
        frozenset(("rise_of_spirit.ogg", "sound_and_silence.ogg")),
    ),
    Album(
        Package(
            "wesnoth-1.16-music", "1:1.16.9-1",
            "f9bc3cde92b4ab30db5d7b85f89b4bcc3d788dd92602956d0347250850bf59bb",
            ("usr/share/games/wesnoth/1.16/data/core/music/*.ogg", _COPYRIGHT),
        ),
        "GPL-2+, David White and the Wesnoth contributors",
        frozenset((
            "battle-epic.ogg", "defeat.ogg", "elf-land.ogg", "into_the_shadows.ogg",
            "nunc_dimittis.ogg", "silvan_sanctuary.ogg", "the_king_is_dead.ogg",
            "vengeful.ogg", "weight_of_revenge.ogg",
        )),
    ),
    Album(
        Package(
            "xmoto-data", "0.6.1+repack-9",
            "458966c8291579df7dd215a3ebf48cb89fc94e94fe871d124b542eb6233c0e66",
            ("usr/share/games/xmoto/Textures/Musics/*.ogg", _COPYRIGHT),
        ),
        "GPL-2+, X-Moto Development Team",
    ),
    Album(
        Package(
            "zaz-data", "1.0.1-1",
            "71f4ad06474e7015e532441e16ed55fd516081a44226afb837fb9a32eea89ee7",
            ("usr/share/games/zaz/mus*.ogg", _COPYRIGHT),
        ),
        "CC-BY-SA-3.0, Leonard Ritter",
    ),
)  # fmt: skip
"""Heard beside the later material, and as bands. They came later, and stand apart so that what was heard
beside `ALBUMS` stays as it is. Of fretsonfire-songs-muldjord only the guitars: its band comes with a
singer."""

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


def tracks(albums: Iterable[Album] = ALBUMS) -> Iterator[Track]:
    """Every track of every album, after getting the packages that are not there yet.

    Args:
        albums: Whose tracks; `ALBUMS`, `MORE_ALBUMS`, or others.

    Raises:
        SetupError: A package is not there and cannot be fetched on this system.
        CorpusError: A package cannot be fetched, is damaged or holds no music.
        AudioError: A track cannot be opened.
    """
    for album in albums:
        yield from load_tracks(obtain(album.package, corpus_folder()), album)


def load_tracks(folder: Path, album: Album) -> Iterator[Track]:
    """The tracks of an unpacked album, in the order of their paths, but those it is to be `without`.

    Raises:
        CorpusError: There is no music in the folder.
        AudioError: A track cannot be opened.
    """
    found = sorted(
        path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.name not in album.without
    )
    if not found:
        raise CorpusError(f"There is no music in {folder}.")
    for path in found:
        with open_audio(path) as audio:
            duration_s = audio.duration_s
        yield Track(path, duration_s, album.package.name, album.licence)
