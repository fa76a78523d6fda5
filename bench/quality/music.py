"""A band without a singer, hiss, and a singer with a band: who opens the mouth?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bench.lead import load_song
from bench.quality.band import play
from bench.quality.figures import Figure
from bench.quality.sound import at_48k, at_level, rms
from bench.quality.track import OPEN, MouthTrack, Subject, correlation
from t2s_rt.audio.files import open_audio
from t2s_rt.audio.synthesis import noise
from t2s_rt.errors import SetupError
from t2s_rt.types import FloatArray

PIECE_S: Final = 12.0
PIECES: Final = 5
LEVELS_DBFS: Final = (-40.0, -30.0, -18.0)
HISS_DBFS: Final = -45.0
HISS_S: Final = 10.0


def open_share(tracks: Sequence[MouthTrack]) -> float:
    """Share of frames, over all tracks, in which the mouth is open."""
    return float(np.concatenate([track.opening > OPEN for track in tracks]).mean())


def album() -> list[FloatArray]:
    """Pieces out of the middle of tracks that no training may use, at 48 kHz.

    Raises:
        SetupError: Packages of the extra ``train`` are missing, or the album cannot be had here.
        CorpusError: The album is damaged.
    """
    try:
        from t2s_rt.training.prepare import debian, music
    except ImportError as problem:
        raise SetupError(
            f"Real music needs the package {problem.name}.", 'Add it: pip install "t2s-rt[train]"'
        ) from problem
    held_out = next(a for a in music.ALBUMS if a.package.name == music.HELD_OUT_ALBUM)
    folder = debian.obtain(held_out.package, debian.corpus_folder())
    tracks = [t for t in music.load_tracks(folder, held_out) if t.duration_s > 2 * PIECE_S]
    chosen = tracks[:: max(1, len(tracks) // PIECES)][:PIECES]
    return [_middle(track.path, track.duration_s) for track in chosen]


def _middle(path: Path, duration_s: float) -> FloatArray:
    with open_audio(path) as audio:
        rate_hz = audio.sample_rate_hz
        samples = np.concatenate(list(audio.blocks(1 << 16)))
    first = round(0.5 * (duration_s - PIECE_S) * rate_hz)
    return at_48k(samples[first : first + round(PIECE_S * rate_hz)], rate_hz)


def over(voice: FloatArray, band: FloatArray) -> FloatArray:
    """A voice with a band of the same RMS, repeated as often as the voice lasts, not clipped."""
    repeated = np.resize(band, len(voice))
    mixed = voice + repeated * (rms(voice) / max(rms(repeated), 1e-9))
    return (mixed * min(1.0, 0.95 / float(np.abs(mixed).max()))).astype(np.float32)


def measure(subject: Subject) -> list[Figure]:
    """All rows of music and hiss.

    Raises:
        SetupError: Music or song is not there.
        CorpusError: The album is damaged.
    """
    hiss = [noise(HISS_S, HISS_DBFS, seed=seed) for seed in range(2)]
    figures = [Figure("hiss.open", open_share([subject.watch(h) for h in hiss]), "20 s at -45 dBFS")]
    pieces = album()
    bands = [play(PIECE_S, seed) for seed in range(2)]
    for level in LEVELS_DBFS:
        for family, sounds in (("band", pieces), ("band_made", bands)):
            tracks = [subject.watch(at_level(sound, level)) for sound in sounds]
            each = " ".join(f"{open_share([track]):.2f}" for track in tracks)
            figures.append(Figure(f"{family}.at{-level:.0f}", open_share(tracks), each))
    voice, _ = load_song()
    clean = subject.watch(voice)
    found = [correlation(subject.watch(over(voice, band)).jaw[: len(clean.jaw)], clean.jaw)
             for band in pieces[:3]]  # fmt: skip
    each = " ".join(f"{r:.2f}" for r in found)
    return [*figures, Figure("band.voice_over", float(np.mean(found)), f"three pieces: {each}")]
