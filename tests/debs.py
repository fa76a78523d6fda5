"""Small Debian packages for tests, built without Debian's tools."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Mapping
from pathlib import Path


def write_deb(
    path: Path,
    files: Mapping[str, bytes],
    *,
    compression: str = ".xz",
    sums: Mapping[str, str] | None = None,
) -> str:
    """Write a package; returns its SHA-256. ``sums`` replaces the MD5 sums it carries."""
    if sums is None:
        sums = {name: hashlib.md5(held).hexdigest() for name, held in files.items()}
    listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar{compression}": packed(tar_of({"md5sums": listed.encode()}), compression),
        f"data.tar{compression}": packed(tar_of(files), compression),
    }
    content = b"!<arch>\n"
    for name, held in members.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(held):<10}`\n"
        content += header.encode() + held + b"\n" * (len(held) % 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar archive with ``./`` before each path, as dpkg writes it."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def packed(content: bytes, compression: str) -> bytes:
    """``content`` compressed as a suffix says."""
    if compression == ".xz":
        return lzma.compress(content)
    if compression == ".gz":
        return gzip.compress(content)
    if compression == ".zst":
        import zstandard

        return zstandard.ZstdCompressor().compress(content)
    return content
