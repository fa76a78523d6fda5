from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.metrics import Metrics
from engine.outputs.base import OutputState
from engine.outputs.listing import OutputsFile, read_listing
from engine.outputs.proxy import Outputs
from t2s_rt.errors import ConfigError
from tests.engine.outputs.receiving import receiving, until
from tests.t2s_rt.face.frames import frame


def test_a_file_names_an_output_a_line(tmp_path: Path) -> None:
    (tmp_path / "outputs.txt").write_text("# mine\n\nvmc:127.0.0.1:5000\n  livelink,off  \n#vts\n")
    listing = read_listing(tmp_path / "outputs.txt", clock=SystemClock())
    assert listing.outputs == ("vmc:127.0.0.1:5000", "livelink,off")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"vmc\nvmcc\n", "line 2: There is no output 'vmcc'"),
        (b"vmc,rate=7", "line 1: output 'vmc,rate=7': rate should be"),
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_mistake_gets_a_sentence_that_names_the_line(tmp_path: Path, data: bytes, wanted: str) -> None:
    (tmp_path / "outputs.txt").write_bytes(data)
    with pytest.raises(ConfigError, match=wanted):
        read_listing(tmp_path / "outputs.txt", clock=SystemClock())
    with pytest.raises(ConfigError, match="cannot be read"):
        read_listing(tmp_path / "absent.txt", clock=SystemClock())


def running(outputs: Outputs) -> list[str]:
    return [each.name for each in outputs.statuses() if each.state is OutputState.RUNNING]


def test_saving_the_file_switches_outputs_and_leaves_the_others_running(tmp_path: Path) -> None:
    path = tmp_path / "outputs.txt"

    async def run() -> None:
        with receiving() as one, receiving() as two:
            stays, goes = f"vmc:127.0.0.1:{one.port}", f"livelink:127.0.0.1:{two.port}"
            path.write_text(f"{stays}\n{goes}\n")
            outputs = Outputs(Metrics(), SystemClock())
            file = OutputsFile(path, outputs, SystemClock())
            await file.start()
            assert [status.name for status in outputs.statuses()] == ["vmc", "livelink"]
            outputs.put(frame(0))
            assert await asyncio.to_thread(one.get)
            assert await asyncio.to_thread(two.get)
            path.write_text(f"{stays}\nopenseeface:127.0.0.1:{two.port}\n")
            await until(lambda: running(outputs) == ["vmc", "openseeface"], "the switch")
            assert outputs.statuses()[0].sent == 1
            two.drain()
            outputs.put(frame(1))
            assert len(await asyncio.to_thread(two.get)) == 1785
            path.write_text("vmcc\n")
            await until(lambda: "vmcc" in file.problem, "the sentence")
            assert len(outputs.statuses()) == 2
            path.write_text(f"{stays}\nifacialmocap:127.0.0.1:{two.port}\n")
            await until(lambda: "is taken" in file.problem, "the sentence")
            assert [status.name for status in outputs.statuses()] == ["vmc"]
            assert outputs.statuses()[0].state is OutputState.RUNNING
            await file.stop()
            await outputs.close()

    asyncio.run(run())


def test_a_file_whose_output_cannot_start_is_refused_at_the_start(tmp_path: Path) -> None:
    async def run() -> None:
        with receiving() as other:
            (tmp_path / "outputs.txt").write_text(f"ifacialmocap:127.0.0.1:{other.port}\n")
            outputs = Outputs(Metrics(), SystemClock())
            file = OutputsFile(tmp_path / "outputs.txt", outputs, SystemClock())
            with pytest.raises(ConfigError, match="is taken"):
                await file.start()
            await file.stop()
            await outputs.close()

    asyncio.run(run())
