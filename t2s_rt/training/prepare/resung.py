"""Every spoken clip of the corpus sung again by `t2s_rt.training.prepare.world_song`, kept once made.

Licences: those of the clips that are sung. A song costs one core 5 % of the time it lasts, once; making
them can be interrupted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import corpus_folder
from t2s_rt.training.prepare.world import Analysis, take_apart
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
    for clip in spoken:
        if clip.sung:
            continue
        analysis: Analysis | None = None
        for take in range(TAKES.get(clip.source, 1)):
            digest = _digest(clip, take)
            path = kept / f"{digest}.npz"
            if not path.exists():
                analysis = analysis or take_apart(clip.samples)
                _keep(_sing(clip, take, digest, analysis), path)
            yield _read(path, clip, take)


def draw_style(digest: str) -> Style:
    """The style that is sung for a clip and take."""
    rng = np.random.default_rng(int(digest, 16))
    return STYLES[int(rng.choice(len(STYLES), p=[_SHARES[style] for style in STYLES]))]


def _digest(clip: LabelledClip, take: int) -> str:
    told = json.dumps((VERSION, SEED, take, clip.source, clip.name, clip.sounds))
    return hashlib.sha256(told.encode() + clip.samples.tobytes()).hexdigest()[:32]


def _sing(clip: LabelledClip, take: int, digest: str, analysis: Analysis) -> LabelledClip:
    rng = np.random.default_rng((int(digest, 16), take))
    return resing_clip(clip, draw_style(digest), rng, analysis)


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
