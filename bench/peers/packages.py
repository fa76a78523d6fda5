"""The peers' packages, installed by npm when they are first needed, in the versions that are pinned."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.report import ROOT
from t2s_rt.errors import SetupError

PINNED: Final = Path(__file__).parent / "package.json"
LOCK: Final = Path(__file__).parent / "package-lock.json"
FOLDER: Final = ROOT / "runs" / "peers"
"""Packages, calibrated profiles and what was watched before; never committed."""
TIMEOUT_S: Final = 300.0


def pinned_versions() -> dict[str, str]:
    """Version of each package, by its name."""
    found: dict[str, str] = json.loads(PINNED.read_text(encoding="utf-8"))["dependencies"]
    return found


def installed_versions(folder: Path) -> dict[str, str]:
    """Versions of the pinned packages that a folder holds; those it lacks are left out."""
    found = {}
    for name in pinned_versions():
        file = folder / "node_modules" / name / "package.json"
        if file.is_file():
            found[name] = str(json.loads(file.read_text(encoding="utf-8"))["version"])
    return found


def install(folder: Path = FOLDER) -> Path:
    """The folder ``node_modules`` with every peer in its pinned version; npm fetches what is not there.

    npm checks each package against the sum in the lock file. Scripts of packages are not run.

    Raises:
        SetupError: There is no npm, or the packages cannot be fetched.
    """
    if installed_versions(folder) != pinned_versions():
        npm = shutil.which("npm")
        if npm is None:
            raise SetupError("Peers are packages of npm, which is not here.", "Install Node.js 20.")
        folder.mkdir(parents=True, exist_ok=True)
        for file in (PINNED, LOCK):
            shutil.copyfile(file, folder / file.name)
        _fetch(npm, folder)
    return folder / "node_modules"


def _fetch(npm: str, folder: Path) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise SetupError(f"npm could not install the peers: {problem}.") from problem
    if done.returncode or installed_versions(folder) != pinned_versions():
        said = [line for line in done.stderr.splitlines() if "error" in line][:3]
        raise SetupError(
            f"npm could not install the peers into {folder}: {' '.join(said) or 'packages are missing'}",
            "They are fetched from npm's registry: is it reachable?",
        )
