"""The options of every command that performs: which performance, and how calm or wild."""

from __future__ import annotations

import argparse

from t2s_rt.errors import ConfigError
from t2s_rt.intensity.style import USUAL, check_style


def add_performance_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--seed`` and ``--style``."""
    parser.add_argument("--seed", type=int, default=0, help="another seed blinks otherwise")
    parser.add_argument(
        "--style",
        type=style,
        default=USUAL,
        metavar="0..1",
        help="how far and how often brows, eyes and head move: 0 is calm, 1 is wild, never the mouth "
        f"(default: {USUAL})",
    )


def style(text: str) -> float:
    """A style from the command line."""
    try:
        value = float(text)
        check_style(value)
    except (ValueError, ConfigError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no style: give a number from 0 (calm) to 1 (wild)"
        ) from None
    return value
