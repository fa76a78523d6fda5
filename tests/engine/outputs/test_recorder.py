from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path

import numpy as np
import pytest

from engine.outputs import recorder as module
from engine.outputs.base import OutputState
from engine.outputs.recorder import RecorderOutput
from t2s_rt.errors import ConfigError
from t2s_rt.face.flame import FlameHead
from tests.engine.outputs.receiving import FRAME_NS
from tests.t2s_rt.face.frames import arkit, frame, signals


def record(path: Path, count: int = 90) -> RecorderOutput:
    async def run() -> RecorderOutput:
        output = RecorderOutput("record", path)
        await output.start()
        for i in range(count):
            given = frame(i, weights=arkit(jawOpen=i / 100), neck=(0.1, 0, 0))
            output.offer(signals(given), i * FRAME_NS)
        assert output.status(0).state is OutputState.RUNNING
        await output.close()
        return output

    return asyncio.run(run())


def test_npz_holds_the_arrays_of_render(tmp_path: Path) -> None:
    record(tmp_path / "take.npz")
    with np.load(tmp_path / "take.npz", allow_pickle=False) as take:
        assert take["arkit"].shape == (90, 52)
        assert take["time_s"][-1] == pytest.approx(89 / 60)
        jaw = list(take["arkit_names"]).index("jawOpen")
        np.testing.assert_allclose(take["arkit"][:, jaw], np.arange(90) / 100, atol=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == ["take.npz"]


def test_flame_npz_names_its_basis(tmp_path: Path) -> None:
    record(tmp_path / "take.flame.npz")
    with np.load(tmp_path / "take.flame.npz", allow_pickle=False) as take:
        assert str(take["basis_hash"]) == FlameHead.load().basis_hash
        assert take["expression"].shape == (90, 100)
        assert take["fps"] == 60
        np.testing.assert_allclose(take["neck_pose"][:, 0], 0.1, atol=1e-6)


def test_csv_is_a_take_of_live_link_face(tmp_path: Path) -> None:
    record(tmp_path / "take.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "take.csv").read_text())))
    assert len(rows) == 90
    assert rows[0]["Timecode"] == "00:00:00:00.000"
    assert rows[61]["Timecode"] == "00:00:01:01.000"
    assert rows[50]["BlendShapeCount"] == "61"
    assert float(rows[50]["JawOpen"]) == pytest.approx(0.5)
    assert float(rows[50]["HeadPitch"]) == pytest.approx(-0.1, abs=1e-4)  # up is positive
    assert len(rows[0]) == 63


def test_a_take_that_is_full_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 1)

    async def run() -> None:
        output = RecorderOutput("record", tmp_path / "take.npz")
        await output.start()
        for i in range(70):
            output.offer(signals(frame(i)), i * FRAME_NS)
        status = output.status(0)
        assert status.state is OutputState.STOPPED
        assert "full" in status.detail
        assert (status.sent, status.skipped) == (60, 10)
        await output.close()

    asyncio.run(run())
    with np.load(tmp_path / "take.npz") as take:
        assert len(take["time_s"]) == 60


@pytest.mark.parametrize("patient", [True, False])
def test_a_take_goes_on_over_blocks_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, patient: bool
) -> None:
    """Whether or not the next block was made in time."""
    monkeypatch.setattr(module, "BLOCK_FRAMES", 8)

    async def run() -> None:
        output = RecorderOutput("record", tmp_path / "take.npz")
        await output.start()
        for i in range(30):
            output.offer(signals(frame(i, weights=arkit(jawOpen=i / 100))), i * FRAME_NS)
            if patient and output._spare is not None:
                await output._spare
        await output.close()

    asyncio.run(run())
    with np.load(tmp_path / "take.npz") as take:
        jaw = list(take["arkit_names"]).index("jawOpen")
        np.testing.assert_allclose(take["arkit"][:, jaw], np.arange(30) / 100, atol=1e-6)


def test_nothing_recorded_writes_nothing_and_keeps_the_old_take(tmp_path: Path) -> None:
    record(tmp_path / "take.npz", 3)
    before = (tmp_path / "take.npz").read_bytes()
    record_nothing = RecorderOutput("record", tmp_path / "take.npz")
    asyncio.run(record_nothing.start())
    asyncio.run(record_nothing.close())
    assert (tmp_path / "take.npz").read_bytes() == before


def test_a_file_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        RecorderOutput("record", tmp_path / "deep" / "take.npz")
    with pytest.raises(ConfigError, match=r"Use one of \.flame\.npz, \.npz"):
        RecorderOutput("record", tmp_path / "take.avi")
    folder = tmp_path / "gone"
    folder.mkdir()
    output = RecorderOutput("record", folder / "take.npz")

    async def run() -> None:
        await output.start()
        output.offer(signals(frame(0)), 0)
        folder.rmdir()
        with pytest.raises(ConfigError):
            await output.close()
        assert output.status(0).failures == 1

    asyncio.run(run())
