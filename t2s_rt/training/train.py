"""Train the motion model: ``python -m t2s_rt.training.train``.

First on voices whose sounds are labelled, with the faces of the articulation teacher; then, for fewer
steps, on these and on captured takes together. A run writes its folder under ``runs/``: weights,
settings, seed, what it heard, and commit.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from tqdm import tqdm

from t2s_rt.errors import ModelError, T2SError
from t2s_rt.model.network import MotionNetwork, Predicted, Shape
from t2s_rt.timebase import HOP_RATE_HZ
from t2s_rt.training.dataset import Batch, Clips
from t2s_rt.training.losses import (
    PRESENCE_WEIGHT,
    SOUND_WEIGHT,
    frame_trust,
    motion_loss,
    presence_loss,
    sound_loss,
)
from t2s_rt.training.material import CAPTURED, gather, mel_profile
from t2s_rt.training.prepare.facegood import ACTION_NAMES
from t2s_rt.training.rendering import Kind, Rendering
from t2s_rt.training.targets import SOUND_CLASSES

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_DATA: Final = ROOT.parent / "shared" / "data" / "facegood"
DEFAULT_CACHE: Final = ROOT / "runs" / "features"
DEFAULT_RUN: Final = ROOT / "runs" / "motion-v5"
LABELLED_STEPS: Final = 4500
LABELLED_RATE: Final = 2.5e-3
CAPTURED_STEPS: Final = 600
WARM_UP_FRAMES: Final = 20
PARTS: Final = 2
"""Of a batch, each drawn and learned from by its own thread: steps of a recurrent memory are too small
for threads to share one."""
LABELLED_SHARES: Final[dict[Kind, float]] = {
    "read": 0.28, "song": 0.48, "band": 0.16, "still": 0.04, "vowel": 0.04,
}  # fmt: skip
"""How often a clip of each kind is drawn in the first stage."""
CAPTURED_SHARES: Final[dict[Kind, float]] = {
    "plain": 0.17, "spoken": 0.17, "sung": 0.06,
    "read": 0.18, "song": 0.26, "band": 0.10, "still": 0.02, "vowel": 0.04,
}  # fmt: skip
"""In the second."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a training.

    Attributes:
        shares: How often a clip of each kind is drawn.
        steps: Batches.
        learning_rate: Highest.
    """

    shares: Mapping[Kind, float]
    steps: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run.

    Attributes:
        lookahead_samples: How far the target lies behind the newest sample, at most 960.
        batch: Clips in a batch, a multiple of `PARTS`.
        clip_frames: Length of a clip; 300 is 5 s.
        average: Decay of the running mean of the weights, which is what is kept.
        seed: Of everything random.
        shape: Sizes of the network.
    """

    lookahead_samples: int = 800
    batch: int = 64
    clip_frames: int = 300
    average: float = 0.995
    seed: int = 0
    shape: Shape = field(
        default_factory=lambda: Shape(outputs=len(ACTION_NAMES), sounds=len(SOUND_CLASSES))
    )


