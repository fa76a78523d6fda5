"""Everything that a training hears: voices spoken and re-sung, bands, invented sounds, captures."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
"""Pieces of 18 s of the first music, beside the bands that leak into voices."""
MORE_BAND_RENDERINGS: Final = 800
"""Of the music that came later."""
HEARD_AGAIN: Final = 1.0
"""Of the programmes that are heard: so many again, joined anew, in other rooms, beside later music, and
not clean."""
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
    told: dict[str, _Told] = {}
    left_out = {*without, corpus.JUDGED_LANGUAGE}
    voices = chain(_voices(corpus.SOURCES, left_out), _wanted(corpus.singing(), left_out))
    clips = list(_noted(voices, told, share))
    read = list(_noted(_voices([corpus.reading], left_out), told, 1.0))
    high = list(_noted(corpus.high(), told, 1.0))
    first, later = _libraries()
    kept = cache / "labelled"
    captures = load_captures(takes)
    renderings = (
        *render_labelled(clips, first.draw, kept, seed, share=share),
        *render_labelled(read, later.draw, kept, seed),
        *render_labelled(clips, later.draw, kept, seed + 1, share=HEARD_AGAIN * share, clean=False),
        *render_labelled(high, later.draw, kept, seed + 2),
        *render_bands(first.draw, BAND_RENDERINGS, kept, seed),
        *render_bands(later.draw, MORE_BAND_RENDERINGS, kept, seed + 1),
        *render_invented(cache, seed),
        *render_captures(captures, cache, seed),
    )
    sentences = (each.sentence(source) for source, each in told.items())
    return Material(renderings, (*sentences, *_ALWAYS))


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
    *(f"Music without singers: {album.package.name}; {album.licence}"
      for album in (*music.ALBUMS, *music.MORE_ALBUMS) if album.package.name != music.HELD_OUT_ALBUM),
    f"Bands made by rule; {made_bands.LICENCE}",
    "Synthetic vowels a e i o u with faces by rule; synthetic noise, hum and knocks with a face at rest",
)  # fmt: skip


@dataclass(slots=True)
class _Told:
    """What is to be said of a source.

    Attributes:
        share: Of the minutes that are heard.
        minutes: All there are.
        licences: Of its clips, in the order in which they came.
    """

    share: float
    minutes: float = 0.0
    licences: dict[str, None] = field(default_factory=dict)

    def sentence(self, source: str) -> str:
        part = "" if self.share >= 1.0 else f"a random {100.0 * self.share:.0f} % of "
        heard = f"{part}{self.minutes:.0f} min"
        return f"{source}: {heard}, faces by the articulation teacher; {'; '.join(self.licences)}"


def _wanted(clips: Iterable[LabelledClip], without: Collection[str]) -> Iterator[LabelledClip]:
    return (clip for clip in clips if clip.speaker not in without and clip.language not in without)


def _voices(sources: Iterable[corpus.Source], without: Collection[str]) -> Iterator[LabelledClip]:
    """Everybody's clips, spoken and then re-sung."""
    for source in sources:
        own = list(_wanted(source(), without))
        yield from own
        yield from resung.clips(own)


def _noted(
    clips: Iterable[LabelledClip], told: dict[str, _Told], share: float
) -> Iterator[LabelledClip]:
    for clip in clips:
        entry = told.setdefault(clip.source, _Told(share))
        entry.minutes += clip.duration_s / 60.0
        entry.licences[clip.licence] = None
        yield clip


def _libraries() -> tuple[MusicLibrary, MusicLibrary]:
    """The first music with the made bands, and what came later, each decoded once."""
    folder = corpus_folder()
    later = "\n".join(album.package.sha256 for album in music.MORE_ALBUMS)
    named = hashlib.sha256(later.encode()).hexdigest()[:12]
    wanted = {
        folder / "music-and-made-bands-16k.i16": chain(_pieces(music.ALBUMS), made_bands.pieces()),
        folder / f"more-music-16k-{named}.i16": _pieces(music.MORE_ALBUMS),
    }
    for path, pieces in wanted.items():
        if not path.exists():
            MusicLibrary.write(path, pieces)
    first, more = (MusicLibrary(path) for path in wanted)
    return first, more


def _pieces(albums: Iterable[music.Album]) -> Iterator[FloatArray]:
    heard = (album for album in albums if album.package.name != music.HELD_OUT_ALBUM)
    return (piece for track in music.tracks(heard) for piece in track.pieces())
