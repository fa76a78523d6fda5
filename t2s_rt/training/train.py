"""Train the mouth model: ``python -m t2s_rt.training.train``.

A run writes its folder under ``runs/``: weights, settings, seed, hash of the data and commit.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from t2s_rt.inference.inputs import SCALARS_PER_HOP
from t2s_rt.model.network import MouthNetwork, Shape
from t2s_rt.timebase import HOPS_PER_FRAME
from t2s_rt.training.dataset import Kind, Rendering, data_hash, model_inputs, render_all
from t2s_rt.training.losses import motion_loss
from t2s_rt.training.prepare.facegood import ACTION_NAMES, load_captures
from t2s_rt.types import MEL_BANDS, FloatArray

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_DATA: Final = ROOT.parent / "shared" / "data" / "facegood"
DEFAULT_CACHE: Final = ROOT / "runs" / "features"
DEFAULT_RUN: Final = ROOT / "runs" / "mouth-v1"
WARM_UP_FRAMES: Final = 30
SHARES: Final[dict[Kind, float]] = {
    "plain": 0.34,
    "spoken": 0.38,
    "sung": 0.13,
    "vowel": 0.09,
    "still": 0.06,
}
"""How often a clip of each kind is drawn."""
REFERENCE_JITTER: Final = 0.15
"""Deviation of the level against the reference, in model input units of 20 dB."""
COLOUR_JITTER: Final = 0.10
INPUT_NOISE: Final = 0.03
MASKED_BANDS: Final = 8
SCALAR_DROP: Final = 0.1


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run.

    Attributes:
        lookahead_samples: How far the target lies behind the newest sample, at most 960.
        steps: Batches.
        batch: Clips in a batch.
        clip_frames: Length of a clip; 360 is 6 s.
        learning_rate: Highest.
        average: Decay of the running mean of the weights, which is what is kept.
        seed: Of everything random.
        shape: Sizes of the network.
    """

    lookahead_samples: int = 400
    steps: int = 1000
    batch: int = 24
    clip_frames: int = 300
    learning_rate: float = 2.5e-3
    average: float = 0.995
    seed: int = 0
    shape: Shape = field(default_factory=lambda: Shape(outputs=len(ACTION_NAMES)))


class Clips:
    """Draws random clips of renderings, each kind as often as `SHARES` says.

    Args:
        renderings: What to draw from.
        config: Length, look-ahead and batch.
    """

    def __init__(self, renderings: Sequence[Rendering], config: Config) -> None:
        self._config = config
        self._x: list[FloatArray] = []
        self._y: list[FloatArray] = []
        self._weights = np.repeat(np.stack([r.weights for r in renderings]), HOPS_PER_FRAME, axis=0)
        shares = []
        for rendering in renderings:
            for first_hop in range(HOPS_PER_FRAME):
                features, targets = rendering.frames(config.lookahead_samples, first_hop)
                self._x.append(model_inputs(features).astype(np.float16))
                self._y.append(targets)
                shares.append(SHARES[rendering.kind] * len(targets) / _total(renderings, rendering.kind))
        self._shares = np.array(shares) / sum(shares)
        spoken = np.concatenate(
            [r.targets * r.weights for r in renderings if r.kind in ("plain", "spoken")]
        )
        self.scale: Final = torch.from_numpy(np.maximum(spoken.std(axis=0), 0.03))

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs ``(batch, clip, INPUT_COUNT)``, targets ``(batch, clip, actions)``, weights."""
        frames = self._config.clip_frames
        chosen = rng.choice(len(self._x), self._config.batch, p=self._shares)
        starts = [int(rng.integers(0, len(self._y[i]) - frames)) for i in chosen]
        x = np.stack([self._x[i][s : s + frames] for i, s in zip(chosen, starts, strict=True)])
        y = np.stack([self._y[i][s : s + frames] for i, s in zip(chosen, starts, strict=True)])
        x = _vary(x.astype(np.float32), rng)
        return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(self._weights[chosen])


def fit(renderings: Sequence[Rendering], config: Config) -> MouthNetwork:
    """Train a network.

    Args:
        renderings: Training data.
        config: Settings.

    Returns:
        The network with averaged weights, ready to predict.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    clips = Clips(renderings, config)
    network = MouthNetwork(config.shape)
    kept: MouthNetwork = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=config.learning_rate, total_steps=config.steps, pct_start=0.1
    )
    progress = tqdm(range(config.steps), desc="training", unit="batch", mininterval=2.0)
    for step in progress:
        x, y, weights = clips.draw(rng)
        loss = motion_loss(network(x), y, weights, clips.scale, WARM_UP_FRAMES)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        decay = min(config.average, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, now in zip(kept.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, 1.0 - decay)
        if step % 50 == 0:
            progress.set_postfix(loss=f"{loss.item():.3f}")
    return kept


def _total(renderings: Sequence[Rendering], kind: Kind) -> int:
    return sum(len(r.targets) for r in renderings if r.kind == kind)


def _vary(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Cheap variety, new in every batch: level, colour, masked bands, noise, missing pitch."""
    clips, frames, _ = x.shape
    rows = x.reshape(clips, frames, HOPS_PER_FRAME, MEL_BANDS + SCALARS_PER_HOP)
    level = rng.normal(0.0, REFERENCE_JITTER, (clips, 1, 1)).astype(np.float32)
    knots = rng.normal(0.0, COLOUR_JITTER, (clips, 6))
    places = np.linspace(0, 5, MEL_BANDS)
    colour = np.stack([np.interp(places, np.arange(6), row) for row in knots]).astype(np.float32)
    rows[..., :MEL_BANDS] += level[..., None] + colour[:, None, None]
    rows[..., MEL_BANDS] += level
    for clip in range(clips):
        if rng.random() < 0.5:
            start, width = int(rng.integers(0, MEL_BANDS)), int(rng.integers(1, MASKED_BANDS + 1))
            rows[clip, ..., start : start + width] = rows[clip, ..., start : start + width].mean(
                axis=(0, 1), keepdims=True
            )
        if rng.random() < SCALAR_DROP:
            rows[clip, ..., MEL_BANDS + 1 : MEL_BANDS + 4] = 0.0
    x += np.float32(INPUT_NOISE) * rng.standard_normal(x.shape, np.float32)
    return x


def commit() -> str:
    """The commit this tree stands on, with a plus where it has changes; empty without git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def common_arguments(description: str) -> argparse.ArgumentParser:
    """Arguments that training and evaluation share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    defaults = Config()
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_DATA, help="folder of takes (NAME.wav, NAME.npz)"
    )
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where heard takes are kept")
    parser.add_argument(
        "--lookahead-samples", type=int, default=defaults.lookahead_samples, help="at most 960"
    )
    parser.add_argument("--steps", type=int, default=defaults.steps, help="batches")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of everything random")
    parser.add_argument("--threads", type=int, default=2, help="cores to use")
    return parser


def main() -> None:
    """Train on every take and write the run."""
    parser = common_arguments("Train the mouth model on every take.")
    parser.add_argument("--out", type=Path, default=DEFAULT_RUN, help="folder of the run")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = Config(
        lookahead_samples=arguments.lookahead_samples, steps=arguments.steps, seed=arguments.seed
    )
    captures = load_captures(arguments.data)
    network = fit(render_all(captures, arguments.cache, config.seed), config)
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), arguments.out / "weights.pt")
    facts = {
        "config": asdict(config),
        "actions": list(ACTION_NAMES),
        "takes": [capture.name for capture in captures],
        "data_sha256": data_hash(captures, config.seed),
        "commit": commit(),
        "torch": torch.__version__,
    }
    (arguments.out / "run.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
