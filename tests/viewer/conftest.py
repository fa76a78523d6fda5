"""One browser for all tests of the page; skips where there is none or the head is not built."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import CHROMIUMS

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A headless Chromium that draws on the processor and whose microphone beeps.

    For one file: while it is open its loop runs in this process, and no test could run another.
    """
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    program = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium: apt install chromium")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, headless=True, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def open_theatre() -> Iterator[Callable[..., object]]:
    """Opens theatres and closes them after the test."""
    from tests.viewer.theatre import HEAD_GLB, Theatre

    if not HEAD_GLB.exists():
        pytest.skip("the head is not built: make setup")
    opened: list[Theatre] = []

    def make(*args: object, **kwargs: object) -> Theatre:
        opened.append(Theatre(*args, **kwargs))
        return opened[-1]

    yield make
    for theatre in opened:
        theatre.close()
