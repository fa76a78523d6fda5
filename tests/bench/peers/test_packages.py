"""The peers' packages: pinned, without a host, and refused in a sentence where they cannot be had."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from bench.peers import packages
from t2s_rt.errors import SetupError


def test_versions_are_exact_and_no_host_is_named() -> None:
    locked = json.loads(packages.LOCK.read_text())["packages"]
    for name, version in packages.pinned_versions().items():
        assert version[0].isdigit()
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    for file in (packages.PINNED, packages.LOCK):
        assert "://" not in file.read_text()


def lay(folder: Path, versions: dict[str, str]) -> None:
    """Packages as npm leaves them."""
    for name, version in versions.items():
        place = folder / "node_modules" / name
        place.mkdir(parents=True)
        (place / "package.json").write_text(json.dumps({"version": version}))


def test_what_is_installed_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, packages.pinned_versions())
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert packages.install(tmp_path) == tmp_path / "node_modules"


def test_another_version_is_not_what_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {**packages.pinned_versions(), "wlipsync": "0.0.1"})
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SetupError, match="not here"):
        packages.install(tmp_path)


@pytest.mark.skipif(shutil.which("sh") is None, reason="the stand-in for npm is a shell script")
@pytest.mark.parametrize("status", [1, 0])
def test_an_npm_that_fetches_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\necho 'npm error no such host' >&2\nexit {status}\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(shutil, "which", lambda _: str(npm))
    with pytest.raises(SetupError, match="no such host"):
        packages.install(tmp_path / "peers")
