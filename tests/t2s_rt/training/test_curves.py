from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.training.curves import SHOWN, Point, draw, judge, table  # noqa: E402
from t2s_rt.training.train import Stage, fit  # noqa: E402
from tests.t2s_rt.training.test_train import CONFIG, SHARES, swelling  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def point() -> Point:
    torch.set_num_threads(1)
    heard = [swelling("read", 1), swelling("song", 2)]
    network = fit(heard, CONFIG, Stage(SHARES, 120, 1e-2))
    return judge(network, CONFIG.lookahead_samples, [swelling("read", 8), swelling("song", 9)])


def test_a_network_is_judged_on_what_it_has_not_heard(point: Point) -> None:
    assert point.r[SHOWN.index("jaw_open")] > 0.7
    assert point.hears > 0.8
    assert point.lookahead_ms == pytest.approx(16.667, abs=0.01)
    assert point.parameters > 1000


def test_points_become_a_table_and_a_picture(tmp_path: Path) -> None:
    points = [Point(ms, 1000 * (i + 1), (0.1, 0.2, 0.3, 0.4), 0.9) for i, ms in enumerate((0.0, 40.0))]
    lines = table(points).splitlines()
    assert lines[2] == "| 0 ms | 1 k | 0.100 | 0.200 | 0.300 | 0.400 | 0.900 |"
    assert len(lines) == 4
    draw(points, points, tmp_path / "images" / "curves.png")
    assert (tmp_path / "images" / "curves.png").read_bytes().startswith(b"\x89PNG")
