"""What the running engine loads, and how the tree mirrors itself."""

from __future__ import annotations

import subprocess
import sys


def test_the_engine_loads_no_torch_and_no_training_code() -> None:
    program = """
import sys, engine.cli
heavy = ("torch", "scipy", "matplotlib", "t2s_rt.training", "t2s_rt.model")
print([m for m in sys.modules if m.startswith(heavy)])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
