"""Each stage alone: the cost of a hop, rendering speed, how fast the mouth follows, start-up."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Final

import numpy as np

from bench.report import Row, Table, judge, latency_row
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import Vowel, noise, vowel
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.intensity.actions import ACTION_INDEX, ACTION_REGIONS
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_S, HOP_SAMPLES, SAMPLE_RATE_HZ, seconds
from t2s_rt.types import FloatArray, Frame

TITLES = {
    "resample": "resample",
    "features": "features (aubio, mel)",
    "motion": "motion model (ONNX)",
    "conduct": "conductor (no song)",
    "perform": "performer",
    "rig": "rig (ARKit 52)",
    "flame": "FLAME",
    "hop": "one hop, all stages",
}
ONSET_NOTES_HZ = (110.0, 165.0, 220.0, 330.0, 440.0, 660.0)
VOWELS: Final[tuple[Vowel, ...]] = ("a", "e", "i", "o", "u")
OPEN_VOWELS: Final[tuple[Vowel, ...]] = ("a", "e", "o")
SILENCE_S = 0.5
HELD_S = 8.0
HELD_HZ = 220.0
JAW: Final = ACTION_INDEX["jaw_open"]
MOUTH: Final = np.array([region == "mouth" for region in ACTION_REGIONS])
AT_REST: Final = 0.02
NOTE_S = 0.7


def measure(duration_s: float) -> list[Table]:
    """All tables of this bench.

    Args:
        duration_s: Seconds of sung audio for the hop table.
    """
    return [hops(duration_s), responsiveness(), stillness(), start_up()]


def song(duration_s: float) -> FloatArray:
    """Sung vowels with short rests, 48 kHz: what every stage is measured on."""
    notes: list[FloatArray] = []
    for i in range(max(1, round(duration_s / (NOTE_S + SILENCE_S)))):
        f0_hz = ONSET_NOTES_HZ[i % len(ONSET_NOTES_HZ)]
        sung = vowel(VOWELS[i % len(VOWELS)], f0_hz, NOTE_S, sample_rate_hz=SAMPLE_RATE_HZ)
        notes += [np.zeros(round(SILENCE_S * SAMPLE_RATE_HZ), np.float32), sung]
    return np.concatenate(notes)


def hops(duration_s: float) -> Table:
    """Percentiles of each stage's step, and how many times faster than real time a file renders."""
    sung = song(max(duration_s, 5.0))
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    pipeline.warm_up()
    begun_s = time.perf_counter()
    for first in range(0, len(sung), HOP_SAMPLES):
        pipeline.push(sung[first : first + HOP_SAMPLES])
    speed_x = seconds(len(sung)) / (time.perf_counter() - begun_s)

    summaries = {name: times.summary() for name, times in pipeline.stage_times.items()}
    rows = [latency_row(TITLES[name], summary) for name, summary in summaries.items() if name != "hop"]
    rows.append(
        latency_row(TITLES["hop"], summaries["hop"], judge(summaries["hop"].p99_ms, "hop", "p99_ms"))
    )
    rendering = judge(speed_x, "render", "speed_x", at_least=True)
    rows.append(Row("rendering, x real time", {"p50": speed_x}, rendering))
    return Table(
        "Stages of a hop",
        f"t2s bench stages --seconds {duration_s:g}",
        tuple(rows),
        f"Mouth moved by {pipeline.motion_name}; {len(sung) / SAMPLE_RATE_HZ:.0f} s of sung vowels.",
    )


def responsiveness() -> Table:
    """From the voice's first sample to half opening, from its last to a tenth, look-ahead included."""
    onsets_ms: list[float] = []
    releases_ms: list[float] = []
    notes = [(name, f0_hz) for f0_hz in ONSET_NOTES_HZ for name in OPEN_VOWELS]
    for i, (name, f0_hz) in enumerate(notes):
        begins_s = SILENCE_S + FRAME_S * i / len(notes)  # evenly over a frame: singers know no grid
        onset_ms, release_ms = respond(name, f0_hz, begins_s)
        onsets_ms.append(onset_ms)
        releases_ms.append(release_ms)
    onset, release = float(np.median(onsets_ms)), float(np.median(releases_ms))
    return Table(
        "How fast the mouth follows, audio only",
        "t2s bench stages",
        (
            Row("onset to 50 % opening", _spread(onsets_ms), judge(onset, "onset", "p50_ms")),
            Row("release to 10 %", _spread(releases_ms), judge(release, "release", "p50_ms")),
        ),
        "Time is when the live engine emits the frame (`available_s`), so the look-ahead counts. "
        "Opening is jawOpen minus mouthClose against its mean over the held vowel; a, e and o at "
        f"{len(ONSET_NOTES_HZ)} pitches. nan: the mouth never got there.",
    )


