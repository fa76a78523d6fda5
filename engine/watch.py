"""Tells when a file was saved: whatever editor, whatever file system, within a tenth of a second."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeAlias, TypeVar

from t2s_rt.errors import T2SError

logger = logging.getLogger(__name__)

POLL_S: Final = 0.015
"""How often the file is looked at. Looking works everywhere; being told of changes does not (network
drives, containers, editors that replace the file)."""
SETTLE_POLLS: Final = 2
"""A file that looked the same so often in a row is written to the end, or will change again."""
PATIENCE_S: Final = 0.3
"""A file that cannot be read or is gone for longer is worth a warning; saving takes less."""

RETRY_POLLS: Final = round(1.0 / POLL_S)
"""What could not be read is tried again once a second: another program may have locked it."""

Signature: TypeAlias = tuple[int, int, int]
"""Time of the last change in ns, size, and which file it is: each kind of saving changes one of them."""
T = TypeVar("T")


class Watcher(Generic[T]):
    """Reads a file anew whenever it was saved. One thread of its own, asleep most of the time.

    A version that cannot be read changes nothing but `problem`: what was read before stays in use.

    Args:
        path: The file; it exists and was just read.
        load: Reads it; raises a `T2SError` where that fails. Called on the watcher's thread.
        on_change: Given what was read. Called on the watcher's thread; must not wait.
    """

    def __init__(self, path: Path, load: Callable[[Path], T], on_change: Callable[[T], None]) -> None:
        self._path = path
        self._load = load
        self._on_change = on_change
        self._loaded = _signature(path)
        self._seen = self._loaded
        self._same_polls = 0
        self._trouble_polls = 0
        self._refused: tuple[Signature, str] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="t2s-watch")
        self.problem = ""
        """Why the newest version is not in use, as a sentence; empty while it is. For any thread."""
        self.reloads = 0
        """How many versions were taken over."""

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it. Harmless when it never started."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(POLL_S):
            try:
                self._look()
            except Exception:
                logger.exception("%s is not watched any longer", self._path)
                self.problem = f"Changes of {self._path.name} are not seen any longer."
                return

    def _look(self) -> None:
        """Load a version that has settled; count how long one is in trouble."""
        now = _signature(self._path)
        self._same_polls = self._same_polls + 1 if now == self._seen else 0
        self._seen = now
        if now is None:
            self._worry(f"{self._path} is gone; what was read before plays on.")
        elif now == self._loaded:
            self._calm()
        elif self._same_polls >= SETTLE_POLLS - 1:
            self._take(now)

    def _take(self, version: Signature) -> None:
        if (
            self._refused is not None
            and self._refused[0] == version
            and self._trouble_polls % RETRY_POLLS
        ):
            self._worry(self._refused[1])  # reading the same again and again would cost a core
            return
        try:
            loaded = self._load(self._path)
        except T2SError as problem:
            self._refused = version, f"The saved version is not used: {problem}"
            self._worry(self._refused[1])
            return
        if _signature(self._path) != version:
            return  # written again while it was read: perhaps half of each
        self._loaded = version
        self._calm()
        self.reloads += 1
        self._on_change(loaded)

    def _worry(self, sentence: str) -> None:
        self._trouble_polls += 1
        if self._trouble_polls * POLL_S >= PATIENCE_S:
            self.problem = sentence

    def _calm(self) -> None:
        self._trouble_polls = 0
        self._refused = None
        self.problem = ""


def _signature(path: Path) -> Signature | None:
    """What changes with each save; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
