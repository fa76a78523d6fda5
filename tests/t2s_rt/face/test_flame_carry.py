"""Carrying shapes between faces, against a face whose motion is known."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.flame_carry import Warp, padded_neighbours, pieces, slit_sides

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_warp_repeats_a_similarity_and_comes_near_its_points() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.1, 0.1, (60, 3))
    turned = 1.2 * points[:, [1, 2, 0]] + 0.3
    np.testing.assert_allclose(
        Warp(points, turned)(points * 0.5), 0.6 * points[:, [1, 2, 0]] + 0.3, atol=1e-9
    )
    bent = points + 0.004 * np.sin(20 * points)
    assert np.linalg.norm(Warp(points, bent)(points) - bent, axis=1).mean() < 0.001


def test_neighbours_and_pieces_of_two_squares() -> None:
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]])
    assert pieces(8, faces).tolist() == [0, 0, 0, 0, 4, 4, 4, 7]
    mean = padded_neighbours(8, faces).mean(np.arange(8.0)[:, None])[:, 0]
    np.testing.assert_allclose(mean[:7], [2, 1, 4 / 3, 1, 5.5, 5, 4.5])


def test_carried_shapes_are_the_known_motion(toy) -> None:
    blank, truth = toy
    skin = blank.trust >= 0.3
    assert skin.sum() > 3000
    moved = np.linalg.norm(truth[:, skin], axis=2)
    missed = np.linalg.norm((blank.targets - truth)[:, skin], axis=2)[moved > 2e-4]
    assert missed.mean() < 0.0005
    assert np.percentile(missed, 99) < 0.0025
    for name in ("jawOpen", "mouthSmileLeft", "browInnerUp", "eyeBlinkRight", "cheekPuff"):
        wanted, found = truth[ARKIT_INDEX[name]][skin], blank.targets[ARKIT_INDEX[name]][skin]
        assert (wanted * found).sum() / (wanted**2).sum() == pytest.approx(1.0, abs=0.15)


def test_a_blink_closes_and_the_lower_lip_leaves_the_upper(toy) -> None:
    blank, _ = toy
    sides = slit_sides(blank.face)
    lips, lids = sides[0], sides[2]
    opened = np.linalg.norm(blank.targets[ARKIT_INDEX["jawOpen"]], axis=1)
    assert np.median(opened[lips < 0]) > 3 * np.median(opened[lips > 0])
    assert np.percentile(opened[lips > 0], 95) < np.median(opened[lips < 0])
    blink = np.linalg.norm(blank.targets[ARKIT_INDEX["eyeBlinkLeft"]], axis=1)
    assert np.percentile(blink[lids > 0], 90) > 0.004
    assert blink[sides[1] != 0].max() < 0.001


def test_what_is_left_on_one_side_is_right_on_the_other(toy) -> None:
    blank, _ = toy
    left, right = (blank.targets[ARKIT_INDEX[f"mouthSmile{side}"]] for side in ("Left", "Right"))
    x = blank.face.vertices[:, 0]
    assert (
        np.linalg.norm(left[x > 0.01], axis=1).sum() > 5 * np.linalg.norm(left[x < -0.01], axis=1).sum()
    )
    assert (
        np.linalg.norm(right[x < -0.01], axis=1).sum()
        > 5 * np.linalg.norm(right[x > 0.01], axis=1).sum()
    )
