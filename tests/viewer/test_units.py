"""The page's own tests, which need no browser: the wire format, playback and subdivision, under Node."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
VIEWER = REPOSITORY / "viewer"
BESIDE_PYTHON = REPOSITORY / ".venv" / ("Scripts" if os.name == "nt" else "bin")


def run_npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run npm in viewer/; Node may have been installed into the virtual environment."""
    path = f"{BESIDE_PYTHON}{os.pathsep}{os.environ.get('PATH', '')}"
    npm = shutil.which("npm", path=path)
    if npm is None or not (VIEWER / "node_modules").is_dir():
        pytest.skip("the page is not built: make setup")
    return subprocess.run(
        [npm, *arguments],
        cwd=VIEWER,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_pages_own_tests_pass():
    done = run_npm("run", "--silent", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 14\n" in done.stdout, done.stdout


def test_the_pages_types_hold():
    done = run_npm("run", "--silent", "check")
    assert done.returncode == 0, done.stdout + done.stderr
