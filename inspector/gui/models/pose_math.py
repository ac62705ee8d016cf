"""World matrices to what people read: position, orientation and scale. Numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def decompose(matrices: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Split world matrices into position, orientation and scale.

    A mirrored matrix gets a negative x scale, so that the rest is a rotation. What is not finite or
    has no volume gives NaN for the orientation.

    Args:
        matrices: World matrices, row-vector, shape [n, 4, 4].

    Returns:
        Positions [stage units], shape [n, 3]; orientations xyzw with w ≥ 0, shape [n, 4]; scales,
        shape [n, 3].
    """
    linear = matrices[:, :3, :3]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        scales = np.linalg.norm(linear, axis=2)
        scales[np.linalg.det(linear) < 0, 0] *= -1
        quats = _quaternions(linear / scales[:, :, None])
    return matrices[:, 3, :3], quats, scales


def _quaternions(rotation: FloatArray) -> FloatArray:
    """Quaternions xyzw of row-vector rotation matrices, by the largest of the four components.

    Source: S. W. Shepperd, "Quaternion from rotation matrix", 1978.
    """
    m = np.swapaxes(rotation, 1, 2)  # to the column-vector convention of the formula
    diagonal = np.stack([m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]], axis=1)
    trace = diagonal.sum(axis=1)
    squares = np.concatenate([1 + 2 * diagonal - trace[:, None], 1 + trace[:, None]], axis=1)
    x, y, z = (m[:, c, b] - m[:, b, c] for b, c in ((1, 2), (2, 0), (0, 1)))
    xy, xz, yz = (m[:, a, b] + m[:, b, a] for a, b in ((0, 1), (0, 2), (1, 2)))
    products = np.stack(
        [
            np.stack([squares[:, 0], xy, xz, x], axis=1),
            np.stack([xy, squares[:, 1], yz, y], axis=1),
            np.stack([xz, yz, squares[:, 2], z], axis=1),
            np.stack([x, y, z, squares[:, 3]], axis=1),
        ],
        axis=1,
    )
    largest = np.argmax(np.nan_to_num(squares, nan=-np.inf), axis=1)
    quats = products[np.arange(len(m)), largest]
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    return np.where(quats[:, 3:] < 0, -quats, quats)
