"""Rigid poses as arrays: position + quat_xyzw, float64, shape [..., 7].

Belongs here: composing, inverting and reading poses, vectorised. Does not belong here: MuJoCo's
w-first quaternions beyond the two conversions, and USD beyond its row-vector matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

IDENTITY: Floats = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
"""The pose that changes nothing."""

_NEXT = np.array([1, 2, 0])
_LAST = np.array([2, 0, 1])


def pose(position: ArrayLike = (0.0, 0.0, 0.0), quat_xyzw: ArrayLike = (0, 0, 0, 1)) -> Floats:
    """Return one pose, its quaternion normalised.

    Args:
        position: Position, shape [3].
        quat_xyzw: Quaternion of any length above zero, shape [4].

    Returns:
        Pose, shape [7].
    """
    quat = np.asarray(quat_xyzw, np.float64)
    return np.concatenate([np.asarray(position, np.float64), quat / np.linalg.norm(quat)])


def multiply(a: Floats, b: Floats) -> Floats:
    """Return the Hamilton products ``a · b`` of quaternions, shape [..., 4]."""
    ax, ay, az, aw = (a[..., i] for i in range(4))
    bx, by, bz, bw = (b[..., i] for i in range(4))
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def conjugate(quat: Floats) -> Floats:
    """Return the inverse rotations of unit quaternions, shape [..., 4]."""
    return quat * np.array([-1.0, -1.0, -1.0, 1.0])


def rotate(quat: Floats, vector: ArrayLike) -> Floats:
    """Rotate vectors, shape [..., 3], by unit quaternions, shape [..., 4]."""
    points = np.asarray(vector, np.float64)
    axis, w = quat[..., :3], quat[..., 3:]
    twice = 2.0 * cross(axis, points)
    return points + w * twice + cross(axis, twice)


def cross(a: Floats, b: Floats) -> Floats:
    """Return cross products, shape [..., 3]; several times faster than numpy's for few vectors."""
    return a[..., _NEXT] * b[..., _LAST] - a[..., _LAST] * b[..., _NEXT]


def compose(outer: Floats, inner: Floats) -> Floats:
    """Return the poses ``outer ∘ inner``: ``inner`` is expressed in ``outer``, shape [..., 7]."""
    position = outer[..., :3] + rotate(outer[..., 3:], inner[..., :3])
    quat = multiply(outer[..., 3:], inner[..., 3:])
    return np.concatenate([np.broadcast_to(position, (*quat.shape[:-1], 3)), quat], axis=-1)


def invert(poses: Floats) -> Floats:
    """Return the inverse poses, shape [..., 7]."""
    quat = conjugate(poses[..., 3:])
    return np.concatenate([-rotate(quat, poses[..., :3]), quat], axis=-1)


def about(axis: ArrayLike, angle: float) -> Floats:
    """Return the quaternion of a rotation by ``angle`` [rad] about a unit axis, shape [4]."""
    half = 0.5 * angle
    return np.append(np.sin(half) * np.asarray(axis, np.float64), np.cos(half))


def angle_of(quat: Floats) -> Floats:
    """Return the angles [rad], in [0, π], of quaternions, shape [..., 4]; small ones exactly."""
    return 2.0 * np.arctan2(np.linalg.norm(quat[..., :3], axis=-1), np.abs(quat[..., 3]))


def rotation_matrices(quat: Floats) -> Floats:
    """Return column-vector rotation matrices of unit quaternions, shape [..., 3, 3]."""
    return np.stack([rotate(quat, axis) for axis in np.eye(3)], axis=-1)


def from_world_matrices(matrices: Floats) -> Floats:
    """Return the rigid part of row-vector world matrices; scale and shear are left out.

    Args:
        matrices: World matrices, row-vector, shape [n, 4, 4].

    Returns:
        Poses, shape [n, 7].
    """
    axes = matrices[:, :3, :3]
    lengths = np.linalg.norm(axes, axis=-1, keepdims=True)
    # A collapsed axis has no direction; leaving it zero lets the polar factor choose one.
    rows = axes / np.where(lengths > 0.0, lengths, 1.0)
    error = np.abs(rows @ np.swapaxes(rows, -1, -2) - np.eye(3)).max(axis=(-1, -2), initial=0.0)
    sheared = error > 1e-12
    if sheared.any():
        u, _, vt = np.linalg.svd(axes[sheared])
        rows[sheared] = u @ vt
    mirrored = np.linalg.det(rows) < 0.0
    rows[mirrored] = -rows[mirrored]
    quats = _quats_of(np.swapaxes(rows, -1, -2))
    return np.concatenate([matrices[:, 3, :3], quats], axis=-1)


def wxyz(quat_xyzw: Floats) -> Floats:
    """Return quaternions, shape [..., 4], with w first, as MuJoCo has them."""
    return np.roll(quat_xyzw, 1, axis=-1)


def xyzw(quat_wxyz: Floats) -> Floats:
    """Return quaternions, shape [..., 4], with w last, as all our arrays have them."""
    return np.roll(quat_wxyz, -1, axis=-1)


def _quats_of(m: Floats) -> Floats:
    """Shepperd's method: divide by the largest of the four components."""
    trace = np.trace(m, axis1=-2, axis2=-1)
    squares = np.stack([*(2.0 * m[:, i, i] - trace for i in range(3)), trace], axis=-1)
    largest = squares.argmax(axis=-1)
    quats = np.empty((len(m), 4))
    for k in range(3):
        i, j, rows = (k + 1) % 3, (k + 2) % 3, largest == k
        part = m[rows]
        quats[rows, k] = 1.0 + squares[rows, k]
        quats[rows, i] = part[:, i, k] + part[:, k, i]
        quats[rows, j] = part[:, j, k] + part[:, k, j]
        quats[rows, 3] = part[:, j, i] - part[:, i, j]
    rows = largest == 3
    part = m[rows]
    quats[rows, 3] = 1.0 + trace[rows]
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        quats[rows, k] = part[:, j, i] - part[:, i, j]
    quats *= np.where(quats[:, 3:] < 0.0, -1.0, 1.0)
    return quats / np.linalg.norm(quats, axis=-1, keepdims=True)
