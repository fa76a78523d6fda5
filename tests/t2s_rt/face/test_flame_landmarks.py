from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_landmarks import MIDDLE_MM, PARTED, RIGHT_MM, locate, places
from t2s_rt.face.head import HEAD_NPZ


def test_there_are_105_and_each_side_has_its_mirror() -> None:
    at = places()
    assert len(at) == 105 == 2 * len(RIGHT_MM) + len(MIDDLE_MM)
    for right, (left, _, _) in RIGHT_MM.items():
        assert at[right][0] < 0 < at[left][0]
        assert at[right] == (-at[left][0], at[left][1])
    for above, below in PARTED:
        assert set(above) | set(below) <= set(at)
        assert np.mean([at[i][1] for i in above]) > np.mean([at[i][1] for i in below])


def test_they_lie_on_the_skin_of_our_head() -> None:
    if not HEAD_NPZ.exists():
        pytest.skip("the head is not built: make setup")
    head = FlameHead.load()
    ids = np.array(sorted(places()))
    faces = head.faces[(head.faces < 4538).all(axis=1)]
    found = locate(head.v_template.astype(np.float64), faces, ids)
    wanted = np.array([places()[i] for i in ids.tolist()])
    assert np.abs(found[:, :2] - wanted).max() < 0.002
    tip = found[ids.tolist().index(4)]
    assert tip[2] == pytest.approx(head.v_template[:, 2].max(), abs=0.004)
    eyes = head.joints[3:, 0]
    corners = [found[ids.tolist().index(i), 0] for i in (263, 362, 133, 33)]
    assert corners[0] > eyes[0] > corners[1] > corners[2] > eyes[1] > corners[3]
