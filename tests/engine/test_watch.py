"""The watcher: every way of saving, broken versions, and how soon."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.watch import PATIENCE_S, POLL_S, Watcher
from t2s_rt.errors import SubtitleError

PATIENCE_FACTOR = 20
"""A loaded test machine may be that much slower than promised before a wait fails."""


def load(path: Path) -> str:
    """A format of one line: GOOD and a word."""
    text = path.read_text()
    if not text.startswith("GOOD ") or not text.endswith("\n"):
        raise SubtitleError("A version starts with GOOD and ends its line.", file=str(path))
    return text[5:-1]


class Desk:
    """A file that is watched, and what was heard of it."""

    def __init__(self, path: Path, read: Callable[[Path], str] = load) -> None:
        self.path = path
        self.heard: list[str] = []
        self.news = threading.Event()
        self.watcher = Watcher(path, read, self._hear)
        self.watcher.start()

    def _hear(self, version: str) -> None:
        self.heard.append(version)
        self.news.set()

    def wait(self) -> float:
        """Seconds until the next version is heard."""
        begun_s = time.perf_counter()
        assert self.news.wait(0.1 * PATIENCE_FACTOR), self.watcher.problem
        self.news.clear()
        return time.perf_counter() - begun_s

    def until(self, condition: Callable[[], bool]) -> None:
        deadline_s = time.perf_counter() + PATIENCE_S * PATIENCE_FACTOR
        while not condition():
            assert time.perf_counter() < deadline_s
            time.sleep(POLL_S)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "song.vtt"
    path.write_text("GOOD first\n")
    desk = Desk(path)
    yield desk
    desk.watcher.stop()


def write_in_place(path: Path, text: str) -> None:
    path.write_text(text)


def replace_atomically(path: Path, text: str) -> None:
    """As vim, gedit and most programs do."""
    beside = path.with_suffix(".tmp")
    beside.write_text(text)
    beside.replace(path)


def remove_and_write(path: Path, text: str) -> None:
    path.unlink()
    time.sleep(0.03)
    path.write_text(text)


@pytest.mark.parametrize("save", [write_in_place, replace_atomically, remove_and_write])
def test_every_way_of_saving_is_seen(desk: Desk, save) -> None:
    for version in ("one", "two", "six"):  # of one length
        save(desk.path, f"GOOD {version}\n")
        desk.wait()
    assert desk.heard == ["one", "two", "six"]
    assert desk.watcher.problem == ""
    assert desk.watcher.reloads == 3


@pytest.mark.alone
def test_a_save_is_heard_within_a_tenth_of_a_second(desk: Desk) -> None:
    """The median of several, so that one late wake-up of a busy machine does not decide."""
    spent_s = []
    for i in range(11):
        replace_atomically(desk.path, f"GOOD {i}\n")
        spent_s.append(desk.wait())
    assert sorted(spent_s)[5] < 0.1


def test_a_file_written_bit_by_bit_is_heard_once_and_whole(desk: Desk) -> None:
    with desk.path.open("w") as out:
        for bit in ("GO", "OD a lo", "ng one"):
            out.write(bit)
            out.flush()
            time.sleep(3 * POLL_S)
        out.write("\n")
    desk.wait()
    assert desk.heard == ["a long one"]


def test_a_broken_version_changes_nothing_and_is_told_until_it_is_mended(desk: Desk) -> None:
    desk.path.write_text("BAD\n")
    desk.until(lambda: desk.watcher.problem != "")
    assert "A version starts with GOOD" in desk.watcher.problem
    assert desk.heard == []
    desk.path.write_text("GOOD again\n")
    desk.wait()
    assert desk.heard == ["again"]
    assert desk.watcher.problem == ""


def test_a_broken_version_is_not_read_over_and_over(tmp_path: Path) -> None:
    path, reads = tmp_path / "song.vtt", []
    path.write_text("GOOD first\n")

    def counting(path: Path) -> str:
        reads.append(path)
        return load(path)

    desk = Desk(path, counting)
    path.write_text("BAD\n")
    time.sleep(0.6)
    desk.watcher.stop()
    assert 1 <= len(reads) <= 2
    assert desk.watcher.problem != ""


def test_a_broken_version_that_is_taken_back_is_no_problem(desk: Desk) -> None:
    seen = desk.path.stat()
    desk.path.write_text("BAD\n")
    desk.until(lambda: desk.watcher.problem != "")
    desk.path.write_text("GOOD first\n")
    os.utime(desk.path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    desk.until(lambda: desk.watcher.problem == "")


def test_a_file_that_is_gone_is_missed_and_taken_when_it_is_back(desk: Desk) -> None:
    desk.path.unlink()
    desk.until(lambda: "is gone" in desk.watcher.problem)
    desk.path.write_text("GOOD back\n")
    desk.wait()
    assert desk.heard == ["back"]
    assert desk.watcher.problem == ""


def test_a_file_that_is_left_alone_is_read_no_more(desk: Desk) -> None:
    time.sleep(10 * POLL_S)
    assert desk.heard == []
    assert desk.watcher.reloads == 0


def test_a_fault_in_reading_ends_the_watch_and_says_so(tmp_path: Path, caplog) -> None:
    path = tmp_path / "song.vtt"
    path.write_text("GOOD first\n")

    def broken(_path: Path) -> str:
        raise RuntimeError("a bug")

    desk = Desk(path, broken)
    path.write_text("GOOD second\n")
    desk.until(lambda: "not seen any longer" in desk.watcher.problem)
    desk.watcher.stop()
    assert "a bug" in caplog.text


def test_stopping_without_a_start_is_harmless(tmp_path: Path) -> None:
    Watcher(tmp_path / "nothing", load, print).stop()
