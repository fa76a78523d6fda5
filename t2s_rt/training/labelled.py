"""From labelled clips and music to renderings: programmes, staged in rooms and beside bands, and heard.

Hearing is what takes time (one core hears a minute in about 1.2 s), so what was heard is kept on disk by
a hash of all that decides it; targets are made anew each time, so that the teacher may be changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from t2s_rt.articulation.inventory import MOUTH_ACTIONS
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.training.hearing import extract, resample
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.programme import programmes
from t2s_rt.training.rendering import Rendering
from t2s_rt.training.scene import Band, played_alone, staged
from t2s_rt.training.targets import retimed, targets_of
from t2s_rt.types import FloatArray

SPOKEN_PACES: Final = (0.8, 1.25)
SUNG_PACES: Final = (0.94, 1.06)
BAND_S: Final = 18.0
HEARING: Final = (
    *(f"audio/{stem}.py" for stem in ("features", "loudness", "mel", "pitch", "voice")),
    *("types.py", "timebase.py", "training/scene.py"),
)
"""The code that decides what is heard."""
_PACKAGE: Final = Path(__file__).resolve().parents[1]
_HalfArray = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Music that is read where it is needed, because thousands of pieces wait to be heard.

    Attributes:
        path: A `MusicLibrary`'s file.
        start: First sample.
        count: How many.
    """

    path: Path
    start: int
    count: int

    def samples(self) -> FloatArray:
        """``(count,)`` in [-1, 1]."""
        pieces = np.fromfile(self.path, "<i2", self.count, offset=2 * self.start)
        return pieces.astype(np.float32) / np.float32(32767.0)


DrawMusic = Callable[[np.random.Generator], Excerpt]


@dataclass(frozen=True, slots=True)
class _Job:
    """One programme to hear."""

    path: Path
    clip: LabelledClip
    music: Excerpt | None
    seed: int


@cache
def hearing_hash() -> str:
    """SHA-256 of the code that hears and stages."""
    state = hashlib.sha256()
    for name in HEARING:
        state.update((_PACKAGE / name).read_bytes())
    return state.hexdigest()


