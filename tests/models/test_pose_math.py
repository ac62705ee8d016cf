import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.transform import Rotation

from inspector.gui.models.pose_math import decompose


def world(quats: np.ndarray, scales: np.ndarray, positions: np.ndarray) -> np.ndarray:
    matrices = np.tile(np.eye(4), (len(quats), 1, 1))
    # Row vectors: scale first, then turn; scipy's matrices are for column vectors.
    turned = np.swapaxes(Rotation.from_quat(quats).as_matrix(), 1, 2)
    matrices[:, :3, :3] = scales[:, :, None] * turned
    matrices[:, 3, :3] = positions
    return matrices


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_what_was_put_together_comes_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    quats = rng.normal(size=(20, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    quats = np.where(quats[:, 3:] < 0, -quats, quats)
    scales, positions = rng.uniform(0.1, 3, (20, 3)), rng.normal(size=(20, 3))
    found = decompose(world(quats, scales, positions))
    for got, expected in zip(found, (positions, quats, scales), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-9)


@pytest.mark.parametrize("axis", range(3))
def test_half_turns_are_exact(axis: int) -> None:
    quat = np.zeros((1, 4))
    quat[0, axis] = 1
    matrices = world(quat, np.ones((1, 3)), np.zeros((1, 3)))
    np.testing.assert_allclose(np.abs(decompose(matrices)[1]), quat, atol=1e-12)


def test_a_mirrored_matrix_has_a_negative_scale() -> None:
    matrices = np.eye(4)[None].copy()
    matrices[0, 1, 1] = -2
    _, quat, scale = decompose(matrices)
    assert scale[0].prod() == pytest.approx(-2)
    assert np.isfinite(quat).all()


def test_not_finite_stays_not_finite_without_a_warning() -> None:
    matrices = np.full((3, 4, 4), np.nan)
    matrices[1] = np.inf
    matrices[2] = 0
    position, quat, scale = decompose(matrices)
    assert np.isnan(quat).all()
    assert np.isnan(position[0]).all()
    assert (scale[2] == 0).all()
