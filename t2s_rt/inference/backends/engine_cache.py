"""Compiled engines, kept where the user's other caches are.

An engine is good for one model, one version of one library and one kind of GPU: its file is named by all
of these, so none is ever taken for another. A file holds a mark, the SHA-256 of the engine and the
engine; one that is cut short or damaged is made anew, since the libraries may crash on it.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2s_rt.errors import ConfigError

_MARK: Final = b"t2s engine 1\n"
_DIGEST_BYTES: Final = 32
_NAME_DIGITS: Final = 16
"""Hexadecimal digits of the model's hash in a file name: 64 bits."""


@dataclass(frozen=True, slots=True)
class EngineKey:
    """What an engine depends on.

    Attributes:
        model_name: The model's name, for people who look into the folder.
        model_sha256: Hash of its ``.onnx`` file, hexadecimal.
        library: ``tensorrt`` or ``tensorrt-rtx``.
        version: The library's version.
        target: The GPUs it is for.
        profile: The shapes and settings it was made with.
    """

    model_name: str
    model_sha256: str
    library: str
    version: str
    target: str
    profile: str

    @property
    def file_name(self) -> str:
        """Name of the engine's file."""
        parts = (
            self.model_name,
            self.model_sha256[:_NAME_DIGITS],
            self.library,
            self.version,
            self.target,
            self.profile,
        )
        return "_".join(re.sub(r"[^A-Za-z0-9.+-]+", "-", part) for part in parts) + ".engine"


def engine_folder() -> Path:
    """Where engines are kept: ``t2s-rt/engines`` in the user's cache folder."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "t2s-rt" / "engines"


def read_engine(path: Path) -> bytes | None:
    """An engine from its file.

    Args:
        path: As `keep_engine` wrote it.

    Returns:
        The engine; None where there is no file, or one that is cut short or damaged.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return None
    start = len(_MARK) + _DIGEST_BYTES
    engine = content[start:]
    whole = content[:start] == _MARK + hashlib.sha256(engine).digest()
    return engine if whole and engine else None


def keep_engine(path: Path, engine: bytes) -> None:
    """Write an engine so that a reader sees the old file or the whole new one.

    Raises:
        ConfigError: The folder cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MARK + hashlib.sha256(engine).digest() + engine)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise ConfigError(
            f"The engine cannot be kept at {path} ({problem.strerror}).",
            "Make room or rights there, or name another cache folder in XDG_CACHE_HOME.",
        ) from problem


def obtain_engine(path: Path, build: Callable[[], bytes]) -> tuple[bytes, bool]:
    """An engine from the cache, made and kept where it is not there or not whole.

    Args:
        path: Its file.
        build: Makes it.

    Returns:
        The engine, and whether it was made now.

    Raises:
        ConfigError: It cannot be kept.
    """
    kept = read_engine(path)
    if kept is not None:
        return kept, False
    engine = build()
    keep_engine(path, engine)
    return engine, True
