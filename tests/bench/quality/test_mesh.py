"""LVE, FDD and SND of faces whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.mesh import dynamics_deviation, frechet, lip_error, naturalness_distance


def still(frames: int = 200, vertices: int = 10) -> np.ndarray:
    return np.zeros((frames, vertices, 3))


def test_the_lip_error_is_the_worst_vertex_in_mm_not_squared() -> None:
    shifted = still()
    shifted[:, 3, 2] = 2.5
    shifted[:100, 4, 1] = 0.5
    assert lip_error(still(), shifted) == pytest.approx(2.5)
    shifted[:100, 3, 2] = 0.0
    assert lip_error(still(), shifted) == pytest.approx(0.5 * 0.5 + 0.5 * 2.5)


def test_dynamics_do_not_cancel() -> None:
    """One vertex moves too much, one too little: the published signed mean would be 0."""
    captured, predicted = still(), still()
    wave = np.abs(np.sin(np.arange(200)))
    captured[:, 0, 1] = wave
    predicted[:, 1, 1] = wave
    rest = np.zeros((10, 3))
    assert dynamics_deviation(captured, predicted, rest) == pytest.approx(2 * wave.std() / 10)
    assert dynamics_deviation(captured, captured, rest) == 0.0


def test_the_frechet_distance_of_gaussians_is_the_known_one() -> None:
    rng = np.random.default_rng(0)
    one = rng.standard_normal((40_000, 2))
    other = rng.standard_normal((40_000, 2)) * [3.0, 1.0] + [1.0, 2.0]
    assert frechet(one, one) == pytest.approx(0.0, abs=1e-6)
    assert frechet(one, other) == pytest.approx(1 + 4 + (3 - 1) ** 2, rel=0.03)


def test_a_jitter_that_leaves_the_faces_alone_is_seen_in_their_differences() -> None:
    rng = np.random.default_rng(1)
    axes = rng.standard_normal((10, 10, 3))
    slow = np.sin(np.arange(2000)[:, None] / 50 * np.arange(1, 11))
    truth = np.einsum("tc,cvi->tvi", slow, axes)
    shuffled = truth[rng.permutation(2000)]
    assert naturalness_distance([truth], [truth]) == pytest.approx(0.0, abs=1e-6)
    assert naturalness_distance([truth], [shuffled]) > 10.0


def test_a_face_that_never_moves_is_far() -> None:
    rng = np.random.default_rng(2)
    truth = np.cumsum(rng.standard_normal((500, 10, 3)), axis=0)
    near = naturalness_distance([truth], [truth + 0.01 * rng.standard_normal(truth.shape)])
    assert near < 0.05 * naturalness_distance([truth], [np.zeros_like(truth)])
