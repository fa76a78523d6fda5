"""Each stage alone: the cost of a hop, rendering speed, how fast the mouth follows, start-up."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Final

import numpy as np

from bench.report import Row, Table, judge, latency_row
from engine.pipeline import Pipeline
from t2s_rt.audio.synthesis import Vowel, vowel
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.timebase import FRAME_S, HOP_SAMPLES, SAMPLE_RATE_HZ, seconds
from t2s_rt.types import FloatArray, Frame

TITLES = {
    "resample": "resample",
    "features": "features (aubio, mel)",
    "motion": "motion model (ONNX)",
    "perform": "performer",
    "rig": "rig (ARKit 52)",
    "flame": "FLAME",
    "hop": "one hop, all stages",
}
ONSET_NOTES_HZ = (110.0, 165.0, 220.0, 330.0, 440.0, 660.0)
VOWELS: Final[tuple[Vowel, ...]] = ("a", "e", "i", "o", "u")
OPEN_VOWELS: Final[tuple[Vowel, ...]] = ("a", "e", "o")
SILENCE_S = 0.5
NOTE_S = 0.7


def measure(duration_s: float) -> list[Table]:
    """All tables of this bench.

    Args:
        duration_s: Seconds of sung audio for the hop table.
    """
    return [hops(duration_s), responsiveness(), start_up()]


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


def respond(name: Vowel, f0_hz: float, begins_s: float) -> tuple[float, float]:
    """Onset and release in ms of one sung vowel that begins at ``begins_s`` between silences."""
    sung = vowel(name, f0_hz, NOTE_S, sample_rate_hz=SAMPLE_RATE_HZ)
    rest = np.zeros(round(begins_s * SAMPLE_RATE_HZ), np.float32)
    pipeline = Pipeline()
    pipeline.start(SAMPLE_RATE_HZ)
    frames = pipeline.push(np.concatenate([rest, sung, rest])) + pipeline.finish()
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
