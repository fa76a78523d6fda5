"""`t2s` and `python -m engine`."""

from __future__ import annotations

import sys

from t2s_rt.interrupts import interrupts_held

EXIT_INTERRUPTED = 130


def main() -> int:
    """Run the command line; Ctrl-C is an answer at any moment, even while modules still load."""
    try:
        with interrupts_held():
            from engine.cli import main as run_command_line
        return run_command_line()
    except KeyboardInterrupt:
        sys.stderr.write("\nt2s: stopped.\n")
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
