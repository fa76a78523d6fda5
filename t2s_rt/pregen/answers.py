"""Valid answers of language models on disk, so that a run that was cut short goes on where it stopped.

One small JSON file an answer, named by a hash of everything that the answer depends on. Files appear
whole or not at all; a damaged one counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ConfigError

FORMAT: Final = 1
"""Part of every key: another layout of files starts a new cache."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A valid answer and what it took to get it.

    Attributes:
        content: As the model wrote it.
        attempts: Questions asked until it was valid: 1 for a valid first answer.
    """

    content: str
    attempts: int


def default_folder() -> Path:
    """Where this machine keeps what can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "t2s-rt" / "answers"


def key_of(parts: Mapping[str, Any]) -> str:
    """The name of an answer: SHA-256 over all that it depends on, as canonical JSON."""
    told = json.dumps({"format": FORMAT, **parts}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


class AnswerCache:
    """A folder of answers; several processes may share it.

    Args:
        folder: Made where it does not exist; None keeps nothing.

    Raises:
        ConfigError: The folder cannot be made.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise ConfigError(
                f"The cache folder {folder} cannot be made ({problem.strerror}).",
                "Name another one, or none.",
            ) from None

    def get(self, key: str) -> Answer | None:
        """The answer kept under a key, if it is there and whole."""
        if self._folder is None:
            return None
        try:
            found = json.loads(self._file(self._folder, key).read_text("utf-8"))
            return Answer(str(found["content"]), max(1, int(found["attempts"])))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; a cache that cannot be written is no reason to stop."""
        if self._folder is None:
            return
        file = self._file(self._folder, key)
        try:
            file.parent.mkdir(exist_ok=True)
            handle, part = tempfile.mkstemp(suffix=".part", dir=file.parent)
        except OSError:
            return
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                json.dump(asdict(answer), opened)
            Path(part).replace(file)
        except OSError:
            Path(part).unlink(missing_ok=True)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise

    @staticmethod
    def _file(folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.json"
