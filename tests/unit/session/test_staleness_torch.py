"""The comparison on tensors says the same as the one on arrays."""

from __future__ import annotations

import numpy as np
import torch

from inspector.session.pose_errors import pose_errors
from inspector.session.snapshot import Tolerance
from inspector.session.staleness_torch import TensorComparison, compare_tensors
from inspector.sim.pose_math import world_matrices

DEVICE = "cuda:0" if torch.cuda.is_available() else "cpu"


def matrices(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    poses = random.normal(size=(count, 7))
    poses[:, 3:] /= np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
    stretch = np.tile(np.diag([1.0, 2.0, 0.5]), (count, 1, 1))
    return world_matrices(poses, stretch)


def both(a: np.ndarray, b: np.ndarray, meters: float = 1.0):
    found = compare_tensors(
        torch.tensor(a, device=DEVICE),
        torch.tensor(b, device=DEVICE),
        Tolerance(),
        meters_per_unit=meters,
    )
    return found, pose_errors(a, b)


def test_errors_are_those_of_the_arrays():
    a, b = matrices(500, 1), matrices(500, 2)
    found, expected = both(a, b, meters=0.01)
    np.testing.assert_allclose(found.error_position.cpu(), 0.01 * expected.position, rtol=1e-12)
    np.testing.assert_allclose(found.error_rotation.cpu(), expected.rotation, atol=1e-9)
    assert found.stale.all()


def test_tiny_differences_count_and_smaller_ones_do_not():
    a = matrices(4, 3)
    b = a.copy()
    b[1, 3, 0] += 2e-4
    b[2, 3, 1] += 2e-5
    angle = 2e-4
    b[3, :3, :3] = (
        b[3, :3, :3]
        @ world_matrices(np.array([[0, 0, 0, 0, 0, np.sin(angle / 2), np.cos(angle / 2)]]))[
            0, :3, :3
        ]
    )
    found, _ = both(a, b)
    assert found.stale.tolist() == [False, True, False, True]
    assert abs(float(found.error_rotation[3]) - angle) < 1e-9


def test_what_is_not_finite_is_stale():
    a = matrices(2, 4)
    b = a.copy()
    b[1, 0, 0] = np.nan
    found, _ = both(a, b)
    assert found.stale.tolist() == [False, True]
    assert torch.isinf(found.error_position[1])


def test_a_repeated_comparison_sees_what_the_tensors_hold_now():
    a = torch.tensor(matrices(3, 5), device=DEVICE)
    b = a.clone()
    comparison = TensorComparison(a, b, Tolerance())
    assert not comparison().stale.any()
    b[1, 3, 2] += 0.5
    assert comparison().stale.tolist() == [False, True, False]
    assert abs(float(comparison().error_position[1]) - 0.5) < 1e-12
