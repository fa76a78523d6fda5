"""Files of Debian packages, fetched and unpacked without installing anything.

A ``.deb`` is an ar archive of ``control.tar.*`` and ``data.tar.*`` (deb(5)). Packages are kept in
``deb/`` of the corpus folder and unpacked into ``files/``, under a name that holds the hash of the
package and of what is kept of it: what was unpacked once is found again, what was interrupted is begun
again. Packages that apt-get did not fetch can be put into ``deb/`` by hand, on any system.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from tqdm import tqdm

from t2s_rt.errors import CorpusError, SetupError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FOLDER_VARIABLE: Final = "T2S_CORPUS"
AR_MAGIC: Final = b"!<arch>\n"
AR_HEADER: Final = 60
AR_END: Final = b"`\n"
_UNREADABLE: Final = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, tarfile.TarError)


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package that holds something to train on.

    Attributes:
        name: As apt knows it.
        version: The one whose contents were measured. Others are taken too, checked only by the sums
            they carry themselves and, when apt fetches them, by apt.
        sha256: Of the ``.deb`` of that version.
        keep: Patterns (fnmatch) of the paths to unpack, without a leading slash.
    """

    name: str
    version: str
    sha256: str
    keep: tuple[str, ...]


def corpus_folder() -> Path:
    """Where packages and their files are kept: T2S_CORPUS, else ``t2s-corpus`` in the user's cache."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "t2s-corpus"


def obtain(package: Package, folder: Path) -> Path:
    """The folder that holds a package's files; fetches and unpacks it where that was not done before.

    Args:
        package: What to get.
        folder: The corpus folder (`corpus_folder`).

    Returns:
        A folder with the kept files under their paths in the package.

    Raises:
        SetupError: The package is not there and this system has no apt-get.
        CorpusError: It cannot be fetched, is damaged, or holds none of the files to keep.
    """
    deb = cached_deb(package, folder) or _download(package, folder)
    digest = _sha256(deb)
    if _version(deb) == package.version and digest != package.sha256:
        raise CorpusError(
            f"{deb} is damaged: its SHA-256 is {digest}, not {package.sha256}.",
            "Delete it; it is then fetched again.",
        )
    key = hashlib.sha256("\n".join((digest, *package.keep)).encode()).hexdigest()[:16]
    files = folder / "files" / f"{package.name}-{key}"
    if not files.is_dir():
        partial = files.with_name(f"{files.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        unpack(deb, partial, package.keep)
        partial.rename(files)
    return files


def cached_deb(package: Package, folder: Path) -> Path | None:
    """The package's file in the cache: of the measured version, else any, else None."""
    found = sorted((folder / "deb").glob(f"{package.name}_*.deb"))
    return next((deb for deb in found if _version(deb) == package.version), found[-1] if found else None)


def unpack(deb: Path, into: Path, keep: tuple[str, ...]) -> None:
    """Write a package's files and check them against the sums it carries.

    Args:
        deb: The package.
        into: Folder for its files; made where it does not exist.
        keep: Patterns (fnmatch) of the paths to write.

    Raises:
        CorpusError: The package is damaged, holds no such file, or cannot be written.
        SetupError: It is compressed by Zstandard, as Ubuntu's are, and the library is not installed.
    """
    into.mkdir(parents=True, exist_ok=True)
    try:
        sums = _carried_sums(deb)
        written = _write_files(deb, into, keep)
        damaged = [name for name in written if name in sums and _md5(into / name) != sums[name]]
    except _UNREADABLE as problem:
        raise CorpusError(
            f"{deb} cannot be unpacked into {into}: {problem}.",
            "If the disk is not full, delete the package; it is then fetched again.",
        ) from problem
    if damaged:
        raise CorpusError(
            f"{deb} is damaged: {damaged[0]} does not match its checksum.",
            "Delete it; it is then fetched again.",
        )
    if not written:
        raise CorpusError(f"{deb} holds none of {', '.join(keep)}.", "Its version may be too new.")


def _version(deb: Path) -> str:
    parts = deb.name.split("_")
    return parts[1].replace("%3a", ":") if len(parts) > 1 else ""


