"""Matrices of scaled bodies, vectorised in numpy.

Matrices are row-vector (USD convention): ``world = stretch · rotation · translation``. Belongs
here: what a scale adds to ``physics.poses``, without a stage.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rotation_matrices(quat_xyzw: Floats) -> Floats:
    """Return rotation matrices for row vectors.

    Args:
        quat_xyzw: Unit quaternions, shape [n, 4].

    Returns:
        Matrices, shape [n, 3, 3].
    """
    x, y, z, w = quat_xyzw.T
    rows = np.empty((len(quat_xyzw), 3, 3))
    rows[:, 0, 0] = 1 - 2 * (y * y + z * z)
    rows[:, 0, 1] = 2 * (x * y + z * w)
    rows[:, 0, 2] = 2 * (x * z - y * w)
    rows[:, 1, 0] = 2 * (x * y - z * w)
    rows[:, 1, 1] = 1 - 2 * (x * x + z * z)
    rows[:, 1, 2] = 2 * (y * z + x * w)
    rows[:, 2, 0] = 2 * (x * z + y * w)
    rows[:, 2, 1] = 2 * (y * z - x * w)
    rows[:, 2, 2] = 1 - 2 * (x * x + y * y)
    return rows


def stretches(matrices: Floats) -> Floats:
    """Return what is left of affine matrices without rotation and translation.

    For ``scale · rotation · translation`` this is the diagonal matrix of the scale; a mirrored
    matrix has all signs negative, as in ``Gf.Transform``.

    Args:
        matrices: Affine matrices, shape [n, 4, 4].

    Returns:
        Symmetric matrices, shape [n, 3, 3].
    """
    linear = matrices[:, :3, :3]
    values, vectors = np.linalg.eigh(linear @ linear.transpose(0, 2, 1))
    roots = np.sqrt(np.maximum(values, 0.0))
    result = (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)
    result[np.linalg.det(linear) < 0] *= -1.0
    # Exactly 1 where there is no scale, so that rigid bodies keep exactly rigid matrices.
    return np.where(np.abs(result - np.rint(result)) < 1e-12, np.rint(result), result)


def world_matrices(poses: Floats, stretch: Floats | None = None) -> Floats:
    """Return the matrices of poses.

    Args:
        poses: Position and quat_xyzw, shape [n, 7].
        stretch: What ``stretches`` returned, shape [n, 3, 3]; ``None`` means no scale.

    Returns:
        Matrices, shape [n, 4, 4].
    """
    result = np.zeros((len(poses), 4, 4))
    rotation = rotation_matrices(poses[:, 3:])
    result[:, :3, :3] = rotation if stretch is None else stretch @ rotation
    result[:, 3, :3] = poses[:, :3]
    result[:, 3, 3] = 1.0
    return result