def render_labelled(
    clips: Iterable[LabelledClip],
    draw_music: DrawMusic | None,
    folder: Path,
    seed: int,
    workers: int = 2,
    share: float = 1.0,
    *,
    clean: bool = True,
) -> Iterator[Rendering]:
    """Hear every clip once clean and once staged.

    Args:
        clips: Spoken and sung, of any voices.
        draw_music: Gives a piece of music to leak in; None for none.
        folder: Where what was heard is kept.
        seed: Of order, pace, rooms and bands.
        workers: Processes that hear.
        share: Of the programmes that are heard at all, always the same ones.
        clean: Whether to give the clean hearing too.

    Yields:
        A rendering of each programme as staged, before it the clean one; both with the targets of the
        clean voice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, 1))
    jobs = []
    for programme in programmes(clips, rng):
        paces = SUNG_PACES if programme.sung else SPOKEN_PACES
        clip = retimed(programme, round(float(np.exp(rng.uniform(*np.log(paces)))), 3))
        own_seed = int(rng.integers(1 << 31))
        music = draw_music(rng) if draw_music is not None else None
        key = _key(clip, own_seed)
        if int(key[:8], 16) < share * 2**32:
            jobs.append(_Job(folder / f"{key}.npz", clip, music, own_seed))
    waiting = [job for job in jobs if not job.path.exists()]
    with ProcessPoolExecutor(workers) as pool:
        heard_parts = pool.map(_hear, waiting, chunksize=4)
        for _ in tqdm(heard_parts, "hearing voices", len(waiting), unit="part"):
            pass
    for job in tqdm(jobs, "teaching faces", unit="part"):
        with np.load(job.path) as data:
            taught = _taught(job.clip, data["clean"], data["staged"])
            yield from taught if clean else taught[1:]


def _key(clip: LabelledClip, seed: int) -> str:
    state = hashlib.sha256(f"{clip.source} {clip.name} {seed} {hearing_hash()}".encode())
    state.update(clip.samples.tobytes())
    return state.hexdigest()[:24]


def _hear(job: _Job) -> None:
    rng = np.random.default_rng(job.seed)
    band = None if job.music is None else Band((job.music.samples(),))
    clean = heard(job.clip.samples)
    mixed = heard(staged(job.clip.samples, band, rng))
    part = job.path.with_suffix(".part.npz")
    np.savez(part, clean=clean, staged=mixed)
    part.replace(job.path)


def heard(samples: FloatArray) -> _HalfArray:
    """``(hops, FEATURE_COUNT)`` of mono samples at 16 kHz, in half precision."""
    return extract(resample(samples, RATE_HZ, SAMPLE_RATE_HZ)).astype(np.float16)


def _taught(clip: LabelledClip, clean: _HalfArray, mixed: _HalfArray) -> tuple[Rendering, Rendering]:
    hops = min(len(clean), len(mixed))
    wanted = targets_of(clip, clean.astype(np.float32))
    hops = min(hops, len(wanted.mouth))
    first = Rendering(
        clip.name,
        "song" if clip.sung else "read",
        clean[:hops],
        wanted.mouth[:hops].astype(np.float16),
        np.ones(len(MOUTH_ACTIONS), np.float32),
        wanted.voice[:hops].astype(np.int8),
        wanted.sound[:hops],
    )
    return first, replace(first, features=mixed[:hops])


def render_bands(
    draw_music: DrawMusic,
    count: int,
    folder: Path,
    seed: int,
    workers: int = 2,
) -> Iterator[Rendering]:
    """Hear ``count`` pieces of music: the voice is 0, and the mouth is not told what to do."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, 2))
    jobs = []
    for index in range(count):
        music = draw_music(rng)
        told = f"{seed} {index} {hearing_hash()}".encode()
        digest = hashlib.sha256(music.samples().tobytes() + told)
        jobs.append((folder / f"band-{digest.hexdigest()[:20]}.npz", music, int(rng.integers(1 << 31))))
    waiting = [job for job in jobs if not job[0].exists()]
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(_hear_band, waiting, chunksize=4), "hearing bands", len(waiting)):
            pass
    for path, _, _ in jobs:
        with np.load(path) as data:
            yield _nobody(path.stem, data["features"])


def _hear_band(job: tuple[Path, Excerpt, int]) -> None:
    path, music, seed = job
    rng = np.random.default_rng(seed)
    features = heard(played_alone(int(BAND_S * RATE_HZ), Band((music.samples(),)), rng))
    part = path.with_suffix(".part.npz")
    np.savez(part, features=features)
    part.replace(path)


def _nobody(name: str, features: _HalfArray) -> Rendering:
    hops, actions = len(features), len(MOUTH_ACTIONS)
    return Rendering(
        name,
        "band",
        features,
        np.zeros((hops, actions), np.float16),
        np.zeros(actions, np.float32),
        np.zeros(hops, np.int8),
        np.zeros(hops, np.int8),
    )


class MusicLibrary:
    """All music in one file of 16-bit samples at 16 kHz, drawn from at random.

    Args:
        path: The file; made by `write` where it is missing.
    """

    DRAWN_S: Final = 20.0
    QUIETEST_RMS: Final = 0.003

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = path.stat().st_size // 2

    @classmethod
    def write(cls, path: Path, pieces: Iterable[FloatArray]) -> None:
        """Write pieces of mono samples one after another."""
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            for piece in pieces:
                file.write((np.clip(piece, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
        part.replace(path)

    def draw(self, rng: np.random.Generator) -> Excerpt:
        """`DRAWN_S` of music from anywhere that is not silent."""
        size = int(self.DRAWN_S * RATE_HZ)
        while True:
            start = int(rng.integers(max(self._count - size, 1)))
            piece = Excerpt(self._path, start, min(size, self._count - start))
            if float(np.sqrt(np.mean(np.square(piece.samples())))) > self.QUIETEST_RMS:
                return piece
