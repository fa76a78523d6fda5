"""Quality against look-ahead and against size: ``python -m t2s_rt.training.curves``.

Short trainings of the first stage, all alike but for one thing, judged on Czech speakers whom no
training hears, as they speak and re-sung: correlation with the articulation teacher. Prints two tables
and draws `PICTURE`. What is compared is networks with each other; none of them is the bundled one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt

from t2s_rt.articulation.inventory import MOUTH_ACTIONS
from t2s_rt.model.network import MotionNetwork, Shape
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.training.labelled import render_labelled
from t2s_rt.training.material import gather
from t2s_rt.training.prepare import festvox_czech, resung
from t2s_rt.training.rendering import Rendering, model_inputs
from t2s_rt.training.train import DEFAULT_CACHE, DEFAULT_DATA, LABELLED_SHARES, ROOT, Config, Stage, fit
from t2s_rt.types import FloatArray

PICTURE: Final = ROOT / "docs" / "images" / "training-curves.png"
LOOKAHEADS_SAMPLES: Final = (0, 480, 960, 1920)
SIZES: Final = ((48, 64, 32), (96, 128, 64), (128, 256, 128))
"""Channels, mouth memory and presence memory."""
SHOWN: Final = ("jaw_open", "lip_closure", "lip_rounding", "lip_spread")
STEPS: Final = 200
BATCH: Final = 64
CLIP_FRAMES: Final = 150
RATE: Final = 2.5e-3


@dataclass(frozen=True, slots=True)
class Point:
    """One network.

    Attributes:
        lookahead_ms: How far its target lies behind the newest sample.
        parameters: How many it has.
        r: Correlation with the teacher for each of `SHOWN`.
        hears: Share of frames in which presence is right.
    """

    lookahead_ms: float
    parameters: int
    r: tuple[float, ...]
    hears: float


def judge(network: MotionNetwork, lookahead_samples: int, judged: Sequence[Rendering]) -> Point:
    """How a network does on renderings that it has not heard; actions count while a voice is there."""
    said, wanted, presence, voice = [], [], [], []
    for rendering in judged:
        features, targets, there, _ = rendering.frames(lookahead_samples)
        with torch.no_grad():
            predicted = network(torch.from_numpy(model_inputs(features))[None])
        said.append(predicted.actions[0].numpy())
        presence.append(predicted.presence[0].numpy() > 0.0)
        wanted.append(targets)
        voice.append(there == 1)
    sung = np.concatenate(voice)
    ours, theirs = np.concatenate(said)[sung], np.concatenate(wanted)[sung]
    columns = [MOUTH_ACTIONS.index(name) for name in SHOWN]
    return Point(
        lookahead_ms=1000.0 * lookahead_samples / SAMPLE_RATE_HZ,
        parameters=sum(p.numel() for p in network.parameters()),
        r=tuple(_correlation(ours[:, i], theirs[:, i]) for i in columns),
        hears=float(np.mean(np.concatenate(presence) == sung)),
    )


def _correlation(one: FloatArray, other: FloatArray) -> float:
    """Pearson's r; NaN where either stands still."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(one, other)[0, 1])


def table(points: Sequence[Point]) -> str:
    """Rows of Markdown."""
    head = f"| look-ahead | parameters | {' | '.join(SHOWN)} | presence right |"
    lines = [head, "|---" * (3 + len(SHOWN)) + "|"]
    for point in points:
        known = (f"{point.lookahead_ms:.0f} ms", f"{point.parameters / 1e3:.0f} k")
        found = (f"{value:.3f}" for value in (*point.r, point.hears))
        lines.append(f"| {' | '.join((*known, *found))} |")
    return "\n".join(lines)


def draw(ahead: Sequence[Point], sizes: Sequence[Point], path: Path) -> None:
    """Both curves side by side."""
    mpl.use("Agg")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.4), sharey=True)
    for i, name in enumerate(SHOWN):
        left.plot([p.lookahead_ms for p in ahead], [p.r[i] for p in ahead], "o-", label=name)
        right.plot([p.parameters / 1e3 for p in sizes], [p.r[i] for p in sizes], "o-", label=name)
    left.set_xlabel("look-ahead, ms")
    right.set_xlabel("parameters, thousands")
    right.set_xscale("log")
    right.set_xticks([p.parameters / 1e3 for p in sizes])
    right.set_xticks([], minor=True)
    right.xaxis.set_major_formatter("{x:.0f}")
    left.set_ylabel("r with the teacher, unseen Czech")
    right.legend(fontsize=8, loc="center right", bbox_to_anchor=(1.0, 0.3))
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def czech(cache: Path, seed: int) -> list[Rendering]:
    """What is judged on: four speakers as they speak and re-sung, clean and out of a room."""
    spoken = list(festvox_czech.clips())
    return list(render_labelled((*spoken, *resung.clips(spoken)), None, cache / "judged", seed))


def main() -> None:
    """Train all networks, print the tables, draw the picture."""
    parser = argparse.ArgumentParser(description="Quality against look-ahead and size.")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of each training; default {STEPS}")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where heard audio is kept")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the labelled programmes that are heard"
    )
    arguments = parser.parse_args()
    base = Config(batch=BATCH, clip_frames=CLIP_FRAMES)
    renderings = gather(DEFAULT_DATA, arguments.cache, base.seed, share=arguments.share).renderings
    judged = czech(arguments.cache, base.seed)
    stage = Stage(LABELLED_SHARES, arguments.steps, RATE)

    def point(lookahead_samples: int, size: tuple[int, int, int]) -> Point:
        channels, hidden, presence = size
        shape = Shape(base.shape.outputs, base.shape.sounds, channels, hidden, presence)
        config = replace(base, lookahead_samples=lookahead_samples, shape=shape)
        return judge(fit(renderings, config, stage), lookahead_samples, judged)

    ahead = [point(samples, SIZES[1]) for samples in LOOKAHEADS_SAMPLES]
    print(table(ahead), flush=True)
    sizes = [point(base.lookahead_samples, size) for size in SIZES]
    print(table(sizes))
    draw(ahead, sizes, PICTURE)


if __name__ == "__main__":
    main()