def stillness() -> Table:
    """A held vowel does not flicker, silence and hiss leave the mouth at rest."""
    rows = []
    for name in VOWELS:
        sung = vowel(name, HELD_HZ, HELD_S, sample_rate_hz=SAMPLE_RATE_HZ)
        jaw = np.array([float(frame.actions[JAW]) for frame in frames_of(sung)])
        held = jaw[FRAME_RATE_HZ // 2 : -FRAME_RATE_HZ // 2]
        figures = {"mean": float(held.mean()), "sd": float(held.std())}
        rows.append(Row(f"jaw_open, held {name}", figures, judge(figures["sd"], "held", "jaw_open_sd")))
    for label, level_dbfs in (("digital silence", -200.0), ("hiss at -60 dBFS", -60.0)):
        hush = noise(HELD_S, loudness_dbfs=level_dbfs, sample_rate_hz=SAMPLE_RATE_HZ)
        mouth = np.array([np.abs(frame.actions[MOUTH]).max() for frame in frames_of(hush)])
        share = float((mouth < AT_REST).mean())
        verdict = judge(share, "silence", "rest_share", at_least=True)
        rows.append(Row(f"mouth at rest, {label}", {"share": share}, verdict))
    return Table(
        "Stillness",
        "t2s bench stages",
        tuple(rows),
        f"Vowels of {HELD_S:.0f} s at {HELD_HZ:.0f} Hz and constant loudness, without their "
        f"first and last half second; at rest means that every mouth action is below {AT_REST:g}.",
    )


def frames_of(samples: FloatArray) -> list[Frame]:
    """All frames of a signal at 48 kHz."""
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    return pipeline.push(samples) + pipeline.finish()


def respond(name: Vowel, f0_hz: float, begins_s: float) -> tuple[float, float]:
    """Onset and release in ms of one sung vowel that begins at ``begins_s`` between silences."""
    sung = vowel(name, f0_hz, NOTE_S, sample_rate_hz=SAMPLE_RATE_HZ)
    rest = np.zeros(round(begins_s * SAMPLE_RATE_HZ), np.float32)
    frames = frames_of(np.concatenate([rest, sung, rest]))
    at_s = np.array([seconds(frame.available_samples) for frame in frames])
    opening = np.array([visible_opening(frame) for frame in frames])
    ends_s = begins_s + NOTE_S
    held = opening[(at_s > begins_s + NOTE_S / 3) & (at_s < ends_s)].mean()
    return (
        _first_ms(at_s, opening >= held / 2, begins_s),
        _first_ms(at_s, opening <= held / 10, ends_s),
    )


def visible_opening(frame: Frame) -> float:
    """JawOpen less mouthClose: how far the lips are apart, 0 to 1."""
    return float(frame.arkit[ARKIT_INDEX["jawOpen"]] - frame.arkit[ARKIT_INDEX["mouthClose"]])


def start_up() -> Table:
    """A fresh process: import, load model and head, warm up."""
    program = (
        "import time; t = time.perf_counter()\n"
        "from engine.pipeline import Pipeline\n"
        "p = Pipeline(); p.start(48000); p.warm_up(); print(time.perf_counter() - t)"
    )
    spent_s: list[float] = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        spent_s.append(float(done.stdout))
    median_s = float(np.median(spent_s))
    row = Row("import, load, warm up, s", {"p50": median_s}, judge(median_s, "start", "seconds"))
    return Table("Start-up", "t2s bench stages", (row,))


def _first_ms(at_s: np.ndarray, reached: np.ndarray, since_s: float) -> float:
    times_s = at_s[reached & (at_s >= since_s)]
    return float(times_s[0] - since_s) * 1e3 if len(times_s) else float("nan")


def _spread(values_ms: list[float]) -> dict[str, float]:
    p50, p95, p99 = (float(p) for p in np.percentile(values_ms, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99, "max": max(values_ms)}
