"""Every spoken clip of the corpus sung again by `t2s_rt.training.prepare.world_song`, kept once made.

Licences: those of the clips that are sung. A song costs one core 5 % of the time it lasts, once; making
them can be interrupted. All cores sing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import corpus_folder
from t2s_rt.training.prepare.world import take_apart
from t2s_rt.training.prepare.world_song import STYLES, Style, resing_clip

VERSION: Final = 1
"""Counted up when singing changes: what was made before is then made anew."""
SEED: Final = 5
TAKES: Final = {"festvox-ru": 2}
"""How often the clips of a source are sung; once where it is not listed."""
_SHARES: Final[dict[Style, float]] = {
    "melody": 0.50, "held": 0.24, "belt": 0.06, "soft": 0.06, "whisper": 0.14,
}  # fmt: skip
"""Of the clips; held ones last longer, so that a third of the time is theirs."""
_SUFFIX: Final = ", re-sung"


def clips(spoken: Iterable[LabelledClip], folder: Path | None = None) -> Iterator[LabelledClip]:
    """Every spoken clip once or more in random styles.

    Args:
        spoken: Clips to sing; those that are sung already are left out.
        folder: The corpus folder, where it is not `corpus_folder`'s.

    Yields:
        Sung clips, named after clip, style and take, of the same speaker; ``source`` has its suffix. The
        same clip always gives the same songs.

    Raises:
        OSError: The folder cannot be written.
    """
    kept = (corpus_folder() if folder is None else folder) / "resung"
    kept.mkdir(parents=True, exist_ok=True)
    songs = [_songs(clip, kept) for clip in spoken if not clip.sung]
    waiting = [song for song in songs if not all(path.exists() for path in song.paths)]
    if waiting:
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            sung = pool.map(_make, waiting, chunksize=8)
            for _ in tqdm(sung, "singing again", len(waiting), unit="clip"):
                pass
    for song in songs:
        for take, path in enumerate(song.paths):
            yield _read(path, song.clip, take)


@dataclass(frozen=True, slots=True)
class _Songs:
    """A clip and the file of each of its takes."""

    clip: LabelledClip
    paths: tuple[Path, ...]


def _songs(clip: LabelledClip, kept: Path) -> _Songs:
    takes = range(TAKES.get(clip.source, 1))
    return _Songs(clip, tuple(kept / f"{_digest(clip, take)}.npz" for take in takes))


def _make(songs: _Songs) -> None:
    """Sing what is missing of a clip."""
    clip = songs.clip
    analysis = take_apart(clip.samples)
    for take, path in enumerate(songs.paths):
        if not path.exists():
            rng = np.random.default_rng((int(path.stem, 16), take))
            _keep(resing_clip(clip, draw_style(path.stem), rng, analysis), path)


def draw_style(digest: str) -> Style:
    """The style that is sung for a clip and take."""
    rng = np.random.default_rng(int(digest, 16))
    return STYLES[int(rng.choice(len(STYLES), p=[_SHARES[style] for style in STYLES]))]


def _digest(clip: LabelledClip, take: int) -> str:
    told = json.dumps((VERSION, SEED, take, clip.source, clip.name, clip.sounds))
    return hashlib.sha256(told.encode() + clip.samples.tobytes()).hexdigest()[:32]


def _keep(song: LabelledClip, path: Path) -> None:
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(
            file,
            samples=np.round(song.samples * 32767.0).astype(np.int16),
            ipa=np.array([ipa for ipa, _, _ in song.sounds], dtype=np.str_),
            times_s=np.array([times_s for _, *times_s in song.sounds]).reshape(-1, 2),
            name=song.name,
        )
    partial.replace(path)


def _read(path: Path, clip: LabelledClip, take: int) -> LabelledClip:
    with np.load(path) as data:
        return replace(
            clip,
            name=f"{data['name']}{take}",
            samples=(data["samples"] / np.float32(32767.0)).astype(np.float32),
            sounds=tuple(
                (str(ipa), float(start_s), float(end_s))
                for ipa, (start_s, end_s) in zip(data["ipa"], data["times_s"], strict=True)
            ),
            source=clip.source + _SUFFIX,
            sung=True,
        )
