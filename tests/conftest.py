"""What all tests share: where recordings are, what this machine has, and that nothing is left behind."""

from __future__ import annotations

import importlib.util
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pulse import PulseServer, missing_programs

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
BUILT_PAGE = REPOSITORY / "engine" / "viewer" / "index.html"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

THREAD_PATIENCE_S = 3.0
FOREIGN_THREADS = ("asyncio_", "ThreadPoolExecutor", "pydevd", "tqdm")
"""Threads of a library's pool or monitor, which outlive a test by design."""


def lack_of(marker: str) -> str:
    """Why tests with this marker cannot run here; empty where they can."""
    if marker == "mic" and (missing := missing_programs()):
        return f"no {' and '.join(missing)}: apt install pulseaudio pulseaudio-utils libasound2-plugins"
    if marker == "torch" and importlib.util.find_spec("torch") is None:
        return 'no torch: pip install -e ".[train]"'
    if marker == "corpus" and not SHARED_DATA.is_dir():
        return f"no recordings at {SHARED_DATA}"
    if marker == "chromium":
        if not any(shutil.which(name) for name in CHROMIUMS):
            return "no Chromium: apt install chromium"
        if not BUILT_PAGE.exists():
            return "the page is not built: make setup"
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot run; `full` runs only when asked for."""
    lacks = {marker: lack_of(marker) for marker in ("mic", "torch", "corpus", "chromium")}
    if "full" not in config.option.markexpr:
        lacks["full"] = "takes minutes: pytest -m full"
    for item in items:
        for marker, reason in lacks.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _no_thread_left_behind() -> Iterator[None]:
    """Every thread that a test started has ended shortly after it."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_PATIENCE_S
    left = new_threads(before)
    while left and time.monotonic() < deadline:
        left[0].join(0.05)
        left = new_threads(before)
    assert not left, f"threads left behind: {[thread.name for thread in left]}"


def new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    """The living threads that were not there before, without those of libraries' pools."""
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread.is_alive() and not thread.name.startswith(FOREIGN_THREADS)
    ]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recordings beside the repository; skips where there are none."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no recordings at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def pulse_session() -> Iterator[PulseServer]:
    """One PulseAudio server for all tests that need a device."""
    if missing := missing_programs():
        pytest.skip(f"no {' and '.join(missing)}")
    with PulseServer() as server:
        yield server


@pytest.fixture
def pulse(pulse_session: PulseServer) -> PulseServer:
    """A running PulseAudio server whose null sink `voice` is the default microphone."""
    pulse_session.start()
    return pulse_session
