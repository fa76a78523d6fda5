"""The token that a program gave us, in a file that nobody else can read."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import Final

from t2s_rt.errors import ConfigError

MAX_TOKEN_BYTES: Final = 64
PRIVATE: Final = 0o600


def config_dir() -> Path:
    """The folder of this user's settings on this system; may not exist yet."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "t2s-rt"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "t2s-rt"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "t2s-rt"


class TokenFile:
    """One token on disk, readable by its owner only.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str:
        """The token; empty where there is none.

        Raises:
            ConfigError: Others can read the file, it is another user's, or it holds no token.
        """
        try:
            handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            return ""
        except OSError as problem:
            raise ConfigError(
                f"The token file {self.path} cannot be read: {problem.strerror}.",
                "Delete it and try again.",
            ) from problem
        with os.fdopen(handle, "rb") as file:
            self._check(os.fstat(file.fileno()))
            data = file.read(MAX_TOKEN_BYTES + 2)
        token = data.strip()
        if len(token) > MAX_TOKEN_BYTES or not re.fullmatch(rb"[\x21-\x7e]+", token):
            raise ConfigError(
                f"The token file {self.path} does not hold a token.",
                "Delete it; the program will ask you again.",
            )
        return token.decode()

    def write(self, token: str) -> None:
        """Keep a token; a reader sees the old file or the whole new one.

        Raises:
            ConfigError: The folder cannot be written.
        """
        part = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
            with os.fdopen(handle, "w") as file:
                file.write(token + "\n")
            part.replace(self.path)
        except OSError as problem:
            raise ConfigError(
                f"The token cannot be kept in {self.path}: {problem.strerror}.",
                "Make the folder writable.",
            ) from problem

    def forget(self) -> None:
        """Delete the token."""
        self.path.unlink(missing_ok=True)

    def _check(self, facts: os.stat_result) -> None:
        if os.name != "posix":
            return  # Windows keeps a user's folder from other users by itself
        if facts.st_uid != os.getuid():
            raise ConfigError(f"The token file {self.path} belongs to another user.", "Delete it.")
        if stat.S_IMODE(facts.st_mode) & 0o077:
            raise ConfigError(
                f"The token file {self.path} can be read by others.",
                f"Run: chmod 600 {self.path}",
            )
