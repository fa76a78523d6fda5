"""Export a run for the engine: ``python -m t2s_rt.training.export``.

Writes ``model.onnx`` and ``manifest.json``. The exported network is stepped through a long stream beside
the torch network; if they ever differ by more than `TOLERANCE`, nothing is written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch

from t2s_rt.articulation.inventory import MOUTH_ACTIONS
from t2s_rt.errors import ModelError
from t2s_rt.inference.backends.onnx_runtime import OnnxNetwork, Port
from t2s_rt.inference.inputs import INPUT_COUNT
from t2s_rt.inference.manifest import (
    DEFAULT_MODEL,
    FORMAT,
    INPUT_NAME,
    NEXT_PREFIX,
    OUTPUT_NAME,
    RUNNING_LAYOUT,
    Manifest,
    StateTensor,
    Tensor,
    dump_manifest,
    load_manifest,
    sha256_of,
)
from t2s_rt.model.network import MotionNetwork, Postures, Shape, StepNetwork
from t2s_rt.training.targets import class_postures
from t2s_rt.training.train import DEFAULT_RUN, ROOT

TOLERANCE: Final = 1e-4
CHECK_FRAMES: Final = 3600
"""A minute: long enough for a memory to drift apart if it could."""
OPSET: Final = 18
PRESENCE: Final = Tensor("presence", (1,))


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training.

    Attributes:
        network: Ready to predict.
        actions: What it predicts.
        lookahead_samples: How far what it depicts lies behind the newest sample.
        trained_on: What it learned from, as sentences.
        mel_profile_db: Mean spectrum of the voices it learned from.
    """

    network: MotionNetwork
    actions: tuple[str, ...]
    lookahead_samples: int
    trained_on: tuple[str, ...]
    mel_profile_db: tuple[float, ...]


def load_run(run: Path) -> Run:
    """Load a trained network.

    Args:
        run: Folder that `t2s_rt.training.train` wrote.

    Raises:
        ModelError: There is no run in that folder.
    """
    try:
        facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
        weights = torch.load(run / "weights.pt", weights_only=True)
    except OSError as problem:
        raise ModelError(f"No run in {run}.", "Train one: python -m t2s_rt.training.train") from problem
    network = MotionNetwork(Shape(**facts["config"]["shape"]))
    network.load_state_dict(weights)
    return Run(
        network.eval(),
        tuple(facts["actions"]),
        int(facts["config"]["lookahead_samples"]),
        tuple(facts["trained_on"]),
        tuple(facts["mel_profile_db"]),
    )


def sound_postures(actions: Sequence[str]) -> Postures:
    """What the articulation teacher says of each class of sounds, for these actions."""
    columns = [MOUTH_ACTIONS.index(name) for name in actions]
    targets, insistence = class_postures()
    return Postures(torch.from_numpy(targets[:, columns]), torch.from_numpy(insistence[:, columns]))


def export_onnx(network: MotionNetwork, postures: Postures, path: Path) -> None:
    """Write the one-frame network, with its state as inputs and outputs and a free batch axis."""
    shapes = network.state_shapes()
    names = (INPUT_NAME, *shapes)
    example = (torch.zeros(2, INPUT_COUNT), *(torch.zeros(2, *shape) for shape in shapes.values()))
    singers = torch.export.Dim("singers", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            StepNetwork(network, postures).eval(),
            example,
            str(path),
            input_names=list(names),
            output_names=[OUTPUT_NAME, PRESENCE.name, *(NEXT_PREFIX + name for name in shapes)],
            dynamic_shapes=tuple({0: singers} for _ in names),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _strip(path)


def _strip(path: Path) -> None:
    """Remove what the exporter notes about the machine it ran on."""
    model = onnx.load(path)
    del model.metadata_props[:]
    model.doc_string = ""
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, path)


