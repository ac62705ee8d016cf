"""Rotations as tensors, on whatever device they are; quaternions are xyzw, as in ``poses``.

Belongs here: the few operations that poses on a device need. numpy's are in ``poses``.
"""

from __future__ import annotations

import torch


def multiply(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the Hamilton products ``a · b`` of quaternions, shape [..., 4]."""
    vector = a[..., 3:] * b[..., :3] + b[..., 3:] * a[..., :3]
    vector = vector + torch.linalg.cross(*torch.broadcast_tensors(a[..., :3], b[..., :3]))
    scalar = a[..., 3:] * b[..., 3:] - (a[..., :3] * b[..., :3]).sum(dim=-1, keepdim=True)
    return torch.cat([vector, scalar], dim=-1)


def conjugate(quat: torch.Tensor) -> torch.Tensor:
    """Return the inverse rotations of unit quaternions, shape [..., 4]."""
    return torch.cat([-quat[..., :3], quat[..., 3:]], dim=-1)


def rotate(quat: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """Rotate vectors, shape [..., 3], by unit quaternions, shape [..., 4]."""
    axis, points = torch.broadcast_tensors(quat[..., :3], vector)
    twice = 2.0 * torch.linalg.cross(axis, points)
    return points + quat[..., 3:] * twice + torch.linalg.cross(axis, twice)


def wxyz(quat_xyzw: torch.Tensor) -> torch.Tensor:
    """Return quaternions with w first, as MuJoCo has them."""
    return quat_xyzw.roll(1, dims=-1)


def xyzw(quat_wxyz: torch.Tensor) -> torch.Tensor:
    """Return quaternions with w last, as all our arrays have them."""
    return quat_wxyz.roll(-1, dims=-1)


def world_matrices(position: torch.Tensor, quat: torch.Tensor) -> torch.Tensor:
    """Return row-vector world matrices.

    Args:
        position: Positions, float64, shape [n, 3].
        quat: Unit quaternions, float64, shape [n, 4].

    Returns:
        Matrices, float64, shape [n, 4, 4].
    """
    result = position.new_zeros((len(position), 4, 4))
    for axis in range(3):
        unit = position.new_zeros(3)
        unit[axis] = 1.0
        result[:, axis, :3] = rotate(quat, unit)
    result[:, 3, :3] = position
    result[:, 3, 3] = 1.0
    return result
