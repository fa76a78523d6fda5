"""A page in a headless Chromium in which the peers' own code runs (driver.js)."""

from __future__ import annotations

import base64
import binascii
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from t2s_rt.errors import SetupError
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import FloatArray

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

DRIVER: Final = Path(__file__).parent / "driver.js"
CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
ORIGIN: Final = "https://peers.test"
"""A secure origin that exists only inside the page: worklets refuse to load on any other."""
TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
PATIENCE_MS: Final = 120_000
RECORDINGS_A_PAGE: Final = 30
"""Then the page is loaded anew: contexts that nobody needs any more stay until it goes, and after some
hundred of them Chromium sets up no further worklet."""
SHORTEST_S: Final = 0.2
"""A shorter recording is not one that a worklet's start could be told from."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a peer shows.

    Attributes:
        names: Of its visemes.
        rows: ``(T, V)`` weights 0 to 1, one row each 1/60 s of sound heard.
    """

    names: tuple[str, ...]
    rows: FloatArray


@dataclass(frozen=True, slots=True)
class Heard:
    """What wLipSync's compiled code makes of frames.

    Attributes:
        cepstra: ``(N, 12)`` mel cepstra.
        entries: ``(N,)`` index of the profile's entry that it takes each frame for.
    """

    cepstra: FloatArray
    entries: FloatArray


class PeerPage:
    """A browser with the page; close it, or use it in a with statement.

    Args:
        packages: Folder ``node_modules`` of `packages.install`.

    Raises:
        SetupError: There is no playwright or no Chromium, or the page does not come up.
    """

    def __init__(self, packages: Path) -> None:
        self._packages = packages
        self._samples: FloatArray = np.zeros(0, np.float32)
        self.served: list[Path] = []
        self._watched = 0
        self._open = ExitStack()
        try:
            self._page = self._started()
        except BaseException:
            self._open.close()
            raise

    def __enter__(self) -> PeerPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the browser."""
        self._open.close()

    def watch(self, package: str, samples: FloatArray, profile: dict[str, object] | None) -> Weights:
        """A package's weights for a recording.

        Args:
            package: A key of driver.js.
            samples: ``(N,)`` mono at 48 kHz.
            profile: wLipSync's profile, None for others.

        Raises:
            SetupError: The package's code failed in this browser.
        """
        self._watched += 1
        if self._watched % RECORDINGS_A_PAGE == 0:
            self._load(self._page)
        short = round(SHORTEST_S * SAMPLE_RATE_HZ) - len(samples)
        self._samples = np.ascontiguousarray(np.pad(samples, (0, max(0, short))), np.float32)
        found = cast("dict[str, Any]", self._call("watch", [package, profile]))
        names = tuple(str(name) for name in found["names"])
        return Weights(names, _floats(str(found["rows"])).reshape(-1, len(names)))

    def hear(self, samples: FloatArray, ends: Sequence[int], profile: dict[str, object]) -> Heard:
        """What wLipSync makes of the frames that end at some samples of a recording.

        Raises:
            SetupError: Its code failed in this browser.
        """
        self._samples = np.ascontiguousarray(samples, np.float32)
        rows = _floats(str(self._call("hear", [list(ends), profile]))).reshape(-1, 13)
        return Heard(rows[:, :12], rows[:, 12])

    def _started(self) -> Page:
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError as problem:
            raise SetupError(
                "Peers run in a browser that playwright drives.", "Add it: pip install playwright"
            ) from problem
        program = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
        if program is None:
            raise SetupError("Peers run in Chromium, which is not here.", "apt install chromium")
        play = self._open.enter_context(sync_playwright())
        try:
            browser = play.chromium.launch(executable_path=program, headless=True, args=list(FLAGS))
            self._open.callback(browser.close)
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.route("**/*", self._serve)
            self._load(page)
        except Error as problem:
            raise SetupError(f"The peers' page does not come up in {program}: {problem}") from problem
        return page

    @staticmethod
    def _load(page: Page) -> None:
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.ready")

    def _call(self, name: str, arguments: list[object]) -> object:
        from playwright.sync_api import Error

        try:
            return self._page.evaluate(f"(given) => window.{name}(...given)", arguments)
        except Error as problem:
            raise SetupError(f"A peer failed in the browser: {problem}") from problem

    def _serve(self, route: Route) -> None:
        """Answer the page's requests: nothing of it leaves this machine."""
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            route.fulfill(
                body='<script type="module" src="/driver.js"></script>', content_type="text/html"
            )
        elif path == "/recording":
            route.fulfill(body=self._samples.tobytes(), content_type="application/octet-stream")
        else:
            file = DRIVER if path == "/driver.js" else self._packages / path.lstrip("/")
            if not file.is_file():
                route.fulfill(status=404)
                return
            self.served.append(file)
            route.fulfill(path=file, content_type=TYPES.get(file.suffix, "application/octet-stream"))


def _floats(text: str) -> FloatArray:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), np.float32)
    except (binascii.Error, ValueError) as problem:
        raise SetupError("The browser's answer cannot be read.") from problem
