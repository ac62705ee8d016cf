"""Pose arithmetic against USD's own."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf

from inspector.physics import poses


@pytest.fixture
def random_poses() -> np.ndarray:
    rng = np.random.default_rng(3)
    quats = rng.normal(size=(50, 4))
    quats[:6] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0]]
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    return np.concatenate([rng.normal(size=(50, 3)), quats], axis=1)


def matrix_of(pose: np.ndarray) -> np.ndarray:
    rotation = Gf.Rotation(Gf.Quatd(pose[6], *pose[3:6]))
    return np.array(Gf.Matrix4d(rotation, Gf.Vec3d(*pose[:3])))


def same_rotation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(np.abs((a * b).sum(axis=-1)) - 1.0) < 1e-12


def test_compose_agrees_with_row_vector_matrices(random_poses):
    outer, inner = random_poses[:25], random_poses[25:]
    expected = np.stack([matrix_of(b) @ matrix_of(a) for a, b in zip(outer, inner, strict=True)])
    found = poses.from_world_matrices(expected)
    composed = poses.compose(outer, inner)
    np.testing.assert_allclose(composed[:, :3], found[:, :3], atol=1e-12)
    assert same_rotation(composed[:, 3:], found[:, 3:]).all()


def test_a_pose_after_its_inverse_is_the_identity(random_poses):
    result = poses.compose(random_poses, poses.invert(random_poses))
    np.testing.assert_allclose(result[:, :3], 0.0, atol=1e-12)
    np.testing.assert_allclose(poses.angle_of(result[:, 3:]), 0.0, atol=1e-7)


def test_scale_shear_and_mirror_do_not_change_the_rigid_part(random_poses):
    plain = np.stack([matrix_of(p) for p in random_poses])
    scaled = plain.copy()
    scaled[:, :3, :3] = np.diag([2.0, 0.5, 3.0]) @ scaled[:, :3, :3]
    np.testing.assert_allclose(
        poses.from_world_matrices(scaled), poses.from_world_matrices(plain), atol=1e-12
    )
    scaled[:, :3, :3] *= -1.0
    assert same_rotation(
        poses.from_world_matrices(scaled)[:, 3:], poses.from_world_matrices(plain)[:, 3:]
    ).all()


def test_rotation_matrices_rotate_like_quaternions(random_poses):
    vector = np.array([0.3, -2.0, 1.0])
    by_matrix = poses.rotation_matrices(random_poses[:, 3:]) @ vector
    np.testing.assert_allclose(by_matrix, poses.rotate(random_poses[:, 3:], vector), atol=1e-12)
