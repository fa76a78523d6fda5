"""Calibration on files whose basis and jaw are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame_calibrate import GOOD_MM, arkit_poses, calibrate, fit, picture, pose_mesh, table
from t2s_rt.face.flame_generated import (
    JAW_OPEN_RAD,
    JAW_SIDE_RAD,
    KINDS,
    expression_basis,
    make_model,
)
from t2s_rt.face.flame_proof import template_blank
from t2s_rt.face.flame_store import head_of

TEMPLATE = Path(__file__).parents[3].parent / "shared/data/flame_template/flame2023_open_identity.npz"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def assert_recovered(calibration) -> None:
    assert calibration.errors_mm[:, 0].max() < GOOD_MM
    assert calibration.arkit_map.jaw_open_rad == pytest.approx(JAW_OPEN_RAD, abs=1e-4)
    assert calibration.arkit_map.jaw_side_rad == pytest.approx(JAW_SIDE_RAD, abs=1e-4)
    np.testing.assert_allclose(calibration.arkit_map.look_rad, np.radians([25, 25, 18, 22]), atol=1e-6)
    blinks = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]
    assert calibration.errors_mm[blinks, 0].max() < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_every_known_basis_is_recovered(toy, kind: str) -> None:
    blank, _ = toy
    identity = np.zeros((len(blank.face.vertices), 3, 10))
    for seed in (len(kind),):
        model = make_model(blank, expression_basis(blank, kind, seed=seed), identity, kind)
        calibration = fit(model, blank.targets, blank.trust)
        assert_recovered(calibration)
        assert (calibration.lids_mm > 2.0) == (kind == "blinkless")


def test_the_mesh_is_the_carried_shape_measured_apart(toy) -> None:
    blank, _ = toy
    model = make_model(blank, expression_basis(blank, "rotated"), np.zeros((6446, 3, 1)), "toy")
    head = head_of(model, fit(model, blank.targets, blank.trust))
    moved = pose_mesh(head, arkit_poses(head)) - head.v_template
    skin = blank.trust >= 0.3
    assert 1000 * np.linalg.norm((moved - blank.targets)[:, skin], axis=2).max() < GOOD_MM


def test_a_basis_that_cannot_do_it_shows_in_the_errors(toy) -> None:
    blank, _ = toy
    basis = expression_basis(blank, "mixed")
    nothing = make_model(blank, 1e-3 * np.random.default_rng(0).normal(size=basis.shape), basis, "noise")
    errors = fit(nothing, blank.targets, blank.trust).errors_mm
    assert errors[ARKIT_INDEX["mouthSmileLeft"], 0] > 5.0
    assert errors[ARKIT_INDEX["jawOpen"], 0] > 3.0
    assert (errors[:, 0] > GOOD_MM).sum() > 40


def test_fifty_directions_give_what_they_can(toy) -> None:
    blank, _ = toy
    model = make_model(
        blank, expression_basis(blank, "statistical", 50), np.zeros((6446, 3, 100)), "100 + 50"
    )
    calibration = fit(model, blank.targets, blank.trust)
    assert not calibration.arkit_map.matrix[50:].any()
    assert calibration.errors_mm[:, 1].mean() < 0.2
    assert calibration.arkit_map.jaw_open_rad == pytest.approx(JAW_OPEN_RAD, abs=0.03)


def test_the_jaw_never_closes_beyond_rest(toy) -> None:
    blank, _ = toy
    model = make_model(blank, expression_basis(blank, "mixed"), np.zeros((6446, 3, 1)), "toy")
    upside_down = blank.targets.copy()
    upside_down[ARKIT_INDEX["jawOpen"]] *= -1.0
    assert fit(model, upside_down, blank.trust).arkit_map.jaw_open_rad >= 0.0


def test_the_whole_way_from_landmarks_gives_the_same(toy, calibrated) -> None:
    model, before = calibrated
    steps: list[str] = []
    again = calibrate(model, progress=steps.append)
    assert len(steps) == 2
    assert_recovered(again)
    np.testing.assert_allclose(again.arkit_map.matrix, before.arkit_map.matrix, atol=2e-3)


def test_picture_and_table_show_all_52(calibrated) -> None:
    model, calibration = calibrated
    lines = table(calibration).splitlines()
    assert len(lines) == 53
    assert lines[1].startswith("eyeBlinkLeft")
    image = picture(model, calibration)
    tiles = image.reshape(6, 150, 9, 150, 3).transpose(0, 2, 1, 3, 4).reshape(54, 150, 150, 3)
    assert tiles[52:].std() < 0.02  # two places stay empty
    for name in ("jawOpen", "eyeBlinkLeft", "mouthSmileRight"):
        assert np.abs(tiles[ARKIT_INDEX[name]] - tiles[ARKIT_INDEX["tongueOut"]])[15:-15].max() > 0.2


@pytest.mark.corpus
@pytest.mark.timeout(180)
def test_on_the_real_template_every_known_basis_is_recovered() -> None:
    if not TEMPLATE.is_file():
        pytest.skip("needs ../shared/data/flame_template")
    blank, identity = template_blank(TEMPLATE)
    assert identity.shape == (5023, 3, 60)
    for kind in KINDS:
        model = make_model(blank, expression_basis(blank, kind), identity, kind)
        assert_recovered(fit(model, blank.targets, blank.trust))
