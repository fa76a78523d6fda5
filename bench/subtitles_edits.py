"""Edits do what they say: how closely the face follows what a motion-subtitle file asks for.

`t2s bench edits` prints it; ``python -m bench.subtitles_edits CURVES.png`` draws a passage.

Each move is written into a file of its own with several intensities and lengths, performed over a sung
recording by the stages that run live, and compared with what was written and with the same recording
without it.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.nit_song import load_labels, song_of
from bench.report import ROOT, Row, Table, judge
from engine.demo import demo_song_path
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.files import open_audio
from t2s_rt.audio.resample import StreamResampler
from t2s_rt.inference.motion import BaselineMotion, MotionModel
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX, ACTION_REGIONS, ACTIONS, Region
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.perform import Performer
from t2s_rt.lyrics import Song, load_song
from t2s_rt.subtitles.cue import Cue, SubtitleTrack, cue_order
from t2s_rt.subtitles.cursor import Cursor
from t2s_rt.subtitles.moves import MOVES, Manner, Move
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_S, HOP_SAMPLES, HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, Feature, FloatArray

Times = npt.NDArray[np.float64]

WRITTEN: Final = (
    (0.2, 0.7), (0.9, 1.6), (0.5, 0.8), (1.0, 0.5), (0.35, 2.4), (0.75, 3.2), (0.1, 1.0), (0.6, 1.2),
)  # fmt: skip
"""Intensities and seconds of the cues, in this order, again and again."""
GAPS_S: Final = (0.9, 0.0, 1.5, 0.3)
"""Rests between them; 0 is a neighbour."""
STILL_S: Final = (1.0, 4.0, 2.0)
RANGES: Final = np.array([1.0 - action.minimum for action in ACTIONS])
MIDDLE: Final = 0.8
"""Share of a repeated move's span whose swing is measured; at its ends neighbours change over."""
OPPOSITES: Final = (
    ("raise", "furrow"), ("look_left", "look_right"), ("smile", "frown"), ("turn_left", "turn_right"),
)  # fmt: skip
"""A pair of moves for each region, between which a reload or a seek jumps."""
FULL: Final = 0.9
SEEN: Final = 0.25
"""Share of a change that a person sees."""
SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Recording:
    """A sung recording as the performer gets it.

    Attributes:
        name: For tables.
        song: Its words and notes.
        features: ``(T, HOPS_PER_FRAME, FEATURE_COUNT)``.
        motion: ``(T, ACTION_COUNT)`` what the model makes of them.
        knows: The mouth actions that it writes.
    """

    name: str
    song: Song
    features: FloatArray
    motion: FloatArray
    knows: tuple[str, ...]

    @property
    def times_s(self) -> Times:
        """When each frame is, in seconds of the song."""
        return np.arange(len(self.features)).astype(np.float64) * FRAME_S

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.features) * FRAME_S

    def perform(
        self, track: SubtitleTrack, reloads: dict[int, SubtitleTrack] | None = None, seek_s: float = 0.0
    ) -> FloatArray:
        """The face ``(T, ACTION_COUNT)`` under a track.

        Args:
            track: The motion subtitles.
            reloads: Tracks that replace it, by frame.
            seek_s: How far the song's position jumps in the middle.
        """
        performer, condition = Performer(SEED, self.knows), Condition()
        cursor = Cursor(track, self.song)
        out = np.zeros((len(self.features), ACTION_COUNT), np.float32)
        at_s = self.times_s + seek_s * (self.times_s >= self.times_s[len(out) // 2])
        for k, (x, motion, face) in enumerate(zip(self.features, self.motion, out, strict=True)):
            if reloads and k in reloads:
                cursor.replace(reloads[k])
            cursor.step(float(at_s[k]), condition)
            performer.step(x, motion, face, condition)
        return out


@dataclass(frozen=True, slots=True)
class Following:
    """How closely a face follows one move.

    Attributes:
        r: Correlation of action and written intensity over the frames of all cues, the least of the
            move's actions; for repeated moves of swing and written intensity over the cues.
        error: Mean absolute difference of the two over one cue's span, in intensities; the largest.
        others: Mean absolute change of an action of another region, share of its range; the largest.
        still_mean: Mean absolute intensity under cues at 0; the largest.
        still_sd: Standard deviation under a cue at 0; the largest.
    """

    r: float
    error: float
    others: float
    still_mean: float
    still_sd: float


def measure() -> list[Table]:
    """All tables of this bench."""
    heard = recordings()
    return [*(following(sung) for sung in heard), attacks(heard[0]), jumps(heard[0])]


def following(sung: Recording) -> Table:
    """Each move against what is written."""
    rows = []
    for move in MOVES:
        got = follow(sung, move)
        figures = {
            "r": got.r,
            "error": got.error,
            "others": got.others,
            "still mean": got.still_mean,
            "still sd": got.still_sd,
        }
        verdict = judge(got.r, "edits", "r", at_least=True)
        if got.error > 0.0:
            verdict += ", " + judge(got.error, "edits", "error")
        rows.append(Row(f"[{move.region}] {move.name}", figures, verdict))
    return Table(
        f"Edits do what they say, {sung.name} song",
        "t2s bench edits",
        tuple(rows),
        "r and error: action against written intensity over the cues' spans, the worst action and the "
        "worst single cue; of nod, shake and sway the swing. others: largest mean change of an action "
        "of another region, share of its range. still: under cues at 0.",
    )


def attacks(sung: Recording) -> Table:
    """How long each region takes to reach an isolated cue, and how long before it that begins."""
    rows = []
    for move in (m for m in MOVES if m.name in {one for pair in OPPOSITES for one in pair[:1]}):
        lengths_ms, leads_ms, releases_ms = [], [], []
        action = ACTION_INDEX[move.drives[0][0]]
        for start_s in np.arange(2.0, sung.duration_s - 3.0, 0.5).tolist():
            cursor, condition = Cursor(_one(move, start_s, start_s + 1.0), sung.song), Condition()
            shares = []
            for now_s in sung.times_s:
                cursor.step(float(now_s), condition)
                shares.append(float(condition.authority[action]))
            held = np.flatnonzero(np.array(shares) > 0.9)
            begun = np.flatnonzero(np.array(shares) > 0.1)
            lengths_ms.append((held[0] - begun[0]) * FRAME_S * 1e3)
            releases_ms.append((begun[-1] - held[-1]) * FRAME_S * 1e3)
            leads_ms.append((start_s - begun[0] * FRAME_S) * 1e3)
        figures = {
            "attack p5": float(np.percentile(lengths_ms, 5)),
            "p50": float(np.median(lengths_ms)),
            "p95": float(np.percentile(lengths_ms, 95)),
            "lead p50": float(np.median(leads_ms)),
            "release p50": float(np.median(releases_ms)),
        }
        rows.append(Row(f"[{move.region}]", figures))
    return Table(
        "Attack and release, ms",
        "t2s bench edits",
        tuple(rows),
        "From 10 to 90 % of a cue's authority and back, over cues at every half second of the song; "
        "lead is how long before the written start the first tenth is reached.",
    )


def jumps(sung: Recording) -> Table:
    """The largest change in one frame where a reload or a seek turns a cue into its opposite."""
    rows = []
    middle = len(sung.features) // 2
    at_s, end_s = middle * FRAME_S, sung.duration_s
    for names in OPPOSITES:
        first, second = (next(m for m in MOVES if m.name == name) for name in names)
        actions = sorted({ACTION_INDEX[name] for m in (first, second) for name, _ in m.drives})
        before, after = _one(first, 1.0, end_s), _one(second, 1.0, end_s)
        turning = SubtitleTrack(
            (*_one(first, 1.0, end_s).cues, *_one(second, end_s + 1, 3 * end_s).cues)
        )
        for what, face in (
            ("reload", sung.perform(before, {middle: after})),
            ("seek", sung.perform(turning, seek_s=end_s)),
        ):
            part = face[middle - 1 : middle + FRAME_RATE_HZ, actions]
            way = np.abs(part - part[0]) / np.abs(part[-1] - part[0])
            figures = {
                "largest step": float(np.abs(np.diff(part, axis=0)).max()),
                "seen after ms": float(np.argmax((way >= SEEN).all(axis=1)) * FRAME_S * 1e3),
            }
            verdict = judge(figures["largest step"], "edits", "step")
            rows.append(Row(f"[{first.region}] {what} at {at_s:.1f} s", figures, verdict))
    return Table(
        "No jump jumps the face",
        "t2s bench edits",
        tuple(rows),
        f"From a cue at {FULL:g} to its opposite. Largest step: of any driven action in one frame "
        f"within a second. Seen: every driven action has gone {SEEN:.0%} of its way; the first frame "
        "counts.",
    )


def _one(move: Move, start_s: float, end_s: float) -> SubtitleTrack:
    cue = Cue(round(start_s, 3), round(end_s, 3), move.region, move.name, FULL)
    return SubtitleTrack((cue,))


def recording(name: str, song: Song, path: Path, *, baseline: bool = False) -> Recording:
    """Hear a recording.

    Args:
        name: For tables.
        song: Its words and notes.
        path: Audio file.
        baseline: Whether to move the mouth without the model, as a machine without ONNX Runtime does.
    """
    rows = FeatureExtractor().extract(_samples(path))
    count = len(rows) // HOPS_PER_FRAME
    features = rows[: count * HOPS_PER_FRAME].reshape(count, HOPS_PER_FRAME, FEATURE_COUNT)
    stream = BaselineMotion() if baseline else MotionModel.load().stream()
    motion = np.zeros((count, ACTION_COUNT), np.float32)
    for x, y in zip(features, motion, strict=True):
        stream.step(x, y)
    return Recording(name, song, features, motion, tuple(stream.knows))


def recordings() -> list[Recording]:
    """The demo song, and the real one where it lies beside the repository."""
    demo = demo_song_path()
    found = [recording("demo", load_song(demo.with_name("song.txt")), demo)]
    real = ROOT.parent / "shared/data/nit_song070"
    if real.is_dir():
        labels = next(real.glob("*.lab"))
        found.append(recording("real", song_of(load_labels(labels)), next(real.glob("*.wav"))))
    return found


def follow(sung: Recording, move: Move) -> Following:
    """Write a move in many ways, perform it and compare."""
    free = sung.perform(SubtitleTrack(()))
    cues = written(move, sung.duration_s)
    face = sung.perform(SubtitleTrack(cues))
    stills = still(move, sung.duration_s)
    resting = sung.perform(SubtitleTrack(stills))
    rs, errors = zip(*(_follows(face, cues, name, gain) for name, gain in move.drives), strict=True)
    elsewhere = [i for i, region in enumerate(ACTION_REGIONS) if region != move.region]
    changed = np.abs(face - free).mean(axis=0) / RANGES
    columns = [ACTION_INDEX[name] for name, _ in move.drives]
    held = [resting[_frames(cue)][:, columns] for cue in stills]
    return Following(
        r=min(rs),
        error=max(errors),
        others=float(changed[elsewhere].max()),
        still_mean=max(float(np.abs(part.mean(axis=0)).max()) for part in held),
        still_sd=max(float(part.std(axis=0).max()) for part in held),
    )


def written(move: Move, duration_s: float) -> tuple[Cue, ...]:
    """Cues of one move over a whole recording, of many intensities and lengths."""
    cues: list[Cue] = []
    at_s = 1.0
    for (intensity, length_s), gap_s in zip(
        itertools.cycle(WRITTEN), itertools.cycle(GAPS_S), strict=False
    ):
        if at_s + length_s > duration_s:
            return tuple(cues)
        cues.append(Cue(round(at_s, 3), round(at_s + length_s, 3), move.region, move.name, intensity))
        at_s += length_s + gap_s
    return tuple(cues)


def still(move: Move, duration_s: float) -> tuple[Cue, ...]:
    """Cues that keep a move's actions still."""
    cues: list[Cue] = []
    at_s = 0.8
    for length_s in itertools.cycle(STILL_S):
        if at_s + length_s > duration_s:
            return tuple(cues)
        cues.append(Cue(round(at_s, 3), round(at_s + length_s, 3), move.region, move.name, 0.0))
        at_s += length_s + 1.0
    return tuple(cues)


def _follows(face: FloatArray, cues: tuple[Cue, ...], name: str, gain: float) -> tuple[float, float]:
    """Correlation and mean absolute error of one action."""
    column = face[:, ACTION_INDEX[name]].astype(np.float64)
    if cues[0].drives.manner is Manner.REPEATED:
        shown = np.array([np.abs(column[_frames(cue, MIDDLE)]).max() for cue in cues])
        asked = np.array([abs(gain) * cue.intensity for cue in cues])
        return float(np.corrcoef(shown, asked)[0, 1]), float(np.abs(shown - asked).mean())
    parts = [(column[_frames(cue)], gain * cue.intensity) for cue in cues]
    shown = np.concatenate([part for part, _ in parts])
    asked = np.concatenate([np.full(len(part), value) for part, value in parts])
    worst = max(float(np.abs(part - value).mean()) for part, value in parts)
    return float(np.corrcoef(shown, asked)[0, 1]), worst


def _frames(cue: Cue, share: float = 1.0) -> slice:
    """The frames within a cue's span or the middle part of it."""
    spared_s = (1.0 - share) / 2.0 * cue.duration_s
    start_s, end_s = cue.start_s + spared_s, cue.end_s - spared_s
    return slice(int(np.ceil(start_s * FRAME_RATE_HZ)), int(end_s * FRAME_RATE_HZ))


def _samples(path: Path) -> FloatArray:
    with open_audio(path) as audio:
        resampler = StreamResampler(audio.sample_rate_hz)
        parts: list[FloatArray] = []
        hop = np.zeros(HOP_SAMPLES, np.float32)
        for block in audio.blocks(4800):
            resampler.push(block)
            while resampler.pop(hop):
                parts.append(hop.copy())
    return np.concatenate(parts)


def draw(sung: Recording, path: Path, from_s: float = 1.0, to_s: float = 13.0) -> None:
    """Draw a cue-rich passage: the voice, what is written, the face with it and without it."""
    from matplotlib import pyplot  # heavy, and only for pictures

    track = passage()
    face, free = sung.perform(track), sung.perform(SubtitleTrack(()))
    names = [name for name in DRAWN if any(name in dict(cue.drives.drives) for cue in track.cues)]
    figure, axes = pyplot.subplots(len(names) + 1, 1, figsize=(16, 2 * len(names) + 2), sharex=True)
    axes[0].plot(sung.times_s, sung.features[:, -1, Feature.LOUDNESS_DBFS], color="0.4")
    axes[0].set_ylabel("dBFS")
    axes[0].set_ylim(-70, 0)
    for axis, name in zip(axes[1:], names, strict=True):
        action = ACTION_INDEX[name]
        axis.plot(sung.times_s, free[:, action], color="0.75", label="free")
        axis.plot(sung.times_s, face[:, action], color="tab:blue", label="with cues")
        for cue in track.cues:
            gain = dict(cue.drives.drives).get(name)
            if gain is not None:
                axis.hlines(gain * cue.intensity, cue.start_s, cue.end_s, color="tab:red")
                axis.axvspan(cue.start_s, cue.end_s, color="tab:red", alpha=0.08)
                axis.text(
                    cue.start_s, 1.0, f"{cue.move} {cue.intensity:g}", size=8, va="top", clip_on=True
                )
        axis.set_ylim(ACTIONS[action].minimum - 0.05, 1.05)
        axis.set_ylabel(name, fontsize=8)
    for axis in axes:
        for syllable in sung.song.syllables():
            axis.axvline(syllable.start_s, color="0.85", linewidth=0.8, zorder=0)
        axis.set_xlim(from_s, to_s)
    axes[1].legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    pyplot.close(figure)


def passage() -> SubtitleTrack:
    """Cues as a song has them: neighbours, rests, several lanes at once."""
    rows = (
        (1.7, 3.0, Region.BROWS, "raise", 0.7),
        (1.7, 4.0, Region.EYES, "look_up", 0.5),
        (1.8, 4.5, Region.MOUTH, "smile", 0.6),
        (3.0, 3.6, Region.BROWS, "raise_inner", 0.3),
        (4.0, 5.6, Region.NECK, "tilt_left", 0.5),
        (4.2, 5.5, Region.EYES, "close", 1.0),
        (5.0, 6.2, Region.BROWS, "raise_inner", 0.9),
        (5.6, 7.0, Region.NECK, "tilt_right", 0.4),
        (6.6, 8.6, Region.MOUTH, "frown", 0.5),
        (6.8, 10.8, Region.NECK, "nod", 0.4),
        (7.0, 9.0, Region.EYES, "widen", 0.6),
        (7.0, 8.0, Region.BROWS, "raise", 0.0),
        (9.0, 10.5, Region.BROWS, "raise", 1.0),
        (9.5, 10.5, Region.MOUTH, "open", 0.9),
        (9.3, 11.0, Region.EYES, "close", 0.4),
    )
    cues = [Cue(*row) for row in rows]
    return SubtitleTrack(tuple(sorted(cues, key=cue_order)))


DRAWN: Final = (
    "brow_raise_inner", "brow_raise_outer_left", "eye_openness_left", "gaze_y", "jaw_open",
    "corner_pull", "head_pitch", "head_roll",
)  # fmt: skip

if __name__ == "__main__":
    draw(recordings()[0], Path(sys.argv[1]))