def fit(
    renderings: Sequence[Rendering],
    config: Config,
    stage: Stage,
    begun: MotionNetwork | None = None,
    scale: torch.Tensor | None = None,
) -> MotionNetwork:
    """Train a network for one stage.

    Args:
        renderings: Training data; kinds that the stage does not draw are ignored.
        config: Settings.
        stage: What to draw and for how long.
        begun: Whose weights to start from; None for fresh ones.
        scale: ``(actions,)`` spread by which errors are divided; None to measure it here.

    Returns:
        The network with averaged weights, ready to predict.
    """
    torch.manual_seed(config.seed)
    drawn = [r for r in renderings if stage.shares.get(r.kind, 0.0) > 0.0]
    clips = Clips(drawn, stage.shares, config.lookahead_samples, config.clip_frames)
    scale = clips.scale if scale is None else scale
    network = MotionNetwork(config.shape) if begun is None else copy.deepcopy(begun)
    weights = list(network.parameters())
    kept: MotionNetwork = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(weights, lr=stage.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=stage.learning_rate, total_steps=stage.steps, pct_start=0.1
    )

    def learn(step: int, part: int) -> tuple[tuple[torch.Tensor, ...], list[float]]:
        """Gradients and losses of one part of a batch."""
        seeds = (config.seed, step, part)
        batch = clips.draw(config.batch // PARTS, np.random.default_rng(seeds))
        chance = torch.Generator().manual_seed(int(np.random.SeedSequence(seeds).generate_state(1)[0]))
        losses = losses_of(network(batch.frames, chance), batch, scale)
        slopes = torch.autograd.grad(torch.stack(losses).sum() / PARTS, weights)
        return slopes, [loss.item() for loss in losses]

    progress = tqdm(range(stage.steps), desc="training", unit="batch", mininterval=2.0)
    with ThreadPoolExecutor(PARTS, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for step in progress:
            parts = list(pool.map(learn, [step] * PARTS, range(PARTS)))
            for weight, *slopes in zip(weights, *(slopes for slopes, _ in parts), strict=True):
                weight.grad = torch.stack(slopes).sum(dim=0)
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            decay = min(config.average, (1 + step) / (10 + step))
            with torch.no_grad():
                for mean, now in zip(kept.parameters(), weights, strict=True):
                    mean.lerp_(now, 1.0 - decay)
            if step % 50 == 0:
                progress.set_postfix_str(" ".join(f"{loss:.3f}" for loss in parts[0][1]))
    return kept


def losses_of(predicted: Predicted, batch: Batch, scale: torch.Tensor) -> list[torch.Tensor]:
    """Weighted losses of mouth, presence and sound."""
    trust = frame_trust(batch.weights, batch.voice)
    return [
        motion_loss(predicted.actions, batch.actions, trust, scale, WARM_UP_FRAMES),
        PRESENCE_WEIGHT * presence_loss(predicted.presence, batch.voice, WARM_UP_FRAMES),
        SOUND_WEIGHT * sound_loss(predicted.sounds, batch.sound, WARM_UP_FRAMES),
    ]


def minutes(renderings: Sequence[Rendering]) -> dict[str, float]:
    """Minutes of each kind."""
    hops: Counter[str] = Counter()
    for rendering in renderings:
        hops[rendering.kind] += len(rendering.features)
    return {kind: round(count / HOP_RATE_HZ / 60.0, 1) for kind, count in sorted(hops.items())}


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


def save_run(network: MotionNetwork, config: Config, folder: Path, facts: Mapping[str, object]) -> None:
    """Write weights and what is to be known of them."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), folder / "weights.pt")
    known = {
        "config": asdict(config),
        "actions": list(ACTION_NAMES),
        **facts,
        "commit": commit(),
        "torch": torch.__version__,
    }
    (folder / "run.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {folder}")


def load_taught(folder: Path, config: Config) -> MotionNetwork:
    """The network of a first stage that has been run already.

    Raises:
        ModelError: There is none, or it is of another shape.
    """
    network = MotionNetwork(config.shape)
    try:
        network.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    except (OSError, RuntimeError) as problem:
        raise ModelError(
            f"{folder} holds no first stage of this shape: {problem}",
            "Name the folder of a run, or leave the option out.",
        ) from problem
    return network


def main() -> None:
    """Train on everything and write the run."""
    defaults = Config()
    parser = argparse.ArgumentParser(
        description="Train the motion model.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of captured takes")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where heard audio is kept")
    parser.add_argument(
        "--lookahead-samples", type=int, default=defaults.lookahead_samples, help="<= 960"
    )
    parser.add_argument("--steps", type=int, default=LABELLED_STEPS, help="batches of the first stage")
    parser.add_argument(
        "--captured-steps",
        type=int,
        default=CAPTURED_STEPS,
        help="batches of the second stage; 0 leaves it out",
    )
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of everything random")
    parser.add_argument("--out", type=Path, default=DEFAULT_RUN, help="folder of the run")
    parser.add_argument(
        "--without", nargs="*", default=[], help="speakers and languages that are left out"
    )
    parser.add_argument(
        "--leave-one-out", action="store_true", help="also train the second stage without each take"
    )
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the labelled programmes that are heard"
    )
    parser.add_argument(
        "--begin-from", type=Path, metavar="RUN", help="whose weights the first stage starts from"
    )
    parser.add_argument(
        "--learning-rate", type=float, default=LABELLED_RATE, help="highest, of the first stage"
    )
    parser.add_argument(
        "--taught", type=Path, metavar="RUN", help="a first stage that was run already: only the second"
    )
    arguments = parser.parse_args()
    if arguments.leave_one_out and arguments.captured_steps == 0:
        parser.error("--leave-one-out repeats the second stage, which --captured-steps 0 leaves out")
    if arguments.taught is not None and arguments.begin_from is not None:
        parser.error("--taught leaves out the first stage, which --begin-from starts: give one of them")
    try:
        _train(arguments)
    except T2SError as problem:
        print(problem, file=sys.stderr)
        raise SystemExit(2) from None


def _train(arguments: argparse.Namespace) -> None:
    config = Config(lookahead_samples=arguments.lookahead_samples, seed=arguments.seed)
    without = frozenset(arguments.without)
    material = gather(arguments.data, arguments.cache, config.seed, without, arguments.share)
    heard = material.renderings
    print("minutes:", minutes(heard))
    facts: dict[str, object] = {
        "minutes": minutes(heard),
        "without": sorted(arguments.without),
        "share": arguments.share,
        "trained_on": material.trained_on,
        "mel_profile_db": [round(float(level), 2) for level in mel_profile(heard)],
    }
    if arguments.taught is None:
        begun = None
        if arguments.begin_from is not None:
            begun = load_taught(arguments.begin_from, config)
            facts["begun_from"] = arguments.begin_from.name
        facts["steps"] = arguments.steps
        stage = Stage(LABELLED_SHARES, arguments.steps, arguments.learning_rate)
        taught = fit(heard, config, stage, begun)
        of_labels = [told for told in material.trained_on if told not in CAPTURED]
        save_run(
            taught,
            config,
            arguments.out.with_name(arguments.out.name + "-taught"),
            facts | {"trained_on": of_labels},
        )
    else:
        taught = load_taught(arguments.taught, config)
    if arguments.captured_steps == 0:
        return
    second = Stage(CAPTURED_SHARES, arguments.captured_steps, 1.0e-3)
    save_run(fit(heard, config, second, taught), config, arguments.out, facts)
    if arguments.leave_one_out:
        for take in sorted({r.name for r in heard if r.kind == "plain"}):
            others = [r for r in heard if r.name != take]
            network = fit(others, config, second, taught)
            save_run(
                network, config, arguments.out.with_name(f"{arguments.out.name}-without-{take}"), facts
            )


if __name__ == "__main__":
    main()
