from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fake_gpu import FakeDriver, build_driver, fake_tensorrt


@pytest.fixture(scope="session")
def driver_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def driver(driver_library: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    return FakeDriver(driver_library, monkeypatch)


@pytest.fixture
def tensorrt(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    module = fake_tensorrt(driver)
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    return module


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    return tmp_path / "t2s-rt" / "engines"