def largest_difference(
    network: MotionNetwork, postures: Postures, path: Path, frames: int = CHECK_FRAMES
) -> float:
    """Step the exported network through a long random stream and compare with torch over the whole clip.

    Args:
        network: The torch network.
        postures: What recognised sounds ask of the mouth.
        path: The exported file.
        frames: Length of the stream.

    Returns:
        The largest absolute difference of any output.
    """
    stream = np.random.default_rng(0).standard_normal((frames, INPUT_COUNT)).astype(np.float32)
    with torch.no_grad():
        whole = network(torch.from_numpy(stream)[None])
        actions = postures(whole.actions, whole.sounds)
    expected = torch.cat((actions, torch.sigmoid(whole.presence)[..., None]), dim=2).numpy()[0]
    frame = np.zeros((1, INPUT_COUNT), np.float32)
    got = np.zeros((1, network.shape.outputs), np.float32)
    presence = np.zeros((1, 1), np.float32)
    old = [
        Port(name, np.zeros((1, *shape), np.float32)) for name, shape in network.state_shapes().items()
    ]
    new = [Port(NEXT_PREFIX + port.name, np.zeros_like(port.array)) for port in old]
    binding = OnnxNetwork(path).bind(
        (Port(INPUT_NAME, frame), *old), (Port(OUTPUT_NAME, got), Port(PRESENCE.name, presence), *new)
    )
    worst = 0.0
    for row, wanted in zip(stream, expected, strict=True):
        frame[0] = row
        binding.run()
        for before, after in zip(old, new, strict=True):
            before.array[...] = after.array
        worst = max(worst, float(np.abs(np.append(got[0], presence[0]) - wanted).max()))
    return worst


def export(run: Path, out: Path) -> Manifest:
    """Export a run.

    Args:
        run: Folder that `t2s_rt.training.train` wrote.
        out: Model folder to write; its name ends in ``-v<N>``.

    Returns:
        The manifest written.

    Raises:
        ModelError: There is no run, the folder has no version, or torch and ONNX Runtime differ.
    """
    made = load_run(run)
    network = made.network
    version = out.name.rpartition("-v")[2]
    if not version.isdigit():
        raise ModelError(f"The model folder {out.name} has no version.", "Name it like motion-v5.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        fresh = Path(scratch) / "model.onnx"
        postures = sound_postures(made.actions)
        export_onnx(network, postures, fresh)
        worst = largest_difference(network, postures, fresh)
        if not worst <= TOLERANCE:
            raise ModelError(
                f"torch and ONNX Runtime differ by {worst:.2g} over a stream: not exported."
            )
        manifest = Manifest(
            format=FORMAT,
            name=out.name,
            version=int(version),
            file="model.onnx",
            sha256=sha256_of(fresh),
            features=RUNNING_LAYOUT,
            outputs=made.actions,
            lookahead_samples=made.lookahead_samples,
            state=tuple(StateTensor(name, shape) for name, shape in network.state_shapes().items()),
            trained_on=made.trained_on,
            signals=(PRESENCE,),
            mel_profile_db=made.mel_profile_db,
        )
        fresh.replace(out / "model.onnx")
    (out / "manifest.json").write_text(dump_manifest(manifest), encoding="utf-8")
    print(f"torch and ONNX Runtime differ by at most {worst:.1e} over {CHECK_FRAMES} frames")
    return load_manifest(out)


def main() -> None:
    """Export a run into ``exported_models``."""
    parser = argparse.ArgumentParser(description="Export a run for the engine, checked against torch.")
    parser.add_argument("--run", type=Path, default=DEFAULT_RUN, help="folder that training wrote")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "exported_models" / DEFAULT_MODEL, help="model folder"
    )
    arguments = parser.parse_args()
    manifest = export(arguments.run, arguments.out)
    print(
        f"wrote {arguments.out}: {', '.join(manifest.outputs)}; "
        f"look-ahead {manifest.lookahead_samples} samples"
    )


if __name__ == "__main__":
    main()
