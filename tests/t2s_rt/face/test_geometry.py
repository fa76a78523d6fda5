"""Meshes: normals, cuts, subdivision, bound vertices."""

from __future__ import annotations

import numpy as np
import pytest

from t2s_rt.face.geometry import (
    Binding,
    Part,
    bind,
    cut_part,
    fit_sphere,
    neighbour_means,
    project_to_front,
    smoothstep,
    subdivide,
    vertex_normals,
)

SQUARE = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def square() -> Part:
    offsets = np.zeros((52, 4, 3))
    offsets[0, 2] = [0, 0, 1]
    return Part("square", SQUARE, HALVES, offsets)


def test_normals_point_out_of_counter_clockwise_faces():
    np.testing.assert_allclose(vertex_normals(SQUARE, HALVES), [[0, 0, 1]] * 4)


def test_neighbour_means_of_values_and_rows():
    means = neighbour_means(SQUARE, HALVES)
    np.testing.assert_allclose(means[1], (SQUARE[0] + SQUARE[2]) / 2)
    np.testing.assert_allclose(neighbour_means(SQUARE[:, 0], HALVES), means[:, 0])


def test_smoothstep_ends():
    np.testing.assert_allclose(
        smoothstep(1.0, 3.0, np.array([0.0, 1.0, 2.0, 3.0, 9.0])), [0, 0, 0.5, 1, 1]
    )


def test_a_sphere_is_found():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 3))
    points = [1.0, 2.0, 3.0] + 0.7 * points / np.linalg.norm(points, axis=1, keepdims=True)
    center, radius = fit_sphere(points)
    np.testing.assert_allclose(center, [1, 2, 3], atol=1e-9)
    assert radius == pytest.approx(0.7)


def test_a_cut_ends_on_its_line():
    cut = cut_part(square(), 0.25 - SQUARE[:, 1], "low")
    assert cut.vertices[:, 1].max() == pytest.approx(0.25)
    assert cut.vertices[:, 1].min() == 0.0


def test_subdivision_quarters_triangles_and_carries_offsets():
    fine = subdivide(square())
    assert len(fine.triangles) == 8
    assert len(fine.vertices) == 4 + 5
    middle = np.flatnonzero((fine.vertices == [0.5, 0.5, 0]).all(axis=1))
    np.testing.assert_allclose(fine.offsets[0, middle], [[0, 0, 0.5]])
    np.testing.assert_allclose(vertex_normals(fine.vertices, fine.triangles)[:, 2], 1.0)


def test_subdivision_rounds_a_sphere():
    octahedron = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    faces = np.array(
        [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    )
    fine = subdivide(Part("ball", octahedron, faces, np.zeros((52, 6, 3))))
    assert np.linalg.norm(fine.vertices, axis=1).min() > 0.75 > np.sqrt(0.5)


def test_bound_vertices_follow():
    binding = Binding(np.array([[1, 2]]), np.array([[0.25, 0.75]]), np.array([[0.0, 0.0, 0.1]]))
    part = bind("hair", SQUARE, square().offsets, binding, np.zeros((0, 3), np.int64))
    np.testing.assert_allclose(part.vertices, [[1.0, 0.75, 0.1]])
    np.testing.assert_allclose(part.offsets[0], [[0, 0, 0.75]])


def test_rays_meet_the_nearest_front_facing_triangle():
    two = np.concatenate([SQUARE, SQUARE + np.array([0.0, 0.0, 1.0])])
    part = Part("two", two, np.concatenate([HALVES, HALVES + 4]), np.zeros((52, 8, 3)))
    corners, shares = project_to_front(part, np.array([[0.75, 0.25], [0.1, 0.2]]), depth_from_m=-1.0)
    met = np.einsum("nk,nki->ni", shares, two[corners])
    np.testing.assert_allclose(met, [[0.75, 0.25, 1.0], [0.1, 0.2, 1.0]])
