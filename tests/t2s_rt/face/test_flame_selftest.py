from __future__ import annotations

from t2s_rt.face.flame_selftest import Finding, report, retargeting, singing
from t2s_rt.face.mapping import TABLES


def test_a_number_beyond_its_limit_fails_in_the_table() -> None:
    lines = report(
        [Finding("a", 0.4, 0.5, "mm"), Finding("b", 0.6, 0.5, "mm"), Finding("c", 9.0, None, "")]
    )
    first, second, third = lines.splitlines()[1:]
    assert first.endswith("pass")
    assert second.endswith("FAIL")
    assert "pass" not in third
    assert not Finding("d", float("nan"), 0.5, "").passed


def test_every_program_gets_what_it_takes() -> None:
    # A frame's time is for a quiet machine; `t2s flame selftest` judges it.
    failed = [finding for finding in retargeting() if not finding.passed and finding.unit != "ms"]
    assert not failed, report(failed)


def test_singing_moves_and_every_program_is_tried() -> None:
    assert singing().max(axis=0).sum() > 5
    assert len(list(retargeting())) == 3 * len(TABLES)
