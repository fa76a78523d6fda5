"""Everything that a training hears: voices spoken and re-sung, bands, invented sounds, captures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.timebase import HOP_RATE_HZ
from t2s_rt.training.captured import render_captures, render_invented
from t2s_rt.training.labelled import MusicLibrary, render_bands, render_labelled
from t2s_rt.training.prepare import corpus, made_bands, music, resung
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import corpus_folder
from t2s_rt.training.prepare.facegood import SOURCE, load_captures
from t2s_rt.training.rendering import Rendering
from t2s_rt.types import MEL_BANDS, Feature, FloatArray

BAND_RENDERINGS: Final = 600
"""Pieces of 18 s, beside the bands that leak into voices."""
VOICED_ENOUGH_HOPS: Final = 10 * HOP_RATE_HZ


@dataclass(frozen=True, slots=True)
class Material:
    """What a training hears and what is to be said of it.

    Attributes:
        renderings: All of it.
        trained_on: Sentences for the manifest: source, licence, minutes.
    """

    renderings: tuple[Rendering, ...]
    trained_on: tuple[str, ...]


def gather(
    takes: Path, cache: Path, seed: int, without: Collection[str] = (), share: float = 1.0
) -> Material:
    """Get, sing, hear and label everything, or read what is kept of it.

    Args:
        takes: Folder of captured takes.
        cache: Where what was heard is kept.
        seed: Of everything random.
        without: Speakers and languages that are left out, beside `corpus.JUDGED_LANGUAGE`.
        share: Of the labelled programmes that are heard, 0 to 1.

    Raises:
        SetupError, CorpusError: A source cannot be had.
        AudioError: A take or a piece of music is damaged.
    """
    told: dict[str, list[float | str]] = {}
    clips = list(_noted(_voices({*without, corpus.JUDGED_LANGUAGE}), told))
    library = _music()
    kept = cache / "labelled"
    captures = load_captures(takes)
    renderings = (
        *render_labelled(clips, library.draw, kept, seed, share=share),
        *render_bands(library.draw, BAND_RENDERINGS, kept, seed),
        *render_invented(cache, seed),
        *render_captures(captures, cache, seed),
    )
    return Material(renderings, (*_sentences(told, share), *_ALWAYS))


def mel_profile(renderings: Sequence[Rendering]) -> FloatArray:
    """``(MEL_BANDS,)`` mean level of voiced hops of speech against the singer's reference, in dB."""
    total = np.zeros(MEL_BANDS)
    count = 0
    for rendering in renderings:
        if rendering.kind != "read":
            continue
        rows = rendering.features[rendering.features[:, Feature.VOICED] > 0].astype(np.float64)
        total += (rows[:, Feature.MEL] - rows[:, Feature.REFERENCE_DBFS, None]).sum(axis=0)
        count += len(rows)
    return (total / max(count, 1)).astype(np.float32)


CAPTURED: Final = (
    SOURCE,
    "The same takes sung again by rule (pitch, vibrato, held vowels) with their captured faces",
)
"""What a first stage does not learn from."""
_ALWAYS: Final = (
    *CAPTURED,
    *(f"Music without singers: {album.package.name}; {album.licence}" for album in music.ALBUMS
      if album.package.name != music.HELD_OUT_ALBUM),
    f"Bands made by rule; {made_bands.LICENCE}",
    "Synthetic vowels a e i o u with faces by rule; synthetic noise, hum and knocks with a face at rest",
)  # fmt: skip


def _voices(without: Collection[str]) -> Iterator[LabelledClip]:
    def wanted(clip: LabelledClip) -> bool:
        return clip.speaker not in without and clip.language not in without

    for source in corpus.SOURCES:
        own = [clip for clip in source() if wanted(clip)]
        yield from own
        yield from resung.clips(own)
    yield from (clip for clip in corpus.singing() if wanted(clip))


def _noted(clips: Iterator[LabelledClip], told: dict[str, list[float | str]]) -> Iterator[LabelledClip]:
    for clip in clips:
        entry = told.setdefault(clip.source, [0.0, clip.licence])
        entry[0] = float(entry[0]) + clip.duration_s / 60.0
        yield clip


def _sentences(told: dict[str, list[float | str]], share: float) -> list[str]:
    part = "" if share >= 1.0 else f"a random {100.0 * share:.0f} % of "
    return [
        f"{source}: {part}{minutes:.0f} min, faces by the articulation teacher; {licence}"
        for source, (minutes, licence) in told.items()
    ]


def _music() -> MusicLibrary:
    path = corpus_folder() / "music-and-made-bands-16k.i16"
    if not path.exists():
        pieces = (
            piece
            for track in music.tracks()
            if track.source != music.HELD_OUT_ALBUM
            for piece in track.pieces()
        )
        MusicLibrary.write(path, chain(pieces, made_bands.pieces()))
    return MusicLibrary(path)
