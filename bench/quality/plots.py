"""Pictures of a verdict: held vowels as curves, and the real song as a strip of faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.lead import load_song
from bench.nit_song import LabelledSound
from bench.quality.held import HELD_S, REST_S
from bench.quality.sound import in_silence
from bench.quality.track import OPEN, MouthTrack, Subject
from bench.quality.vowels import MAN, VIBRATO_CENTS, VOWELS, WOMAN, Note, Singer, sing
from t2s_rt.errors import SetupError
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_calibrate import EYE, IRIS, IRIS_DEG
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.flame_picture import SKIN, Image, render_mesh
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

STRIP_FROM_S: Final = 1.0
STRIP_S: Final = 20.0
ROW_S: Final = 5.0
FACE_EVERY_S: Final = 0.25
FACE_PX: Final = 84
FACE_FRAME_M: Final = (0.0, 0.616, 0.056)
"""From the chin to the eyes of the embedded head."""
CURVES: Final = (("opening", "C0"), ("rounding", "C1"), ("width", "C2"))
HELD_VOICES: Final[tuple[tuple[Singer, float, float], ...]] = (
    (MAN, 110.0, 0.0), (WOMAN, 330.0, VIBRATO_CENTS), (WOMAN, 700.0, VIBRATO_CENTS),
)  # fmt: skip


def pyplot() -> Any:  # noqa: ANN401 - foreign and untyped
    """Matplotlib without a window.

    Raises:
        SetupError: It is not installed.
    """
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError as problem:
        raise SetupError("Pictures need matplotlib.", 'Add it: pip install "t2s-rt[train]"') from problem
    return plt


def held(path: Path, subjects: Sequence[Subject]) -> None:
    """8 s vowels: opening, rounding and width; further subjects' opening as grey lines."""
    plt = pyplot()
    figure, axes = plt.subplots(
        len(HELD_VOICES), len(VOWELS), figsize=(13, 5.5), sharex=True, sharey=True, squeeze=False
    )
    for row, (singer, f0_hz, cents) in zip(axes, HELD_VOICES, strict=True):
        row[0].set_ylabel(f"{singer.name}, {f0_hz:.0f} Hz{' ~' if cents else ''}")
        for axis, vowel in zip(row, VOWELS, strict=True):
            samples = in_silence(sing(singer, Note(vowel, f0_hz, HELD_S, cents)), REST_S, REST_S)
            for other in subjects[1:]:
                track = other.watch(samples)
                axis.plot(track.time_s, track.opening, color="0.7", linewidth=0.6)
            track = subjects[0].watch(samples)
            for name, colour in CURVES:
                axis.plot(track.time_s, getattr(track, name), colour, linewidth=1.2, label=name)
            axis.set_ylim(0.0, 1.0)
    for axis, vowel in zip(axes[0], VOWELS, strict=True):
        axis.set_title(vowel)
    axes[0][0].legend(loc="upper right", fontsize=7)
    axes[-1][0].set_xlabel("s")
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    plt.close(figure)


def face_picture(head: FlameHead, mapping: FlameMap, track: MouthTrack, time_s: float) -> Image:
    """The face that a subject shows at a moment, head pose and all."""
    if track.face is None:
        raise ValueError("only a subject with a whole face has pictures")
    frame = int(np.abs(track.time_s - time_s).argmin())
    pose = mapping.step(track.face.arkit[frame], track.face.actions[frame])
    vertices = head.vertices(
        pose.expression[None],
        pose.jaw_pose[None],
        pose.neck_pose[None],
        pose.eyes_pose[None],
        pose.global_pose[None],
    )[0]
    return render_mesh(vertices, head.faces, FACE_PX, FACE_FRAME_M, _tint(head))


def _tint(head: FlameHead) -> Image:
    """``(V, 3)`` skin with eyes in it."""
    tint = np.tile(np.array(SKIN, np.float32), (len(head.v_template), 1))
    for joint in (3, 4):
        ball = np.flatnonzero(head.weights[:, joint] > 0.5)
        ahead = head.v_template[ball] - head.joints[joint]
        front = ahead[:, 2] > np.cos(np.radians(IRIS_DEG)) * np.linalg.norm(ahead, axis=1)
        tint[ball] = np.where(front[:, None], IRIS, EYE)
    return tint


def song_strip(path: Path, subject: Subject) -> None:
    """20 s of the real song: faces four times a second, spectrogram, labels and opening under them.

    Raises:
        SetupError: The song is not there, or matplotlib is not installed.
    """
    plt = pyplot()
    samples, sounds = load_song()
    track = subject.watch(samples)
    head = FlameHead.load()
    mapping = FlameMap(head)
    rows = round(STRIP_S / ROW_S)
    figure, axes = plt.subplots(
        2 * rows, 1, figsize=(17, 2.35 * rows), gridspec_kw={"height_ratios": [1, 1.25] * rows}
    )
    for number in range(rows):
        begin_s = STRIP_FROM_S + number * ROW_S
        times_s = begin_s + FACE_EVERY_S * (np.arange(round(ROW_S / FACE_EVERY_S)) + 0.5)
        faces = [face_picture(head, mapping, track, float(t)) for t in times_s]
        axes[2 * number].imshow(
            np.concatenate(faces, axis=1), extent=(begin_s, begin_s + ROW_S, 0.0, 1.0), aspect="auto"
        )
        axes[2 * number].set_axis_off()
        _sound_row(axes[2 * number + 1], samples, sounds, track, begin_s)
    axes[-1].set_xlabel("s")
    figure.tight_layout(pad=0.3, h_pad=0.1)
    figure.savefig(path, dpi=75)
    plt.close(figure)


def _sound_row(
    axis: Any,  # noqa: ANN401 - foreign and untyped
    samples: FloatArray,
    sounds: Sequence[LabelledSound],
    track: MouthTrack,
    begin_s: float,
) -> None:
    first, last = (round(t * SAMPLE_RATE_HZ) for t in (begin_s, begin_s + ROW_S))
    cut = samples[first:last] + np.float32(1e-6) * np.random.default_rng(0).standard_normal(last - first)
    axis.specgram(
        cut,
        NFFT=1024,
        Fs=SAMPLE_RATE_HZ,
        noverlap=768,
        cmap="magma",
        vmin=-115,
        xextent=(begin_s, begin_s + ROW_S),
    )
    axis.set_ylim(0, 6000)
    axis.set_yticks([])
    axis.set_xlim(begin_s, begin_s + ROW_S)
    for sound in sounds:
        if begin_s <= sound.start_s < begin_s + ROW_S and sound.kind in "cvb":
            axis.axvline(sound.start_s, color="0.6", linewidth=0.4)
            axis.text(sound.start_s + 0.01, 5200, sound.name, color="white", fontsize=9)
    over = axis.twinx()
    for name, colour in CURVES:
        over.plot(track.time_s, getattr(track, name), color=colour, linewidth=1.3)
    over.axhline(OPEN, color="0.5", linewidth=0.4)
    over.set_ylim(0.0, 1.0)
    over.set_yticks([])
    over.set_xlim(begin_s, begin_s + ROW_S)
