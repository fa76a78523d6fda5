"""Judge the model on takes it has not heard: ``python -m t2s_rt.training.evaluate``.

Leave one take out: for each take a network is trained on the others and predicts it; beside it stands
the loudness-and-centroid baseline. Then the exported model is held to what song asks and speech never
shows: vowels that stand for 8 s, silence, hiss, quick onsets and releases. Prints tables and writes
them as Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.inference.motion import BaselineMotion, Motion, MotionModel, finish
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.model.network import MouthNetwork
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_SAMPLES, HOPS_PER_FRAME, SAMPLE_RATE_HZ
from t2s_rt.training.dataset import Rendering, model_inputs, render_all
from t2s_rt.training.prepare.facegood import ACTION_NAMES, load_captures
from t2s_rt.training.train import DEFAULT_RUN, Config, commit, common_arguments, fit
from t2s_rt.types import FloatArray

FLOOR: Final = {"jaw_open": 0.78, "lip_rounding": 0.60, "lip_funnel": 0.52, "lower_lip_depress": 0.48}
"""What a small convolution and GRU reached in two minutes: the numbers to beat."""
VOWEL_NAMES: Final[tuple[synthesis.Vowel, ...]] = ("a", "e", "i", "o", "u")
PITCHES_HZ: Final = (110.0, 196.0, 330.0, 523.0, 700.0)
HELD_S: Final = 8.0
SETTLED_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Fold:
    """How one unseen take was predicted.

    Attributes:
        take: Its name.
        model: Correlation of each action with the captured face; NaN where the face never moves it.
        baseline: The same for the baseline.
    """

    take: str
    model: FloatArray
    baseline: FloatArray


def correlations(predicted: FloatArray, captured: FloatArray) -> FloatArray:
    """Correlation of each column; NaN where the captured one stands still."""
    p, c = predicted - predicted.mean(axis=0), captured - captured.mean(axis=0)
    spread_p, spread_c = np.sqrt((p**2).mean(axis=0)), np.sqrt((c**2).mean(axis=0))
    moved = np.where(spread_c > 1e-6, spread_c, np.nan)
    return np.asarray((p * c).mean(axis=0) / (np.maximum(spread_p, 1e-6) * moved), np.float32)


def predict(network: MouthNetwork, features: FloatArray) -> FloatArray:
    """Features ``(frames, HOPS_PER_FRAME, FEATURE_COUNT)`` through a torch network."""
    with torch.no_grad():
        actions = network(torch.from_numpy(model_inputs(features))[None]).numpy()[0]
    finish(actions, np.zeros(actions.shape[1], np.float32))
    return np.asarray(actions, np.float32)


def play(motion: Motion, samples: FloatArray) -> FloatArray:
    """A recording at 48 kHz through hearing and motion: ``(frames, ACTION_COUNT)``."""
    rows = FeatureExtractor().extract(samples)
    count = len(rows) // HOPS_PER_FRAME
    return play_features(motion, rows[: count * HOPS_PER_FRAME].reshape(count, HOPS_PER_FRAME, -1))


def play_features(motion: Motion, features: FloatArray) -> FloatArray:
    """The same from ``(frames, HOPS_PER_FRAME, FEATURE_COUNT)`` features."""
    motion.reset()
    out = np.zeros((len(features), ACTION_COUNT), np.float32)
    for frame, row in zip(features, out, strict=True):
        motion.step(frame, row)
    return out


def leave_one_out(renderings: Sequence[Rendering], takes: Sequence[str], config: Config) -> list[Fold]:
    """Train without each take and predict it."""
    columns = [ACTION_INDEX[name] for name in ACTION_NAMES]
    folds = []
    for take in takes:
        heard = next(r for r in renderings if r.take == take and r.kind == "plain")
        network = fit([r for r in renderings if r.take != take], config)
        features, captured = heard.frames(config.lookahead_samples)
        _, captured_now = heard.frames(0)
        baseline = play_features(BaselineMotion(), features)[:, columns]
        folds.append(
            Fold(
                take,
                correlations(predict(network, features), captured),
                correlations(baseline, captured_now),
            )
        )
        print(take, *(f"{name} {r:.2f}" for name, r in zip(ACTION_NAMES, folds[-1].model, strict=True)))
    return folds


def fold_table(folds: Sequence[Fold]) -> str:
    """Markdown: rows of actions, columns of takes, model and mean baseline."""
    takes = [fold.take for fold in folds]
    lines = [
        f"| action | {' | '.join(takes)} | mean | baseline | floor |",
        "|---|" + "---|" * (len(takes) + 3),
    ]
    for k, name in enumerate(ACTION_NAMES):
        model = np.array([fold.model[k] for fold in folds])
        baseline = np.array([fold.baseline[k] for fold in folds])
        cells = [f"{r:.2f}" if np.isfinite(r) else "still" for r in model]
        lines.append(
            f"| {name} | {' | '.join(cells)} | {_mean(model)} | "
            f"{_mean(baseline)} | {FLOOR.get(name, '')} |"
        )
    return "\n".join(lines)


def _mean(correlations_of_takes: FloatArray) -> str:
    moved = correlations_of_takes[np.isfinite(correlations_of_takes)]
    return f"{moved.mean():.2f}" if len(moved) else "still"


def held_table(motion: Motion) -> str:
    """Markdown: `HELD_S` of each vowel on each pitch; mean jaw_open, its deviation and its drift."""
    jaw = ACTION_INDEX["jaw_open"]
    lines = [
        "| vowel | " + " | ".join(f"{hz:.0f} Hz" for hz in PITCHES_HZ) + " |",
        "|---|" + "---|" * len(PITCHES_HZ),
    ]
    for name in VOWEL_NAMES:
        cells = []
        for hz in PITCHES_HZ:
            note = synthesis.vowel(
                name, hz, HELD_S, vibrato_cents=30.0, voice="male" if hz < 180 else "female"
            )
            opening = play(motion, note)[int(SETTLED_S * FRAME_RATE_HZ) : -2, jaw]
            second = FRAME_RATE_HZ
            drift = opening[-second:].mean() - opening[:second].mean()
            cells.append(f"{opening.mean():.2f} ± {opening.std():.3f}, {drift:+.2f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def rest_table(motion: Motion) -> str:
    """Markdown: the largest mouth action in 99 % of frames while nobody sings."""
    sounds: dict[str, Callable[[], FloatArray]] = {
        "digital silence": lambda: synthesis.silence(10.0),
        "hiss at -60 dBFS": lambda: synthesis.noise(10.0, -60.0),
        "hiss at -45 dBFS": lambda: synthesis.noise(10.0, -45.0),
    }
    lines = ["| sound | 99 % of frames below |", "|---|---|"]
    for name, make in sounds.items():
        level = np.percentile(play(motion, make()).max(axis=1), 99)
        lines.append(f"| {name} | {level:.3f} |")
    return "\n".join(lines)


def timing(motion: Motion, vowel: synthesis.Vowel = "a") -> tuple[float, float]:
    """Median time in ms, over pitches and positions in a frame, from sound to mouth.

    A frame counts as seen when its last sample has arrived, so the look-ahead is in it.

    Returns:
        From the start of a vowel to half its opening, and from its end to a tenth of it.
    """
    jaw = ACTION_INDEX["jaw_open"]
    rises, falls = [], []
    for number, hz in enumerate((120.0, 180.0, 260.0, 390.0, 520.0)):
        start = SAMPLE_RATE_HZ + 97 * number * 7 % FRAME_SAMPLES
        note = synthesis.vowel(vowel, hz, 1.0, voice="male" if hz < 170 else "female")
        samples = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
        samples[start : start + len(note)] = note
        end = start + len(note)
        opening = play(motion, samples)[:, jaw]
        seen = (np.arange(len(opening)) + 1) * FRAME_SAMPLES
        full = float(np.median(opening[(seen > start + 12_000) & (seen < end)]))
        rises.append(seen[np.argmax((seen > start) & (opening > 0.5 * full))] - start)
        falls.append(seen[np.argmax((seen > end) & (opening < 0.1 * full))] - end)
    return (
        float(np.median(rises)) * 1000 / SAMPLE_RATE_HZ,
        float(np.median(falls)) * 1000 / SAMPLE_RATE_HZ,
    )


def behaviour(motion: Motion) -> str:
    """Markdown about what no captured take shows."""
    onset_ms, release_ms = timing(motion)
    return "\n".join(
        [
            f"Synthetic vowels held for {HELD_S:.0f} s: mean of jaw_open ± its deviation after "
            f"{SETTLED_S} s, drift from first to last second.",
            "",
            held_table(motion),
            "",
            rest_table(motion),
            "",
            f"Sound to sight, look-ahead counted: onset to half opening {onset_ms:.0f} ms, release to "
            f"a tenth {release_ms:.0f} ms (medians of five pitches; the model alone).",
        ]
    )


def main() -> None:
    """Evaluate and write the report."""
    parser = common_arguments("Leave one take out, and hold the exported model to what song asks.")
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_RUN / "evaluation.md", help="Markdown to write"
    )
    parser.add_argument(
        "--model", type=Path, default=None, help="model folder; the bundled one by default"
    )
    parser.add_argument("--skip-folds", action="store_true", help="only judge the exported model")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    parts = [f"# Evaluation\n\nCommit {commit()}."]
    if not arguments.skip_folds:
        config = Config(arguments.lookahead_samples, arguments.steps, seed=arguments.seed)
        captures = load_captures(arguments.data)
        renderings = render_all(captures, arguments.cache, config.seed)
        folds = leave_one_out(renderings, [capture.name for capture in captures], config)
        parts.append(
            "## Takes not heard\n\nCorrelation with the captured face, leave one take out, "
            f"{config.steps} batches, look-ahead {config.lookahead_samples} samples. "
            f"Baseline: loudness and centroid.\n\n{fold_table(folds)}"
        )
    parts.append(f"## What song asks\n\n{behaviour(MotionModel.load(arguments.model).stream())}")
    parts.append(f"## The same, baseline\n\n{behaviour(BaselineMotion())}")
    report = "\n\n".join(parts) + "\n"
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
