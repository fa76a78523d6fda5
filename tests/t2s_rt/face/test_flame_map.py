"""From ARKit and head actions to FLAME: signs, rest, and the same mesh."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from t2s_rt.face.build_head import COMBINATIONS, measure_errors_mm
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.rig import Rig
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.types import FlamePose


def flame_pose(flame, arkit=None, **actions: float) -> FlamePose:
    weights = np.zeros(52, np.float32)
    for name, value in (arkit or {}).items():
        weights[ARKIT_INDEX[name]] = value
    x = np.zeros(ACTION_COUNT, np.float32)
    for name, value in actions.items():
        x[ACTION_INDEX[name]] = value
    return FlameMap(flame).step(weights, x)


def skinned(flame, pose: FlamePose) -> np.ndarray:
    return flame.vertices(
        pose.expression[None],
        pose.jaw_pose[None],
        pose.neck_pose[None],
        pose.eyes_pose[None],
        pose.global_pose[None],
    )[0]


def test_rest_is_zero(built):
    pose = flame_pose(built[2])
    for name in ("expression", "jaw_pose", "neck_pose", "eyes_pose", "global_pose"):
        assert not getattr(pose, name).any()


def test_shapes_and_types_are_those_of_a_frame(built):
    pose = flame_pose(built[2], {"jawOpen": 1.0}, head_yaw=1.0)
    shapes = {"expression": 100, "jaw_pose": 3, "neck_pose": 3, "eyes_pose": 6, "global_pose": 3}
    for name, size in shapes.items():
        array = getattr(pose, name)
        assert array.shape == (size,)
        assert array.dtype == np.float32
        assert array.base is None  # owns its memory: a frame outlives the next step


def test_jaw_opens_about_plus_x_and_lowers_the_teeth(built):
    assembly, _, flame = built
    pose = flame_pose(flame, {"jawOpen": 1.0})
    assert 0.3 < pose.jaw_pose[0] < 0.6
    assert not pose.jaw_pose[1:].any()
    teeth = assembly.slices["teeth_lower"]
    drop = (skinned(flame, pose) - flame.v_template)[teeth, 1].mean()
    assert drop < -0.015


@pytest.mark.parametrize(
    ("action", "axis", "sign"),
    [("head_yaw", 1, 1.0), ("head_pitch", 0, -1.0), ("head_roll", 2, -1.0)],
)
def test_head_actions_turn_neck_and_trunk_alike(built, action, axis, sign):
    pose = flame_pose(built[2], **{action: 1.0})
    assert pose.neck_pose[axis] * sign > 4 * pose.global_pose[axis] * sign > 0
    assert np.count_nonzero(pose.neck_pose) == 1
    back = flame_pose(built[2], **{action: -1.0})
    np.testing.assert_array_equal(back.neck_pose, -pose.neck_pose)


def test_directions_are_the_singers_own(built):
    assembly, _, flame = built
    nose = int(np.argmax(flame.v_template[:, 2] * (np.abs(flame.v_template[:, 0]) < 0.005)))
    crown = int(np.argmax(flame.v_template[:, 1]))

    def moved(**actions: float) -> np.ndarray:
        return skinned(flame, flame_pose(flame, **actions)) - flame.v_template

    left = assembly.eye_centers[0, 0]
    assert left > 0  # the singer's left is +x
    assert moved(head_yaw=1.0)[nose, 0] > 0.02
    assert moved(head_pitch=1.0)[nose, 1] > 0.02
    assert moved(head_roll=1.0)[crown, 0] > 0.02


def test_both_eyes_look_the_same_way(built):
    flame = built[2]
    left = flame_pose(flame, {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0})
    assert left.eyes_pose[1] == left.eyes_pose[4] > 0.3
    up = flame_pose(flame, {"eyeLookUpLeft": 1.0, "eyeLookUpRight": 1.0})
    assert up.eyes_pose[0] == up.eyes_pose[3] < -0.2


@pytest.mark.parametrize("name", ARKIT_NAMES)
def test_each_shape_gives_the_same_mesh(built, name):
    assembly, _, flame = built
    for weight in (0.5, 1.0):
        largest_mm, _ = measure_errors_mm(assembly, flame, {name: weight})
        assert largest_mm < 0.5


@pytest.mark.parametrize("weights", COMBINATIONS, ids="+".join)
def test_combinations_give_the_same_mesh(built, weights):
    assembly, _, flame = built
    largest_mm, mean_mm = measure_errors_mm(assembly, flame, weights)
    assert largest_mm < 0.5
    assert mean_mm < 0.1


def test_random_singing_gives_the_same_mesh(built):
    assembly, _, flame = built
    rng = np.random.default_rng(4)
    rig, out = Rig(), np.empty(52, np.float32)
    means = []
    for _ in range(30):
        rig.step(rng.uniform(0, 0.8, ACTION_COUNT).astype(np.float32), out)
        means.append(
            measure_errors_mm(assembly, flame, dict(zip(ARKIT_NAMES, out.tolist(), strict=True)))
        )
    assert np.max([largest for largest, _ in means]) < 1.0
    assert np.mean([mean for _, mean in means]) < 0.1
