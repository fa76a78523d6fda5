"""A whole catalogue: every song of a folder, several at a time, resumed where it was left.

Whatever a song does, the others go on: a broken file is a line in the report, and so is one that takes a
process down with it. Run again, songs that are finished are left as they are.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ConfigError
from t2s_rt.lyrics.source import LARGEST_FILE_BYTES
from t2s_rt.pregen.entry import Entry, Outcome, Result, Settings
from t2s_rt.pregen.workers import here, in_processes, on_ray

SONG_SUFFIXES: Final = frozenset({
    ".txt", ".lrc", ".elrc", ".ass", ".ssa", ".srt", ".vtt", ".webvtt", ".ttml", ".xml", ".musicxml",
    ".mxl", ".mid", ".midi", ".kar", ".rmi",
})  # fmt: skip
_ULTRASTAR_HEADER: Final = re.compile(rb"^\s*#[A-Za-z]+\s*:", re.MULTILINE)
_OURS: Final = b"NOTE t2s motion subtitles"
SNIFFED_BYTES: Final = 4096
REPORT: Final = "report.json"
MOST_JOBS: Final = 1024


@dataclass(frozen=True, slots=True)
class CatalogueReport:
    """How a run went.

    Attributes:
        results: Of every song, by name.
        seconds: Wall time.
        passed_over: Files that carry a song's suffix but are none, by name.
    """

    results: tuple[Result, ...]
    seconds: float
    passed_over: tuple[str, ...]

    def count(self, outcome: Outcome) -> int:
        """Songs of which this became."""
        return sum(result.outcome is outcome for result in self.results)

    def as_json(self) -> str:
        """The report as a file keeps it."""
        rows = []
        for result in self.results:
            row: dict[str, Any] = asdict(result)
            del row["text"]
            rows.append(row)
        whole = {
            "songs": len(self.results),
            "seconds": round(self.seconds, 3),
            **{str(outcome): self.count(outcome) for outcome in Outcome},
            "passed_over": list(self.passed_over),
            "results": rows,
        }
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def find_songs(library: Path, beside: Path | None = None) -> tuple[list[Path], list[Path]]:
    """Song files below a folder, in order, and files that only look like some.

    Args:
        library: The folder.
        beside: A folder below it that is not searched: where the subtitles go.

    Raises:
        ConfigError: There is no such folder.
    """
    if not library.is_dir():
        raise ConfigError(f"{library} is no folder.", "Give --library a folder of songs.")
    songs: list[Path] = []
    others: list[Path] = []
    for folder, folders, files in os.walk(library):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (beside is None or not _same(Path(folder, name), beside))
        )
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix.lower() in SONG_SUFFIXES and not name.startswith("."):
                (songs if _looks_like_song(path) else others).append(path)
    return songs, others


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _looks_like_song(path: Path) -> bool:
    """Text files must begin as UltraStar ones do, and motion subtitles are no lyrics."""
    try:
        with path.open("rb") as file:
            head = file.read(SNIFFED_BYTES)
    except OSError:
        return True  # reading it again says why
    if path.suffix.lower() == ".txt":
        return bool(_ULTRASTAR_HEADER.search(head.replace(b"\0", b"")))
    return _OURS not in head


def targets_of(songs: Iterable[Path], library: Path, output: Path) -> dict[Path, Path]:
    """Where each song's subtitles go: the same place below the output, with the suffix .vtt.

    Of songs that differ only in their suffix, each keeps it: ``song.lrc.vtt``.
    """
    stems: dict[Path, list[Path]] = {}
    for song in songs:
        stems.setdefault(song.relative_to(library).with_suffix(".vtt"), []).append(song)
    return {
        song: output / (stem if len(same) == 1 else stem.with_name(f"{song.name}.vtt"))
        for stem, same in stems.items()
        for song in same
    }


def write_catalogue(
    library: Path,
    output: Path,
    settings: Settings,
    *,
    jobs: int | None = None,
    ray: str = "",
    progress: Callable[[Result, int, int], None] | None = None,
) -> CatalogueReport:
    """Write the motion subtitles of every song below a folder.

    Args:
        library: The folder.
        output: Where the subtitles go, and ``report.json``; made where it is missing.
        settings: For all songs.
        jobs: Songs at a time; None takes one a core. With 1 all happens in this process.
        ray: Address of a Ray cluster, `LOCAL` to start one here, empty for none.
        progress: Told of each result, how many are done and how many there are.

    Returns:
        The report, which is also written.

    Raises:
        ConfigError: A folder is missing or cannot be written, or ``jobs`` is out of range.
        SetupError: Ray is asked for and not installed.
    """
    begun_s = time.perf_counter()
    count = jobs if jobs is not None else (os.cpu_count() or 1)
    if not 1 <= count <= MOST_JOBS:
        raise ConfigError(f"Songs at a time are from 1 to {MOST_JOBS}, not {count}.")
    songs, others = find_songs(library, output)
    targets = targets_of(songs, library, output)
    names = {path.relative_to(library).as_posix(): target for path, target in targets.items()}
    _make_folder(output)
    entries = (_read(path, library, target) for path, target in targets.items())
    if ray:
        run = on_ray(entries, settings, ray)
    else:
        run = here(entries, settings) if count == 1 else in_processes(entries, settings, count)
    results: list[Result] = []
    for result in run:
        kept = _keep(result, names[result.name])
        results.append(kept)
        if progress is not None:
            progress(kept, len(results), len(targets))
    report = CatalogueReport(
        results=tuple(sorted(results, key=lambda result: result.name)),
        seconds=time.perf_counter() - begun_s,
        passed_over=tuple(path.relative_to(library).as_posix() for path in others),
    )
    _write(report.as_json(), output / REPORT)
    return report


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ConfigError(f"{folder} cannot be made ({reason}).", "Give -o a folder of yours.") from None


def _read(path: Path, library: Path, target: Path) -> Entry | Result:
    """A song with its old subtitles; a result where it cannot be read at all."""
    name = path.relative_to(library).as_posix()
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
        previous = target.read_text(encoding="utf-8") if target.exists() else ""
    except OSError as problem:
        return Result(name, Outcome.FAILED, problem=f"It cannot be read ({problem.strerror}).")
    except UnicodeDecodeError:
        broken = f"Its old subtitles {target} are no text. Mend or delete them."
        return Result(name, Outcome.FAILED, problem=broken)
    return Entry(name, data, previous)


def _keep(result: Result, target: Path) -> Result:
    """Write what was planned; a song whose file cannot be written has failed."""
    if result.outcome is not Outcome.WRITTEN:
        return result
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(result.text, target)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        return Result(result.name, Outcome.FAILED, problem=f"{target} cannot be written ({reason}).")
    return result


def _write(text: str, path: Path) -> None:
    """Write a file; a reader sees the old one or the whole new one, never half."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
