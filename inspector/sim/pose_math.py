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
    rows = np.empty((len(quat_xyzw), 3, 3))
    _write_rotations(quat_xyzw, rows)
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
    if stretch is None:
        _write_rotations(poses[:, 3:], result)
    else:
        result[:, :3, :3] = stretch @ rotation_matrices(poses[:, 3:])
    result[:, 3, :3] = poses[:, :3]
    result[:, 3, 3] = 1.0
    return result


def _write_rotations(quat_xyzw: Floats, out: Floats) -> None:
    """Write rotations to the upper left of matrices, sharing their products."""
    x, y, z, w = np.ascontiguousarray(quat_xyzw.T)
    x2, y2, z2 = x + x, y + y, z + z
    xx, yy, zz = x * x2, y * y2, z * z2
    xy, xz, yz = x * y2, x * z2, y * z2
    wx, wy, wz = w * x2, w * y2, w * z2
    np.subtract(1.0, yy + zz, out=out[:, 0, 0])
    np.add(xy, wz, out=out[:, 0, 1])
    np.subtract(xz, wy, out=out[:, 0, 2])
    np.subtract(xy, wz, out=out[:, 1, 0])
    np.subtract(1.0, xx + zz, out=out[:, 1, 1])
    np.add(yz, wx, out=out[:, 1, 2])
    np.add(xz, wy, out=out[:, 2, 0])
    np.subtract(yz, wx, out=out[:, 2, 1])
    np.subtract(1.0, xx + yy, out=out[:, 2, 2])
