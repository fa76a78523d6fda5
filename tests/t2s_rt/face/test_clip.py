from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.face.clip import (
    CSV_NAMES,
    arrays,
    frame_of,
    live_link_csv,
    load_rows,
    packed_row,
    rows_of,
    timecode,
)
from tests.t2s_rt.face.frames import arkit, frame


def clip(count: int = 5) -> np.ndarray:
    return rows_of(frame(i, weights=arkit(jawOpen=0.1 * i), neck=(0.1, 0, 0)) for i in range(count))


def test_a_clip_is_read_back_as_it_was(tmp_path: Path) -> None:
    rows = clip()
    np.savez(tmp_path / "a.npz", **arrays(rows))
    read = load_rows(tmp_path / "a.npz")
    np.testing.assert_array_equal(read, rows)
    again = frame_of(read, 3)
    assert again.pts_samples == 3 * 800
    np.testing.assert_array_equal(again.arkit, frame(weights=arkit(jawOpen=0.3)).arkit)


def test_a_packed_row_has_the_bytes_of_a_row() -> None:
    given = frame(
        7, weights=arkit(jawOpen=0.3), neck=(0.1, 0.2, 0.3), eyes=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    )
    assert packed_row(given) == rows_of([given]).tobytes()


def broken(**changes) -> dict[str, np.ndarray]:
    return arrays(clip()) | changes


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (broken(arkit=np.zeros((5, 51), np.float32)), "arkit should have the shape"),
        (broken(arkit=np.full((5, 52), np.nan, np.float32)), "no finite numbers"),
        (broken(voice=np.array(["a"] * 5)), "no finite numbers"),
        ({"arkit": np.zeros((5, 52))}, "lacks time_s"),
        (arrays(clip(0)), "holds no frame"),
    ],
)
def test_an_archive_that_is_no_clip_gets_a_sentence(tmp_path: Path, data: dict, wanted: str) -> None:
    np.savez(tmp_path / "bad.npz", **data)
    with pytest.raises(ConfigError, match=wanted):
        load_rows(tmp_path / "bad.npz")


@pytest.mark.parametrize("data", [b"", b"PK\3\4 not really", b"text"])
def test_a_file_that_is_no_archive_gets_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(data)
    with pytest.raises(ConfigError, match="cannot be read as a clip"):
        load_rows(tmp_path / "bad.npz")
    with pytest.raises(ConfigError, match="cannot be read as a clip"):
        load_rows(tmp_path / "absent.npz")


@pytest.mark.parametrize(
    ("at_s", "text"),
    [(0.0, "00:00:00:00.000"), (1.5, "00:00:01:30.000"), (3661.0 + 0.5 / 60, "01:01:01:00.500"),
     (59.99999, "00:00:59:59.999"), (59.999999, "00:01:00:00.000")],
)  # fmt: skip
def test_timecodes_count_frames(at_s: float, text: str) -> None:
    assert timecode(at_s) == text


def test_the_csv_has_a_line_a_frame_and_the_apps_columns() -> None:
    lines = live_link_csv(clip()).splitlines()
    assert len(lines) == 6
    assert lines[0].split(",")[2:] == list(CSV_NAMES)
    assert lines[0].index("JawRight") < lines[0].index("JawLeft")
    assert all(len(line.split(",")) == 63 for line in lines)