def _download(package: Package, folder: Path) -> Path:
    cache = folder / "deb"
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"The package {package.name} is not in {cache}, and there is no apt-get to fetch it.",
            f"Take {package.name}_{package.version}_all.deb from packages.debian.org and put it there.",
        )
    partial = cache / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    print(f"fetching the Debian package {package.name}", file=sys.stderr)
    done = subprocess.run(
        ["apt-get", "download", "-q", package.name],
        cwd=partial, capture_output=True, text=True, check=False,
    )  # fmt: skip
    arrived = sorted(partial.glob(f"{package.name}_*.deb"))
    if done.returncode != 0 or not arrived:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise CorpusError(
            f"apt-get could not fetch {package.name}: {lines[-1]}",
            "Check the network and run: apt-get update",
        )
    return arrived[-1].replace(cache / arrived[-1].name)


class _Member(io.RawIOBase):
    """A part of a file as a file of its own, which reports what was read of it."""

    def __init__(self, file: IO[bytes], size: int, bar: tqdm) -> None:
        super().__init__()
        self._file = file
        self._left = size
        self._bar = bar

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        piece = self._file.read(min(len(target), self._left))
        target[: len(piece)] = piece
        self._left -= len(piece)
        self._bar.update(len(piece))
        return len(piece)


@contextmanager
def _open_tar(deb: Path, stem: str) -> Iterator[tarfile.TarFile]:
    """The archive ``stem.tar*`` inside a package, to be read straight on."""
    with deb.open("rb") as file:
        name, size = _seek_member(file, stem)
        silent = stem != "data"
        with tqdm(desc=f"unpacking {deb.name}", total=size, unit="B", unit_scale=True,
                  disable=silent or None) as bar:  # fmt: skip
            plain = _decompressed(io.BufferedReader(_Member(file, size, bar), 1 << 16), name)
            with plain, tarfile.open(fileobj=plain, mode="r|") as tar:
                yield tar
                while plain.read(1 << 16):  # its checksum stands behind the last file
                    pass


def _seek_member(file: IO[bytes], stem: str) -> tuple[str, int]:
    if file.read(len(AR_MAGIC)) != AR_MAGIC:
        raise ValueError("it does not begin as an ar archive")
    while header := file.read(AR_HEADER):
        if len(header) < AR_HEADER or header[58:] != AR_END:
            raise ValueError("its table of contents is broken")
        name, size = header[:16].decode("ascii").strip().rstrip("/"), int(header[48:58])
        if name.startswith(f"{stem}.tar"):
            return name, size
        file.seek(size + size % 2, os.SEEK_CUR)
    raise ValueError(f"it has no {stem}.tar")


def _decompressed(packed: io.BufferedReader, name: str) -> IO[bytes]:
    match Path(name).suffix:
        case ".xz" | ".lzma":
            return lzma.LZMAFile(packed)
        case ".gz":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
        case ".zst":
            return _zstandard(packed)
        case ".tar":
            return packed
        case other:
            raise ValueError(f"nothing here reads {other} compression")


def _zstandard(packed: io.BufferedReader) -> IO[bytes]:
    try:
        import zstandard
    except ImportError as problem:
        raise SetupError(
            "This package is compressed by Zstandard, and the library zstandard is not installed.",
            "Run: pip install 't2s-rt[train]'",
        ) from problem
    return zstandard.ZstdDecompressor().stream_reader(packed)


def _carried_sums(deb: Path) -> dict[str, str]:
    """MD5 by path, from ``md5sums`` of the control archive; empty where a package has none."""
    with _open_tar(deb, "control") as tar:
        for member in tar:
            held = tar.extractfile(member) if member.name.removeprefix("./") == "md5sums" else None
            if held is not None:
                rows = (line.split(maxsplit=1) for line in held.read().decode().splitlines())
                return {name: digest for digest, name in rows}
    return {}


def _write_files(deb: Path, into: Path, keep: tuple[str, ...]) -> list[str]:
    written = []
    with _open_tar(deb, "data") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isfile() and any(fnmatchcase(name, pattern) for pattern in keep):
                tar.extract(member, into, filter="data")
                written.append(name)
    return written


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
