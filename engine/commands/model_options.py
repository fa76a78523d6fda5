"""The options of every command that moves a mouth: which model, and where it runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from t2s_rt.inference.backends.seam import Backend


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, ``--backend`` and ``--voice-profile``."""
    parser.add_argument("--model", type=Path, help="folder of an exported model; default: bundled")
    parser.add_argument(
        "--backend",
        choices=[backend.value for backend in Backend],
        default=Backend.CPU.value,
        help="where it runs (default: cpu); the others need an NVIDIA GPU (docs/models.md) and are "
        "refused where they would not really run",
    )
    parser.add_argument(
        "--voice-profile",
        type=Path,
        metavar="FILE",
        help="the singer's voice and microphone, measured by t2s profile",
    )
