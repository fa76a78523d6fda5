"""Brows, head and seeds: what only a whole face has."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from bench.lead import load_song
from bench.quality.engine_subject import EngineSubject
from bench.quality.figures import Figure
from bench.quality.track import Face, MouthTrack, Subject, correlation, ranks
from t2s_rt.audio.synthesis import silence
from t2s_rt.intensity.actions import ACTION_INDEX, MOUTH_NAMES
from t2s_rt.timebase import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

SEEDS: Final = (0, 1, 2)
SILENCE_S: Final = 10.0
CALM_S: Final = 1.5
"""After this long a silence the face should have come to rest."""
REST: Final = 0.02
BAND_HZ: Final = (1.0, 2.0)
MOTION_HZ: Final = (0.1, 15.0)
BROWS: Final = ("brow_raise_inner", "brow_raise_outer_left", "brow_raise_outer_right")
HEAD: Final = ("head_yaw", "head_pitch", "head_roll")


def columns(face: Face, names: tuple[str, ...]) -> FloatArray:
    """``(T, len(names))`` of a face's actions."""
    return face.actions[:, [ACTION_INDEX[name] for name in names]]


def brow_rank(face: Face) -> float:
    """Spearman's rank correlation of brow height with the heard pitch, over voiced frames."""
    voiced = face.f0_hz > 0.0
    if voiced.sum() < FRAME_RATE_HZ:
        return float("nan")
    height = columns(face, BROWS).mean(axis=1)
    return correlation(ranks(height[voiced]), ranks(face.f0_hz[voiced]))


def head_share(head: FloatArray, rate_hz: int = FRAME_RATE_HZ) -> float:
    """Share of the head's kinetic energy, all axes together, that lies between 1 and 2 Hz.

    Of its speed, not of its place: a head that slowly turns away would hide every nod.

    Args:
        head: ``(T, 3)``.
        rate_hz: Rows a second.
    """
    speed = np.diff(head.astype(np.float64), axis=0) * rate_hz
    speed -= speed.mean(axis=0)
    power = (np.abs(np.fft.rfft(speed * np.hanning(len(speed))[:, None], axis=0)) ** 2).sum(axis=1)
    frequency = np.fft.rfftfreq(len(speed), 1.0 / rate_hz)
    whole = power[(frequency >= MOTION_HZ[0]) & (frequency <= MOTION_HZ[1])].sum()
    inside = power[(frequency >= BAND_HZ[0]) & (frequency <= BAND_HZ[1])].sum()
    return float(inside / whole) if whole > 0.0 else float("nan")


def speed(values: FloatArray) -> float:
    """Mean speed of ``(T, C)`` curves per s."""
    steps = np.diff(values.astype(np.float64), axis=0)
    return float(np.linalg.norm(steps, axis=1).mean()) * FRAME_RATE_HZ


def likeness(one: FloatArray, other: FloatArray) -> float:
    """Mean correlation of columns ``(T, C)`` that move in both; NaN where none does."""
    found = [
        correlation(a, b)
        for a, b in zip(one.T.astype(np.float64), other.T.astype(np.float64), strict=True)
        if a.std() > 1e-3 and b.std() > 1e-3
    ]
    return float(np.mean(found)) if found else float("nan")


def silence_figures(track: MouthTrack, sung_s: float) -> list[Figure]:
    """Mouth and head in the silence after singing."""
    face = _face(track)
    silent, sung = track.time_s > sung_s + CALM_S, track.time_s < sung_s
    mouth = np.abs(columns(face, MOUTH_NAMES)[silent]).max(axis=1)
    head = columns(face, HEAD)
    ratio = speed(head[silent]) / max(speed(head[sung]), 1e-9)
    return [
        Figure("prosody.still_mouth", float((mouth < REST).mean())),
        Figure("prosody.still_head", ratio, f"{SILENCE_S:.0f} s after the song, from {CALM_S} s on"),
    ]


def seed_figures(faces: list[Face]) -> list[Figure]:
    """How alike the same song is with different seeds: the most alike pair for brows and head."""
    pairs = list(itertools.combinations(faces, 2))
    rows: list[tuple[str, tuple[str, ...]]] = [("brows", BROWS), ("head", HEAD), ("mouth", MOUTH_NAMES)]
    figures = []
    for name, actions in rows:
        found = [likeness(columns(a, actions), columns(b, actions)) for a, b in pairs]
        value = min(found) if name == "mouth" else max(found)
        figures.append(Figure(f"seeds.{name}", value, " ".join(f"{r:.2f}" for r in found)))
    return figures


def measure(subject: Subject) -> list[Figure]:
    """All rows of brows, head and seeds on the song; nothing for a peer.

    Raises:
        SetupError: The song is not there.
    """
    if not isinstance(subject, EngineSubject):
        return []
    song, _ = load_song()
    samples = np.concatenate([song, silence(SILENCE_S)])
    sung_s = len(song) / SAMPLE_RATE_HZ
    tracks = [subject.with_seed(seed).watch(samples) for seed in SEEDS]
    faces = [_sung(track, sung_s) for track in tracks]
    brows = [brow_rank(face) for face in faces]
    heads = [head_share(columns(face, HEAD)) for face in faces]
    return [
        Figure("prosody.brow", float(np.mean(brows)), " ".join(f"{r:.2f}" for r in brows)),
        Figure("prosody.head", float(np.mean(heads)), " ".join(f"{r:.2f}" for r in heads)),
        *silence_figures(tracks[0], sung_s),
        *seed_figures(faces),
    ]


def _face(track: MouthTrack) -> Face:
    if track.face is None:
        raise ValueError("only a subject with a whole face has brows")
    return track.face


def _sung(track: MouthTrack, sung_s: float) -> Face:
    """The face while the song lasts."""
    face, kept = _face(track), track.time_s < sung_s
    return Face(face.actions[kept], face.arkit[kept], face.f0_hz[kept], face.loudness_dbfs[kept])
